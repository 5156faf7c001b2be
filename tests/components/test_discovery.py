"""Discovery of plugins that are broken in many ways, as installed distributions."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Records = dict[str, dict[str, Any]]

REASONS = {
    "import-error": "ModuleNotFoundError: No module named 'a_package_that_is_not_there'",
    "exits-on-import": "SystemExit: 7",
    "exits-in-hook": "SystemExit: 7",
    "wrong-api": "is written for plugin API 99; this version of neucocore supports 1",
    "no-api": "does not define NEUCO_API; add `NEUCO_API = 1`",
    "misspelt-hook": "unknown hook 'neuco_encoder' in plugin <module 'neuco_plugin_misspelt_hook",
    "undecorated-hook": "neuco_encoders is not decorated with @hookimpl",
    "raising-hook": "neuco_encoders() raised KeyError: 'weights'",
    "hook-with-arguments": "neuco_encoders takes arguments (dimension); hooks take none",
    "provides-nothing": "it provides no component: implement one of neuco_datasets",
    "wrong-kind": "neuco_tasks() returned EncoderSpec wrong-kind; expected a TaskSpec",
    "bad-component-name": "the name 'bad_name' is not lower-case words joined by '-'",
    "twin-two": "the plugin name 'twin' is already used by neuco-plugin-twin-one",
    "misnamed": "the name 'Bad_Name' is not lower-case words joined by '-'",
}


@pytest.mark.parametrize(("plugin", "reason"), REASONS.items(), ids=list(REASONS))
def test_the_record_of_a_broken_plugin_gives_the_reason(
    all_records: Records, plugin: str, reason: str
) -> None:
    record = all_records[f"neuco-plugin-{plugin}"]
    assert record["status"] == "failed"
    assert reason in record["reason"]


def test_broken_plugins_do_not_affect_the_others(all_records: Records) -> None:
    failed = {name for name, record in all_records.items() if record["status"] == "failed"}
    assert failed == {f"neuco-plugin-{plugin}" for plugin in REASONS}
    assert all_records["neuco-plugin-valid"]["components"] == ["valid/valid-encoder"]
    assert "core/mean" in all_records["neucocore"]["components"]


def test_pluggy_alone_would_load_no_plugin_after_the_first_that_fails(
    run_python: Callable[..., Any],
) -> None:
    program = (
        "from neucocore.components.loading import plugin_manager\n"
        "plugin_manager().load_setuptools_entrypoints('neuco.plugins')\n"
    )
    assert run_python("-c", program).returncode != 0


def test_unreadable_metadata_of_another_distribution_hides_no_plugin(
    records: Callable[..., Records], broken_plugins: Path, unreadable_metadata: Path
) -> None:
    # importlib.metadata.entry_points() raises because of this distribution.
    plugins = records(PYTHONPATH=f"{unreadable_metadata}{os.pathsep}{broken_plugins}")
    assert "unreadable" not in plugins
    assert plugins["neuco-plugin-valid"]["status"] == "loaded"


def test_what_a_plugin_prints_is_not_mixed_with_the_data(
    all_records: Records, run_python: Callable[..., Any]
) -> None:
    assert all_records["neuco-plugin-chatty"]["status"] == "loaded"
    result = run_python(
        "-c", "from neucocore.components.discovery import installation; installation()"
    )
    assert result.stdout == ""
    assert "hello from chatty" in result.stderr
    assert "hello from its hook" in result.stderr


def test_a_blocked_plugin_is_not_imported(run_python: Callable[..., Any]) -> None:
    program = (
        "from neucocore.components.discovery import installation; print(installation().plugins[-1])"
    )
    result = run_python("-c", program, NEUCO_DISABLE_PLUGINS="chatty, exits-on-import")
    assert "hello" not in result.stderr


def test_the_block_list_excludes_only_the_named_plugins(records: Callable[..., Records]) -> None:
    plugins = records(NEUCO_DISABLE_PLUGINS="exits-on-import,valid")
    assert plugins["neuco-plugin-exits-on-import"]["status"] == "blocked"
    assert plugins["neuco-plugin-valid"]["reason"] == "blocked by NEUCO_DISABLE_PLUGINS"
    assert plugins["neuco-plugin-chatty"]["status"] == "loaded"


def test_the_allow_list_keeps_the_named_plugins_and_the_core(
    records: Callable[..., Records],
) -> None:
    plugins = records(NEUCO_PLUGINS="valid")
    loaded = {name for name, record in plugins.items() if record["status"] == "loaded"}
    assert loaded == {"neucocore", "neuco-plugin-valid"}
    assert plugins["neuco-plugin-exits-on-import"]["reason"] == "not in NEUCO_PLUGINS"


def test_a_name_in_the_allow_list_that_is_not_installed_is_reported(
    records: Callable[..., Records],
) -> None:
    plugins = records(NEUCO_PLUGINS="vaild")
    assert plugins["vaild"]["status"] == "failed"
    assert plugins["vaild"]["reason"] == "NEUCO_PLUGINS names it, but it is not installed"


def test_the_core_cannot_be_blocked(records: Callable[..., Records]) -> None:
    assert records(NEUCO_DISABLE_PLUGINS="core")["neucocore"]["status"] == "loaded"


def test_strict_mode_raises_for_the_first_plugin_that_fails(
    run_python: Callable[..., Any],
) -> None:
    result = run_python("-m", "neucocore", "list", NEUCO_STRICT_PLUGINS="1")
    assert result.returncode == 3
    assert result.stdout == ""
    assert "(neuco-plugin-misnamed) failed: the name 'Bad_Name'" in result.stderr
    assert "leave it out with NEUCO_DISABLE_PLUGINS=Bad_Name" in result.stderr
    assert "Traceback" not in result.stderr


def test_strict_mode_raises_nothing_if_all_plugins_load(records: Callable[..., Records]) -> None:
    plugins = records(NEUCO_STRICT_PLUGINS="1", NEUCO_PLUGINS="valid")
    assert plugins["neuco-plugin-valid"]["status"] == "loaded"


def test_a_single_file_is_a_plugin_marked_unregistered(
    tmp_path: Path, records: Callable[..., Records]
) -> None:
    file = tmp_path / "my_idea.py"
    file.write_text(Path(__file__).with_name("broken").joinpath("valid.py").read_text())
    plugins = records(NEUCO_PLUGIN_PATH=str(file), NEUCO_PLUGINS="chatty")
    assert plugins["my_idea.py"]["status"] == "loaded"
    assert plugins["my_idea.py"]["registered"] is False
    assert plugins["my_idea.py"]["components"] == ["my-idea/valid-encoder"]
    assert plugins["neuco-plugin-chatty"]["registered"] is True


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("idea.py", "1 / 0", "ZeroDivisionError: division by zero"),
        ("idea.txt", "", "is not a Python file: its name must end with .py"),
    ],
)
def test_a_single_file_that_cannot_be_imported_is_recorded(
    tmp_path: Path, records: Callable[..., Records], name: str, text: str, reason: str
) -> None:
    file = tmp_path / name
    file.write_text(text)
    assert reason in records(NEUCO_PLUGIN_PATH=str(file))[name]["reason"]


def test_ctrl_c_while_a_plugin_is_imported_stops_the_program(
    tmp_path: Path, run_python: Callable[..., Any]
) -> None:
    file = tmp_path / "idea.py"
    file.write_text("raise KeyboardInterrupt")
    program = "from neucocore.components.discovery import installation; installation()"
    result = run_python("-c", program, NEUCO_PLUGIN_PATH=str(file))
    assert result.returncode != 0
    assert result.stderr.splitlines()[-1] == "KeyboardInterrupt"
