"""Leaderboards by mean skill, of runs made by evaluating small embeddings."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import t as student

from neucocore import evaluate
from neucocore.errors import ResultsError
from neucocore.results import tables as write
from neucocore.results.leaderboard import Table, leaderboards, require_skill
from neucocore.results.reading import read_runs

N = 240
"""Rows of the longest task."""


@pytest.fixture
def out(scored_methods: Path, tmp_path: Path) -> Path:
    """A copy of the results that a test may change."""
    return Path(shutil.copytree(scored_methods / "out", tmp_path / "out"))


def table_of(out: Path, **options: Any) -> Table:
    (table,) = leaderboards(read_runs(out), **options)
    return table


def run_folder(out: Path, method: str) -> Path:
    (folder,) = (out / "results").glob(f"{method}_*")
    return folder


def record_of(out: Path, method: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((run_folder(out, method) / "run.json").read_text())
    return record


def edit(out: Path, method: str, change: Any) -> None:
    record = record_of(out, method)
    change(record)
    (run_folder(out, method) / "run.json").write_text(json.dumps(record))


def skills_by_hand(out: Path, method: str) -> dict[str, float]:
    tasks = {task["task"]: task["metrics"][0] for task in record_of(out, method)["tasks"]}
    return {
        name: (metric["score"] - metric["chance"]) / (metric["best"] - metric["chance"])
        for name, metric in tasks.items()
    }


COUNTED = ("height", "kind", "ship")


def test_methods_are_ranked_by_the_mean_skill_over_tasks_with_enough_rows(out: Path) -> None:
    table = table_of(out)
    assert table.by == "skill"
    for row in table.rows:
        skills = skills_by_hand(out, row.method)
        assert row.skill == pytest.approx(np.mean([skills[task] for task in COUNTED]))
        assert row.problem_skills["multiclass"] == pytest.approx(skills["kind"])
        assert row.skill_low < row.skill < row.skill_high
    assert [row.aggregated_rank for row in table.rows] == [1, 1, 3, 4]
    assert table.rows[-1].method == "bad"
    assert "small does not count: only 40 rows; a task needs 50 to count" in table.notes
    assert "small" in table.tasks


def test_tasks_of_one_source_count_once(out: Path) -> None:
    def same_source(record: dict[str, Any]) -> None:
        for task in record["tasks"]:
            if task["task"] in ("height", "kind"):
                task["source"] = "a map"

    for method in ("best", "copy", "good", "bad"):
        edit(out, method, same_source)
    for row in table_of(out).rows:
        skills = skills_by_hand(out, row.method)
        expected = ((skills["height"] + skills["kind"]) / 2 + skills["ship"]) / 2
        assert row.skill == pytest.approx(expected)


def test_the_difference_of_a_pair_is_that_of_its_influence_values(out: Path) -> None:
    """Cube by cube over the tasks, plus the noise of training of each task."""
    table = table_of(out)
    (pair,) = [p for p in table.pairs if {p.first, p.second} == {"good", "bad"}]
    sums, training = np.zeros(N), 0.0
    for task in COUNTED:
        psi, records = {}, {}
        for method in ("good", "bad"):
            (records[method],) = [t for t in record_of(out, method)["tasks"] if t["task"] == task]
            metric = records[method]["metrics"][0]
            gap = metric["best"] - metric["chance"]
            with np.load(run_folder(out, method) / task / "influence.npz") as arrays:
                psi[method] = arrays[f"psi:{metric['metric']}"] / gap
        n = len(psi["good"])
        difference = psi["good"] - psi["bad"]
        sums[:n] += difference / (3 * n)  # ids of the shorter task are the first ones
        own = np.sum(difference**2) / n**2
        extra = own
        if task == "height":
            facts = [records[m]["metrics"][0]["influence"] for m in ("good", "bad")]
            noise = sum(f["training_noise"] for f in facts)
            extra = min(own, 4 * noise * np.mean([f["error_scale"] for f in facts]) ** 2 / n)
        training += extra / 9
    rows_only = np.sum(sums**2)
    error = np.sqrt(rows_only + min(rows_only, training))
    expected = np.mean(
        [skills_by_hand(out, "good")[t] - skills_by_hand(out, "bad")[t] for t in COUNTED]
    )
    sign = 1 if pair.first == "good" else -1
    assert sign * pair.difference == pytest.approx(expected)
    assert (pair.high - pair.low) / 2 == pytest.approx(student.ppf(0.975, N - 1) * error)
    assert pair.p_value == pytest.approx(2 * student.sf(abs(expected) / error, N - 1))
    assert pair.adjusted_p_value >= pair.p_value or pair.adjusted_p_value < 0.01


def test_fault_63_adding_a_run_changes_no_score_interval_or_pair(out: Path) -> None:
    complete = table_of(out)
    shutil.rmtree(run_folder(out, "bad"))
    fewer = table_of(out)
    rows = {row.method: row for row in complete.rows}
    for row in fewer.rows:
        other = rows[row.method]
        assert (row.skill, row.skill_low, row.skill_high) == (
            other.skill, other.skill_low, other.skill_high,
        )  # fmt: skip
        assert (row.q, row.intervals) == (other.q, other.intervals)
    pairs = {(p.first, p.second): p for p in complete.pairs}
    assert len(fewer.pairs) == 3
    for pair in fewer.pairs:
        other = pairs[pair.first, pair.second]
        for name in ("difference", "low", "high", "p_value"):
            assert getattr(pair, name) == getattr(other, name)
    assert any("another run may change them" in note for note in complete.notes)


def test_fault_61_64_equal_embeddings_cannot_be_told_apart_and_nothing_is_nan(out: Path) -> None:
    table = table_of(out)
    (pair,) = [p for p in table.pairs if {p.first, p.second} == {"best", "copy"}]
    assert (pair.difference, pair.low, pair.p_value, pair.adjusted_p_value) == (0, None, None, None)
    same = [row for row in table.rows if row.method in ("best", "copy")]
    assert {(row.group, row.rank_low) for row in same} == {("a", 1)}
    assert min(row.rank_high for row in same) >= 2
    json.dumps(write.records([table]), allow_nan=False)
    json.dumps(write.pair_records([table]), allow_nan=False)


def test_a_control_is_shown_below_and_not_ranked(out: Path) -> None:
    before = {row.method: row.aggregated_rank for row in table_of(out).rows}
    edit(out, "best", lambda r: r["embeddings"].update(metadata={"model": {"id": "core/random"}}))
    table = table_of(out)
    assert before["best"] == 1
    last = table.rows[-1]
    assert (last.method, last.control, last.aggregated_rank) == ("best", True, None)
    assert last.skill is not None
    assert [row.aggregated_rank for row in table.rows] == [1, 2, 3, None]
    assert "best (control)" in write.cells(table, last)[1]
    assert all("best" not in (pair.first, pair.second) for pair in table.pairs)


def test_a_table_without_any_task_of_50_rows_is_not_ranked(out: Path) -> None:
    def shrink(record: dict[str, Any]) -> None:
        for task in record["tasks"]:
            task["n"] = 49

    for method in ("best", "copy", "good", "bad"):
        edit(out, method, shrink)
    table = table_of(out)
    assert {row.aggregated_rank for row in table.rows} == {None}
    assert any("not ranked: no task has 50 rows" in note for note in table.notes)
    assert write.title(table).endswith("not ranked")


def test_chance_that_is_not_known_is_a_reason(out: Path) -> None:
    for method in ("best", "copy", "good", "bad"):
        edit(out, method, lambda r: r["tasks"][0]["metrics"][0].update(chance=None))
    table = table_of(out)
    (note,) = [note for note in table.notes if note.startswith("not ranked")]
    assert "height: the score of a method that knows nothing" in note
    assert "--by mean" in note
    assert [row.aggregated_rank for row in table_of(out, by="mean").rows] == [1, 1, 3, 4]


def test_fault_61_one_method_has_a_skill_with_an_interval(out: Path) -> None:
    for method in ("copy", "good", "bad"):
        shutil.rmtree(run_folder(out, method))
    (row,) = table_of(out).rows
    assert (row.aggregated_rank, row.rank_low, row.rank_high, row.group) == (1, 1, 1, "a")
    assert row.skill_low < row.skill < row.skill_high


def test_skill_is_refused_for_the_protocols_of_neuco_bench(
    scored_methods: Path, tmp_path: Path
) -> None:
    evaluate(
        scored_methods / "good.csv",
        labels=scored_methods / "labels",
        output=tmp_path,
        protocol=("neucobench-2026",),
        tasks=("height",),
    )
    assert table_of(tmp_path).by == "weighted"
    tables = leaderboards(read_runs(tmp_path), by="skill")
    with pytest.raises(ResultsError, match="no table can be ranked by mean skill") as caught:
        require_skill(tables)
    assert "scores of these runs have no chance level" in caught.value.problems[0]
    assert caught.value.exit_code == 4


def test_a_run_with_missing_influence_values_is_left_out_with_the_reason(out: Path) -> None:
    (run_folder(out, "good") / "ship" / "influence.npz").unlink()
    table = table_of(out)
    assert "good" not in {row.method for row in table.rows}
    (reason,) = [reason for name, reason in table.left_out if name.startswith("good")]
    assert "influence.npz cannot be read" in reason


def test_fault_65_edited_influence_values_are_reported(out: Path) -> None:
    path = run_folder(out, "good") / "ship" / "influence.npz"
    with np.load(path) as arrays:
        changed = {name: 0.1 * arrays[name] for name in arrays.files}
    np.savez(path, **changed)
    assert any(
        "ship/influence.npz was changed or removed after the run" in note
        for note in table_of(out).notes
    )


def test_a_run_without_influence_values_takes_no_interval_and_no_pair_from_others(
    out: Path,
) -> None:
    before = table_of(out)

    def without(record: dict[str, Any]) -> None:
        record["tasks"][0]["metrics"][0].update(influence=None, no_influence_reason="not known")

    edit(out, "bad", without)
    after = table_of(out)
    intervals = {row.method: (row.skill_low, row.skill_high) for row in before.rows}
    for row in after.rows:
        expected = (None, None) if row.method == "bad" else intervals[row.method]
        assert (row.skill_low, row.skill_high) == expected
        assert row.rank_low is None
    assert len(after.pairs) == 3
    for pair in after.pairs:
        (same,) = [p for p in before.pairs if (p.first, p.second) == (pair.first, pair.second)]
        assert (pair.difference, pair.low, pair.p_value) == (
            same.difference,
            same.low,
            same.p_value,
        )
    assert "no rank intervals: bad, height: not known" in after.notes


def test_the_last_bit_of_a_score_changes_no_rank_interval(out: Path) -> None:
    """Processors round products of matrices differently; the draws must not follow."""
    before = table_of(out)
    adjusted = [pair.adjusted_p_value for pair in before.pairs]
    for method in ("good", "bad"):

        def nudge(record: dict[str, Any]) -> None:
            for task in record["tasks"]:
                metric = task["metrics"][0]
                metric["score"] = float(np.nextafter(metric["score"], 2))

        edit(out, method, nudge)
    after = table_of(out)
    assert [pair.difference for pair in after.pairs] != [pair.difference for pair in before.pairs]
    assert [pair.adjusted_p_value for pair in after.pairs] == adjusted
