"""The protocol ``neucobench-2026`` against numbers recorded from NeuCo-Bench."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray

from neucocore.data.labels.label_folder import read_label_folder
from neucocore.errors import BudgetExceededError
from neucocore.evaluation.inputs import ScoringInput, ScoringTask
from neucocore.evaluation.neucobench.protocol import NeuCoBenchProtocol
from neucocore.evaluation.outcome import TaskOutcome
from neucocore.evaluation.protocols import protocol

score = NeuCoBenchProtocol().score

REFERENCE = Path(__file__).parents[2] / "fixtures" / "reference"
EMBEDDINGS = REFERENCE / "evaluation" / "embeddings.csv"
CONFIGS = ("default_small", "filtered", "forty_folds", "padded_raw")


def number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return 0.0 if np.isnan(value) else value


def reference_embeddings() -> tuple[tuple[str, ...], NDArray[np.float32]]:
    with EMBEDDINGS.open(newline="") as file:
        rows = list(csv.DictReader(file))
    columns = sorted((name for name in rows[0] if name.isdigit()), key=int)
    ids = tuple(row["id"].removesuffix(".zip").removesuffix(".zarr") for row in rows)
    matrix = [[number(row[name]) for name in columns] for row in rows]
    return ids, np.array(matrix, dtype=np.float32)


def reference_inputs(
    labels: Path, tasks: list[str] | None = None, **switches: bool
) -> ScoringInput:
    ids, matrix = reference_embeddings()
    files = read_label_folder(labels)
    known = set(ids)
    scoring = []
    for file in files:
        if tasks is not None and file.stem not in tasks:
            continue
        rows = [row for row, name in enumerate(file.ids) if name in known]
        scoring.append(
            ScoringTask(
                key=file.stem,
                stem=file.stem,
                problem=file.problem,
                ids=tuple(file.ids[row] for row in rows),
                y=file.y[rows],
                metric="any",
                digest=file.digest,
                classes=file.classes,
            )
        )
    labelled = frozenset(name for file in files for name in file.ids)
    return ScoringInput(ids, matrix, tuple(scoring), labelled, **switches)


def options(config: dict[str, Any]) -> dict[str, Any]:
    trainer = {k: v for k, v in config["probe_params"].items() if k != "device"}
    names = ("k_folds", "embedding_dim", "standardize_embeddings", "normalize_labels")
    changed = {**trainer, **{name: config[name] for name in names}}
    return protocol("neucobench-2026").with_options(changed).values()


def small(**changed: Any) -> dict[str, Any]:
    config = {"k_folds": 3, "epochs": 5, **changed}
    return protocol("neucobench-2026").with_options(config).values()


def fold_scores(outcome: TaskOutcome) -> list[float | None]:
    return [split.value for split in outcome.splits]


@pytest.mark.parametrize("name", CONFIGS)
def test_every_fold_of_every_task_has_the_score_of_neuco_bench(name: str) -> None:
    folder = REFERENCE / "evaluation"
    config = yaml.safe_load((folder / f"{name}.config.yaml").read_text())
    expected = json.loads((folder / f"{name}.expected.json").read_text())
    outcomes = score(reference_inputs(folder / "labels", config["task_filter"]), options(config))
    assert [outcome.task.stem for outcome in outcomes] == sorted(expected["tasks"])
    for outcome in outcomes:
        expected_task = expected["tasks"][outcome.task.stem]
        assert fold_scores(outcome) == pytest.approx(expected_task["q_t"], abs=1e-4)
        assert outcome.q == pytest.approx(expected_task["q_stat"], abs=1e-4)
        assert outcome.score == pytest.approx(expected_task["mean_score"], abs=1e-4)
        assert outcome.std == pytest.approx(expected_task["std_dev"], abs=1e-4)
    mean_q = np.mean([outcome.q for outcome in outcomes])
    assert mean_q == pytest.approx(expected["overall_q_score"], abs=1e-4)


def test_neucobench_2025_has_the_scores_of_neuco_bench() -> None:
    expected = json.loads((REFERENCE / "probe" / "challenge.expected.json").read_text())
    options = protocol("neucobench-2025").with_options({"k_folds": 4}).values()
    for outcome in score(reference_inputs(REFERENCE / "evaluation" / "labels"), options, jobs=2):
        expected_scores = expected[outcome.task.stem]["q_t"]
        assert fold_scores(outcome) == pytest.approx(expected_scores, abs=1e-4)
        assert outcome.d == 32


def test_storing_probes_takes_draws_from_the_stream_as_in_neuco_bench() -> None:
    expected = json.loads((REFERENCE / "probe" / "stored.expected.json").read_text())
    outcomes = score(
        reference_inputs(REFERENCE / "evaluation" / "labels", store_probe=True), small()
    )
    for outcome in outcomes:
        expected_task = expected[outcome.task.stem]
        assert fold_scores(outcome) == pytest.approx(expected_task["q_t"], abs=1e-4)
        assert outcome.probe is not None
        assert outcome.probe.arrays["weight"] == pytest.approx(expected_task["weight"], abs=1e-5)
        assert outcome.probe.arrays["bias"][0] == pytest.approx(expected_task["bias"], abs=1e-5)


def test_loss_curves_equal_those_of_neuco_bench() -> None:
    expected = json.loads((REFERENCE / "probe" / "stored.expected.json").read_text())
    data = reference_inputs(REFERENCE / "evaluation" / "labels", store_probe=True, keep_curves=True)
    for outcome in score(data, small()):
        expected_task = expected[outcome.task.stem]
        assert np.allclose(outcome.curves["train_loss"], expected_task["train_loss"], atol=1e-5)
        assert np.allclose(outcome.curves["val_loss"], expected_task["val_loss"], atol=1e-5)


def edge_outcomes() -> dict[str, TaskOutcome]:
    outcomes = score(reference_inputs(REFERENCE / "probe" / "labels"), small())
    return {outcome.task.stem: outcome for outcome in outcomes}


def test_fault_29_a_constant_target_is_undefined_but_takes_its_draws_from_the_stream() -> None:
    outcomes = edge_outcomes()
    constant = outcomes.pop("constant")
    assert (constant.status, constant.q, constant.score, constant.std) == (
        "undefined", None, None, None,
    )  # fmt: skip
    assert constant.reason == "all 80 labels are 3.5"
    assert fold_scores(constant) == [None] * 3
    assert {split.status for split in constant.splits} == {"undefined"}
    expected = json.loads((REFERENCE / "probe" / "edge.expected.json").read_text())
    for name, outcome in outcomes.items():
        assert fold_scores(outcome) == pytest.approx(expected[name]["q_t"], rel=1e-5, abs=1e-4)


def test_nearly_constant_held_out_labels_score_zero_as_in_neuco_bench() -> None:
    outlier = edge_outcomes()["outlier"]
    assert (outlier.status, fold_scores(outlier)) == ("ok", [0.0, 0.0, 0.0])
    assert outlier.q == 0.0


def test_a_diverging_probe_is_undefined_for_regression_and_zero_for_classes() -> None:
    data = reference_inputs(REFERENCE / "evaluation" / "labels", ["alpha", "gamma"])
    alpha, gamma = score(data, small(learning_rate=1e19, epochs=6))
    assert alpha.status == "undefined"
    assert "no finite r2 in any epoch of 3 of 3 splits" in alpha.reason
    assert (gamma.status, gamma.q) == ("ok", 0.0)


def task(n: int, problem: str = "regression", k: int | None = None) -> ScoringTask:
    ids = tuple(f"s{row}" for row in range(n))
    y = np.arange(n, dtype=np.float64) if k is None else np.ones((n, k))
    return ScoringTask("t", "t", problem, ids, y, "r2", "d")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (task(1), "1 labelled row cannot be split"),
        (task(10), "10 labelled rows leave one held-out row, but R2 needs two"),
        (task(30, k=2), "predicts one number"),
        (task(30, "multiclass"), "predicts one number"),
    ],
)
def test_tasks_at_which_neuco_bench_stops_fail_with_a_reason(
    case: ScoringTask, reason: str
) -> None:
    matrix = np.eye(len(case.ids), 4, dtype=np.float32)
    data = ScoringInput(case.ids, matrix, (case,), frozenset(case.ids))
    (outcome,) = score(data, small())
    assert outcome.status == "failed"
    assert reason in outcome.reason
    assert (outcome.q, outcome.splits) == (None, ())


@pytest.mark.parametrize(
    ("classes", "normalize", "reason"),
    [
        (("1",), True, "only one class: all 30 labels are 1"),
        (("1", "2"), False, "F1 needs labels of 0 and 1, not 1 and 2"),
    ],
    ids=["one class, scaled", "other numbers, not scaled"],
)
def test_labels_that_neuco_benchs_f1_rejects_fail_without_taking_draws_from_the_stream(
    classes: tuple[str, ...], normalize: bool, reason: str
) -> None:
    ids = tuple(f"s{row}" for row in range(30))
    codes = np.arange(30) % len(classes)
    unsupported = ScoringTask("a", "a", "binary", ids, codes, "f1", "d", classes)
    other = replace(task(30), stem="b")
    matrix = np.random.default_rng(0).standard_normal((30, 4)).astype(np.float32)
    options = small(normalize_labels=normalize)
    data = ScoringInput(ids, matrix, (unsupported, other), frozenset(ids))
    failed, after = score(data, options)
    assert (failed.status, failed.score) == ("failed", None)
    assert reason in failed.reason
    (alone,) = score(replace(data, tasks=(other,)), options)
    assert fold_scores(after) == fold_scores(alone)


def test_labels_that_are_all_0_score_0_without_scaling_as_in_neuco_bench() -> None:
    ids = tuple(f"s{row}" for row in range(30))
    negative = ScoringTask("a", "a", "binary", ids, np.zeros(30, dtype=np.int64), "f1", "d", ("0",))
    matrix = np.random.default_rng(0).standard_normal((30, 4)).astype(np.float32)
    data = ScoringInput(ids, matrix, (negative,), frozenset(ids))
    (outcome,) = score(data, small(normalize_labels=False))
    assert (outcome.status, outcome.score) == ("ok", 0.0)


def test_no_digit_depends_on_the_number_of_jobs() -> None:
    data = reference_inputs(REFERENCE / "evaluation" / "labels")
    one, eight = (
        score(data, small(), jobs=1),
        score(data, small(), jobs=8),
    )
    assert [fold_scores(outcome) for outcome in one] == [fold_scores(o) for o in eight]


def test_scores_do_not_depend_on_the_order_of_the_tasks() -> None:
    data = reference_inputs(REFERENCE / "evaluation" / "labels")
    reversed_data = ScoringInput(data.ids, data.matrix, data.tasks[::-1], data.labelled_ids)
    outcomes, reversed_outcomes = (
        score(data, small()),
        score(reversed_data, small()),
    )
    for outcome, other in zip(outcomes, reversed_outcomes, strict=True):
        assert outcome.task.stem == other.task.stem
        assert fold_scores(outcome) == fold_scores(other)


def test_embeddings_are_standardised_over_labelled_rows_only() -> None:
    data = reference_inputs(REFERENCE / "evaluation" / "labels", ["beta"])
    extra = np.full((5, data.matrix.shape[1]), 1e6, dtype=np.float32)
    names = tuple(f"unlabelled{n}" for n in range(5))
    more = ScoringInput(
        data.ids + names, np.vstack([data.matrix, extra]), data.tasks, data.labelled_ids
    )
    assert fold_scores(score(more, small())[0]) == fold_scores(score(data, small())[0])


def test_the_callers_matrix_is_not_changed() -> None:
    data = reference_inputs(REFERENCE / "evaluation" / "labels", ["beta"])
    before = data.matrix.copy()
    score(data, small())
    assert np.array_equal(before, data.matrix)


def test_more_dimensions_than_embedding_dim_are_an_error() -> None:
    data = reference_inputs(REFERENCE / "evaluation" / "labels", ["beta"])
    with pytest.raises(BudgetExceededError, match="have 32 dimensions, but embedding_dim is 16"):
        score(data, small(embedding_dim=16))


def test_a_constant_matrix_is_divided_by_one() -> None:
    target = task(40)
    matrix = np.full((40, 3), 7, dtype=np.float32)
    data = ScoringInput(target.ids, matrix, (target,), frozenset(target.ids))
    (outcome,) = score(data, small())
    assert outcome.status == "ok"


def test_progress_counts_the_folds_of_each_task() -> None:
    calls: list[tuple[str, int, int]] = []
    data = reference_inputs(REFERENCE / "evaluation" / "labels", ["beta", "delta"])
    score(data, small(), jobs=2, progress=lambda *counts: calls.append(counts))
    assert calls == [(name, done, 3) for name in ("beta", "delta") for done in (1, 2, 3)]


def test_kept_predictions_are_those_of_the_best_epoch_in_label_units() -> None:
    data = reference_inputs(REFERENCE / "evaluation" / "labels", ["alpha"])
    (outcome,) = score(data, small())
    assert outcome.curves == {}  # kept for plots only; predictions can be plotted later
    kept = outcome.predictions
    labels = dict(zip(outcome.task.ids, outcome.task.y, strict=True))
    assert [labels[name] for name in kept["ids"]] == list(kept["y_true"])
    for split in outcome.splits:
        rows = kept["split"] == split.split
        y, predicted = kept["y_true"][rows], kept["y_pred"][rows]
        r2 = 1 - np.sum((y - predicted) ** 2) / np.sum((y - y.mean()) ** 2)
        assert r2 == pytest.approx(split.value, rel=1e-3)


def test_a_stored_probe_predicts_as_its_description_states() -> None:
    data = reference_inputs(REFERENCE / "evaluation" / "labels", ["alpha"], store_probe=True)
    (outcome,) = score(data, small(epochs=200, learning_rate=0.01))
    assert outcome.probe is not None
    meta, arrays = outcome.probe.meta, outcome.probe.arrays
    rows = [data.ids.index(name) for name in outcome.task.ids]
    x = (data.matrix[rows] - meta["embedding_mean"]) / meta["embedding_std"]
    scaled = x @ arrays["weight"] + arrays["bias"]
    predicted = scaled * (meta["label_high"] - meta["label_low"]) + meta["label_low"]
    y = outcome.task.y
    assert 1 - np.sum((y - predicted) ** 2) / np.sum((y - y.mean()) ** 2) > 0.5


def test_kept_predictions_are_in_label_units_and_probabilities() -> None:
    rng = np.random.default_rng(0)
    matrix = rng.standard_normal((60, 3)).astype(np.float32)
    names = tuple(f"c{row:02d}" for row in range(60))
    signal = matrix[:, 0]
    metres = ScoringTask("height", "height", "regression", names, 500 + 10 * signal, "any", "")
    vessel = ScoringTask("vessel", "vessel", "binary", names, (signal > 0).astype(int), "any", "")
    tasks = (metres, vessel)
    data = ScoringInput(names, matrix, tasks, frozenset(names), keep_curves=True)
    kept = [outcome.predictions for outcome in score(data, small(epochs=20, learning_rate=0.05))]
    heights, chances = (part["y_pred"] for part in kept)
    assert np.abs(heights - kept[0]["y_true"]).max() < 100
    assert ((chances >= 0) & (chances <= 1)).all()
    assert ((chances > 0.5) == kept[1]["y_true"].astype(bool)).mean() > 0.8
    for part in kept:
        rows = [names.index(cube) for cube in part["ids"]]
        truth = metres.y if part is kept[0] else vessel.y
        assert np.array_equal(part["y_true"], truth[rows])
