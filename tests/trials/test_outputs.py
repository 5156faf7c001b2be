"""Files of others are replaced only with --force, and outputs are checked before the work."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from neucocore import generate
from neucocore.files.outputs import RECORD_FILE

REGISTRY = Path(__file__).parents[2] / "registry.yaml"
MINE = "my own notes\n"


@pytest.fixture(scope="module")
def earth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shared") / "earth"
    generate("synthetic-earth", output=folder, params={"cubes": 8, "size": 16})
    return folder


@pytest.fixture
def work(earth: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with an Earth, two embeddings files and labels."""
    monkeypatch.chdir(tmp_path)
    Path("earth").symlink_to(earth)
    ids = np.array([f"c{number:02d}" for number in range(40)])
    rng = np.random.default_rng(0)
    for name in ("e", "f"):
        np.savez(f"{name}.npz", ids=ids, matrix=rng.normal(size=(40, 4)).astype(np.float32))
    Path("labels").mkdir()
    rows = "".join(f"{name},{number * 7 % 11}\n" for number, name in enumerate(ids))
    Path("labels/size__regr.csv").write_text("id,label\n" + rows)
    cube = next(earth.glob("data/s1/*/*.zarr.zip"))
    Path("cubes/s1").mkdir(parents=True)
    shutil.copy(cube, "cubes/s1/cube.zarr.zip")
    Path("run.yaml").write_text("embeddings: [e.npz]\nlabels: labels\n")
    return tmp_path


ENCODE = ("encode", "--dataset", "synthetic-earth", "--data", "earth")
FILES: dict[str, tuple[tuple[str, ...], str, tuple[str, ...]]] = {
    "encode": ((*ENCODE, "mean", "-o"), "out.csv", (*ENCODE, "random", "-o")),
    "convert": (("convert", "e.npz"), "out.csv", ("convert", "f.npz")),
    "inspect": (
        ("inspect", "cubes/s1/cube.zarr.zip", "--png"),
        "out.png",
        (),
    ),
    "tasks derive": (
        ("tasks", "derive", "landcover-forest", "--data", "earth", "-o"),
        "out__regr.csv",
        ("tasks", "derive", "landcover-agriculture", "--data", "earth", "-o"),
    ),
    "tasks stats": (
        ("tasks", "stats", "--labels", "labels", "-o"),
        "out.json",
        ("tasks", "stats", "--labels", "earth/labels", "-o"),
    ),
    "fusion make": (
        ("fusion", "make", "e.npz", "f.npz", "--dimension", "2", "-o"),
        "out.npz",
        ("fusion", "make", "e.npz", "f.npz", "--dimension", "3", "-o"),
    ),
    "registry write": (("registry", "write", str(REGISTRY), "-o"), "out.json", ()),
}
"""Commands that write one file: their words, the file, and words for another content."""


@pytest.mark.parametrize("name", FILES)
def test_fault_85_a_file_of_the_user_is_replaced_only_with_force(
    neuco: Callable, work: Path, name: str
) -> None:
    words, file, _ = FILES[name]
    Path(file).write_text(MINE)
    ended = neuco(*words, file)
    assert ended.code == 2
    assert f"{file} exists and was not written by this command" in ended.err
    assert "--force" in ended.err
    assert Path(file).read_text() == MINE
    assert neuco(*words, file, "--force").code == 0
    assert Path(file).read_bytes() != MINE.encode()


@pytest.mark.parametrize("name", FILES)
def test_fault_85_the_same_command_may_run_again_and_an_edited_file_stays(
    neuco: Callable, work: Path, name: str
) -> None:
    words, file, other = FILES[name]
    assert neuco(*words, file).code == 0
    content = Path(file).read_bytes()
    assert neuco(*words, file).code == 0
    assert Path(file).read_bytes() == content
    if other:
        ended = neuco(*other, file)
        assert (ended.code, Path(file).read_bytes()) == (2, content)
        assert "exists and was written by" in ended.err
    Path(file).write_bytes(content + b"\n")
    ended = neuco(*words, file)
    assert (ended.code, Path(file).read_bytes()) == (2, content + b"\n")
    assert "was changed after" in ended.err


def test_fault_85_a_file_of_another_command_is_not_replaced(neuco: Callable, work: Path) -> None:
    assert neuco("convert", "e.npz", "out.csv").code == 0
    ended = neuco(*ENCODE, "mean", "-o", "out.csv")
    assert ended.code == 2
    assert "was written by neuco convert" in ended.err


def test_fault_85_statistics_next_to_labels_are_not_written_over_a_file_of_the_user(
    neuco: Callable, work: Path
) -> None:
    Path("labels/stats.json").write_text(MINE)
    ended = neuco("tasks", "stats", "--labels", "labels")
    assert (ended.code, Path("labels/stats.json").read_text()) == (0, MINE)
    assert "size" in ended.out
    assert "warning: not written: labels/stats.json exists" in ended.err


@pytest.mark.parametrize("file", ["README.md", "tasks.json", "labels/size__regr.csv"])
def test_fault_85_an_export_replaces_no_file_of_the_user(
    neuco: Callable, work: Path, file: str
) -> None:
    words = ("tasks", "export", "--labels", "labels", "-o", "out")
    (work / "out" / file).parent.mkdir(parents=True)
    (work / "out" / file).write_text(MINE)
    assert neuco(*words).code == 2
    assert [path.read_text() for path in (work / "out").rglob("*") if path.is_file()] == [MINE]
    assert neuco(*words, "--force").code == 0
    assert neuco(*words).code == 0


