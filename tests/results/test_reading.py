"""Run folders of neuco, of earlier versions of neuco, and of NeuCo-Bench."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from neucocore.errors import ResultsError
from neucocore.evaluation.protocols import protocol
from neucocore.results.leaderboard import leaderboards
from neucocore.results.reading import read_runs

FIXTURES = Path(__file__).parents[1] / "fixtures"
REFERENCE = FIXTURES / "reference" / "leaderboard" / "runs"
OLD = FIXTURES / "old-run"
"""Written by a version of neuco in which digests of options had four digits."""


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


def test_a_run_of_neuco_records_method_protocol_and_labels(results: Any) -> None:
    results.add("mean_of_means")
    (run,) = read_runs(results.output)
    assert (run.method, run.phase, run.protocol) == ("mean_of_means", "dev", "neucobench-2026@1")
    assert run.tasks["crops"].labels == "d1"
    assert run.started == "2026-03-01T12:01:00.000000+00:00"


def test_different_configurations_of_neuco_bench_are_different_protocols(tmp_path: Path) -> None:
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


def test_fault_65_an_edited_summary_is_reported(results: Any) -> None:
    file = results.add("mean") / "results_summary.json"
    file.write_text(file.read_text().replace("0.6", "0.9"))
    (run,) = read_runs(results.output)
    assert run.remarks == ("results_summary.json was edited after the run",)


def test_only_summaries_two_folders_below_the_results_folder_are_read(results: Any) -> None:
    folder = results.add("mean")
    shutil.copytree(folder, results.output / "deep" / "deeper" / "mean")
    (results.output / "dev" / "notes.txt").write_text("")
    (results.output / "dev" / "half_written").mkdir()
    assert len(read_runs(results.output)) == 1


def test_all_unreadable_summaries_are_reported_together(tmp_path: Path) -> None:
    summary(tmp_path, "good", task_q_scores={"a": 1.0})
    summary(tmp_path, "bad").write_text("{")
    summary(tmp_path, "worse").write_text("[]")
    summary(tmp_path, "wrong", task_q_scores={"a": "high"})
    with pytest.raises(ResultsError, match="3 of 4 runs") as caught:
        read_runs(tmp_path)
    assert len(caught.value.problems) == 3


def test_a_run_with_incomplete_provenance_cannot_be_read(results: Any) -> None:
    (results.add("mean") / "run.json").write_text("{}")
    with pytest.raises(ResultsError, match="1 of 1 runs"):
        read_runs(results.output)


@pytest.mark.parametrize(
    ("phase", "message"),
    [("test", "the phases are dev"), (None, "run")],
)
def test_the_error_for_an_unknown_phase_names_the_existing_ones(
    results: Any, phase: str | None, message: str
) -> None:
    results.add("mean")
    if phase is None:
        shutil.rmtree(results.output / "dev")
    with pytest.raises(ResultsError, match=message):
        read_runs(results.output, phase)


def test_a_missing_results_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="there is no folder"):
        read_runs(tmp_path / "nowhere")


def test_the_error_for_an_empty_results_folder_states_where_runs_are_expected(results: Any) -> None:
    shutil.rmtree(results.add("mean").parent)
    with pytest.raises(ResultsError, match="contains no run") as caught:
        read_runs(results.output, "test")
    assert "<output>/<phase>/<run>/" in str(caught.value.hint)


def test_the_order_of_keys_in_neuco_benchs_configuration_does_not_change_the_protocol(
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


def test_a_run_of_a_later_format_is_an_error_that_asks_for_an_upgrade(results: Any) -> None:
    file = results.add("mean") / "run.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "format": 2}))
    with pytest.raises(ResultsError, match=r"run\.json has format 2; .* reads format 1"):
        read_runs(results.output)


@pytest.mark.parametrize(
    ("method", "name", "options"),
    [
        ("default-options", "nested-cv", {}),
        ("other-metric", "nested-cv", {"metric": "rmse"}),
        ("knn", "nested-cv", {"probe": "knn"}),
        ("neucobench", "neucobench-2026", {"k_folds": 3, "batch_size": 8, "epochs": 2}),
    ],
)
def test_old_runs_have_the_identity_that_their_options_have_today(
    tmp_path: Path, method: str, name: str, options: dict[str, Any]
) -> None:
    (run,) = (run for run in read_runs(_named_today(tmp_path)) if run.method == method)
    assert run.protocol == protocol(name).with_options(options).identity
    assert run.remarks == ()


def test_old_runs_of_the_default_protocol_keep_its_earlier_name() -> None:
    """Their average precision is not the one of nested-cv@1, so they have a table of their own."""
    runs = {run.method: run for run in read_runs(OLD)}
    assert runs["default-options"].protocol == "robust@1"
    assert runs["knn"].protocol == "robust@1+5064"
    assert "a protocol, probe or metric that is not installed" in runs["knn"].remarks[0]


def _named_today(folder: Path) -> Path:
    """Return a copy of the old runs whose default protocol has the name of today."""
    shutil.copytree(OLD, folder / "results")
    for file in (folder / "results").glob("*/*/run.json"):
        record = json.loads(file.read_text())
        for key in ("name", "identity"):
            record["protocol"][key] = record["protocol"][key].replace("robust", "nested-cv")
        file.write_text(json.dumps(record))
    return folder / "results"


def test_old_runs_are_read_with_all_their_scores() -> None:
    runs = {run.method: run for run in read_runs(OLD)}
    assert {method: run.tasks["height"].score for method, run in runs.items()} == {
        "default-options": 0.9999999999987105,
        "knn": 0.025026695031905577,
        "neucobench": -94.91138696670532,
        "other-metric": 8.545279884626863e-06,
    }
    assert runs["other-metric"].tasks["height"].q == -8.545279884626863e-06
    assert runs["default-options"].tasks["height"].n == 12


def test_an_old_run_is_ranked_together_with_a_new_one(tmp_path: Path) -> None:
    (old,) = (_named_today(tmp_path) / "dev").glob("knn_*")
    new = old.with_name("newer_20270101_000000")
    shutil.copytree(old, new)
    record = json.loads((new / "run.json").read_text())
    record["method"], record["experiment"] = "newer", new.name
    record["protocol"]["identity"] = protocol("nested-cv").with_options({"probe": "knn"}).identity
    (new / "run.json").write_text(json.dumps(record))
    tables = leaderboards(read_runs(tmp_path / "results"), protocol=record["protocol"]["identity"])
    assert [[row.method for row in table.rows] for table in tables] == [["knn", "newer"]]


def test_an_old_run_whose_probe_is_not_installed_keeps_its_identity_with_a_remark(
    tmp_path: Path,
) -> None:
    (folder,) = (_named_today(tmp_path) / "dev").glob("knn_*")
    record = json.loads((folder / "run.json").read_text())
    record["protocol"]["options"]["probe"] = "somewhere/else"
    (folder / "run.json").write_text(json.dumps(record))
    (run,) = (run for run in read_runs(tmp_path / "results") if run.method == "knn")
    assert run.protocol == "nested-cv@1+5064"
    assert "cannot be compared with newer runs" in run.remarks[0]
