"""What a file contains, told from its first bytes, whatever its name."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

from neucocore.errors import DataError, MissingFileError
from neucocore.messages import missing_file_hint, quoted

Content = Literal["text", "gzip", "zip", "parquet", "empty"]

_MAGIC: tuple[tuple[bytes, Content], ...] = (
    (b"PAR1", "parquet"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x1f\x8b", "gzip"),
)
_LFS = b"version https://git-lfs.github.com/spec/"
_HTML = (b"<!doctype", b"<html", b"<head", b"<?xml")
_UTF8 = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
HEAD_BYTES = 512
"""First bytes of a file that suffice for all functions of this module."""


class Placeholder(NamedTuple):
    """A text file that stands in the place of data: what it is, and what to do."""

    name: str
    hint: str


def detect_content(path: Path) -> Content:
    """Return the kind of content of an existing file.

    Raises
    ------
    MissingFileError
        The file does not exist.
    DataError
        It is a folder, a git-LFS pointer, a web page, or UTF-16 text.
    """
    head = _head(path)
    if not head:
        return "empty"
    for magic, content in _MAGIC:
        if head.startswith(magic):
            return content
    check_text(path, head)
    return "text"


def placeholder(head: bytes, name: str) -> Placeholder | None:
    """Recognise a file that was downloaded in the place of the data, from its first bytes.

    Parameters
    ----------
    head
        The first bytes of the file.
    name
        Its name, for the hint.
    """
    text = head.removeprefix(_UTF8).lstrip().lower()
    if text.startswith(_LFS):
        hint = f"git lfs pull --include={name!r} in the repository it comes from"
        return Placeholder("a git-LFS pointer", hint)
    if text.startswith(_HTML):
        hint = "download the file itself; a web page often means that a log-in is required"
        return Placeholder("a web page", hint)
    return None


def check_text(path: Path, head: bytes) -> None:
    """Raise if the first bytes of a text file show that it is not UTF-8 data.

    Raises
    ------
    DataError
        It is a git-LFS pointer, a web page, or UTF-16 text.
    """
    found = placeholder(head, path.name)
    if found is not None:
        raise DataError(f"{path} is {found.name}, not the data", hint=found.hint)
    if head.startswith(_UTF16):
        raise DataError(
            f"{path} is not UTF-8: it starts with a UTF-16 byte order mark (offset 0)",
            hint="save the file as UTF-8",
        )


def no_folder(path: Path) -> str:
    """Return the message about a path that is not a folder."""
    return f"{path} is a file, not a folder" if path.exists() else f"there is no folder {path}"


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except FileNotFoundError:
        raise MissingFileError(f"there is no file {path}", hint=missing_file_hint(path)) from None
    except IsADirectoryError:
        raise DataError(f"{path} is a folder, not a file", hint=f"ls {quoted(path)}") from None
