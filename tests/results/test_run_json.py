"""Existing run folders: their provenance, and how they are found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neucocore.errors import ResultsError
from neucocore.results.run_folder import write_run
from neucocore.results.run_json import edited_files, find_run, read_provenance

Make = Callable[..., Any]
OLD = Path(__file__).parents[1] / "fixtures" / "old-run" / "dev"


def test_a_run_is_found_by_its_key(tmp_path: Path, run: Make) -> None:
    folder = write_run(tmp_path, run("mean"))
    write_run(tmp_path, run("other"))
    assert find_run(tmp_path, "dev", "mean", "key of mean") == folder
    assert find_run(tmp_path, "dev", "mean", "another") is None
    assert find_run(tmp_path, "dev", "other", "key of mean") is None
    assert find_run(tmp_path, "test", "mean", "key of mean") is None


def test_of_several_equal_runs_the_newest_is_found(results: Any) -> None:
    results.add("mean")
    newest = results.add("mean")
    assert find_run(results.output, "dev", "mean", "key of mean") == newest


def test_an_edited_run_is_not_found(tmp_path: Path, run: Make) -> None:
    folder = write_run(tmp_path, run())
    scores = folder / "scores.jsonl"
    scores.write_text(scores.read_text().replace("0.5", "0.9"))
    assert find_run(tmp_path, "dev", "mean", "key of mean") is None


def test_a_run_without_a_summary_is_not_found(tmp_path: Path, run: Make) -> None:
    (write_run(tmp_path, run()) / "results_summary.json").unlink()
    assert find_run(tmp_path, "dev", "mean", "key of mean") is None


def test_a_missing_file_counts_as_edited(tmp_path: Path, run: Make) -> None:
    folder = write_run(tmp_path, run())
    (folder / "scores.jsonl").unlink()
    record = read_provenance(folder)
    assert record is not None
    assert edited_files(folder, record) == ["scores.jsonl"]


def test_a_folder_without_provenance_gives_none(tmp_path: Path) -> None:
    assert read_provenance(tmp_path) is None


@pytest.mark.parametrize(
    ("text", "message"), [("{", "is not JSON"), ("[]", "is not a JSON object")]
)
def test_provenance_that_cannot_be_read_is_an_error(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(ResultsError, match=rf"run\.json {message}") as caught:
        read_provenance(tmp_path)
    assert caught.value.hint == "evaluate again, or move the folder elsewhere"


@pytest.mark.parametrize("folder", sorted(OLD.iterdir()), ids=lambda folder: folder.name)
def test_the_files_of_old_runs_are_found_unedited(folder: Path) -> None:
    record = read_provenance(folder)
    assert record is not None
    assert edited_files(folder, record) == []
