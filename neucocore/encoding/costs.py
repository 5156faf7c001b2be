"""What encoding cost, added up over shards and interrupted runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

SUFFIX = ".costs.jsonl"
NAMES = (
    "seconds_preparing",
    "seconds_reading",
    "seconds_encoding",
    "bytes_read",
    "cubes_encoded",
)


def append_costs(path: Path, **costs: float) -> None:
    """Note some costs beside the spool or state file they were paid for."""
    with path.with_name(path.name + SUFFIX).open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(costs) + "\n")


def total_costs(folder: Path) -> dict[str, float]:
    """Add up what was noted in a work folder, by all its runs and shards."""
    total: dict[str, float] = dict.fromkeys(NAMES, 0)
    for path in sorted(folder.glob("*" + SUFFIX)):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                costs = json.loads(line)
            except ValueError:
                continue  # cut short by a kill
            if isinstance(costs, Mapping):
                for name in NAMES:
                    total[name] += costs.get(name, 0)
    return total
