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
from neucocore.results.leaderboard import Table, leaderboards
from neucocore.results.reading import read_runs

REFERENCE = Path(__file__).parents[1] / "fixtures" / "reference" / "leaderboard"
Make = Callable[..., Any]


def tables(results: Any, **options: Any) -> list[Table]:
    return leaderboards(read_runs(results.output), **options)


def order(table: Table) -> list[tuple[int, str]]:
    return [(row.aggregated_rank, row.method) for row in table.rows]


def test_the_reference_table_is_reproduced() -> None:
    (table,) = leaderboards(read_runs(REFERENCE / "runs", "eval"))
    with (REFERENCE / "expected_leaderboard.csv").open(newline="") as file:
        expected = list(csv.DictReader(file))
    rows = table.records()
    assert [row["experiment"] for row in rows] == [row["experiment"] for row in expected]
    for row, want in zip(rows, expected, strict=True):
        for column in want.keys() - {"experiment"}:
            assert row[column] == pytest.approx(float(want[column]), abs=1e-12)
    assert table.left_out == (("golf_incomplete_20260101_000006", "incomplete: no crops"),)


def test_columns_are_named_as_programs_expect(results: Any) -> None:
    results.add("mean")
    ((row,),) = (table.records() for table in tables(results))
    assert list(row) == [
        "method", "experiment", "mean_score", "weighted_score", "aggregated_rank",
        "q::crops", "acc::crops",
    ]  # fmt: skip


def test_fault_62_other_protocols_have_tables_of_their_own(results: Any) -> None:
    results.add("mean")
    results.add("mean", protocol=protocol("neucobench-2026").with_options({"k_folds": 5}))
    results.add("mean", protocol=protocol("robust"))
    found = tables(results)
    assert len({table.protocol for table in found}) == 3
    assert all(len(table.rows) == 1 for table in found)


def test_fault_62_phases_are_not_mixed(results: Any) -> None:
    results.add("mean")
    results.add("mean", phase="test")
    assert [table.phase for table in tables(results)] == ["dev", "test"]


def test_fault_62_other_labels_of_a_task_are_not_mixed_and_said(
    results: Any, outcome: Make
) -> None:
    for method in ("a", "b"):
        results.add(method)
    results.add("c", outcome(digest="other"))
    first, second = tables(results)
    assert [row.method for row in first.rows] == ["a", "b"]
    assert [row.method for row in second.rows] == ["c"]
    assert "other labels or groups for crops" in second.notes[0]


def test_fault_62_task_versions_are_other_tasks(results: Any, outcome: Make) -> None:
    results.add("a", outcome("random@1"), outcome("crops@1"))
    results.add("b", outcome("random@2"), outcome("crops@1"))
    first, second = tables(results)
    assert (first.tasks, second.tasks) == (("crops@1", "random@1"), ("crops@1", "random@2"))
    assert "with random@2 and without random@1" in second.notes[0]


def test_fault_62_a_run_with_one_task_more_does_not_empty_the_table(
    results: Any, outcome: Make
) -> None:
    for method in ("a", "b"):
        results.add(method)
    results.add("c", outcome(), outcome("clouds"))
    first, second = tables(results)
    assert [row.method for row in first.rows] == ["a", "b"]
    assert (second.rows[0].method, second.tasks) == ("c", ("clouds", "crops"))


def test_an_incomplete_run_is_left_out_and_named(results: Any, outcome: Make) -> None:
    for method in ("a", "b"):
        results.add(method, outcome(), outcome("clouds"))
    folder = results.add("c", outcome())
    (table,) = tables(results)
    assert table.left_out == ((folder.name, "incomplete: no clouds"),)


def test_a_run_without_a_score_for_a_task_is_left_out_with_the_reason(
    results: Any, outcome: Make
) -> None:
    results.add("a")
    folder = results.add("b", outcome("crops", (0.5, None)))
    (table,) = tables(results)
    assert [row.method for row in table.rows] == ["a"]
    assert table.left_out == ((folder.name, "no score for crops (all 3 labels are 1)"),)


