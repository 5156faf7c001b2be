"""Zips whose directory, members or checksums cannot be trusted."""

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
    """Return where the directory describes a member."""
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
def test_a_sound_archive_is_read_and_checked(file: Path, method: int) -> None:
    packed(file, method, a=CONTENT, b=b"", c=b"x")
    with CubeArchive(file) as archive:
        archive.check_all()
        assert {name: archive.read(name, len(CONTENT)) for name in archive.members} == {
            "a": CONTENT,
            "b": b"",
            "c": b"x",
        }


def test_a_member_larger_than_makes_sense_is_not_read(file: Path) -> None:
    packed(file, zipfile.ZIP_STORED, a=b"12345")
    with CubeArchive(file) as archive:
        assert archive.read("a", 5) == b"12345"
        with pytest.raises(CorruptCubeError, match="claims 5 bytes where at most 4 make sense"):
            archive.read("a", 4)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED], ids=["plain", "zip"])
def test_fault_38_a_flipped_byte_is_found_by_reading_and_by_checking(
    file: Path, method: int
) -> None:
    packed(file, method, a=CONTENT)
    middle = len(CONTENT) // 2
    overwrite(file, middle, bytes([file.read_bytes()[middle] ^ 1]))
    with CubeArchive(file) as archive:
        for look in (lambda: archive.read("a", len(CONTENT)), archive.check_all):
            with pytest.raises(CorruptCubeError, match=r"member a (does not match|cannot be unp)"):
                look()


def test_fault_38_content_that_cannot_be_unpacked_is_named(file: Path) -> None:
    packed(file, zipfile.ZIP_DEFLATED, a=b"0123456789" * 100)
    overwrite(file, 31, b"\xff" * 8)
    with CubeArchive(file) as archive:
        for look in (lambda: archive.read("a", 1000), archive.check_all):
            with pytest.raises(CorruptCubeError, match="member a cannot be unpacked"):
                look()


def test_fault_37_a_member_that_ends_before_its_size_is_cut_off(file: Path) -> None:
    packed(file, zipfile.ZIP_STORED, a=b"12345")
    at = entry(file, "a")
    overwrite(file, at + 20, struct.pack("<2L", 5000, 5000))
    with (
        CubeArchive(file) as archive,
        pytest.raises(CorruptCubeError, match="member a is cut off"),
    ):
        archive.read("a", 5000)


@pytest.mark.parametrize("claim", [90, 110], ids=["longer", "shorter"])
def test_fault_19_a_member_of_another_size_than_the_directory_says_is_found(
    file: Path, claim: int
) -> None:
    packed(file, zipfile.ZIP_DEFLATED, a=bytes(100))
    overwrite(file, entry(file, "a") + 24, struct.pack("<L", claim))
    with CubeArchive(file) as archive:
        for look in (lambda: archive.read("a", 1000), archive.check_all):
            with pytest.raises(CorruptCubeError, match="member a does not match its checksum"):
                look()


def test_fault_19_a_member_inside_another_is_refused(file: Path) -> None:
    """A bomb's members share one kernel: a header lies where another's content is."""
    inner = b"boom"
    header = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 0, 0, 0, zlib.crc32(inner), 4, 4, 1, 0)
    packed(file, zipfile.ZIP_STORED, a=header + b"b" + inner, b=inner)
    overwrite(file, entry(file, "b") + 42, struct.pack("<L", 31))
    with pytest.raises(CorruptCubeError, match="member b overlaps another"):
        CubeArchive(file)


def test_members_that_touch_do_not_overlap(file: Path) -> None:
    packed(file, zipfile.ZIP_STORED, **{f"m{n}": b"x" * n for n in range(5)})
    with CubeArchive(file) as archive:
        assert len(archive.members) == 5


def test_fault_19_very_many_members_are_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_module, "MEMBER_LIMIT", 3)
    packed(file, zipfile.ZIP_STORED, a=b"", b=b"", c=b"")
    CubeArchive(file).__exit__(None, None, None)
    packed(file, zipfile.ZIP_STORED, a=b"", b=b"", c=b"", d=b"")
    with pytest.raises(CorruptCubeError, match="4 members"):
        CubeArchive(file)


def test_an_encrypted_member_is_refused(file: Path) -> None:
    packed(file, zipfile.ZIP_STORED, a=b"x")
    overwrite(file, entry(file, "a") + 8, b"\x01")
    with pytest.raises(CorruptCubeError, match="member a is encrypted"):
        CubeArchive(file)


def test_a_member_packed_in_another_way_is_refused(file: Path) -> None:
    packed(file, zipfile.ZIP_BZIP2, a=b"x" * 100)
    with pytest.raises(CorruptCubeError, match="member a has zip method 12"):
        CubeArchive(file)


def test_the_name_before_the_content_must_be_the_directorys(file: Path) -> None:
    packed(file, zipfile.ZIP_STORED, a=b"12345")
    overwrite(file, 30, b"z")
    with (
        CubeArchive(file) as archive,
        pytest.raises(CorruptCubeError, match="points member a to a wrong place"),
    ):
        archive.read("a", 5)


def test_members_may_have_names_beyond_ascii(file: Path) -> None:
    packed(file, zipfile.ZIP_STORED, **{"bänder/0": b"12345", "帯": b"x"})
    with CubeArchive(file) as archive:
        archive.check_all()
        assert (archive.read("bänder/0", 5), archive.read("帯", 1)) == (b"12345", b"x")
