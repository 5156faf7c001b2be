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


def test_fault_57_runs_of_one_second_do_not_collide(tmp_path: Path) -> None:
    names = [new_run_folder(tmp_path, "dev", "mean", NOW).name for _ in range(3)]
    assert names == ["mean_20260301_230507", "mean_20260301_230507_2", "mean_20260301_230507_3"]


@pytest.mark.parametrize(
    "name",
    ["", " ", "../up", "a/b", "a\\b", "..", ".hidden", "-x", "con", "NUL.txt", "a:b", "a\nb", "a "],
)
def test_fault_60_names_that_lead_elsewhere_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="a method cannot be named"):
        new_run_folder(tmp_path, "dev", name, NOW)
    with pytest.raises(ConfigError, match="a phase cannot be named"):
        new_run_folder(tmp_path, name, "mean", NOW)


def test_fault_60_very_long_names_are_refused_with_their_size() -> None:
    with pytest.raises(ConfigError, match="it has 400 bytes, 180 are allowed"):
        check_name("ä" * 200, "method")


@pytest.mark.parametrize("name", ["mean", "mosaiks-features=4096", "Größe 12.5", "a_b+c"])
def test_ordinary_names_may_be_used(name: str) -> None:
    assert check_name(name, "method") == name


@pytest.mark.parametrize("name", ["leaderboards", "embeddings"])
def test_a_phase_cannot_take_the_name_of_another_folder(name: str) -> None:
    with pytest.raises(ConfigError, match="name of another folder"):
        check_name(name, "phase")
    assert check_name(name, "method") == name


@pytest.mark.parametrize("inside", ["taken", "taken/results"], ids=["itself", "above it"])
def test_an_output_in_place_of_a_file_is_refused(tmp_path: Path, inside: str) -> None:
    (tmp_path / "taken").write_text("mine")
    with pytest.raises(ConfigError, match="taken is a file"):
        check_output(tmp_path / inside)
