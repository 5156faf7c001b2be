"""What becomes of plugins that are broken in every way we could think of, as real distributions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Records = dict[str, dict[str, Any]]

REASONS = {
    "import-error": "ModuleNotFoundError: No module named 'a_package_that_is_not_there'",
    "exits": "SystemExit: 7",
    "wrong-api": "it is written for plugin API 99; this neucocore supports 1",
    "no-api": "it does not say NEUCO_API = 1",
    "misspelt-hook": "neuco_encoder is not a hook; did you mean 'neuco_encoders'",
    "unmarked-hook": "neuco_encoders lacks the @hookimpl decorator",
    "raising-hook": "neuco_encoders() raised KeyError: 'weights'",
    "hook-with-arguments": "neuco_encoders takes arguments (dimension); hooks take none",
    "offers-nothing": "it offers nothing: implement at least one of neuco_datasets",
    "wrong-kind": "neuco_tasks() returned a EncoderSpec wrong-kind, which is not a TaskSpec",
    "bad-component-name": "the name 'bad_name' is not lower-case words joined by '-'",
    "twin-two": "the plugin name 'twin' is already taken by neuco-plugin-twin-one",
    "misnamed": "the name 'Bad_Name' is not lower-case words joined by '-'",
}


@pytest.mark.parametrize(("plugin", "reason"), REASONS.items(), ids=list(REASONS))
def test_a_broken_plugin_is_recorded_with_what_is_wrong(
    all_records: Records, plugin: str, reason: str
) -> None:
    record = all_records[f"neuco-plugin-{plugin}"]
    assert record["status"] == "failed"
    assert reason in record["reason"]


def test_every_other_plugin_loads(all_records: Records) -> None:
    failed = {name for name, record in all_records.items() if record["status"] == "failed"}
    assert failed == {f"neuco-plugin-{plugin}" for plugin in REASONS}
    assert all_records["neuco-plugin-fine"]["components"] == ["fine/fine-encoder"]
    assert "core/mean" in all_records["neucocore"]["components"]


def test_unreadable_metadata_of_a_stranger_costs_no_plugin(all_records: Records) -> None:
    # The folder holds a distribution whose entry_points.txt importlib.metadata cannot parse.
    assert "rotten" not in all_records
    assert len(all_records) > len(REASONS)


def test_a_plugin_that_prints_does_not_write_into_the_data(
    all_records: Records, beside: Callable[..., Any]
) -> None:
    assert all_records["neuco-plugin-chatty"]["status"] == "loaded"
    done = beside("-c", "from neucocore.components.discovery import installation; installation()")
    assert done.stdout == ""
    assert "hello from chatty" in done.stderr
    assert "hello from its hook" in done.stderr


def test_a_blocked_plugin_is_not_imported(beside: Callable[..., Any]) -> None:
    program = (
        "from neucocore.components.discovery import installation; print(installation().plugins[-1])"
    )
    done = beside("-c", program, NEUCO_DISABLE_PLUGINS="chatty, exits")
    assert "hello" not in done.stderr


def test_block_list_blocks_and_leaves_the_others(records: Callable[..., Records]) -> None:
    found = records(NEUCO_DISABLE_PLUGINS="exits,fine")
    assert found["neuco-plugin-exits"]["status"] == "blocked"
    assert found["neuco-plugin-fine"]["reason"] == "blocked by NEUCO_DISABLE_PLUGINS"
    assert found["neuco-plugin-chatty"]["status"] == "loaded"


def test_allow_list_leaves_the_named_ones_and_the_core(records: Callable[..., Records]) -> None:
    found = records(NEUCO_PLUGINS="fine")
    loaded = {name for name, record in found.items() if record["status"] == "loaded"}
    assert loaded == {"neucocore", "neuco-plugin-fine"}
    assert found["neuco-plugin-exits"]["reason"] == "not in NEUCO_PLUGINS"


def test_a_name_in_the_allow_list_that_is_not_installed_is_said(
    records: Callable[..., Records],
) -> None:
    found = records(NEUCO_PLUGINS="fien")
    assert found["fien"]["status"] == "failed"
    assert found["fien"]["reason"] == "NEUCO_PLUGINS names it, but it is not installed"


def test_the_core_cannot_be_blocked(records: Callable[..., Records]) -> None:
    assert records(NEUCO_DISABLE_PLUGINS="core")["neucocore"]["status"] == "loaded"


def test_strict_mode_raises_the_first_failure(beside: Callable[..., Any]) -> None:
    done = beside("-m", "neucocore", "list", NEUCO_STRICT_PLUGINS="1")
    assert done.returncode == 3
    assert done.stdout == ""
    assert "(neuco-plugin-misnamed) failed: the name 'Bad_Name'" in done.stderr
    assert "Traceback" not in done.stderr


def test_strict_mode_is_silent_when_all_is_well(records: Callable[..., Records]) -> None:
    found = records(NEUCO_STRICT_PLUGINS="1", NEUCO_PLUGINS="fine")
    assert found["neuco-plugin-fine"]["status"] == "loaded"


def test_a_file_is_a_plugin_that_is_marked_unregistered(
    tmp_path: Path, records: Callable[..., Records]
) -> None:
    file = tmp_path / "my_idea.py"
    file.write_text(Path(__file__).with_name("broken").joinpath("fine.py").read_text())
    found = records(NEUCO_PLUGIN_PATH=str(file), NEUCO_PLUGINS="chatty")
    assert found["my_idea.py"]["status"] == "loaded"
    assert found["my_idea.py"]["registered"] is False
    assert found["my_idea.py"]["components"] == ["my-idea/fine-encoder"]
    assert found["neuco-plugin-chatty"]["registered"] is True


def test_a_file_that_raises_is_recorded(tmp_path: Path, records: Callable[..., Records]) -> None:
    file = tmp_path / "idea.py"
    file.write_text("1 / 0")
    found = records(NEUCO_PLUGIN_PATH=str(file))
    assert found["idea.py"]["reason"] == "ZeroDivisionError: division by zero"
