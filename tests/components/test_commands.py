"""Commands beside broken plugins: they work, say what happened, and keep their data clean."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

Beside = Callable[..., CompletedProcess[str]]
EMBEDDINGS = "id,0,1\na,0.5,1\nb,2,3\n"


@pytest.fixture
def embeddings(tmp_path: Path) -> Path:
    file = tmp_path / "mine.csv"
    file.write_text(EMBEDDINGS, encoding="utf-8")
    return file


def test_list_shows_what_works_and_says_what_does_not(beside: Beside) -> None:
    done = beside("-m", "neucocore", "list", "encoders", "--json")
    assert done.returncode == 0, done.stderr
    names = [row["name"] for row in json.loads(done.stdout)]
    assert {"mean", "fine-encoder", "chatty-encoder"} <= set(names)
    plain = beside("-m", "neucocore", "list", "encoders")
    assert "plugin import-error did not load: ModuleNotFoundError" in plain.stderr


def test_plugins_list_says_what_happened_to_each(beside: Beside) -> None:
    done = beside("-m", "neucocore", "plugins", "list")
    assert done.returncode == 0, done.stderr
    (line,) = [row for row in done.stdout.splitlines() if row.startswith("exits ")]
    assert "failed" in line
    assert "SystemExit: 7" in line
    assert "plugins did not load; the others work" in done.stderr


@pytest.fixture(scope="module")
def doctor(beside: Beside) -> CompletedProcess[str]:
    return beside("-m", "neucocore", "doctor", "--json")


def test_doctor_names_them_and_ends_with_the_exit_code_of_plugins(
    doctor: CompletedProcess[str],
) -> None:
    assert doctor.returncode == 3
    rows = {row["check"]: row for row in json.loads(doctor.stdout)}
    assert rows["plugin exits"]["status"] == "error"
    assert rows["plugin fine"]["status"] == "ok"


def test_doctor_names_the_plugins_that_slow_every_command_down(
    doctor: CompletedProcess[str],
) -> None:
    rows = {row["check"]: row for row in json.loads(doctor.stdout)}
    slow = {check: row["detail"] for check, row in rows.items() if row["status"] == "warning"}
    assert set(slow) == {"plugin sleepy", "plugin heavy"}
    assert "imports torch; it slows every command" in slow["plugin heavy"]
    assert "neuco_plugin_sleepy.plugin takes 0.3" in slow["plugin sleepy"]


@pytest.mark.parametrize("command", [["validate"], ["inspect"]], ids=str)
def test_commands_on_files_work(beside: Beside, embeddings: Path, command: list[str]) -> None:
    done = beside("-m", "neucocore", *command, str(embeddings))
    assert done.returncode == 0, done.stderr


def test_convert_works(beside: Beside, embeddings: Path) -> None:
    out = embeddings.with_suffix(".npz")
    done = beside("-m", "neucocore", "convert", str(embeddings), str(out))
    assert done.returncode == 0, done.stderr
    assert out.is_file()


def test_an_unknown_encoder_quotes_the_failures_and_the_nearest_name(
    beside: Beside, tmp_path: Path
) -> None:
    done = beside(
        *("-m", "neucocore", "encode", "fine-encodr", "--dataset", "folder"),
        *("--data", str(tmp_path), "--out", str(tmp_path / "out.npz")),
    )
    assert done.returncode == 2
    assert "error: unknown encoder 'fine-encodr'; did you mean 'fine-encoder'" in done.stderr
    assert "plugin raising-hook did not load: neuco_encoders() raised KeyError" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_clash_lists_both_and_the_full_name_decides(beside: Beside) -> None:
    program = (
        "from neucocore.components.lookup import find\n"
        "print(find('encoder', 'clash-two/clashing').distribution)\n"
        "find('encoder', 'clashing')\n"
    )
    done = beside("-c", program)
    assert done.stdout == "neuco-plugin-clash-two\n"
    last = done.stderr.splitlines()[-2:]
    assert "clash-one/clashing (neuco-plugin-clash-one), clash-two/clashing" in last[0]
    assert last[1] == "Hint: name one of them: clash-one/clashing or clash-two/clashing"


def test_info_of_a_failed_plugin_says_why(beside: Beside) -> None:
    done = beside("-m", "neucocore", "info", "wrong-api")
    assert done.returncode == 3
    assert "plugin wrong-api did not load: it is written for plugin API 99" in done.stderr
