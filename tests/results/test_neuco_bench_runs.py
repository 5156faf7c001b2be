"""Runs made by NeuCo-Bench in a table with ours (rule "old and new together")."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neucocore.evaluation.neucobench.config import nearest_protocol, recorded_protocol
from neucocore.evaluation.protocols import protocol
from neucocore.results import tables as write
from neucocore.results.leaderboard import Table, leaderboards
from neucocore.results.ranking import ranks, weighted_scores
from neucocore.results.reading import read_runs

Make = Callable[..., Any]
OLD = Path(__file__).parents[1] / "fixtures" / "old-run"
FLAT = {"batch_size": 64, "epochs": 20, "learning_rate": 0.001, "k_folds": 40}
CHALLENGE = {
    **FLAT,
    "embedding_dim": 1024,
    "standardize_embeddings": True,
    "normalize_labels": True,
    "enable_plots": False,
    "update_leaderboard": False,
    "task_filter": False,
}
"""As the version of the 2025 challenge recorded it."""


def tables(results: Any) -> list[Table]:
    return leaderboards(read_runs(results.output))


def test_a_run_of_neuco_bench_is_ranked_with_ours_and_marked(
    results: Any, neuco_bench: Any, outcome: Make
) -> None:
    results.add("ours", outcome("crops"), outcome("clouds"))
    theirs = neuco_bench.add("theirs", crops=3.0, clouds=20.0)
    (table,) = tables(results)
    assert table.protocol == "neucobench-2026@1"
    assert {row.method: row.labels_recorded for row in table.rows} == {
        "ours": True,
        "theirs": False,
    }
    agree = "configuration and tasks agree with those of the other runs"
    assert f"{theirs.name}: labels not recorded; {agree}" in table.notes
    assert any("theirs (labels not recorded)" in write.cells(table, row) for row in table.rows)
    assert [row["labels"] for row in write.records([table])].count("not recorded") == 1


def test_the_challenge_configuration_of_2025_joins_its_protocol(
    results: Any, neuco_bench: Any, outcome: Make
) -> None:
    results.add("ours", protocol=protocol("neucobench-2025"))
    neuco_bench.add("theirs", config=CHALLENGE, crops=3.0)
    (table,) = tables(results)
    assert (table.protocol, len(table.rows)) == ("neucobench-2025@1", 2)


def test_equal_options_share_a_table_whatever_protocol_they_were_written_for(
    results: Any,
) -> None:
    results.add("a", protocol=protocol("neucobench-2025"))
    as_2026 = protocol("neucobench-2026").with_options({"epochs": 20, "embedding_dim": 1024})
    results.add("b", protocol=as_2026)
    (table,) = tables(results)
    assert (table.protocol, len(table.rows)) == ("neucobench-2025@1", 2)


@pytest.mark.parametrize(
    "change",
    [
        {"k_folds": 5},
        {"standardize_embeddings": False},
        {"probe_params": {"batch_size": 64, "epochs": 11, "learning_rate": 0.001}},
        {"probe_params": {"batch_size": 64, "epochs": 10}},
        {"probe_type": "svm"},
        {"pooling": "max"},
    ],
)
def test_another_configuration_has_a_table_of_its_own(
    results: Any, neuco_bench: Any, change: dict[str, Any]
) -> None:
    results.add("ours")
    neuco_bench.add("theirs", config={**neuco_bench.CONFIG, **change}, crops=3.0)
    assert [len(table.rows) for table in tables(results)] == [1, 1]


def test_a_run_without_a_configuration_is_not_mixed_with_ours(
    results: Any, neuco_bench: Any
) -> None:
    results.add("ours")
    neuco_bench.add("theirs", config=None, crops=3.0)
    first, second = tables(results)
    assert {first.protocol, second.protocol} == {"neuco-bench", "neucobench-2026@1"}


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"n": 2}, "crops has 2 rows, but 3 in the other runs"),
        ({"n_samples": 4}, "crops has 4 rows, but 3 in the other runs"),
        ({"num_classes": 5}, "crops has 5 classes, but 0 in the other runs"),
        ({"task_type": "cls"}, "crops has 2 classes, but 0 in the other runs"),
    ],
)
def test_numbers_of_rows_and_classes_that_disagree_are_reported(
    results: Any, neuco_bench: Any, facts: dict[str, Any], reason: str
) -> None:
    results.add("ours")
    neuco_bench.add("theirs", files={"crops": facts}, crops=3.0)
    first, second = tables(results)
    notes = [*first.notes, *second.notes]
    assert any(reason in note for note in notes)
    assert "separate table: labels not recorded for crops" in second.notes


def test_plots_tell_whether_a_task_has_classes(results: Any, neuco_bench: Any) -> None:
    results.add("ours")
    folder = neuco_bench.add("theirs", crops=3.0)
    (folder / "crops" / "regression_scatter").mkdir()
    assert [len(table.rows) for table in tables(results)] == [2]
    (folder / "crops" / "regression_scatter").rename(folder / "crops" / "confusion_matrices")
    assert [len(table.rows) for table in tables(results)] == [1, 1]


def test_labels_that_differ_between_our_runs_are_not_assumed(
    results: Any, neuco_bench: Any, outcome: Make
) -> None:
    for method in ("a", "b"):
        results.add(method)
    results.add("c", outcome(digest="other"))
    neuco_bench.add("theirs", crops=3.0)
    assert [len(table.rows) for table in tables(results)] == [2, 1, 1]
    notes = [note for table in tables(results) for note in table.notes]
    assert any("crops has 2 different sets of labels in the other runs" in n for n in notes)


def test_a_run_without_one_of_our_tasks_is_incomplete(
    results: Any, neuco_bench: Any, outcome: Make
) -> None:
    results.add("ours", outcome("crops"), outcome("clouds"))
    theirs = neuco_bench.add("theirs", crops=3.0)
    (table,) = tables(results)
    assert table.left_out == ((theirs.name, "incomplete: clouds missing"),)


def test_a_run_of_an_earlier_version_of_ours_shares_a_table_too(
    results: Any, neuco_bench: Any
) -> None:
    (old,) = (OLD / "dev").glob("neucobench_*")
    shutil.copytree(old, results.output / "dev" / old.name)
    config = json.loads((old / "results_summary.json").read_text())["config"]
    neuco_bench.add("theirs", config=config, height=-2.0)
    (table,) = tables(results)
    assert {row.method for row in table.rows} == {"neucobench", "theirs"}


def test_runs_of_neuco_bench_alone_are_not_marked(results: Any, neuco_bench: Any) -> None:
    neuco_bench.add("x", crops=3.0)
    neuco_bench.add("y", crops=2.0)
    (table,) = tables(results)
    assert write.cells(table, table.rows[0])[1] == "x"
    assert not any("labels not recorded" in note for note in table.notes)


def test_the_first_format_is_read_under_the_key_that_it_wrote(results: Any) -> None:
    folder = results.output / "dev" / "old_20250601_000000"
    folder.mkdir(parents=True)
    content = {"experiment": folder.name, "overall_score": 1.0, "task_results": {"crops": 2.5}}
    (folder / "results_summary.json").write_text(json.dumps(content))
    (run,) = read_runs(results.output)
    assert run.tasks["crops"].q == 2.5


def test_weights_and_ranks_are_those_of_all_runs_together(
    results: Any, neuco_bench: Any, outcome: Make
) -> None:
    clouds = outcome("clouds", (0.2, 0.3))
    ours = [
        results.add(method, outcome("crops", folds), clouds)
        for method, folds in (("a", (0.1, 0.2)), ("b", (0.6, 0.9)))
    ]
    theirs = [
        neuco_bench.add(method, crops=crops, clouds=clouds_q)
        for method, crops, clouds_q in (("c", 4.0, 9.0), ("d", 1.0, 2.0))
    ]
    (table,) = tables(results)
    assert {row.experiment for row in table.rows} == {f.name for f in (*ours, *theirs)}
    runs = {run.experiment: run for run in read_runs(results.output)}
    names = [row.experiment for row in table.rows]
    q = np.array([[runs[name].tasks[task].q for task in table.tasks] for name in names])
    assert [row.weighted_score for row in table.rows] == pytest.approx(weighted_scores(q))
    assert [row.aggregated_rank for row in table.rows] == ranks(-weighted_scores(q)).tolist()


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    folds=st.sampled_from([5, 40, 200]),
    epochs=st.sampled_from([5, 10, 20]),
    dimension=st.sampled_from([None, 512, 1024]),
    standardize=st.booleans(),
    flat=st.booleans(),
    device=st.sampled_from([None, "cpu", "auto"]),
    shuffle=st.randoms(use_true_random=False),
)
def test_every_linear_configuration_has_the_identity_of_its_options(
    folds: int,
    epochs: int,
    dimension: Any,
    standardize: bool,
    flat: bool,
    device: Any,
    shuffle: Any,
) -> None:
    probe = {"batch_size": 64, "epochs": epochs, "learning_rate": 0.001}
    if device:
        probe["device"] = device
    top = {
        "k_folds": folds,
        "embedding_dim": dimension,
        "standardize_embeddings": standardize,
        "enable_plots": True,
    }
    config = {**top, **probe} if flat else {**top, "probe_type": "linear", "probe_params": probe}
    items = list(config.items())
    shuffle.shuffle(items)
    options = {
        "k_folds": folds,
        "batch_size": 64,
        "epochs": epochs,
        "learning_rate": 0.001,
        "embedding_dim": dimension,
        "standardize_embeddings": standardize,
        "normalize_labels": True,
    }
    found = recorded_protocol(dict(items))
    assert found is not None
    assert found.values() == options
    for name in ("neucobench-2026", "neucobench-2025"):
        chosen = protocol(name).with_options(options)
        assert nearest_protocol(chosen.values()).identity == found.identity
        if not chosen.changed:
            assert found.identity == f"{name}@1"


def test_a_copied_run_folder_of_ours_is_unchanged_by_neuco_benchs_runs(
    results: Any, neuco_bench: Any, outcome: Make
) -> None:
    for method, folds in (("a", (0.1, 0.3)), ("b", (0.5, 0.7))):
        results.add(method, outcome("crops", folds))
    (before,) = tables(results)
    neuco_bench.add("c", crops=-50.0)
    (after,) = tables(results)
    for row in before.rows:
        (same,) = (other for other in after.rows if other.experiment == row.experiment)
        assert (same.q, same.acc, same.mean_score) == (row.q, row.acc, row.mean_score)
    assert replace(after.rows[0], weighted_score=0) == replace(before.rows[0], weighted_score=0)


def test_a_run_of_neuco_bench_has_the_interval_of_its_folds(neuco_bench: Any) -> None:
    folds = [0.4, 0.5, 0.6, 0.5]
    neuco_bench.add("theirs", files={"crops": {"q_t": folds}}, crops=3.0)
    neuco_bench.add("older", crops=2.0)
    (table,) = leaderboards(read_runs(neuco_bench.output))
    rows = {row.method: row for row in table.rows}
    # The quantile of t with 3 degrees of freedom; a tenth of the rows is held out.
    reach = 3.1824463 * np.sqrt((1 / 4 + 1 / 9) * np.var(folds, ddof=1))
    assert rows["theirs"].intervals["crops"] == pytest.approx((0.5 - reach, 0.5 + reach), rel=1e-6)
    assert rows["older"].intervals["crops"] == (None, None)
