"""Commands work while broken plugins are installed, and report them apart from their data."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

RunPython = Callable[..., CompletedProcess[str]]
EMBEDDINGS = "id,0,1\na,0.5,1\nb,2,3\n"


@pytest.fixture
def embeddings(tmp_path: Path) -> Path:
    file = tmp_path / "mine.csv"
    file.write_text(EMBEDDINGS, encoding="utf-8")
    return file


def test_list_prints_the_components_and_reports_the_plugins_that_failed(
    run_python: RunPython,
) -> None:
    result = run_python("-m", "neucocore", "list", "encoders", "--json")
    assert result.returncode == 0, result.stderr
    names = [row["name"] for row in json.loads(result.stdout)]
    assert {"mean", "valid-encoder", "chatty-encoder"} <= set(names)
    plain = run_python("-m", "neucocore", "list", "encoders")
    assert "plugin import-error did not load: ModuleNotFoundError" in plain.stderr


def test_plugins_list_gives_the_reason_for_each_failure(run_python: RunPython) -> None:
    result = run_python("-m", "neucocore", "plugins", "list")
    assert result.returncode == 0, result.stderr
    (line,) = [row for row in result.stdout.splitlines() if row.startswith("exits-on-import ")]
    assert "failed" in line
    assert "SystemExit: 7" in line
    assert "plugins could not be loaded; the others work" in result.stderr


@pytest.fixture(scope="module")
def doctor(run_python: RunPython) -> CompletedProcess[str]:
    return run_python("-m", "neucocore", "doctor", "--json")


def test_doctor_reports_them_and_returns_the_exit_code_for_plugins(
    doctor: CompletedProcess[str],
) -> None:
    assert doctor.returncode == 3
    rows = {row["check"]: row for row in json.loads(doctor.stdout)}
    assert rows["plugin exits-on-import"]["status"] == "error"
    assert rows["plugin valid"]["status"] == "ok"


def test_doctor_reports_plugins_that_make_every_command_slower(
    doctor: CompletedProcess[str],
) -> None:
    rows = {row["check"]: row for row in json.loads(doctor.stdout)}
    slow = {
        check: row["detail"]
        for check, row in rows.items()
        if row["status"] == "warning" and check.startswith("plugin ")
    }
    assert set(slow) == {"plugin sleepy", "plugin heavy"}
    assert "imports torch; it slows every command" in slow["plugin heavy"]
    assert "neuco_plugin_sleepy.plugin takes 0.3" in slow["plugin sleepy"]


@pytest.mark.parametrize("command", [["validate"], ["inspect"]], ids=str)
def test_commands_on_files_work_as_usual(
    run_python: RunPython, embeddings: Path, command: list[str]
) -> None:
    result = run_python("-m", "neucocore", *command, str(embeddings))
    assert result.returncode == 0, result.stderr


def test_convert_works_as_usual(run_python: RunPython, embeddings: Path) -> None:
    out = embeddings.with_suffix(".npz")
    result = run_python("-m", "neucocore", "convert", str(embeddings), str(out))
    assert result.returncode == 0, result.stderr
    assert out.is_file()


def test_an_unknown_encoder_suggests_the_nearest_name_and_lists_the_failures(
    run_python: RunPython, tmp_path: Path
) -> None:
    result = run_python(
        *("-m", "neucocore", "encode", "valid-encodr", "--dataset", "folder"),
        *("--data", str(tmp_path), "--output", str(tmp_path / "out.npz")),
    )
    assert result.returncode == 2
    assert "error: unknown encoder 'valid-encodr'; did you mean 'valid-encoder'" in result.stderr
    assert "plugin raising-hook did not load: neuco_encoders() raised KeyError" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_ambiguous_name_lists_both_plugins_and_the_full_name_selects_one(
    run_python: RunPython,
) -> None:
    program = (
        "from neucocore.components.lookup import find\n"
        "print(find('encoder', 'clash-two/clashing').distribution)\n"
        "find('encoder', 'clashing')\n"
    )
    result = run_python("-c", program)
    assert result.stdout == "neuco-plugin-clash-two\n"
    last = result.stderr.splitlines()[-2:]
    assert "clash-one/clashing (neuco-plugin-clash-one), clash-two/clashing" in last[0]
    assert last[1] == "Hint: use clash-one/clashing or clash-two/clashing"


def test_info_of_a_failed_plugin_gives_the_reason(run_python: RunPython) -> None:
    result = run_python("-m", "neucocore", "info", "wrong-api")
    assert result.returncode == 3
    assert "plugin wrong-api did not load: the plugin is written for plugin API 99" in result.stderr
