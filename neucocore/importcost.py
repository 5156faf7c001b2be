"""What importing a module brings with it, seen from a fresh interpreter."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence

SECONDS = 60
_PROGRAM = """
import json, sys, importlib
importlib.import_module(sys.argv[1])
print(json.dumps(sorted(name for name in sys.modules if "." not in name)))
"""


def imported_by(module: str, watched: Sequence[str]) -> list[str]:
    """Return which of the watched top-level modules importing ``module`` brings in."""
    result = subprocess.run(  # noqa: S603  our own interpreter with our own program
        [sys.executable, "-c", _PROGRAM, module],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if result.returncode != 0:
        return []
    loaded = set(json.loads(result.stdout.splitlines()[-1]))
    return [name for name in watched if name in loaded]
