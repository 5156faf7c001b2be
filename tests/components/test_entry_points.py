from __future__ import annotations

from pathlib import Path

import pytest

from neucocore.components.entry_points import EntryPoint, entry_points

GROUP = "neuco.tested"


def install(folder: Path, name: str, version: str, points: str) -> None:
    """Write the metadata of a distribution, as pip does."""
    metadata = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    metadata.mkdir(parents=True)
    text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    (metadata / "METADATA").write_text(text)
    (metadata / "entry_points.txt").write_text(points)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Return two folders of the import path, the first before the second."""
    folders = tmp_path / "first", tmp_path / "second"
    for folder in reversed(folders):
        folder.mkdir()
        monkeypatch.syspath_prepend(str(folder))
    return folders


def test_entry_points_are_sorted_by_name(path: tuple[Path, Path]) -> None:
    install(path[0], "b-b", "1", f"[{GROUP}]\nx = b.one\n[other]\ny = b.two\n")
    install(path[0], "a-a", "2", f"[{GROUP}]\nz = a.one\nx = a.two\n")
    assert entry_points(GROUP) == [
        EntryPoint("x", "a.two", "a-a", "2"),
        EntryPoint("x", "b.one", "b-b", "1"),
        EntryPoint("z", "a.one", "a-a", "2"),
    ]


def test_the_first_copy_of_a_distribution_on_the_path_counts(
    path: tuple[Path, Path],
) -> None:
    install(path[1], "mine", "2.0", f"[{GROUP}]\nold = mine.old\nboth = mine.both\n")
    install(path[0], "mine", "1.0", f"[{GROUP}]\nboth = mine.both\n")
    assert entry_points(GROUP) == [EntryPoint("both", "mine.both", "mine", "1.0")]


@pytest.mark.parametrize("broken", ["no equals sign", "[", "\x00"])
def test_broken_entry_points_do_not_affect_other_distributions(
    path: tuple[Path, Path], broken: str
) -> None:
    install(path[0], "broken", "1", f"[{GROUP}]\n{broken}\n")
    install(path[0], "valid", "1", f"[{GROUP}]\nx = valid.one\n")
    assert "valid" in {entry.distribution for entry in entry_points(GROUP)}


@pytest.mark.parametrize("metadata", [None, "Metadata-Version: 2.1\n"], ids=["no file", "no name"])
def test_metadata_without_a_name_do_not_affect_other_distributions(
    path: tuple[Path, Path], metadata: str | None
) -> None:
    install(path[0], "nameless", "1", f"[{GROUP}]\nx = nameless.one\n")
    file = path[0] / "nameless-1.dist-info" / "METADATA"
    file.unlink()
    if metadata is not None:
        file.write_text(metadata)
    install(path[0], "valid", "1", f"[{GROUP}]\nx = valid.one\n")
    assert entry_points(GROUP) == [EntryPoint("x", "valid.one", "valid", "1")]
