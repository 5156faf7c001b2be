"""An output is replaced only if the same command wrote it with the same key, or with force."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neucocore.errors import ConfigError
from neucocore.files.outputs import (
    RECORD_FILE,
    OutputFile,
    check_generated_folder,
    check_output_folder,
    check_writable,
    generating,
    recorded,
)


def write(path: Path, content: bytes, *, command: str = "encode", key: str = "1") -> None:
    with OutputFile(path, command=command, key=key).writing():
        path.write_bytes(content)


def test_fault_85_a_new_file_may_be_written_and_replaced_by_the_same_command(
    tmp_path: Path,
) -> None:
    file = tmp_path / "new" / "e.csv"
    write(file, b"a")
    write(file, b"b")
    assert file.read_bytes() == b"b"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"command": "convert"}, "was written by neuco encode"),
        ({"key": "2"}, "from other input, with other options"),
    ],
)
def test_fault_85_another_command_or_key_needs_force(
    tmp_path: Path, change: dict[str, str], reason: str
) -> None:
    file = tmp_path / "e.csv"
    write(file, b"a")
    request = {"command": "encode", "key": "1"} | change
    with pytest.raises(ConfigError, match=reason) as caught:
        OutputFile(file, **request)
    assert "--force" in str(caught.value.hint)
    with OutputFile(file, **request, force=True).writing():
        file.write_bytes(b"b")
    assert OutputFile(file, **request).key == request["key"]


def test_fault_85_edited_and_foreign_files_need_force(tmp_path: Path) -> None:
    foreign, edited = tmp_path / "mine.csv", tmp_path / "edited.csv"
    foreign.write_text("mine")
    write(edited, b"a")
    edited.write_text("edited")
    with pytest.raises(ConfigError, match="was not written by this command"):
        OutputFile(foreign, command="encode", key="1")
    with pytest.raises(ConfigError, match="was changed after neuco encode had written it"):
        OutputFile(edited, command="encode", key="1")


class _KilledError(BaseException):
    pass


def test_fault_85_a_command_killed_while_writing_recognises_its_file(tmp_path: Path) -> None:
    file = tmp_path / "e.csv"
    with suppress(_KilledError), OutputFile(file, command="encode", key="1").writing():
        file.write_text("complete, but not recorded")
        raise _KilledError
    OutputFile(file, command="encode", key="1")
    with pytest.raises(ConfigError):
        OutputFile(file, command="encode", key="2")


def test_an_error_while_writing_leaves_the_record_as_it_was(tmp_path: Path) -> None:
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    write(old, b"a")
    for file in (old, new):
        output = OutputFile(file, command="encode", key="2", force=True)
        with pytest.raises(OSError, match="disk"), output.writing():
            raise OSError(28, "disk full")
    OutputFile(old, command="encode", key="1")
    new.write_text("mine")
    with pytest.raises(ConfigError, match="was not written by this command"):
        OutputFile(new, command="encode", key="2")


def test_a_damaged_line_of_the_record_is_ignored(tmp_path: Path) -> None:
    file = tmp_path / "e.csv"
    write(file, b"a")
    record = tmp_path / RECORD_FILE
    record.write_bytes(record.read_bytes() + b'{"file": "e.csv", "comm')  # cut by a kill
    OutputFile(file, command="encode", key="1")
    write(tmp_path / "f.csv", b"b")
    assert recorded(tmp_path / "f.csv") is not None


def test_paths_in_a_key_stand_for_their_content(tmp_path: Path) -> None:
    source, folder, out = tmp_path / "a.csv", tmp_path / "parts", tmp_path / "out.csv"
    source.write_text("1")
    folder.mkdir()
    (folder / "p.parquet").write_text("1")
    keys = []
    for text in ("1", "2", "1"):
        source.write_text(text)
        (folder / "p.parquet").write_text(text)
        keys.append(
            tuple(
                OutputFile(out, command="convert", key={"input": path}).key
                for path in (source, folder)
            )
        )
    assert keys[0] == keys[2]
    assert set(keys[0]).isdisjoint(keys[1])


steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("write"),
            st.sampled_from(["encode", "convert"]),
            st.sampled_from("12"),
            st.booleans(),
        ),
        st.tuples(st.just("edit"), st.binary(min_size=1, max_size=3)),
        st.tuples(st.just("delete")),
        st.tuples(st.just("replace"), st.binary(min_size=1, max_size=3)),
    ),
    max_size=8,
)


@given(steps=steps)
@settings(
    derandomize=True,
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_fault_85_whatever_happens_only_own_unchanged_files_are_replaced(
    tmp_path: Path, steps: list[tuple[object, ...]]
) -> None:
    folder = tmp_path / "folder"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    file = folder / "e.csv"
    author: tuple[object, object] | None = None  # None: the user
    content: bytes | None = None
    for number, step in enumerate(steps):
        if step[0] == "write":
            _, command, key, force = step
            allowed = content is None or force or author == (command, key)
            before = content
            try:
                output = OutputFile(file, command=str(command), key=str(key), force=bool(force))
            except ConfigError:
                assert not allowed
                assert file.read_bytes() == before
            else:
                assert allowed
                content = b"result %d" % number
                with output.writing():
                    file.write_bytes(content)
                author = (command, key)
        elif step[0] == "delete":
            file.unlink(missing_ok=True)
            content, author = None, None
        elif step[0] == "edit" and content is not None:
            content += step[1]  # type: ignore[operator]
            file.write_bytes(content)
            author = None
        elif step[0] == "replace":
            content = bytes(step[1])  # type: ignore[call-overload]
            file.write_bytes(content)
            author = None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "earth"


def generate(folder: Path, key: str = "earth", content: str = "1") -> None:
    check_generated_folder(folder, command="data generate", key=key)
    with generating(folder, command="data generate", key=key):
        (folder / "labels").mkdir(parents=True, exist_ok=True)
        (folder / "labels/a.csv").write_text(content)


def test_fault_85_a_generated_folder_is_generated_again(folder: Path) -> None:
    generate(folder)
    (folder / "notes.txt").write_text("mine")
    generate(folder, content="2")
    assert (folder / "labels/a.csv").read_text() == "2"
    assert (folder / "notes.txt").read_text() == "mine"


def test_fault_85_changed_files_in_a_generated_folder_need_force(folder: Path) -> None:
    generate(folder)
    (folder / "labels/a.csv").write_text("mine")
    with pytest.raises(ConfigError, match=r"1 files in .* were changed .*: labels/a.csv"):
        generate(folder)


def test_fault_85_a_folder_of_the_user_needs_force(folder: Path) -> None:
    (folder / "labels").mkdir(parents=True)
    (folder / "labels/a.csv").write_text("mine")
    with pytest.raises(ConfigError, match="is not empty and was not written by this command"):
        generate(folder)


def test_fault_85_another_data_set_needs_force(folder: Path) -> None:
    generate(folder)
    with pytest.raises(ConfigError, match="was not written by this command"):
        generate(folder, key="mars")


def test_a_generation_that_was_killed_goes_on(folder: Path) -> None:
    with suppress(_KilledError), generating(folder, command="data generate", key="earth"):
        folder.mkdir()
        (folder / "incomplete").touch()
        raise _KilledError
    generate(folder)


def test_a_generated_folder_can_be_moved(folder: Path) -> None:
    generate(folder)
    (folder.parent / "elsewhere").mkdir()
    moved = folder.rename(folder.parent / "elsewhere" / "earth")
    generate(moved)


@pytest.fixture
def impossible(tmp_path: Path) -> dict[str, Path]:
    """Paths at which no file can be written."""
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    return {
        "a folder": tmp_path / "folder",
        "below a file": tmp_path / "file" / "e.csv",
        "far below a file": tmp_path / "file" / "a" / "b" / "e.csv",
        "a pipe": tmp_path / "pipe",
        "a device": Path("/dev/null"),
        "a name that is too long": tmp_path / ("x" * 300),
        "a path that is too long": tmp_path / "/".join(["x" * 200] * 40),
        "below a link to itself": tmp_path / "loop" / "e.csv",
        "below /proc": Path("/proc/neuco/e.csv"),
    }


KINDS = (
    "a folder", "below a file", "far below a file", "a pipe", "a device",
    "a name that is too long", "a path that is too long", "below a link to itself", "below /proc",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_fault_84_a_path_that_cannot_be_written_is_an_error_and_nothing_is_left(
    impossible: dict[str, Path], tmp_path: Path, kind: str
) -> None:
    if kind == "below /proc" and not Path("/proc").is_dir():
        pytest.skip("no /proc")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ConfigError, match="cannot be written") as caught:
        check_writable(impossible[kind])
    assert caught.value.hint
    assert sorted(tmp_path.rglob("*")) == before


def test_fault_84_a_read_only_folder_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)  # root may write everywhere
    with pytest.raises(ConfigError, match=r"cannot be written: .*: Permission denied"):
        check_writable(tmp_path / "e.csv")


def test_a_folder_that_is_missing_is_not_created(tmp_path: Path) -> None:
    check_writable(tmp_path / "a" / "b" / "e.csv")
    check_output_folder(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []


def test_the_record_is_plain_json(tmp_path: Path) -> None:
    write(tmp_path / "e.csv", b"a")
    lines = [line for line in (tmp_path / RECORD_FILE).read_text().splitlines() if line]
    assert [sorted(json.loads(line)) for line in lines] == [
        ["command", "file", "key", "sha256"],
        ["command", "file", "key", "sha256"],
    ]
