"""Where cube files lie in a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from neucocore.errors import IdError

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
