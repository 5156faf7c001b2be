"""What a Zarr store holds: the files of a folder, the members of a zip, what a server answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from neucocore.data.cubes.archive import CubeArchive

STORE_FILES = ("zarr.json", ".zgroup", ".zmetadata")
"""Files of which a folder that is a Zarr store has at least one."""
_ADDRESS = re.compile(r"(https?):/+(.+)", re.DOTALL)


def address_of(path: str | Path) -> str | None:
    """Return the address that a path is, with both of its slashes; None for files."""
    match = _ADDRESS.fullmatch(str(path))
    return None if match is None else f"{match[1]}://{match[2]}"


def is_store_folder(path: Path) -> bool:
    """Return whether a folder is a Zarr store."""
    if not path.is_dir():
        return False
    return path.name.endswith(".zarr") or any((path / name).is_file() for name in STORE_FILES)


class StoreKeys(Protocol):
    """The keys of a store and their content."""

    def exists(self, key: str) -> bool:
        """Return whether something is stored under a key."""

    def size(self, key: str) -> int:
        """Return the number of bytes of a key."""

    def head(self, key: str, size: int) -> bytes:
        """Return the first bytes of a key."""

    def tail(self, key: str, size: int) -> bytes:
        """Return the last bytes of a key."""

    def all(self) -> Iterator[tuple[str, bytes]]:
        """Yield every key and its content, sorted."""

    def close(self) -> None:
        """Close what is open."""


def keys_of(path: Path, address: str | None) -> StoreKeys:
    """Return the keys of a folder, a zip or an address."""
    if address is not None:
        return ServerKeys(address)
    return FolderKeys(path) if path.is_dir() else ZipKeys(path)


class FolderKeys:
    """The files of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def exists(self, key: str) -> bool:
        """Return whether there is a file."""
        return (self.folder / key).is_file()

    def size(self, key: str) -> int:
        """Return the size of a file."""
        return (self.folder / key).stat().st_size

    def head(self, key: str, size: int) -> bytes:
        """Return the first bytes of a file."""
        with (self.folder / key).open("rb") as file:
            return file.read(size)

    def tail(self, key: str, size: int) -> bytes:
        """Return the last bytes of a file."""
        with (self.folder / key).open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - size))
            return file.read(size)

    def all(self) -> Iterator[tuple[str, bytes]]:
        """Yield every file below the folder."""
        for file in sorted(self.folder.rglob("*")):
            if file.is_file():
                yield file.relative_to(self.folder).as_posix(), file.read_bytes()

    def close(self) -> None:
        """Nothing is open."""


class ZipKeys:
    """The members of a zip, whose directory and checksums are checked."""

    def __init__(self, path: Path) -> None:
        self.archive = CubeArchive(path)

    def exists(self, key: str) -> bool:
        """Return whether there is a member."""
        return key in self.archive.members

    def size(self, key: str) -> int:
        """Return the size of a member."""
        return self.archive.members[key].file_size

    def head(self, key: str, size: int) -> bytes:
        """Return the first bytes of a member."""
        return self._content(key)[:size]

    def tail(self, key: str, size: int) -> bytes:
        """Return the last bytes of a member."""
        return self._content(key)[-size:]

    def _content(self, key: str) -> bytes:
        return self.archive.read(key, self.archive.members[key].file_size)

    def all(self) -> Iterator[tuple[str, bytes]]:
        """Yield every member."""
        for key in sorted(self.archive.members):
            yield key, self._content(key)

    def close(self) -> None:
        """Close the zip."""
        self.archive.__exit__(None, None, None)


class ServerKeys:
    """What a server answers below an address; it is asked for each key, as it cannot be listed."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self._system: Any = None

    @property
    def system(self) -> Any:
        """The file system of fsspec."""
        if self._system is None:
            import fsspec

            self._system = fsspec.filesystem("http")
        return self._system

    def exists(self, key: str) -> bool:
        """Return whether the server has a key."""
        return bool(self.system.exists(f"{self.address}/{key}"))

    def size(self, key: str) -> int:
        """Return the size that the server states."""
        return int(self.system.size(f"{self.address}/{key}") or 0)

    def head(self, key: str, size: int) -> bytes:
        """Return the first bytes of a key."""
        content: bytes = self.system.cat_file(f"{self.address}/{key}", start=0, end=size)
        return content

    def tail(self, key: str, size: int) -> bytes:
        """Return the last bytes of a key."""
        content: bytes = self.system.cat_file(f"{self.address}/{key}", start=-size)
        return content

    def all(self) -> Iterator[tuple[str, bytes]]:
        """Yield the address only: what a server holds may change at any time."""
        yield self.address, b""

    def close(self) -> None:
        """Nothing is open."""
