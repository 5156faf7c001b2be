"""The files of a run folder."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neucocore.errors import ConfigError
from neucocore.results import run_folder as module
from neucocore.results.run_folder import write_run
from neucocore.results.run_json import edited_files

Make = Callable[..., Any]


def content(path: Path) -> Any:
    def fail(constant: str) -> None:
        raise AssertionError(f"{constant} in {path}")

    return json.loads(path.read_text(), parse_constant=fail)


def test_the_summary_has_the_keys_that_neuco_bench_reads(
    tmp_path: Path, run: Make, outcome: Make
) -> None:
    folder = write_run(tmp_path, run("mean", outcome("crops"), outcome("clouds", (0.1, 0.3))))
    summary = content(folder / "results_summary.json")
    assert list(summary) == [
        "experiment", "overall_q_score", "overall_acc_score",
        "task_q_scores", "task_acc_scores", "config",
    ]  # fmt: skip
    assert summary["experiment"] == folder.name
    assert summary["task_acc_scores"] == pytest.approx({"crops": 0.6, "clouds": 0.2})
    assert summary["task_q_scores"] == pytest.approx({"crops": 10, "clouds": 0.4 / 0.12})
    assert summary["overall_q_score"] == pytest.approx((10 + 0.4 / 0.12) / 2)
    assert summary["overall_acc_score"] == pytest.approx(0.4)


def test_a_task_file_has_the_keys_of_neuco_bench_with_its_spelling_and_the_number_of_rows(
    tmp_path: Path, run: Make
) -> None:
    result = content(write_run(tmp_path, run()) / "crops" / "crops_result.json")
    assert result == {
        "q_stat": pytest.approx(10),
        "mean_score": pytest.approx(0.6),
        "std_dev": pytest.approx(0.1),
        "hyperparamaters": {"epochs": 10},
        "q_t": [0.5, 0.7],
        "n": 3,
    }


def test_task_files_have_no_split_scores_if_they_are_not_requested(
    tmp_path: Path, run: Make
) -> None:
    folder = write_run(tmp_path, run(fold_results=False))
    assert "q_t" not in content(folder / "crops" / "crops_result.json")


def test_the_configuration_of_neuco_bench_is_recorded(tmp_path: Path, run: Make) -> None:
    folder = write_run(tmp_path, run(config={"k_folds": 8}))
    assert content(folder / "results_summary.json")["config"] == {"k_folds": 8}


def test_scores_have_one_row_per_task_metric_and_split(
    tmp_path: Path, run: Make, outcome: Make
) -> None:
    folder = write_run(tmp_path, run("mean", outcome("crops"), outcome("clouds", (0.1, None))))
    rows = [json.loads(line) for line in (folder / "scores.jsonl").read_text().splitlines()]
    assert [(r["method"], r["task"], r["metric"], r["split"], r["value"]) for r in rows] == [
        ("mean", "crops", "r2", 0, 0.5),
        ("mean", "crops", "r2", 1, 0.7),
        ("mean", "clouds", "r2", 0, 0.1),
        ("mean", "clouds", "r2", 1, None),
    ]
    assert (rows[3]["status"], rows[3]["reason"]) == ("undefined", "none")


def test_fault_64_undefined_scores_are_null_and_never_nan(
    tmp_path: Path, run: Make, outcome: Make
) -> None:
    values = {"learning_rate": math.inf, "rows": np.int64(3), "grid": np.array([1.0, math.nan])}
    undefined = outcome("clouds", (0.1, None), extra={"rmse": None})
    folder = write_run(tmp_path, run("mean", outcome(), undefined, provenance={"values": values}))
    summary = content(folder / "results_summary.json")
    assert summary["task_q_scores"]["clouds"] is None
    assert (summary["overall_q_score"], summary["overall_acc_score"]) == (None, None)
    assert content(folder / "run.json")["values"] == {
        "learning_rate": None, "rows": 3, "grid": [1.0, None],
    }  # fmt: skip
    assert content(folder / "clouds" / "clouds_result.json")["q_t"] == [0.1, None]


def test_provenance_records_protocol_tasks_and_files(tmp_path: Path, run: Make) -> None:
    context = {"subset": "phase_dev"}
    folder = write_run(tmp_path, run(context=context, warnings=["3 ids"], unregistered=True))
    record = content(folder / "run.json")
    assert record["protocol"]["identity"] == "neucobench-2026@1"
    assert record["protocol"]["context"] == context
    assert (record["warnings"], record["unregistered"], record["partial"]) == (
        ["3 ids"],
        True,
        False,
    )
    (task,) = record["tasks"]
    assert (task["task"], task["labels"], task["n"], task["d"]) == ("crops", "d1", 3, 4)
    assert sorted(record["files"]) == [
        "crops/crops_result.json", "results_summary.json", "scores.jsonl",
    ]  # fmt: skip
    assert edited_files(folder, record) == []


def test_predictions_are_stored_without_pickles(tmp_path: Path, run: Make, outcome: Make) -> None:
    predictions = {"ids": np.array(["a", "ö"]), "y_pred": np.array([0.5, 1.5])}
    folder = write_run(tmp_path, run("mean", outcome(predictions=predictions)))
    with np.load(folder / "crops" / "predictions.npz", allow_pickle=False) as kept:
        assert kept["ids"].tolist() == ["a", "ö"]
        assert kept["y_pred"].tolist() == [0.5, 1.5]


def test_a_run_that_cannot_be_written_completely_leaves_no_folder(
    tmp_path: Path, run: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disk_full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "_write_scores", disk_full)
    with pytest.raises(OSError, match="No space left"):
        write_run(tmp_path, run())
    assert list((tmp_path / "dev").iterdir()) == []


def test_a_task_name_that_cannot_be_a_folder_is_an_error_before_anything_is_written(
    tmp_path: Path, run: Make, outcome: Make
) -> None:
    with pytest.raises(ConfigError, match="a task cannot be named"):
        write_run(tmp_path, run("mean", outcome("../crops")))
    assert list(tmp_path.iterdir()) == []