def test_a_task_undefined_for_all_loses_its_column_not_the_runs(
    results: Any, outcome: Make
) -> None:
    for method in ("a", "b"):
        results.add(method, outcome(), outcome("flat", (None, None)))
    (table,) = tables(results)
    assert (table.tasks, len(table.rows)) == (("crops",), 2)
    assert "flat is undefined in every run, so no column" in table.notes


def test_partial_runs_are_not_ranked(results: Any) -> None:
    results.add("a")
    folder = results.add("b", partial=True)
    (table,) = tables(results)
    assert [row.method for row in table.rows] == ["a"]
    assert table.left_out == ((folder.name, "partial: ids without embeddings"),)


def test_the_newest_complete_run_of_a_method_counts(results: Any, outcome: Make) -> None:
    old = results.add("a", outcome("crops", (0.1, 0.1)))
    new = results.add("a", outcome("crops", (0.9, 0.9)))
    results.add("a", outcome("crops", (0.5, None)))
    results.add("b")
    (table,) = tables(results)
    assert [row.experiment for row in table.rows if row.method == "a"] == [new.name]
    assert (old.name, f"older than {new.name}; --all-runs shows it") in table.left_out
    (whole,) = tables(results, all_runs=True)
    assert len(whole.rows) == 3


def test_fault_61_ties_share_a_rank_and_are_ordered_by_name(results: Any, outcome: Make) -> None:
    results.add("b")
    results.add("a")
    results.add("c", outcome("crops", (0.1, 0.2)))
    for by in ("weighted", "uniform", "borda", "mean"):
        (table,) = tables(results, by=by)
        assert order(table) == [(1, "a"), (1, "b"), (3, "c")]


def test_fault_65_an_edited_run_is_named_in_the_notes(results: Any) -> None:
    file = results.add("a") / "results_summary.json"
    file.write_text(file.read_text() + "\n")
    results.add("b")
    (table,) = tables(results)
    assert any("not what the run wrote" in note for note in table.notes)


def test_fault_67_few_tasks_and_single_runs_say_so(results: Any, outcome: Make) -> None:
    results.add("a", outcome(), outcome("clouds"))
    (table,) = tables(results)
    assert "one run: nothing to compare it with" in table.notes
    assert any("too few to say" in note for note in table.notes)
    results.add("b", outcome(), outcome("clouds"), outcome("nodata"))
    assert not any("too few" in n for t in tables(results) for n in t.notes if len(t.tasks) > 2)


def test_fault_63_a_newcomer_that_moves_others_is_named(results: Any, outcome: Make) -> None:
    flat = (0.02, 0.02)
    results.add("a", outcome("x", (0.05, 0.05)), outcome("y", flat))
    results.add("b", outcome("x", flat), outcome("y", (0.03, 0.03)))
    newest = results.add("c", outcome("x", (0.03, 0.03)), outcome("y", (0.9, 0.9)))
    (table,) = tables(results)
    (note,) = [note for note in table.notes if "moved the ranks" in note]
    assert note.startswith(f"the newest run, {newest.name}, moved the ranks of others: a_")


def test_a_protocol_can_be_chosen_by_name_version_or_identity(results: Any) -> None:
    changed = protocol("neucobench-2026").with_options({"k_folds": 5})
    results.add("a")
    results.add("a", protocol=changed)
    assert len(tables(results, protocol="neucobench-2026")) == 2
    assert len(tables(results, protocol="neucobench-2026@1")) == 2
    assert [t.protocol for t in tables(results, protocol=changed.identity)] == [changed.identity]
    with pytest.raises(ResultsError, match="there are runs under neucobench-2026@1"):
        tables(results, protocol="robust")


def test_fault_62_runs_on_fewer_rows_of_the_same_labels_are_named(
    results: Any, outcome: Make
) -> None:
    results.add("a")
    folder = results.add("b", replace(outcome(), n=2))
    (table,) = tables(results)
    assert f"crops was scored on 3 rows, but {folder.name} 2" in table.notes