def test_fault_85_a_data_set_is_not_generated_over_files_of_the_user(
    neuco: Callable, work: Path
) -> None:
    words = ("data", "generate", "synthetic-earth", "-o", "new", "--set", "cubes=4", "--set",
             "size=16")  # fmt: skip
    Path("new").mkdir()
    Path("new/notes.txt").write_text(MINE)
    assert neuco(*words).code == 2
    assert sorted(path.name for path in Path("new").iterdir()) == ["notes.txt"]
    Path("new/notes.txt").unlink()
    assert neuco(*words).code == 0
    assert neuco(*words).code == 0
    label = sorted(Path("new/labels").glob("*.csv"))[0]
    label.write_text(label.read_text() + "mine,1\n")
    ended = neuco(*words)
    assert ended.code == 2
    assert f"labels/{label.name}" in ended.err
    assert label.read_text().endswith("mine,1\n")


def test_fault_85_the_run_file_of_the_demo_is_not_replaced_after_a_change(
    neuco: Callable, work: Path
) -> None:
    Path("demo").mkdir()
    Path("demo/demo.yaml").write_text(MINE)
    ended = neuco("demo", "-o", "demo")
    assert ended.code == 2
    assert "demo.yaml exists and was not written by this command" in ended.err
    assert [path.name for path in Path("demo").iterdir()] == ["demo.yaml"]


COMMANDS: dict[str, tuple[str, ...]] = {
    "encode": (*ENCODE, "mean", "-o", "OUT.csv"),
    "encode a shard": (*ENCODE, "mean", "--shard", "1/2", "-o", "OUT.csv"),
    "evaluate": ("evaluate", "e.npz", "--labels", "labels", "-o", "OUT"),
    "run": ("run", "run.yaml", "-o", "OUT"),
    "convert": ("convert", "e.npz", "OUT.csv"),
    "inspect": ("inspect", "cubes/s1/cube.zarr.zip", "--png", "OUT.png"),
    "tasks derive": ("tasks", "derive", "landcover-forest", "--data", "earth", "-o", "OUT.csv"),
    "tasks derive to a folder": ("tasks", "derive", "landcover-*", "--data", "earth", "-o", "OUT"),
    "tasks stats": ("tasks", "stats", "--labels", "labels", "-o", "OUT.json"),
    "tasks export": ("tasks", "export", "--labels", "labels", "-o", "OUT"),
    "data generate": ("data", "generate", "synthetic-earth", "-o", "OUT"),
    "plugins new": ("plugins", "new", "mine", "--kind", "metric", "-o", "OUT"),
    "registry write": ("registry", "write", str(REGISTRY), "-o", "OUT.json"),
    "fusion make": ("fusion", "make", "e.npz", "f.npz", "-o", "OUT.npz"),
    "demo": ("demo", "-o", "OUT"),
}
"""Every command that writes, with OUT as its output."""


@pytest.mark.parametrize("place", ["below a file", "below /proc", "in a folder without rights"])
@pytest.mark.parametrize("name", COMMANDS)
def test_fault_84_an_output_that_cannot_be_written_is_an_error_before_the_work(
    neuco: Callable, work: Path, monkeypatch: pytest.MonkeyPatch, name: str, place: str
) -> None:
    if place == "below a file":
        Path("file").write_text(MINE)
        folder = "file/deep"
    elif place == "below /proc":
        if not Path("/proc").is_dir():
            pytest.skip("no /proc")
        folder = "/proc/neuco"
    else:
        Path("read-only").mkdir()
        folder = "read-only"
        if os.geteuid() == 0:  # root may write everywhere
            refuse_temporary_files_in(work / folder, monkeypatch)
        else:
            Path(folder).chmod(0o555)
    words = [word.replace("OUT", f"{folder}/out") for word in COMMANDS[name]]
    before = listing(work)
    ended = neuco(*words)
    assert ended.code == 2, ended.err
    assert ended.err.count("error:") == 1
    assert "progress" not in ended.err
    assert listing(work) == before


def refuse_temporary_files_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    original = tempfile.TemporaryFile

    def temporary_file(*arguments: object, dir: object = None, **named: object) -> object:  # noqa: A002
        if dir is not None and Path(str(dir)).is_relative_to(folder):
            raise PermissionError(13, "Permission denied", str(dir))
        return original(*arguments, dir=dir, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(tempfile, "TemporaryFile", temporary_file)


def listing(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.mark.parametrize("name", ["evaluate", "encode"])
def test_results_in_a_folder_that_became_read_only_are_still_found(
    neuco: Callable, work: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    words = [word.replace("OUT", "results/out") for word in COMMANDS[name]]
    assert neuco(*words).code == 0
    refuse_temporary_files_in(work / "results", monkeypatch)
    ended = neuco(*words)
    assert ended.code == 0, ended.err
    assert "up to date" in ended.err


@pytest.mark.parametrize("target", ["/dev/null", "pipe"])
def test_fault_84_a_device_or_pipe_is_not_replaced_by_a_file(
    neuco: Callable, work: Path, target: str
) -> None:
    if target == "pipe":
        os.mkfifo("pipe")
    for force in ((), ("--force",)):
        ended = neuco("tasks", "stats", "--labels", "labels", "-o", target, *force)
        assert ended.code == 2
        assert "is not a regular file" in ended.err
    assert not Path(target).is_file()


def test_the_record_of_written_files_is_hidden(neuco: Callable, work: Path) -> None:
    assert neuco("convert", "e.npz", "sub/out.csv").code == 0
    assert sorted(path.name for path in Path("sub").iterdir()) == [RECORD_FILE, "out.csv"]
    assert RECORD_FILE.startswith(".")
