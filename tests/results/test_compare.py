"""Comparisons of runs, against formulas by hand, and what cannot be compared."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import t as student

from neucocore import compare, evaluate
from neucocore.errors import ConfigError, ResultsError
from neucocore.results.compare import RunComparison, TaskComparison, _adjusted
from neucocore.results.leaderboard import leaderboards
from neucocore.results.reading import read_runs
from neucocore.statistics.comparison import Comparison


@pytest.fixture
def out(scored_methods: Path, tmp_path: Path) -> Path:
    """A copy of the results that a test may change."""
    return Path(shutil.copytree(scored_methods / "out", tmp_path / "out"))


def folder_of(out: Path, method: str) -> Path:
    (folder,) = (out / "results").glob(f"{method}_*")
    return folder


def pair_of(out: Path, *methods: str, **options: Any) -> RunComparison:
    (pair,) = compare(*methods, results=out, **options)
    return pair


def edit(out: Path, method: str, change: Any) -> None:
    file = folder_of(out, method) / "run.json"
    record = json.loads(file.read_text())
    change(record)
    file.write_text(json.dumps(record))


def influence(out: Path, method: str, task: str) -> tuple[dict[str, Any], Any]:
    record = json.loads((folder_of(out, method) / "run.json").read_text())
    (metric,) = [t["metrics"][0] for t in record["tasks"] if t["task"] == task]
    with np.load(folder_of(out, method) / task / "influence.npz") as arrays:
        return metric, arrays[f"psi:{metric['metric']}"]


@pytest.mark.parametrize("task", ["height", "ship", "kind"])
def test_a_difference_has_the_variance_of_the_pair_formula(out: Path, task: str) -> None:
    (one, psi_one), (two, psi_two) = (influence(out, m, task) for m in ("good", "bad"))
    n = len(psi_one)
    own = np.sum((psi_one - psi_two) ** 2) / n**2
    training = own
    if task == "height":
        noise = one["influence"]["training_noise"] + two["influence"]["training_noise"]
        loss = (1 - one["score"] + 1 - two["score"]) / 2
        training = min(own, 4 * noise * loss**2 / n)
    error = np.sqrt(own + training)
    pair = pair_of(out, "good", "bad")
    (found,) = [t for t in pair.tasks if t.task == task]
    difference = one["score"] - two["score"]
    reach = student.ppf(0.975, n - 1) * error
    assert found.comparison.difference == pytest.approx(difference)
    assert found.comparison.low == pytest.approx(difference - reach)
    assert found.comparison.p_value == pytest.approx(2 * student.sf(abs(difference) / error, n - 1))
    power = student.ppf(0.975, n - 1) + student.ppf(0.8, n - 1)
    assert found.comparison.detectable == pytest.approx(power * error)


def test_p_values_are_adjusted_by_holm_over_tasks_and_runs(out: Path) -> None:
    pairs = compare("best", "good", "bad", results=out)
    raw, adjusted = [], []
    for pair in pairs:
        for task in pair.tasks:
            if task.comparison.p_value is not None:
                raw.append(task.comparison.p_value)
                adjusted.append(task.adjusted_p_value)
    assert len(raw) == 6
    order = np.argsort(raw)
    running = 0.0
    for position, index in enumerate(order):
        running = max(running, min(1.0, raw[index] * (6 - position)))
        assert adjusted[index] == pytest.approx(running)
    alone = pair_of(out, "good", "bad")
    assert [t.comparison for t in alone.tasks] == [t.comparison for t in pairs[1].tasks]


def test_swapping_the_runs_swaps_everything(out: Path) -> None:
    one, other = pair_of(out, "good", "bad"), pair_of(out, "bad", "good")
    for first, second in zip(one.tasks, other.tasks, strict=True):
        a, b = first.comparison, second.comparison
        if a.low is not None:
            assert (a.difference, a.low, a.high) == pytest.approx((-b.difference, -b.high, -b.low))
        assert a.p_value == b.p_value
        assert {first.better, second.better} in ({""}, {"first", "baseline"})
    assert one.overall.p_value == pytest.approx(other.overall.p_value)
    # The task of 40 rows does not count, as in the leaderboard.
    (same,) = [
        found
        for table in leaderboards(read_runs(out))
        for found in table.pairs
        if {found.first, found.second} == {"good", "bad"}
    ]
    assert abs(one.overall.difference or 0) == pytest.approx(abs(same.difference))
    assert one.overall.p_value == pytest.approx(same.p_value)
    assert "good is better on 2 of 3 tasks, bad on 0" in one.verdict
    assert "bad is better on 0 of 3 tasks, good on 2" in other.verdict


def test_lower_is_better_for_errors(scored_methods: Path, tmp_path: Path) -> None:
    for method in ("good", "bad"):
        evaluate(
            scored_methods / f"{method}.csv",
            labels=scored_methods / "labels",
            output=tmp_path,
            tasks=("height",),
            metric="rmse",
        )
    pair = pair_of(tmp_path, "good", "bad", margin=0.1)
    (task,) = pair.tasks
    assert task.comparison.difference < 0
    assert task.better == "first"
    assert task.non_inferiority is not None
    assert task.non_inferiority.shown is True
    assert pair.overall.difference is not None
    assert pair.overall.difference > 0  # skill: higher is better


def test_a_task_of_few_rows_and_equal_embeddings_have_reasons(out: Path) -> None:
    tasks = {task.task: task.comparison for task in pair_of(out, "best", "copy").tasks}
    assert tasks["small"].reason == "only 40 rows; an interval needs 50"
    assert tasks["height"].reason.startswith("both have the same influence values")
    assert {c.p_value for c in tasks.values()} == {None}
    assert pair_of(out, "best", "copy").verdict.endswith("4 tasks without a test")
    json.dumps(pair_of(out, "best", "copy").record(), allow_nan=False)


def test_fault_66_different_labels_are_left_out_and_the_other_tasks_compared(out: Path) -> None:
    edit(out, "good", lambda r: r["tasks"][0].update(labels="other"))
    pair = pair_of(out, "good", "bad")
    assert pair.left_out == (("height", "the runs have different labels or groups"),)
    assert {task.task for task in pair.tasks} == {"kind", "ship", "small"}


def test_nothing_in_common_is_an_error_with_every_reason(out: Path) -> None:
    edit(out, "good", lambda r: [task.update(labels="other") for task in r["tasks"]])
    with pytest.raises(ResultsError, match="no task can be compared") as caught:
        pair_of(out, "good", "bad")
    assert len(caught.value.problems) == 4
    assert caught.value.exit_code == 4


def test_fault_66_other_protocols_options_and_partial_runs_are_refused_together(
    scored_methods: Path, out: Path
) -> None:
    labels = scored_methods / "labels"
    evaluate(scored_methods / "good.csv", labels=labels, output=out, folds=5, method="five")
    edit(out, "five", lambda r: r.update(partial=True))
    with pytest.raises(ResultsError) as caught:
        pair_of(out, "five", "bad")
    protocol, partial = caught.value.problems
    assert "has the protocol nested-cv@1+" in protocol
    assert "is partial: it was scored on fewer ids" in partial
    with pytest.raises(ResultsError, match="cannot be compared"):
        pair_of(out, str(folder_of(out, "bad")), "bad")


def test_the_protocols_of_neuco_bench_are_compared_by_their_folds(
    scored_methods: Path, tmp_path: Path
) -> None:
    folds = {}
    for method in ("good", "bad"):
        evaluate(
            scored_methods / f"{method}.csv",
            labels=scored_methods / "labels",
            output=tmp_path,
            tasks=("height",),
            protocol=("neucobench-2026",),
        )
        file = folder_of(tmp_path, method) / "height" / "height_result.json"
        folds[method] = np.array(json.loads(file.read_text())["q_t"])
    pair = pair_of(tmp_path, "good", "bad")
    (task,) = pair.tasks
    differences = folds["good"] - folds["bad"]
    error = np.sqrt((1 / 40 + 0.1 / 0.9) * np.var(differences, ddof=1))
    assert task.comparison.difference == pytest.approx(differences.mean())
    assert task.comparison.high == pytest.approx(
        differences.mean() + student.ppf(0.975, 39) * error
    )
    assert "about twice as wide" in task.remark
    assert "no mean skill" in pair.overall.reason


def test_embeddings_missing_runs_and_wrong_margins_say_what_to_do(
    scored_methods: Path, out: Path
) -> None:
    with pytest.raises(ConfigError, match="embeddings, not runs") as caught:
        compare(scored_methods / "good.csv", scored_methods / "bad.csv")
    assert "neuco evaluate them first" in str(caught.value.hint)
    with pytest.raises(ConfigError) as caught:
        compare("godo", out, results=out)
    assert "did you mean 'good'?" in caught.value.problems[0]
    assert "is a folder without results_summary.json; runs in it: " in caught.value.problems[1]
    with pytest.raises(ConfigError, match="at least two runs, found 1"):
        compare("good", results=out)
    with pytest.raises(ConfigError, match="margin must be above 0"):
        pair_of(out, "good", "bad", margin=0.0)
    with pytest.raises(ConfigError, match="no run has the task heigth"):
        pair_of(out, "good", "bad", tasks=("heigth",))


def test_both_sizes_are_reported(out: Path) -> None:
    pair = pair_of(out, "good", "bad")
    assert pair.bytes_per_sample == (32.0, 32.0)
    assert pair.same_size
    edit(out, "good", lambda r: r["embeddings"].update(bytes_per_row=16.0))
    assert not pair_of(out, "good", "bad").same_size


def test_runs_without_any_score_cannot_be_compared(out: Path) -> None:
    for name in ("good", "bad"):
        file = folder_of(out, name) / "results_summary.json"
        content = json.loads(file.read_text())
        content["task_acc_scores"] = dict.fromkeys(content["task_acc_scores"])
        file.write_text(json.dumps(content))
        edit(out, name, lambda r: [task.update(metrics=[]) for task in r["tasks"]])
    with pytest.raises(ResultsError, match="no task can be compared") as caught:
        pair_of(out, "good", "bad")
    assert "height: good has no score: it is not recorded" in caught.value.problems


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"n": 239}, "was scored on 239 rows"),
        ({"metric": "rmse"}, "the runs have different metrics: r2 and rmse"),
    ],
)
def test_fault_66_other_rows_or_metrics_are_left_out(
    out: Path, change: dict[str, Any], reason: str
) -> None:
    edit(out, "good", lambda r: r["tasks"][0].update(change))
    ((task, text),) = pair_of(out, "good", "bad").left_out
    assert task == "height"
    assert reason in text


def test_a_method_is_called_better_only_if_the_adjusted_p_value_says_so() -> None:
    def task(name: str, p_value: float) -> TaskComparison:
        found = Comparison(0.1, 0.01, 0.19, 0.045, 99, p_value, better="A")
        return TaskComparison(name, "r2", (0.5, 0.4), 100, found, better="first")

    tasks = tuple(task(name, p) for name, p in (("a", 0.03), ("b", 0.04), ("c", 0.001)))
    pair = RunComparison("x", "y", "p@1", tasks, Comparison(), None, (), (None, None))
    (adjusted,) = _adjusted([pair])
    assert [t.adjusted_p_value for t in adjusted.tasks] == pytest.approx([0.06, 0.06, 0.003])
    assert [t.better for t in adjusted.tasks] == ["", "", "first"]
    assert adjusted.verdict == ("x is better on 1 of 3 tasks, y on 0, no difference is shown on 2")


def test_methods_are_compared_under_the_protocol_that_all_of_them_have(
    scored_methods: Path, tmp_path: Path
) -> None:
    labels = scored_methods / "labels"
    for method, protocols in (
        ("good", ("nested-cv", "neucobench-2026")),
        ("bad", ("nested-cv", "neucobench-2026")),
        ("best", ("neucobench-2026",)),
    ):
        evaluate(
            scored_methods / f"{method}.csv",
            labels=labels,
            output=tmp_path,
            tasks=("height",),
            protocol=protocols,
        )
    assert pair_of(tmp_path, "good", "bad").protocol == "nested-cv@1"
    named = pair_of(tmp_path, "good", "bad", protocol="neucobench-2026")
    assert named.protocol == "neucobench-2026@1"
    assert pair_of(tmp_path, "best", "bad").protocol == "neucobench-2026@1"
