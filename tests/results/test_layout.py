"""Names of methods and phases, and folders of runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from neucocore.errors import ConfigError
from neucocore.results.layout import check_name, check_output, new_run_folder

NOW = datetime(2026, 3, 1, 23, 5, 7, tzinfo=UTC)


def test_a_run_folder_is_named_by_method_and_utc_time(tmp_path: Path) -> None:
    berlin = NOW.astimezone(timezone(timedelta(hours=2)))
    folder = new_run_folder(tmp_path, "dev", "mean", berlin)
    assert folder == tmp_path / "dev" / "mean_20260301_230507"
    assert folder.is_dir()


def test_fault_57_runs_in_the_same_second_get_different_folders(tmp_path: Path) -> None:
    names = [new_run_folder(tmp_path, "dev", "mean", NOW).name for _ in range(3)]
    assert names == ["mean_20260301_230507", "mean_20260301_230507_2", "mean_20260301_230507_3"]


@pytest.mark.parametrize(
    "name",
    ["", " ", "../up", "a/b", "a\\b", "..", ".hidden", "-x", "con", "NUL.txt", "a:b", "a\nb", "a "],
)
def test_fault_60_names_that_lead_to_other_folders_are_an_error(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="a method cannot be named"):
        new_run_folder(tmp_path, "dev", name, NOW)
    with pytest.raises(ConfigError, match="a phase cannot be named"):
        new_run_folder(tmp_path, name, "mean", NOW)


def test_fault_60_very_long_names_are_an_error_that_states_their_size() -> None:
    with pytest.raises(ConfigError, match="it has 400 bytes; at most 180 are allowed"):
        check_name("ä" * 200, "method")


@pytest.mark.parametrize("name", ["mean", "mosaiks-features=4096", "Größe 12.5", "a_b+c"])
def test_ordinary_names_can_be_used(name: str) -> None:
    assert check_name(name, "method") == name


@pytest.mark.parametrize("name", ["leaderboards", "embeddings"])
def test_a_phase_cannot_have_the_name_of_a_folder_that_neuco_uses(name: str) -> None:
    with pytest.raises(ConfigError, match="neuco uses the folder of this name"):
        check_name(name, "phase")
    assert check_name(name, "method") == name


@pytest.mark.parametrize("path", ["taken", "taken/results"], ids=["itself", "above it"])
def test_an_output_folder_that_is_a_file_is_an_error(tmp_path: Path, path: str) -> None:
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(ConfigError, match="taken is a file"):
        check_output(tmp_path / path)
