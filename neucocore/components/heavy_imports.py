"""Find out which heavy packages a module imports, in a fresh interpreter."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence

SECONDS = 60
HEAVY_MODULES = (
    "jax",
    "matplotlib",
    "numba",
    "numpy",
    "pandas",
    "polars",
    "pyarrow",
    "rasterio",
    "scipy",
    "sklearn",
    "tensorflow",
    "torch",
    "xarray",
    "zarr",
)
"""Packages that a plugin's module must not import, because each makes every command slower."""
_PROGRAM = """
import json, sys, importlib
for module in sys.argv[1:]:
    importlib.import_module(module)
print("\\n" + json.dumps(sorted(name for name in sys.modules if "." not in name)))
"""


def heavy_imports(modules: Sequence[str]) -> dict[str, list[str]]:
    """Return the heavy packages that each module imports, for modules that import any.

    One fresh interpreter imports all modules. Only if it has imported a heavy package, each module
    is imported in an interpreter of its own, to find out which one is responsible.
    """
    if not imported_by(modules):
        return {}
    return {module: heavy for module in modules if (heavy := imported_by([module]))}


def imported_by(modules: Sequence[str], watched: Sequence[str] = HEAVY_MODULES) -> list[str]:
    """Return which of the watched top-level packages are imported with these modules.

    The list is empty if a module cannot be imported, which is reported elsewhere.
    """
    result = subprocess.run(  # noqa: S603  our own interpreter with our own program
        [sys.executable, "-c", _PROGRAM, *modules],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if result.returncode != 0:
        return []
    loaded = set(json.loads(result.stdout.splitlines()[-1]))
    return [name for name in watched if name in loaded]
