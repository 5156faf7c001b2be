"""Reading run folders, ours and others."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from neucocore.errors import ResultsError
from neucocore.results.reading import read_runs

REFERENCE = Path(__file__).parents[1] / "fixtures" / "reference" / "leaderboard" / "runs"


def summary(output: Path, run: str, **content: Any) -> Path:
    folder = output / "eval" / run
    folder.mkdir(parents=True)
    file = folder / "results_summary.json"
    file.write_text(json.dumps({"experiment": run, **content}))
    return file


def test_runs_of_neuco_bench_are_read_in_both_formats() -> None:
    runs = {run.method: run for run in read_runs(REFERENCE)}
    assert len(runs) == 8
    assert runs["alpha"].tasks["crops"].q == 16.3448
    assert runs["alpha"].tasks["crops"].score == 0.8368
    assert runs["hotel_oldformat"].tasks["crops"].q == 20.4322
    assert runs["hotel_oldformat"].tasks["crops"].score is None
    assert {run.protocol for run in runs.values()} == {"neuco-bench"}
    assert runs["bravo"].started == "20260101_000001"


def test_a_run_of_ours_knows_its_method_protocol_and_labels(results: Any) -> None:
    results.add("mean_of_means")
    (run,) = read_runs(results.output)
    assert (run.method, run.phase, run.protocol) == ("mean_of_means", "dev", "neucobench-2026@1")
    assert run.tasks["crops"].labels == "d1"
    assert run.started == "2026-03-01T12:01:00.000000+00:00"


def test_other_configurations_of_neuco_bench_are_other_protocols(tmp_path: Path) -> None:
    probe = {"epochs": 10, "device": "cpu"}
    config = {"k_folds": 40, "probe_type": "linear", "probe_params": probe}
    same = {**config, "embedding_dim": None, "enable_plots": True, "probe_params": {"epochs": 10}}
    scores = {"task_q_scores": {"a": 1.0}}
    summary(tmp_path, "x_20260101_000000", config=config, **scores)
    summary(tmp_path, "y_20260101_000000", config=same, **scores)
    summary(tmp_path, "z_20260101_000000", config={**config, "k_folds": 5}, **scores)
    x, y, z = (run.protocol for run in read_runs(tmp_path))
    assert x == y != z
    assert x.startswith("neuco-bench+")


def test_fault_64_nan_of_neuco_bench_is_read_as_missing(tmp_path: Path) -> None:
    scores = {"a": float("nan"), "b": float("-inf"), "c": 1}
    summary(tmp_path, "x", task_q_scores=scores, task_acc_scores={})
    (run,) = read_runs(tmp_path)
    assert {task: record.q for task, record in run.tasks.items()} == {"a": None, "b": None, "c": 1}


def test_fault_65_an_edited_summary_is_remarked_on(results: Any) -> None:
    file = results.add("mean") / "results_summary.json"
    file.write_text(file.read_text().replace("0.6", "0.9"))
    (run,) = read_runs(results.output)
    assert run.remarks == ("results_summary.json is not what the run wrote",)


def test_only_summaries_two_folders_down_are_looked_at(results: Any) -> None:
    folder = results.add("mean")
    shutil.copytree(folder, results.output / "deep" / "deeper" / "mean")
    (results.output / "dev" / "notes.txt").write_text("")
    (results.output / "dev" / "half_written").mkdir()
    assert len(read_runs(results.output)) == 1


def test_all_unreadable_summaries_come_in_one_error(tmp_path: Path) -> None:
    summary(tmp_path, "good", task_q_scores={"a": 1.0})
    summary(tmp_path, "bad").write_text("{")
    summary(tmp_path, "worse").write_text("[]")
    summary(tmp_path, "wrong", task_q_scores={"a": "high"})
    with pytest.raises(ResultsError, match="3 of 4 runs") as caught:
        read_runs(tmp_path)
    assert len(caught.value.problems) == 3


def test_broken_provenance_is_unreadable(results: Any) -> None:
    (results.add("mean") / "run.json").write_text("{}")
    with pytest.raises(ResultsError, match="1 of 1 runs"):
        read_runs(results.output)


@pytest.mark.parametrize(
    ("phase", "message"),
    [("test", "its phases are dev"), (None, "run")],
)
def test_an_unknown_phase_names_the_known_ones(
    results: Any, phase: str | None, message: str
) -> None:
    results.add("mean")
    if phase is None:
        shutil.rmtree(results.output / "dev")
    with pytest.raises(ResultsError, match=message):
        read_runs(results.output, phase)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="there is no folder"):
        read_runs(tmp_path / "nowhere")


def test_a_phase_without_a_run_is_not_asked_for_where_there_is_none(results: Any) -> None:
    shutil.rmtree(results.add("mean").parent)
    with pytest.raises(ResultsError, match="holds no run") as caught:
        read_runs(results.output, "test")
    assert "runs lie in <phase>/<run>/" in str(caught.value.hint)


def test_another_probe_or_another_order_of_keys_in_neuco_benchs_configuration(
    tmp_path: Path,
) -> None:
    scores = {"task_q_scores": {"a": 1.0}}
    probe = {"epochs": 10, "batch_size": 64}
    for name, params in (
        ("x", probe),
        ("y", dict(reversed(probe.items()))),
        ("z", {**probe, "epochs": 20}),
    ):
        config = {"k_folds": 40, "probe_type": "linear", "probe_params": params}
        summary(tmp_path, f"{name}_20260101_000000", config=config, **scores)
    x, y, z = (run.protocol for run in read_runs(tmp_path))
    assert x == y != z
