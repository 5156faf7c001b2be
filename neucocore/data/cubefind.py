"""Where cube files lie in a folder, and which of them a label column names."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from neucocore.errors import ConfigError, IdError

SUFFIX = ".zarr.zip"
LAYOUTS = (("data",), ("data_dev", "data_eval"), ("data_example",), (".",))
"""Groups of sub-folders that hold modality folders; the first with cubes counts."""
TRUE = frozenset({"true", "1", "1.0", "yes"})


def find_cubes(
    roots: Sequence[Path], modalities: Sequence[str] | None = None
) -> dict[str, dict[str, Path]]:
    """Find cube files by modality and id.

    Parameters
    ----------
    roots
        Folders that hold modality folders; these hold cubes, or folders of cubes.
    modalities
        The only modality folders to look at, and their order; None: all, sorted.

    Raises
    ------
    IdError
        An id has two files in one modality.
    """
    if modalities is None:
        folders = [entry for root in roots for entry in root.iterdir() if entry.is_dir()]
        modalities = sorted({folder.name for folder in folders if folder.name[0] not in "._"})
    found = {}
    for modality in modalities:
        files: dict[str, Path] = {}
        doubled = []
        for root in roots:
            for path in _cubes(root / modality):
                id = path.name.removesuffix(SUFFIX)  # noqa: A001
                if id in files:
                    doubled.append(id)
                files[id] = path
        if doubled:
            raise IdError(
                f"{len(doubled)} ids have two {modality} files: {', '.join(sorted(doubled)[:3])}",
                hint=f"look for {doubled[0]}{SUFFIX} under {', '.join(map(str, roots))}",
            )
        if files:
            found[modality] = files
    return found


def chosen_ids(label_files: Sequence[Path], column: str) -> set[str]:
    """Return the ids for which a column of some label file is true.

    Raises
    ------
    ConfigError
        No label file has the column.
    """
    ids: set[str] = set()
    columns: set[str] = set()
    for label_file in label_files:
        with label_file.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            columns |= set(rows.fieldnames or ())
            if column in (rows.fieldnames or ()):
                ids |= {
                    row["id"].removesuffix(SUFFIX)
                    for row in rows
                    if (row[column] or "").strip().lower() in TRUE
                }
    if column not in columns:
        raise ConfigError(
            f"none of the {len(label_files)} label files has a column {column!r}",
            hint=f"their columns are {', '.join(sorted(columns)) or 'none'}",
        )
    return ids


def _cubes(folder: Path) -> Iterator[Path]:
    """Cube files of a modality's folder and of the folders (parts) in it."""
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.name.endswith(SUFFIX):
                yield Path(entry.path)
            elif entry.is_dir():
                with os.scandir(entry.path) as part:
                    yield from (
                        Path(file.path)
                        for file in part
                        if file.name.endswith(SUFFIX) and not file.name.startswith(".")
                    )
