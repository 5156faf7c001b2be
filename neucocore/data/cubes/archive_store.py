"""Cubes in zips of Zarr format 2 with the usual codecs, read without zarr."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from neucocore.data.cubes.archive import DAMAGED_HINT, CubeArchive, directory_bytes
from neucocore.data.cubes.array_info import ArrayInfo, UnsupportedCodecError, ZarrError, array_info
from neucocore.data.cubes.chunks import read_array
from neucocore.data.cubes.writing import DIMENSIONS
from neucocore.errors import CorruptCubeError
from neucocore.files.findings import Finding

DESCRIPTION_LIMIT = 1 << 20
"""Maximum size of a description in bytes."""
FORMAT_3 = "zarr.json"


class UnsupportedError(Exception):
    """Why the zip has to be read through zarr: its format, or a codec."""


class ArchiveStore:
    """A cube in a zip; see `neucocore.data.cubes.store.CubeStore`.

    Raises
    ------
    UnsupportedError
        Format 3, or a codec that is read through zarr.
    """

    reader = "zip"

    def __init__(self, path: str | Path, values: str) -> None:
        self._archive = CubeArchive(path)
        try:
            if FORMAT_3 in self._archive.members:
                raise UnsupportedError("Zarr format 3")
            if f"{values}/.zarray" in self._archive.members:
                try:
                    array_info(self._archive.read(f"{values}/.zarray", DESCRIPTION_LIMIT))
                except UnsupportedCodecError as error:
                    raise UnsupportedError(str(error)) from None
                except ZarrError:
                    pass  # reported when the array is read
        except BaseException:
            self.close()
            raise

    @property
    def path(self) -> Path:
        """Path of the file."""
        return self._archive.path

    @property
    def findings(self) -> list[Finding]:
        """What opening it found."""
        return self._archive.findings

    def close(self) -> None:
        """Close the file."""
        self._archive.__exit__(None, None, None)

    def corrupt(self, problem: str, hint: str = DAMAGED_HINT) -> CorruptCubeError:
        """Return the error about a problem of this file."""
        return self._archive.corrupt(problem, hint)

    def info(self, name: str) -> ArrayInfo | None:
        """Return the description of an array, or None if there is no such array."""
        member = f"{name}/.zarray"
        if member not in self._archive.members:
            return None
        try:
            return array_info(self._archive.read(member, DESCRIPTION_LIMIT))
        except ZarrError as error:
            raise self.corrupt(f"array {name}: {error}") from None

    def why_no_array(self, name: str) -> CorruptCubeError:
        """Return the error about a zip without an array that a cube needs."""
        member = f"{name}/.zarray"
        names = sorted(self._archive.members)
        nested = [other for other in names if other.endswith(f"/{member}")]
        if nested:
            folder = nested[0].removesuffix(member)
            problem = f"the cube is in the folder {folder} of the zip, not at its top level"
            return self.corrupt(problem, "zip the content of the folder, without the folder itself")
        if not names:
            return self.corrupt(f"no array named {name!r}: the zip is empty")
        shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
        problem = f"no array named {name!r}; the zip holds {shown} ({len(names)} members)"
        return self.corrupt(
            problem, f"a cube needs an array {name!r} with ({', '.join(DIMENSIONS)})"
        )

    def declarations(self, name: str) -> tuple[bytes, bytes, bytes, bytes]:
        """Return ``<name>/.zarray``, ``<name>/.zattrs``, ``.zattrs`` and ``.zmetadata``."""
        members = self._archive.members
        info, attributes, group, consolidated = (
            self._archive.read(member, DESCRIPTION_LIMIT) if member in members else b""
            for member in (f"{name}/.zarray", f"{name}/.zattrs", ".zattrs", ".zmetadata")
        )
        return info, attributes, group, consolidated

    def read(
        self, name: str, info: ArrayInfo, first: slice | None
    ) -> tuple[NDArray[Any], list[str]]:
        """Return an array and the names of the missing chunks."""
        members = self._archive.members
        # Compressed or not, a valid chunk is hardly larger than its values.
        limit = 2 * info.chunk_bytes + DESCRIPTION_LIMIT

        def chunk(key: str) -> bytes | None:
            member = f"{name}/{key}"
            return self._archive.read(member, limit) if member in members else None

        try:
            return read_array(info, chunk, first)
        except ZarrError as error:
            raise self.corrupt(f"array {name}: {error}") from None

    def check_all(self) -> None:
        """Check the checksums of all members."""
        self._archive.check_all()

    def content(self) -> bytes:
        """Return names, sizes and checksums of the members."""
        return directory_bytes(self.path)
