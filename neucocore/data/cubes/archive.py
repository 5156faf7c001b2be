"""The zip around a cube: its directory audited, its members read and checked."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from types import TracebackType

from neucocore.errors import CorruptCubeError, MissingFileError
from neucocore.files.findings import Finding

LOCAL_HEADER_BYTES = 30
LOCAL_MAGIC = b"PK\x03\x04"
ENCRYPTED = 0x1
UTF8_NAME = 0x800
# No cube has so many; a bomb made of very many members has.
MEMBER_LIMIT = 1_000_000
BLOCK = 1 << 20


class CubeArchive:
    """A cube's zip, open for reading; use as a context manager.

    Opening reads and audits the directory. Members are then read one by one, each checked
    against its checksum and the size it may have.

    Raises
    ------
    MissingFileError
        No such file.
    CorruptCubeError
        Not a zip, a cut-off one, or one whose directory cannot be trusted.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.findings: list[Finding] = []
        try:
            self._file = self.path.open("rb")
        except FileNotFoundError:
            raise MissingFileError(f"there is no cube {self.path}") from None
        except IsADirectoryError:
            raise CorruptCubeError(f"cube {self.path} is a folder, not a .zarr.zip file") from None
        try:
            self.members = self._audited_members()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> CubeArchive:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def corrupt(self, what: str) -> CorruptCubeError:
        """Return the error that says `what` is wrong with this file."""
        return CorruptCubeError(f"cube {self.path}: {what}")

    def read(self, name: str, limit: int) -> bytes:
        """Return a member's content.

        Parameters
        ----------
        name
            Name of the member; it must be in `members`.
        limit
            The most bytes it may have, unpacked.

        Raises
        ------
        CorruptCubeError
            The member is longer, cut off, or its checksum is wrong.
        """
        info = self.members[name]
        if info.file_size > limit:
            raise self.corrupt(
                f"member {name} claims {info.file_size} bytes where at most {limit} make sense"
            )
        self._file.seek(self._content_start(info))
        content = self._file.read(info.compress_size)
        if len(content) != info.compress_size:
            raise self.corrupt(f"member {name} is cut off")
        if info.compress_type == zipfile.ZIP_DEFLATED:
            content = self._inflated(name, content, info.file_size)
        if len(content) != info.file_size or zlib.crc32(content) != info.CRC:
            raise self.corrupt(f"member {name} does not match its checksum (a damaged file)")
        return content

    def check_all(self) -> None:
        """Read every member, a block at a time, and compare it with its checksum.

        Raises
        ------
        CorruptCubeError
            As for `read`.
        """
        for name, info in self.members.items():
            size = checksum = 0
            for block in self._blocks(name, info):
                size += len(block)
                checksum = zlib.crc32(block, checksum)
                if size > info.file_size:
                    break
            if size != info.file_size or checksum != info.CRC:
                raise self.corrupt(f"member {name} does not match its checksum (a damaged file)")

    def _blocks(self, name: str, info: zipfile.ZipInfo) -> Iterator[bytes]:
        """Yield a member's unpacked content in blocks of bounded size."""
        self._file.seek(self._content_start(info))
        left = info.compress_size
        unpack = zlib.decompressobj(-zlib.MAX_WBITS)
        while left > 0 and (packed := self._file.read(min(left, BLOCK))):
            left -= len(packed)
            if info.compress_type == zipfile.ZIP_STORED:
                yield packed
                continue
            try:
                while packed:
                    yield unpack.decompress(packed, BLOCK)
                    packed = unpack.unconsumed_tail
            except zlib.error as error:
                raise self.corrupt(f"member {name} cannot be unpacked ({error})") from None

    def _inflated(self, name: str, content: bytes, size: int) -> bytes:
        unpack = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            # One byte more than promised is enough to notice that the promise is broken.
            return unpack.decompress(content, size + 1)
        except zlib.error as error:
            raise self.corrupt(f"member {name} cannot be unpacked ({error})") from None

    def _content_start(self, info: zipfile.ZipInfo) -> int:
        self._file.seek(info.header_offset)
        header = self._file.read(LOCAL_HEADER_BYTES)
        if len(header) == LOCAL_HEADER_BYTES and header.startswith(LOCAL_MAGIC):
            name_length, extra_length = struct.unpack("<2H", header[-4:])
            encoding = "utf-8" if info.flag_bits & UTF8_NAME else "cp437"
            if self._file.read(name_length) == info.orig_filename.encode(encoding, "replace"):
                return self._file.tell() + int(extra_length)
        raise self.corrupt(f"the zip's directory points member {info.filename} to a wrong place")

    def _audited_members(self) -> Mapping[str, zipfile.ZipInfo]:
        try:
            with zipfile.ZipFile(self._file) as archive:
                infos = archive.infolist()
        except (zipfile.BadZipFile, struct.error, ValueError, OverflowError, NotImplementedError):
            raise self.corrupt(self._why_no_zip()) from None
        if len(infos) > MEMBER_LIMIT:
            raise self.corrupt(f"{len(infos)} members (a zip bomb?)")
        files = [info for info in infos if not info.is_dir()]
        for info in files:
            self._check_member(info)
        self._check_overlap(files)
        self._note_duplicates(files)
        # As zipfile and zarr do, the last of several members of one name counts.
        return {info.filename: info for info in files}

    def _why_no_zip(self) -> str:
        self._file.seek(0)
        head = self._file.read(512)
        text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        if not head:
            return "the file is empty"
        if text.startswith(b"version https://git-lfs"):
            return "the file is a git-LFS pointer, not the cube (fetch it with git lfs pull)"
        if text.startswith((b"<!doctype", b"<html", b"<?xml")):
            return "the file is a web page, not a cube (a failed download)"
        if head.startswith(LOCAL_MAGIC):
            return "the zip is cut off (a download that did not finish?)"
        return "the file is not a zip"

    def _check_member(self, info: zipfile.ZipInfo) -> None:
        name = info.orig_filename
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or "\0" in name:
            raise self.corrupt(f"unsafe member name {name!r}")
        if info.flag_bits & ENCRYPTED:
            raise self.corrupt(f"member {name} is encrypted")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise self.corrupt(f"member {name} has zip method {info.compress_type}")

    def _check_overlap(self, infos: list[zipfile.ZipInfo]) -> None:
        end = 0
        for info in sorted(infos, key=lambda info: info.header_offset):
            if info.header_offset < end:
                raise self.corrupt(f"member {info.filename} overlaps another (a zip bomb?)")
            end = info.header_offset + LOCAL_HEADER_BYTES + info.compress_size

    def _note_duplicates(self, infos: list[zipfile.ZipInfo]) -> None:
        counts = Counter(info.filename for info in infos)
        doubled = [name for name, count in counts.items() if count > 1]
        if doubled:
            self.findings.append(
                Finding(
                    "duplicate-member",
                    "warning",
                    "the zip holds a member twice; the last one counts",
                    len(doubled),
                    tuple(doubled[:3]),
                )
            )


def directory_bytes(path: str | Path) -> bytes:
    """Return what identifies a cube's content without reading it: its zip's directory.

    Names, sizes and CRC-32 of all members, in a fixed order; not the times.

    Raises
    ------
    MissingFileError, CorruptCubeError
        As for `CubeArchive`.
    """
    with CubeArchive(path) as archive:
        lines = [
            f"{name}\t{info.file_size}\t{info.CRC:08x}\n"
            for name, info in sorted(archive.members.items())
        ]
    return "".join(lines).encode()
