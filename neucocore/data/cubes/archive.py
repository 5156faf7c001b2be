"""The zip archive of a cube: its directory is checked, then its members are read and checked."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from types import TracebackType

from neucocore.errors import CorruptCubeError, MissingFileError
from neucocore.files.content_type import HEAD_BYTES, placeholder
from neucocore.files.findings import Finding
from neucocore.messages import missing_file_hint

LOCAL_HEADER_BYTES = 30
LOCAL_MAGIC = b"PK\x03\x04"
ENCRYPTED = 0x1
UTF8_NAME = 0x800
# No cube has so many members; some zip bombs do.
MEMBER_LIMIT = 1_000_000
DAMAGED_HINT = "download or write the file again, or leave the cube out: neuco encode --skip-bad"
BLOCK = 1 << 20


class CubeArchive:
    """The zip archive of a cube, open for reading; a context manager.

    Opening reads and checks the zip directory. Every member is checked against its checksum and
    its maximum size when it is read.

    Parameters
    ----------
    path
        The ``.zarr.zip`` file.

    Raises
    ------
    MissingFileError
        The file does not exist.
    CorruptCubeError
        It is not a zip archive, is truncated, or has a directory that cannot be trusted.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.findings: list[Finding] = []
        try:
            self._file = self.path.open("rb")
        except FileNotFoundError:
            raise MissingFileError(
                f"there is no cube {self.path}", hint=missing_file_hint(self.path)
            ) from None
        except IsADirectoryError:
            raise CorruptCubeError(
                f"cube {self.path} is a folder, not a .zarr.zip file",
                hint="zip its content, without a folder around it, to ID.zarr.zip",
            ) from None
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

    def corrupt(self, problem: str, hint: str = DAMAGED_HINT) -> CorruptCubeError:
        """Return the error about a problem of this file."""
        return CorruptCubeError(f"cube {self.path}: {problem}", hint=hint)

    def read(self, name: str, limit: int) -> bytes:
        """Return the content of a member.

        Parameters
        ----------
        name
            Name of a member, in `members`.
        limit
            Maximum size, unpacked, in bytes.

        Raises
        ------
        CorruptCubeError
            The member is larger or truncated, or its checksum is wrong.
        """
        info = self.members[name]
        if info.file_size > limit:
            raise self.corrupt(
                f"member {name} claims {info.file_size} bytes; at most {limit} are plausible"
            )
        self._file.seek(self._content_start(info))
        content = self._file.read(info.compress_size)
        if len(content) != info.compress_size:
            raise self.corrupt(f"member {name} is truncated")
        if info.compress_type == zipfile.ZIP_DEFLATED:
            content = self._inflated(name, content, info.file_size)
        if len(content) != info.file_size or zlib.crc32(content) != info.CRC:
            raise self.corrupt(f"member {name} does not match its checksum; the file is damaged")
        return content

    def check_all(self) -> None:
        """Read every member in blocks and compare it with its checksum.

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
                raise self.corrupt(
                    f"member {name} does not match its checksum; the file is damaged"
                )

    def _blocks(self, name: str, info: zipfile.ZipInfo) -> Iterator[bytes]:
        """Yield the unpacked content of a member in blocks of bounded size."""
        self._file.seek(self._content_start(info))
        remaining = info.compress_size
        unpack = zlib.decompressobj(-zlib.MAX_WBITS)
        while remaining > 0 and (packed := self._file.read(min(remaining, BLOCK))):
            remaining -= len(packed)
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
            # One byte more than the declared size is enough to notice a larger member.
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
        raise self.corrupt(f"the zip directory has a wrong position for member {info.filename}")

    def _audited_members(self) -> Mapping[str, zipfile.ZipInfo]:
        try:
            with zipfile.ZipFile(self._file) as archive:
                infos = archive.infolist()
        except (zipfile.BadZipFile, struct.error, ValueError, OverflowError, NotImplementedError):
            problem, hint = self._why_not_a_zip()
            raise self.corrupt(problem, hint) from None
        if len(infos) > MEMBER_LIMIT:
            raise self.corrupt(f"{len(infos)} members; it may be a zip bomb")
        files = [info for info in infos if not info.is_dir()]
        for info in files:
            self._check_member(info)
        self._check_overlap(files)
        self._note_duplicates(files)
        # As in zipfile and zarr, the last of several members with the same name counts.
        return {info.filename: info for info in files}

    def _why_not_a_zip(self) -> tuple[str, str]:
        """Return the problem of a file that is not a zip archive, and the hint."""
        self._file.seek(0)
        head = self._file.read(HEAD_BYTES)
        if not head:
            return "the file is empty", DAMAGED_HINT
        found = placeholder(head, self.path.name)
        if found is not None:
            return f"the file is {found.name}, not a cube", found.hint
        if head.startswith(LOCAL_MAGIC):
            return "the zip is truncated; perhaps a download was interrupted", DAMAGED_HINT
        return "the file is not a zip archive", DAMAGED_HINT

    def _check_member(self, info: zipfile.ZipInfo) -> None:
        name = info.orig_filename
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or "\0" in name:
            raise self.corrupt(f"unsafe member name {name!r}")
        if info.flag_bits & ENCRYPTED:
            raise self.corrupt(f"member {name} is encrypted")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise self.corrupt(f"member {name} has the unknown zip method {info.compress_type}")

    def _check_overlap(self, infos: list[zipfile.ZipInfo]) -> None:
        end = 0
        for info in sorted(infos, key=lambda info: info.header_offset):
            if info.header_offset < end:
                raise self.corrupt(
                    f"member {info.filename} overlaps another one; it may be a zip bomb"
                )
            end = info.header_offset + LOCAL_HEADER_BYTES + info.compress_size

    def _note_duplicates(self, infos: list[zipfile.ZipInfo]) -> None:
        counts = Counter(info.filename for info in infos)
        repeated = [name for name, count in counts.items() if count > 1]
        if repeated:
            self.findings.append(
                Finding(
                    "duplicate-member",
                    "warning",
                    "the zip holds a member more than once; the last one is used",
                    len(repeated),
                    tuple(repeated[:3]),
                )
            )


def directory_bytes(path: str | Path) -> bytes:
    """Return bytes that identify the content of a cube, from its zip directory alone.

    They hold names, sizes and CRC-32 of all members in a fixed order, but not their times.

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
