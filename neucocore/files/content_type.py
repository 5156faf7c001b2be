"""What a file really is, told from its first bytes, whatever its name says."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from neucocore.errors import DataError, MissingFileError

Content = Literal["text", "gzip", "zip", "parquet", "empty"]

_MAGIC: tuple[tuple[bytes, Content], ...] = (
    (b"PAR1", "parquet"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x1f\x8b", "gzip"),
)
_LFS = b"version https://git-lfs.github.com/spec/"
_HTML = (b"<!doctype", b"<html", b"<head", b"<?xml")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_HEAD = 512


def sniff(path: Path) -> Content:
    """Tell the kind of a file that must exist.

    Raises
    ------
    MissingFileError
        When there is no such file.
    DataError
        When it is a folder, a git-LFS pointer, a web page, or UTF-16 text.
    """
    head = _head(path)
    if not head:
        return "empty"
    for magic, content in _MAGIC:
        if head.startswith(magic):
            return content
    refuse_foreign_text(path, head)
    return "text"


def refuse_foreign_text(path: Path, head: bytes) -> None:
    """Raise when the first bytes of a text file show that it is not the data it should be."""
    if head.startswith(_LFS):
        raise DataError(
            f"{path} is a git-LFS pointer, not the data itself",
            hint=f"git lfs pull --include={path.name!r} in the repository it came from",
        )
    if head.lstrip().lower().startswith(_HTML):
        raise DataError(
            f"{path} is a web page, not data",
            hint="download the file itself; a page usually means a log-in or an error",
        )
    if head.startswith(_UTF16):
        raise DataError(
            f"{path} is not UTF-8: it starts with a UTF-16 byte order mark (offset 0)",
            hint="save it as UTF-8",
        )


def no_folder(path: Path) -> str:
    """Say why a path is not the folder it should be."""
    return f"{path} is a file, not a folder" if path.exists() else f"there is no folder {path}"


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except FileNotFoundError:
        raise MissingFileError(
            f"there is no file {path}", hint=f"ls {path.parent}  # what is there"
        ) from None
    except IsADirectoryError:
        raise DataError(f"{path} is a folder, not a file") from None
