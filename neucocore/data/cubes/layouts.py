"""Where the files of cubes lie in a folder.

Every file is ``.../<modality>/<id>.zarr.zip``, or a folder ``<id>.zarr``; folders ``part-*`` may
lie in between.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from neucocore.errors import IdError

SUFFIX = ".zarr.zip"
FOLDER_SUFFIX = ".zarr"
PART = "part-"
BARE = (".",)
LAYOUTS = (("data",), ("data_dev", "data_eval"), ("data_example",), BARE)
"""Groups of sub-folders that hold the folders of modalities; the first one with cubes is read."""
LABELS = "labels"
"""Folder of the label files, next to the sub-folders of the cubes."""
SEASONS = ("spring", "summer", "fall", "winter")


def cube_id(path: Path) -> str:
    """Return the id of the cube that a file belongs to: its name without the suffix.

    Some file systems decompose accented characters; ids are composed (NFC) everywhere.
    """
    name = path.name.removesuffix(SUFFIX).removesuffix(FOLDER_SUFFIX)
    return unicodedata.normalize("NFC", name)


def is_cube(path: Path) -> bool:
    """Return whether a path is named like a cube: a file ``.zarr.zip`` or a folder ``.zarr``."""
    if path.name.startswith("."):
        return False
    return path.name.endswith(SUFFIX) or (path.name.endswith(FOLDER_SUFFIX) and path.is_dir())


def modality_folder(folder: Path) -> Path:
    """Return the folder named after the modality, above the folder of a file or its parts."""
    while folder.name.startswith(PART):
        folder = folder.parent
    return folder


def find_cubes(
    roots: Sequence[Path], modalities: Sequence[str] | None = None
) -> dict[str, dict[str, Path]]:
    """Find the files of cubes by modality and id.

    Parameters
    ----------
    roots
        Folders that hold the folders of modalities, which hold cubes or folders of cubes.
    modalities
        Names of the modality folders to read, in this order; None: all, sorted.

    Returns
    -------
    dict
        Modality to id to file, for the modalities with at least one file.

    Raises
    ------
    IdError
        An id has two files of one modality.
    """
    if modalities is None:
        folders = [entry for root in roots for entry in root.iterdir() if entry.is_dir()]
        modalities = sorted({folder.name for folder in folders if folder.name[0] not in "._"})
    files_of_modality = {}
    for modality in modalities:
        files: dict[str, Path] = {}
        repeated = []
        for root in roots:
            for path in _cubes(root / modality):
                id = cube_id(path)  # noqa: A001
                if id in files:
                    repeated.append(id)
                files[id] = path
        if repeated:
            raise IdError(
                f"{len(repeated)} ids have two {modality} files: {', '.join(sorted(repeated)[:3])}",
                hint=f"keep one file {repeated[0]}{SUFFIX} in {', '.join(map(str, roots))}",
            )
        if files:
            files_of_modality[modality] = files
    return files_of_modality


def _cubes(folder: Path) -> Iterator[Path]:
    """Yield the cube files in the folder of a modality and in the folders (parts) in it."""
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if is_cube(Path(entry.path)):
                yield Path(entry.path)
            elif entry.is_dir():
                with os.scandir(entry.path) as part:
                    yield from (Path(file.path) for file in part if is_cube(Path(file.path)))
