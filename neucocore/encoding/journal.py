"""What a run records in its work folder next to a spool or state file: notes, failures, costs.

Lines are appended, so a line can be cut short by a kill; readers skip it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from neucocore.files.atomic import write_text

NOTES_SUFFIX = ".notes.jsonl"
FAILURES_SUFFIX = ".failures.json"
COSTS_SUFFIX = ".costs.jsonl"
COST_NAMES = (
    "seconds_preparing",
    "seconds_reading",
    "seconds_encoding",
    "bytes_read",
    "cubes_encoded",
)


def append_notes(file: Path, notes: Sequence[tuple[str, Sequence[str]]]) -> None:
    """Append what was noticed while reading cubes: pairs of an id and texts."""
    _append(file, NOTES_SUFFIX, [[cube_id, list(texts)] for cube_id, texts in notes])


def count_notes(folder: Path) -> tuple[tuple[str, int], ...]:
    """Count the cubes per note, over all shards, most frequent first."""
    texts_of: dict[str, list[str]] = {}
    for entry in _entries(folder, NOTES_SUFFIX):
        try:
            cube_id, texts = entry
        except (TypeError, ValueError):
            continue
        texts_of[cube_id] = texts  # a cube encoded twice is counted once
    counts = Counter(text for texts in texts_of.values() for text in set(texts))
    return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def write_failures(file: Path, failures: Mapping[str, str]) -> None:
    """Record the cubes that could not be read, as reasons by id, in place of earlier ones."""
    path = file.with_name(file.name + FAILURES_SUFFIX)
    if failures:
        write_text(path, json.dumps(dict(sorted(failures.items())), indent=1))
    else:
        path.unlink(missing_ok=True)


def read_failures(folder: Path, name: str = "*") -> dict[str, str]:
    """Return the failures recorded next to the file `name`, by default next to any file."""
    failures: dict[str, str] = {}
    for path in sorted(folder.glob(name + FAILURES_SUFFIX)):
        try:
            failures.update(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            continue
    return failures


def append_costs(file: Path, **costs: float) -> None:
    """Append costs, some of `COST_NAMES`."""
    _append(file, COSTS_SUFFIX, [costs])


def total_costs(folder: Path) -> dict[str, float]:
    """Add up the costs of all runs and shards."""
    total: dict[str, float] = dict.fromkeys(COST_NAMES, 0)
    for costs in _entries(folder, COSTS_SUFFIX):
        if isinstance(costs, Mapping):
            for name in COST_NAMES:
                total[name] += costs.get(name, 0)
    return total


def _append(file: Path, suffix: str, entries: Sequence[Any]) -> None:
    if entries:
        with file.with_name(file.name + suffix).open("a", encoding="utf-8") as stream:
            stream.writelines(json.dumps(entry) + "\n" for entry in entries)


def _entries(folder: Path, suffix: str) -> Iterator[Any]:
    for path in sorted(folder.glob("*" + suffix)):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                continue
