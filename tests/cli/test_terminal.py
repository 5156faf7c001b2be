"""Whatever names contain, and whatever the encoding of a stream is, everything can be printed."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neucocore.cli.tables import print_table, terminal_width
from neucocore.cli.terminal import log_error, print_data, print_json, printable, warn
from neucocore.errors import DataError

NEUCO = [sys.executable, "-m", "neucocore"]
ENCODINGS = ("ascii", "cp1252", "latin-1", "utf-8", "utf-16", "shift_jis", "koi8-r")
DIRECTION = set("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
any_text = st.text(
    st.one_of(
        st.characters(),
        st.characters(categories=("Cc", "Zl", "Zp", "Cs")),
        st.sampled_from(sorted(DIRECTION)),
    ),
    max_size=30,
)
quick = settings(derandomize=True, max_examples=60, deadline=None)


def changes_the_terminal(text: str) -> bool:
    return any(
        unicodedata.category(char) in ("Cc", "Zl", "Zp", "Cs") or char in DIRECTION for char in text
    )


class Stream(io.TextIOWrapper):
    """A stream with an encoding, as the program prepares it."""

    def __init__(self, encoding: str) -> None:
        super().__init__(io.BytesIO(), encoding=encoding, errors="backslashreplace", newline="\n")

    def written(self) -> str:
        self.flush()
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode(self.encoding)


@given(text=any_text)
@quick
def test_fault_88_printable_text_has_no_control_characters_and_clean_text_is_unchanged(
    text: str,
) -> None:
    shown = printable(text)
    assert not changes_the_terminal(shown)
    assert not changes_the_terminal(printable(text, lines=True).replace("\n", ""))
    if not changes_the_terminal(text):
        assert shown == text


@given(name=any_text, value=any_text, encoding=st.sampled_from(ENCODINGS))
@quick
def test_fault_88_tables_warnings_and_errors_print_in_any_encoding(
    name: str, value: str, encoding: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        out, err = Stream(encoding), Stream(encoding)
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        print_table([{"method": name, "score": value}], ("method", "score"))
        print_data(name)
        warn(name)
        log_error(DataError(name, problems=[value, name], hint="neuco validate"))
        log_error(OSError(2, value, name), about=name)
        table = out.written().splitlines()
        lines = err.written().split("\n")
    assert len(table) >= 2
    assert [line.partition(":")[0] for line in lines if line][:2] == ["warning", "error"]
    assert len(lines) == len(["warning", "error", "problem", "problem", "hint", "error", ""])
    assert not any(changes_the_terminal(line) for line in lines)


@given(text=any_text, encoding=st.sampled_from(ENCODINGS))
@quick
def test_fault_88_json_is_valid_in_any_encoding_and_means_the_same(
    text: str, encoding: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        out = Stream(encoding)
        patch.setattr(sys, "stdout", out)
        print_json([{"method": text}])
        written = out.written()
    assert json.loads(written) == [{"method": text}]
    assert not changes_the_terminal(written.replace("\n", ""))


def test_a_closed_stdout_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    print_data("text")
    assert terminal_width() is None


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Labels, embeddings, and a run of a method with Greek letters."""
    folder = tmp_path_factory.mktemp("names")
    ids = [f"c{number}" for number in range(40)]
    (folder / "labels").mkdir()
    size = "".join(f"{name},{number * 7 % 11}\n" for number, name in enumerate(ids))
    (folder / "labels/größe__regr.csv").write_text("id,label\n" + size)
    kind = "".join(f"{name},{('森林', 'ville')[number % 2]}\n" for number, name in enumerate(ids))
    (folder / "labels/kind__cls.csv").write_text("id,label\n" + kind)
    rows = "".join(f"{name},{number * 0.25 + 1},{number % 7}\n" for number, name in enumerate(ids))
    (folder / "αβ.csv").write_text("id,0,1\n" + rows)
    (folder / "missing.csv").write_text("id,0,1\n" + rows.partition("\n")[2])
    subprocess.run(
        [*NEUCO, "evaluate", "αβ.csv", "--labels", "labels", "-o", "results"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return folder


COMMANDS = {
    "help": ("--help",),
    "leaderboard": ("leaderboard", "results"),
    "leaderboard as CSV": ("leaderboard", "results", "--format", "csv"),
    "leaderboard as LaTeX": ("leaderboard", "results", "--format", "latex"),
    "evaluate": ("evaluate", "αβ.csv", "--labels", "labels", "-o", "results"),
    "inspect runs": ("inspect", "results"),
    "inspect embeddings": ("inspect", "αβ.csv"),
    "stats": ("tasks", "stats", "--labels", "labels"),
    "list": ("list",),
}


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
@pytest.mark.parametrize("name", COMMANDS)
def test_fault_88_commands_print_in_any_encoding(results: Path, name: str, encoding: str) -> None:
    done = subprocess.run(
        [*NEUCO, *COMMANDS[name]],
        cwd=results,
        env=os.environ | {"PYTHONIOENCODING": encoding},
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr
    done.stdout.decode(encoding)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8"])
def test_fault_88_errors_print_in_any_encoding(results: Path, encoding: str) -> None:
    done = subprocess.run(
        [*NEUCO, "evaluate", "missing.csv", "--labels", "labels", "-o", "other"],
        cwd=results,
        env=os.environ | {"PYTHONIOENCODING": encoding},
        capture_output=True,
    )
    assert done.returncode == 4
    assert "grö" in done.stderr.decode(encoding)


def test_fault_88_control_characters_in_ids_do_not_reach_the_terminal(tmp_path: Path) -> None:
    ids = [f"c{number}\x1b[31m\x9b5m\u202e" for number in range(30)]
    (tmp_path / "labels").mkdir()
    rows = "".join(f"{name},{number}\n" for number, name in enumerate(ids))
    (tmp_path / "labels/size__regr.csv").write_text("id,label\n" + rows)
    (tmp_path / "e.csv").write_text("id,0\n" + "".join(f"{name},1.5\n" for name in ids[5:]))
    for words in (
        ("evaluate", "e.csv", "--labels", "labels"),
        ("validate", "e.csv", "--labels", "labels"),
        ("evaluate", "e\x1b[2J.csv", "--labels", "labels"),
        ("no\x1b[2Jcommand",),
        ("inspect", "--no\x1b[2Joption"),
    ):
        done = subprocess.run([*NEUCO, *words], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode in (2, 4)
        assert not changes_the_terminal((done.stdout + done.stderr).replace("\n", ""))


def test_fault_88_file_names_that_are_not_utf8_are_printed_and_recorded(tmp_path: Path) -> None:
    (tmp_path / "labels").mkdir()
    rows = "".join(f"c{number},{number * 7 % 11}\n" for number in range(30))
    (tmp_path / "labels/size__regr.csv").write_text("id,label\n" + rows)
    name = os.fsdecode(b"caf\xe9.csv")
    try:
        (tmp_path / name).write_text("id,0\n" + rows)
    except OSError:
        pytest.skip("the file system takes only UTF-8")
    words = ("evaluate", name, "--labels", "labels", "-o", "out", "--method", "m")
    done = subprocess.run([*NEUCO, *words], cwd=tmp_path, capture_output=True)
    assert done.returncode == 0, done.stderr
    (record,) = (tmp_path / "out").rglob("run.json")
    assert json.loads(record.read_bytes())["embeddings"]["file"] == name


def test_information_is_not_printed_as_a_warning(capsys):
    from neucocore.cli.terminal import warn
    from neucocore.messages import Note

    warn(Note("read as a table"))
    warn("a column is constant")
    assert capsys.readouterr().err == "note: read as a table\nwarning: a column is constant\n"


def test_long_work_reports_time_rate_and_time_left(capsys):
    from neucocore.cli.terminal import PlainProgress

    now = iter([0.0, 1.0, 2.0, 20.0, 35.0, 40.0, 66.0, 400.0, 7600.0])
    progress = PlainProgress("encode", lambda: next(now))
    for done in (100, 101, 102, 103, 104, 110, 300, 1000):
        progress.advance(done, 1000)
    assert capsys.readouterr().err.splitlines() == [
        "encode: 100/1000",
        "encode: 103/1000 (35 s, 0.0857/s, 2.9 h left)",
        "encode: 110/1000 (66 s, 0.152/s, 98 min left)",
        "encode: 300/1000 (7 min, 0.5/s, 23 min left)",
        "encode: 1000/1000 (2.1 h, 0.118/s)",
    ]


def test_a_silent_step_is_reported_every_30_seconds(capsys):
    from neucocore.cli.terminal import PlainProgress

    now = iter([0.0, 10.0, 29.0, 45.0, 60.0, 76.0, 80.0])
    progress = PlainProgress("score clay", lambda: next(now))
    progress.advance(2, 13)
    for _ in range(4):
        progress.remind()
    progress.advance(3, 13)
    assert capsys.readouterr().err.splitlines() == [
        "score clay: 2/13",
        "score clay: 2/13, still running after 45 s",
        "score clay: 2/13, still running after 76 s",
        "score clay: 3/13 (80 s, 0.0125/s, 13 min left)",
    ]


def test_a_thread_reminds_while_the_work_lasts(monkeypatch):
    from threading import Event

    from neucocore.cli import terminal

    called = Event()
    monkeypatch.setattr(terminal, "PLAIN_SECONDS", 0.01)
    with terminal._repeated(called.set):
        assert called.wait(30)


@pytest.mark.parametrize(("first", "noted"), [(0, False), (7, True), (20, False)])
def test_continued_work_says_so_once(first, noted, capsys):
    from neucocore.cli.terminal import progress

    with progress("encode mean") as advance:
        advance(first, 20)
        advance(20, 20)
    lines = capsys.readouterr().err.splitlines()
    note = f"encode mean: continues earlier work, {first} of 20 are done"
    assert lines.count(note) == noted
