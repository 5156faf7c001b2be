"""Where the arrays of a cube are stored: a zip that is read directly, or anything zarr can open.

The zips of Zarr format 2 with the usual codecs are read without the zarr package, which is slower
and fills missing chunks without a message. Everything else (folders, format 3, sharding, other
codecs, addresses) is opened by zarr, with the same checks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray

from neucocore.data.cubes.array_info import ArrayInfo
from neucocore.data.cubes.store_keys import address_of
from neucocore.errors import CorruptCubeError
from neucocore.files.findings import Finding


class CubeStore(Protocol):
    """The arrays of one cube file, open for reading.

    Attributes
    ----------
    reader
        What reads it, for reports: ``zip``, or zarr with its version.
    """

    reader: str

    @property
    def path(self) -> Path:
        """The file or folder."""

    @property
    def findings(self) -> list[Finding]:
        """What opening it found."""

    def close(self) -> None:
        """Close the files."""

    def corrupt(self, problem: str, hint: str = ...) -> CorruptCubeError:
        """Return the error about a problem of this file."""

    def info(self, name: str) -> ArrayInfo | None:
        """Return the description of an array, or None if there is no such array.

        Raises
        ------
        CorruptCubeError
            It is not an array of Zarr.
        """

    def why_no_array(self, name: str) -> CorruptCubeError:
        """Return the error about an array that a cube needs and this one lacks."""

    def declarations(self, name: str) -> tuple[bytes, bytes, bytes, bytes]:
        """Return what declares the values of an array, as JSON texts.

        They are those of `neucocore.data.cubes.declarations.cube_declarations`; empty if absent.
        """

    def read(
        self, name: str, info: ArrayInfo, first: slice | None
    ) -> tuple[NDArray[Any], list[str]]:
        """Return an array, or a part of its first dimension, and the names of missing chunks.

        Raises
        ------
        CorruptCubeError
            A chunk cannot be decoded.
        """

    def check_all(self) -> None:
        """Check everything that is stored, also what `read` does not need."""

    def content(self) -> bytes:
        """Return bytes that identify the content, the same wherever the file lies."""


def open_store(path: str | Path, values: str) -> CubeStore:
    """Open a cube file.

    Parameters
    ----------
    path
        A ``.zarr.zip`` file, the folder of a Zarr store, or the address of one.
    values
        Name of the array that decides which reader is needed.

    Raises
    ------
    MissingFileError
        There is no such file.
    CorruptCubeError
        It cannot be opened.
    """
    from neucocore.data.cubes.archive_store import ArchiveStore, UnsupportedError

    if address_of(path) is None and not Path(path).is_dir():
        try:
            return ArchiveStore(path, values)
        except UnsupportedError as error:
            return _through_zarr(path, str(error))
    return _through_zarr(path)


def _through_zarr(path: str | Path, reason: str = "") -> CubeStore:
    from neucocore.data.cubes.zarr_store import ZarrStore

    return ZarrStore(path, reason)
