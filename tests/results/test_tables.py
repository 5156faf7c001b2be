"""Leaderboards as CSV, JSON, Markdown and LaTeX."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from neucocore.evaluation.protocols import protocol
from neucocore.results import tables as write
from neucocore.results.leaderboard import Table, leaderboards
from neucocore.results.reading import read_runs

Make = Callable[..., Any]


@pytest.fixture
def two(results: Any, outcome: Make) -> list[Table]:
    results.add("mean_64", outcome("crops"))
    results.add("random", outcome("crops", (0.1, 0.2)))
    results.add("mean_64", outcome("clouds"), protocol=protocol("nested-cv"))
    return leaderboards(read_runs(results.output))


def test_csv_has_one_header_for_all_tables(two: list[Table]) -> None:
    rows = list(csv.DictReader(io.StringIO(write.to_csv(two))))
    assert list(rows[0])[:13] == [
        "method", "experiment", "mean_score", "weighted_score", "aggregated_rank",
        "q::clouds", "q::crops", "acc::clouds", "acc::crops", "phase", "protocol", "table",
        "labels",
    ]  # fmt: skip
    assert {"skill", "rank_low", "low::crops", "bytes_per_sample"} <= set(list(rows[0])[13:])
    assert [(row["method"], row["table"]) for row in rows] == [
        ("mean_64", "1"), ("mean_64", "2"), ("random", "2"),
    ]  # fmt: skip
    assert rows[1]["q::clouds"] == ""
    assert float(rows[1]["acc::crops"]) == pytest.approx(0.6)


def test_json_is_a_list_of_objects(two: list[Table]) -> None:
    rows = json.loads(write.to_json(two))
    assert [row["protocol"] for row in rows] == ["nested-cv@1"] + ["neucobench-2026@1"] * 2
    # The outcome of the first table has three rows, too few to be ranked under nested-cv.
    assert [row["aggregated_rank"] for row in rows] == [None, 1, 2]
    assert [row["ranked"] for row in rows] == [False, True, True]


def test_a_score_slightly_below_zero_is_displayed_without_a_minus_sign(
    results: Any, outcome: Make
) -> None:
    results.add("random", outcome("crops", (-1e-6, -2e-6)))
    (table,) = leaderboards(read_runs(results.output))
    assert write.cells(table, table.rows[0])[-1] == "0.000"


def test_a_score_that_is_not_recorded_is_null_in_json_and_empty_in_csv(results: Any) -> None:
    folder = results.output / "eval" / "old"
    folder.mkdir(parents=True)
    content = {"experiment": "old", "overall_score": 1.0, "task_result": {"crops": 1.0}}
    (folder / "results_summary.json").write_text(json.dumps(content))
    old_tables = leaderboards(read_runs(results.output))
    assert json.loads(write.to_json(old_tables))[0]["acc::crops"] is None
    assert next(csv.DictReader(io.StringIO(write.to_csv(old_tables))))["acc::crops"] == ""


def test_markdown_lists_the_runs_that_were_left_out(results: Any, outcome: Make) -> None:
    results.add("ab")
    results.add("c", outcome("crops", (0.5, None)))
    text = write.to_markdown(leaderboards(read_runs(results.output)))
    assert text.splitlines()[2] == "| rank | method | mean_score | weighted_score | crops |"
    assert "| 1 | ab | 10.000 | 1.000 | 10.000 |" in text
    assert "- left out: c_" in text


def test_latex_escapes_names_and_has_the_remarks_as_comments(two: list[Table]) -> None:
    text = write.to_latex(two)
    assert r"1 & mean\_64 & \textbf{10.000}" in text
    assert r"\begin{tabular}{rlrrr}" in text
    assert "% only 1 task: too few" in text


def test_the_leaderboard_file_is_written_where_neuco_bench_writes_it(
    results: Any, two: list[Table]
) -> None:
    path = write.write_leaderboard(results.output, "dev", two)
    assert path.parent == results.output / "leaderboards" / "dev"
    assert path.read_text() == write.to_csv(two)
    assert len(read_runs(results.output)) == 3


def test_a_vertical_bar_in_a_name_is_escaped_in_markdown() -> None:
    assert write._piped(map(write._escaped_markdown, ["a|b", "1"])) == r"| a\|b | 1 |"
