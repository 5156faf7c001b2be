"""Fault 90: of several metadata of one distribution, that of the imported code counts."""

from __future__ import annotations

import base64
import hashlib
import itertools
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neucocore.components.distributions import distribution, unreadable, unused
from neucocore.components.entry_points import entry_points

GROUP = "neuco.tested"
NUMBERS = itertools.count()


def sha256(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def metadata(
    folder: Path, version: str, code: bytes | None, *, name: str = "mine", group: str = GROUP
) -> Path:
    """Write the metadata of a version whose module has this code; None: no record of files."""
    path = folder / f"{name}-{version}.dist-info"
    path.mkdir(parents=True)
    (path / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (path / "entry_points.txt").write_text(f"[{group}]\nx = {name}:v{version.replace('.', '_')}\n")
    if code is not None:
        (path / "RECORD").write_text(
            f"{name}.py,sha256={sha256(code)},{len(code)}\n{path.name}/RECORD,,\n"
        )
    return path


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    return folder


def versions() -> list[str]:
    return [entry.version for entry in entry_points(GROUP)]


@pytest.mark.parametrize("order", [("1.0", "2.0", "3.0"), ("3.0", "2.0", "1.0")], ids=str)
@pytest.mark.parametrize("imported", ["1.0", "2.0", "3.0"])
def test_the_version_whose_code_is_imported_counts(
    site: Path, order: tuple[str, ...], imported: str
) -> None:
    paths = {version: metadata(site, version, version.encode()) for version in order}
    (site / "mine.py").write_bytes(imported.encode())

    assert versions() == [imported]
    assert distribution("mine").version == imported
    found = {item.version: item for item in unused(GROUP)}
    assert set(found) == set(order) - {imported}
    for version, item in found.items():
        assert (item.name, item.path, item.used) == ("mine", paths[version], imported)
        assert item.leftover


def test_the_newest_version_counts_where_several_record_the_same_code(site: Path) -> None:
    for version in ("1.9", "1.10", "1.2"):
        metadata(site, version, b"same")
    (site / "mine.py").write_bytes(b"same")
    assert versions() == ["1.10"]


def test_metadata_that_record_no_files_do_not_hide_those_that_do(site: Path) -> None:
    metadata(site, "2.0", None)
    metadata(site, "1.0", b"code")
    (site / "mine.py").write_bytes(b"code")
    assert versions() == ["1.0"]


def test_metadata_without_their_code_do_not_hide_an_installation_in_a_later_folder(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path / "first"))
    metadata(tmp_path / "first", "1.0", b"removed")
    metadata(site, "2.0", b"code")
    (site / "mine.py").write_bytes(b"code")
    assert versions() == ["2.0"]
    assert [(item.version, item.leftover) for item in unused(GROUP)] == [("1.0", True)]


def test_a_folder_that_is_on_the_path_twice_holds_no_second_installation(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata(site, "1.0", b"code")
    (site / "mine.py").write_bytes(b"code")
    monkeypatch.syspath_prepend(str(site))
    assert versions() == ["1.0"]
    assert unused(GROUP) == []


def test_a_second_installation_in_a_later_folder_is_no_leftover(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = tmp_path / "first"
    for folder in (first, site):
        metadata(folder, "1.0", b"code")
        (folder / "mine.py").write_bytes(b"code")
    monkeypatch.syspath_prepend(str(first))
    assert [(item.path.parent, item.leftover) for item in unused(GROUP)] == [(site, False)]


def test_an_entry_point_that_the_imported_version_no_longer_has_does_not_count(
    site: Path,
) -> None:
    metadata(site, "1.0", b"old")
    metadata(site, "2.0", b"new", group="other")
    (site / "mine.py").write_bytes(b"new")
    assert versions() == []
    assert [item.version for item in unused(GROUP)] == ["1.0"]


def test_names_are_compared_as_pip_does(site: Path) -> None:
    metadata(site, "1.0", b"code", name="my_own.plugin")
    assert distribution("My-Own_Plugin").version == "1.0"
    with pytest.raises(PackageNotFoundError):
        distribution("mine")


def test_distributions_with_unreadable_entry_points_are_named(site: Path) -> None:
    valid, broken = (metadata(site, "1.0", None, name=name) for name in ("valid", "broken"))
    (broken / "entry_points.txt").write_text("[any.group]\nno equals sign\n")
    (item,) = [item for item in unreadable() if site in item.path.parents]
    assert item.name == "broken"
    assert str(broken / "entry_points.txt") in str(item)
    assert str(broken) in item.hint
    assert valid.exists()


@settings(
    derandomize=True,
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    codes=st.dictionaries(
        st.from_regex(r"\A[0-9]{1,2}\.[0-9]{1,2}\Z"), st.binary(min_size=1), min_size=2, max_size=4
    ),
    data=st.data(),
)
def test_whatever_is_left_over_the_recorded_code_decides(
    tmp_path: Path, codes: dict[str, bytes], data: st.DataObject
) -> None:
    folder = tmp_path / str(next(NUMBERS))
    imported = data.draw(st.sampled_from(sorted(codes)))
    for version in data.draw(st.permutations(sorted(codes))):
        metadata(folder, version, codes[version])
    (folder / "mine.py").write_bytes(codes[imported])
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        (used,) = entry_points(GROUP)
        leftovers = unused(GROUP)
    assert codes[used.version] == codes[imported]
    assert len(leftovers) == len(codes) - 1
