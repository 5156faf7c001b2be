"""The optional tables of a folder: ``bands.csv`` and ``files.csv``."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from neucocore.plugin import DataError

BANDS, FILES = "bands.csv", "files.csv"


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file: its id, its path relative to the table, and date and band where stated."""

    id: str
    file: str
    date: str = ""
    band: str = ""


def read_bands(path: Path) -> tuple[str, ...]:
    """Read the column ``band`` of ``bands.csv``: names of the bands in stored order.

    Raises
    ------
    DataError
        All problems of the table together.
    """
    names = [cells["band"] for _, cells in _rows(path, ("band",), ())]
    repeated = sorted({name for name in names if names.count(name) > 1})
    _raise(path, [f"band {name!r} occurs twice" for name in repeated])
    return tuple(names)


def read_files(path: Path) -> tuple[FileRow, ...]:
    """Read ``files.csv``: columns ``id`` and ``file``, optional ``date`` and ``band``.

    Raises
    ------
    DataError
        All problems of the table together.
    """
    rows, problems = [], []
    for line, cells in _rows(path, ("id", "file"), ("date", "band")):
        if Path(cells["file"]).is_absolute() or ".." in Path(cells["file"]).parts:
            problems.append(f"line {line}: {cells['file']!r} is not a path below the folder")
        rows.append(
            FileRow(cells["id"], cells["file"], cells.get("date", ""), cells.get("band", ""))
        )
    _raise(path, problems)
    return tuple(rows)


def _rows(
    path: Path, required: Sequence[str], optional: Sequence[str]
) -> list[tuple[int, Mapping[str, str]]]:
    """Return line number and cells of each row; empty cells of required columns are errors."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            columns = [name.strip().lower() for name in reader.fieldnames or ()]
            reader.fieldnames = columns
            lines = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"{path} cannot be read: {error}", hint="save it as CSV with commas, in UTF-8"
        ) from error
    problems = [f"there is no column {name!r}" for name in required if name not in columns]
    _raise(path, problems, found=columns)
    rows = []
    for line, row in lines:
        cells = {
            name: (row.get(name) or "").strip()
            for name in (*required, *optional)
            if name in columns
        }
        problems += [f"line {line}: {name} is empty" for name in required if not cells[name]]
        if None in row:
            problems.append(f"line {line}: more cells than columns")
        rows.append((line, cells))
    if not rows:
        problems.append("it has no rows")
    _raise(path, problems)
    return rows


def _raise(path: Path, problems: Sequence[str], found: Sequence[str] = ()) -> None:
    if problems:
        raise DataError(
            f"{path} cannot be used: {len(problems)} problem{'' if len(problems) == 1 else 's'}",
            problems=problems[:20],
            hint=f"its columns are {', '.join(found)}" if found else f"fix the rows of {path.name}",
        )
