"""What identifies the content of a cube, so that it is encoded again when its content changes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from neucocore.data.cubes.cube import Cube
from neucocore.data.cubes.file import VALUES
from neucocore.data.cubes.layouts import is_cube
from neucocore.data.cubes.store import open_store

LARGE_FILE = 2**30
"""Bytes from which a file is identified by its size and time of change instead of its bytes."""


def cube_digest(paths: Iterable[str | Path]) -> str:
    """Return the sha256 (hex) of the content of the files of a cube.

    It depends on

    * names, sizes and CRC-32 of the members of zips of Zarr format 2,
    * the bytes of all other files, and the names and bytes of the files of a folder,
    * size and time of change of files of 1 GiB or more that are no cubes in Zarr, which would take
      long to read,

    and never on the paths of the files.

    Raises
    ------
    MissingFileError, CorruptCubeError
        A file is missing, or is named like a cube but is no zip archive.
    OSError
        A file cannot be read.
    """
    digest = hashlib.sha256()
    for path in paths:
        digest.update(_content(path))
    return digest.hexdigest()


def values_digest(cube: Cube) -> str:
    """Return the sha256 (hex) of all that an encoder can read from a cube."""
    digest = hashlib.sha256()
    about = (cube.offset, cube.nodata, cube.scale, cube.metadata)
    texts = [cube.season_names, *(sorted(mapping.items()) for mapping in about)]
    digest.update(repr(texts).encode())
    for modality, array in sorted(cube.arrays.items()):
        form = (modality, cube.bands[modality], array.shape, array.dtype.str)
        digest.update(repr(form).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _content(path: str | Path) -> bytes:
    """Return the sha256 of a file or folder, or of a cube at an address."""
    place = Path(path)
    if is_cube(place) or not place.exists():
        store = open_store(path, VALUES)
        try:
            return hashlib.sha256(store.content()).digest()
        finally:
            store.close()
    if not place.is_dir():
        return _bytes(place)
    digest = hashlib.sha256()
    for file in sorted(found for found in place.rglob("*") if found.is_file()):
        digest.update(file.relative_to(place).as_posix().encode() + b"\0" + _bytes(file))
    return digest.digest()


def _bytes(file: Path) -> bytes:
    status = file.stat()
    if status.st_size >= LARGE_FILE:
        return hashlib.sha256(f"{status.st_size} {status.st_mtime_ns}".encode()).digest()
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").digest()
