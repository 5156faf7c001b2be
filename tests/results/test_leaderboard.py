"""Tables of comparable runs."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from neucocore.errors import ResultsError
from neucocore.evaluation.protocols import protocol
from neucocore.results.leaderboard import Table, leaderboards, require_ranked
from neucocore.results.reading import read_runs

REFERENCE = Path(__file__).parents[1] / "fixtures" / "reference" / "leaderboard"
Make = Callable[..., Any]


def tables(results: Any, **options: Any) -> list[Table]:
    return leaderboards(read_runs(results.output), **options)


def order(table: Table) -> list[tuple[int, str]]:
    return [(row.aggregated_rank, row.method) for row in table.rows]


def test_neuco_benchs_own_table_is_reproduced() -> None:
    (table,) = leaderboards(read_runs(REFERENCE / "runs", "eval"))
    with (REFERENCE / "expected_leaderboard.csv").open(newline="") as file:
        expected = list(csv.DictReader(file))
    rows = table.records()
    assert [row["experiment"] for row in rows] == [row["experiment"] for row in expected]
    for row, expected_row in zip(rows, expected, strict=True):
        for column in expected_row.keys() - {"experiment"}:
            assert row[column] == pytest.approx(float(expected_row[column]), abs=1e-12)
    assert table.left_out == (("golf_incomplete_20260101_000006", "incomplete: crops missing"),)


def test_records_have_the_documented_column_names(results: Any) -> None:
    results.add("mean")
    ((row,),) = (table.records() for table in tables(results))
    assert list(row) == [
        "method", "experiment", "mean_score", "weighted_score", "aggregated_rank",
        "q::crops", "acc::crops",
    ]  # fmt: skip


def test_fault_62_each_protocol_has_a_separate_table(results: Any) -> None:
    results.add("mean")
    results.add("mean", protocol=protocol("neucobench-2026").with_options({"k_folds": 5}))
    results.add("mean", protocol=protocol("nested-cv"))
    protocol_tables = tables(results)
    assert len({table.protocol for table in protocol_tables}) == 3
    assert all(len(table.rows) == 1 for table in protocol_tables)


def test_fault_62_each_phase_has_a_separate_table(results: Any) -> None:
    results.add("mean")
    results.add("mean", phase="test")
    assert [table.phase for table in tables(results)] == ["dev", "test"]


def test_fault_62_runs_with_different_labels_of_a_task_have_separate_tables(
    results: Any, outcome: Make
) -> None:
    for method in ("a", "b"):
        results.add(method)
    results.add("c", outcome(digest="other"))
    first, second = tables(results)
    assert [row.method for row in first.rows] == ["a", "b"]
    assert [row.method for row in second.rows] == ["c"]
    assert "labels or groups of crops differ" in second.notes[0]


def test_fault_62_versions_of_a_task_are_different_tasks(results: Any, outcome: Make) -> None:
    results.add("a", outcome("random@1"), outcome("crops@1"))
    results.add("b", outcome("random@2"), outcome("crops@1"))
    first, second = tables(results)
    assert (first.tasks, second.tasks) == (("crops@1", "random@1"), ("crops@1", "random@2"))
    assert "it has random@2 and does not have random@1" in second.notes[0]


def test_fault_62_a_run_with_an_additional_task_does_not_replace_the_other_runs(
    results: Any, outcome: Make
) -> None:
    for method in ("a", "b"):
        results.add(method)
    results.add("c", outcome(), outcome("clouds"))
    first, second = tables(results)
    assert [row.method for row in first.rows] == ["a", "b"]
    assert (second.rows[0].method, second.tasks) == ("c", ("clouds", "crops"))


def test_an_incomplete_run_is_left_out_and_reported(results: Any, outcome: Make) -> None:
    for method in ("a", "b"):
        results.add(method, outcome(), outcome("clouds"))
    folder = results.add("c", outcome())
    (table,) = tables(results)
    assert table.left_out == ((folder.name, "incomplete: clouds missing"),)


def test_a_run_without_a_score_for_a_task_is_left_out_with_the_reason(
    results: Any, outcome: Make
) -> None:
    results.add("a")
    folder = results.add("b", outcome("crops", (0.5, None)))
    (table,) = tables(results)
    assert [row.method for row in table.rows] == ["a"]
    assert table.left_out == ((folder.name, "no score for crops (all 3 labels are 1)"),)


def test_a_task_that_is_undefined_in_every_run_has_no_column(results: Any, outcome: Make) -> None:
    for method in ("a", "b"):
        results.add(method, outcome(), outcome("flat", (None, None)))
    (table,) = tables(results)
    assert (table.tasks, len(table.rows)) == (("crops",), 2)
    reason = "all 3 labels are 1"
    note = f"flat has no column, since its score is undefined in every run ({reason})"
    assert note in table.notes


def test_partial_runs_are_not_ranked(results: Any) -> None:
    results.add("a")
    folder = results.add("b", partial=True)
    (table,) = tables(results)
    assert [row.method for row in table.rows] == ["a"]
    assert table.left_out == ((folder.name, "partial: labelled ids without embeddings"),)


def test_the_newest_complete_run_of_a_method_is_ranked(results: Any, outcome: Make) -> None:
    old = results.add("a", outcome("crops", (0.1, 0.1)))
    new = results.add("a", outcome("crops", (0.9, 0.9)))
    results.add("a", outcome("crops", (0.5, None)))
    results.add("b")
    (table,) = tables(results)
    assert [row.experiment for row in table.rows if row.method == "a"] == [new.name]
    assert (old.name, f"older than {new.name}; --all-runs shows it") in table.left_out
    (table,) = tables(results, all_runs=True)
    assert len(table.rows) == 3


def test_fault_61_runs_with_equal_scores_share_a_rank_and_are_sorted_by_name(
    results: Any, outcome: Make
) -> None:
    results.add("b")
    results.add("a")
    results.add("c", outcome("crops", (0.1, 0.2)))
    for by in ("weighted", "uniform", "borda", "mean"):
        (table,) = tables(results, by=by)
        assert order(table) == [(1, "a"), (1, "b"), (3, "c")]


def test_fault_65_an_edited_run_is_reported_in_the_notes(results: Any) -> None:
    file = results.add("a") / "results_summary.json"
    file.write_text(file.read_text() + "\n")
    results.add("b")
    (table,) = tables(results)
    assert any("was edited after the run" in note for note in table.notes)


def test_fault_67_a_single_run_and_few_tasks_are_reported_in_the_notes(
    results: Any, outcome: Make
) -> None:
    results.add("a", outcome(), outcome("clouds"))
    (table,) = tables(results)
    assert "only one run, so there is nothing to compare" in table.notes
    assert any("too few to tell" in note for note in table.notes)
    results.add("b", outcome(), outcome("clouds"), outcome("nodata"))
    assert not any("too few" in n for t in tables(results) for n in t.notes if len(t.tasks) > 2)


def test_fault_63_a_new_run_that_changes_the_ranks_of_others_is_reported(
    results: Any, outcome: Make
) -> None:
    flat = (0.02, 0.02)
    results.add("a", outcome("x", (0.05, 0.05)), outcome("y", flat))
    results.add("b", outcome("x", flat), outcome("y", (0.03, 0.03)))
    newest = results.add("c", outcome("x", (0.03, 0.03)), outcome("y", (0.9, 0.9)))
    (table,) = tables(results)
    (note,) = [note for note in table.notes if "changed the ranks" in note]
    assert note.startswith(f"the newest run, {newest.name}, changed the ranks of other runs: a_")


def test_a_protocol_can_be_selected_by_name_version_or_identity(results: Any) -> None:
    changed = protocol("neucobench-2026").with_options({"k_folds": 5})
    results.add("a")
    results.add("a", protocol=changed)
    assert len(tables(results, protocol="neucobench-2026")) == 2
    assert len(tables(results, protocol="neucobench-2026@1")) == 2
    assert [t.protocol for t in tables(results, protocol=changed.identity)] == [changed.identity]
    with pytest.raises(ResultsError, match="the runs have the protocols neucobench-2026@1"):
        tables(results, protocol="nested-cv")


def test_fault_62_runs_scored_on_fewer_rows_of_the_same_labels_are_reported(
    results: Any, outcome: Make
) -> None:
    results.add("a")
    folder = results.add("b", replace(outcome(), n=2))
    (table,) = tables(results)
    assert f"crops was scored on 3 rows, but on fewer rows in {folder.name} (2)" in table.notes


def test_fault_89_only_partial_runs_are_one_error_with_the_reasons(results: Any) -> None:
    folder = results.add("a", partial=True)
    partial = tables(results)
    with pytest.raises(ResultsError, match="no run can be ranked: 1 run left out") as caught:
        require_ranked(partial)
    assert f"{folder.name}: partial: labelled ids without embeddings" in caught.value.problems
    results.add("b")
    require_ranked(tables(results))
