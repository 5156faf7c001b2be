"""Zip archives whose directory, members or checksums cannot be trusted."""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from neucocore.data.cubes import archive as archive_module
from neucocore.data.cubes.archive import CubeArchive
from neucocore.errors import CorruptCubeError

CONTENT = np.random.default_rng(0).bytes(200_000)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.zarr.zip"


def packed(file: Path, method: int, **members: bytes) -> None:
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def entry(file: Path, name: str) -> int:
    """Return the position of a member's entry in the zip directory."""
    content, at = file.read_bytes(), -1
    while (at := content.find(b"PK\x01\x02", at + 1)) >= 0:
        if content[at + 46 :].startswith(name.encode()):
            return at
    raise LookupError(name)


def overwrite(file: Path, at: int, content: bytes) -> None:
    with file.open("r+b") as handle:
        handle.seek(at)
        handle.write(content)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED], ids=["plain", "zip"])
def test_a_valid_archive_is_read_and_checked(file: Path, method: int) -> None:
    packed(file, method, a=CONTENT, b=b"", c=b"x")
    with CubeArchive(file) as archive:
        archive.check_all()
        assert {name: archive.read(name, len(CONTENT)) for name in archive.members} == {
            "a": CONTENT,
            "b": b"",
            "c": b"x",
        }


def test_a_member_above_the_limit_is_not_read(file: Path) -> None:
    packed(file, zipfile.ZIP_STORED, a=b"12345")
    with CubeArchive(file) as archive:
        assert archive.read("a", 5) == b"12345"
        with pytest.raises(CorruptCubeError, match="claims 5 bytes; at most 4 are plausible"):
            archive.read("a", 4)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED], ids=["plain", "zip"])
def test_fault_38_a_flipped_byte_is_detected_by_read_and_by_check_all(
    file: Path, method: int
) -> None:
    packed(file, method, a=CONTENT)
    middle = len(CONTENT) // 2
    overwrite(file, middle, bytes([file.read_bytes()[middle] ^ 1]))
    with CubeArchive(file) as archive:
        for check in (lambda: archive.read("a", len(CONTENT)), archive.check_all):
            with pytest.raises(CorruptCubeError, match=r"member a (does not match|cannot be unp)"):
                check()


def test_fault_38_content_that_cannot_be_unpacked_is_an_error(file: Path) -> None:
    packed(file, zipfile.ZIP_DEFLATED, a=b"0123456789" * 100)
    overwrite(file, 31, b"\xff" * 8)
    with CubeArchive(file) as archive:
        for check in (lambda: archive.read("a", 1000), archive.check_all):
            with pytest.raises(CorruptCubeError, match="member a cannot be unpacked"):
                check()


def test_fault_37_a_member_shorter_than_declared_is_truncated(file: Path) -> None:
    packed(file, zipfile.ZIP_STORED, a=b"12345")
    at = entry(file, "a")
    overwrite(file, at + 20, struct.pack("<2L", 5000, 5000))
    with (
        CubeArchive(file) as archive,
        pytest.raises(CorruptCubeError, match="member a is truncated"),
    ):
        archive.read("a", 5000)


@pytest.mark.parametrize("claim", [90, 110], ids=["longer", "shorter"])
def test_fault_19_a_member_of_another_size_than_declared_is_detected(
    file: Path, claim: int
) -> None:
    packed(file, zipfile.ZIP_DEFLATED, a=bytes(100))
    overwrite(file, entry(file, "a") + 24, struct.pack("<L", claim))
    with CubeArchive(file) as archive:
        for check in (lambda: archive.read("a", 1000), archive.check_all):
            with pytest.raises(CorruptCubeError, match="member a does not match its checksum"):
                check()


def test_fault_19_a_member_inside_another_is_an_error(file: Path) -> None:
    """The members of a zip bomb share content: a header lies inside the content of another."""
    inner = b"boom"
    header = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 0, 0, 0, zlib.crc32(inner), 4, 4, 1, 0)
    packed(file, zipfile.ZIP_STORED, a=header + b"b" + inner, b=inner)
    overwrite(file, entry(file, "b") + 42, struct.pack("<L", 31))
    with pytest.raises(CorruptCubeError, match="member b overlaps another"):
        CubeArchive(file)


def test_adjacent_members_do_not_overlap(file: Path) -> None:
    packed(file, zipfile.ZIP_STORED, **{f"m{n}": b"x" * n for n in range(5)})
    with CubeArchive(file) as archive:
        assert len(archive.members) == 5


def test_fault_19_too_many_members_are_an_error(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_module, "MEMBER_LIMIT", 3)
    packed(file, zipfile.ZIP_STORED, a=b"", b=b"", c=b"")
    CubeArchive(file).__exit__(None, None, None)
    packed(file, zipfile.ZIP_STORED, a=b"", b=b"", c=b"", d=b"")
    with pytest.raises(CorruptCubeError, match="4 members"):
        CubeArchive(file)


def test_an_encrypted_member_is_an_error(file: Path) -> None:
    packed(file, zipfile.ZIP_STORED, a=b"x")
    overwrite(file, entry(file, "a") + 8, b"\x01")
    with pytest.raises(CorruptCubeError, match="member a is encrypted"):
        CubeArchive(file)


def test_a_member_with_another_zip_method_is_an_error(file: Path) -> None:
    packed(file, zipfile.ZIP_BZIP2, a=b"x" * 100)
    with pytest.raises(CorruptCubeError, match="member a has the unknown zip method 12"):
        CubeArchive(file)


def test_the_local_name_of_a_member_must_be_that_of_the_directory(file: Path) -> None:
    packed(file, zipfile.ZIP_STORED, a=b"12345")
    overwrite(file, 30, b"z")
    with (
        CubeArchive(file) as archive,
        pytest.raises(CorruptCubeError, match="has a wrong position for member a"),
    ):
        archive.read("a", 5)


def test_member_names_need_not_be_ascii(file: Path) -> None:
    packed(file, zipfile.ZIP_STORED, **{"bänder/0": b"12345", "帯": b"x"})
    with CubeArchive(file) as archive:
        archive.check_all()
        assert (archive.read("bänder/0", 5), archive.read("帯", 1)) == (b"12345", b"x")
