"""Where cube files lie in a folder, and which of them a label column names."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from neucocore.data.ids import ID, bare_id
from neucocore.data.labels.values import yes_or_no
from neucocore.errors import ConfigError, IdError
from neucocore.files.findings import Finding, raise_for_findings
from neucocore.files.text_table import TextTable, read_text_table

SUFFIX = ".zarr.zip"
BARE = (".",)
LAYOUTS = (("data",), ("data_dev", "data_eval"), ("data_example",), BARE)
"""Groups of sub-folders that hold modality folders; the first with cubes counts."""


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
    DataError
        A label file cannot be read as a table with an ``id`` column, or the column holds
        something other than true and false.
    """
    ids: set[str] = set()
    columns: set[str] = set()
    for label_file in label_files:
        table = read_text_table(label_file)
        columns |= set(table.columns)
        if column not in table.columns:
            continue
        raise_for_findings(label_file, [*table.findings, *_where_findings(table, column)])
        cells = zip(table.column(ID), table.column(column), strict=True)
        ids |= {bare_id(text) for text, cell in cells if yes_or_no(cell)}
    if column not in columns:
        raise ConfigError(
            f"none of the {len(label_files)} label files has a column {column!r}",
            hint=f"their columns are {', '.join(sorted(columns)) or 'none'}",
        )
    return ids


def _where_findings(table: TextTable, column: str) -> Iterator[Finding]:
    """Tell what keeps a column from saying which ids are wanted."""
    if ID not in table.columns:
        shown = ", ".join(table.columns)
        yield Finding("no-id-column", "error", f"no column 'id' among {shown}")
    odd = sorted({cell for cell in table.column(column) if yes_or_no(cell) is None})
    if odd:
        message = f"column {column!r} holds cells that are neither true nor false"
        yield Finding("odd-flags", "error", message, len(odd), tuple(map(repr, odd[:3])))


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
