"""Influence values, training noise and chance of complete tasks, against direct computation."""

from __future__ import annotations

import numpy as np
import pytest

from neucocore.evaluation.linear.scaling import SCALINGS
from neucocore.statistics.influence import Influence

FOLDS = 5


@pytest.fixture
def rows():
    return np.random.default_rng(3).normal(size=(120, 6)).astype(np.float32)


def metric_of(outcome, name):
    return next(metric for metric in outcome.metrics if metric.metric == name)


def labels_of(problem, rows):
    signal = rows[:, :3] + np.random.default_rng(4).normal(size=(len(rows), 3))
    if problem == "regression":
        return signal[:, :2]
    if problem == "binary":
        return (signal[:, 0] > 0.5).astype(int)
    if problem == "multiclass":
        return np.digitize(signal[:, 0], [-0.6, 0.6])
    return (signal > [0, 0.5, 1.0]).astype(float)


@pytest.mark.parametrize("repeats", [1, 3])
@pytest.mark.parametrize("problem", ["regression", "binary", "multiclass", "multilabel"])
def test_each_metric_has_influence_values_that_belong_to_its_score(
    nested_cv, task, rows, problem, repeats
):
    y = labels_of(problem, rows)
    outputs = tuple("abc"[: y.shape[1]]) if y.ndim == 2 else ()
    (outcome,) = nested_cv(rows, task("t", y, problem, outputs=outputs), repeats=repeats)
    assert len(outcome.metrics) >= 3
    for metric in outcome.metrics:
        assert isinstance(metric.influence, Influence), metric.metric
        assert metric.influence.estimate == pytest.approx(metric.score, abs=1e-12)
        assert np.sum(metric.influence.values) == pytest.approx(0, abs=1e-8)
        assert metric.influence.repeats == repeats
        assert metric.interval.low < metric.score < metric.interval.high
        if problem == "regression":
            assert metric.influence.training_noise > 1 / 120
        else:
            assert 0 < metric.influence.inflation <= 1
    assert metric_of(outcome, outcome.metrics[0].metric).score == outcome.score


def test_a_row_without_a_label_has_no_influence_on_the_output(nested_cv, task, rows):
    y = labels_of("regression", rows)
    y[::4, 1] = np.nan
    (both,) = nested_cv(rows, task("t", y, outputs=("a", "b")))
    (second,) = nested_cv(rows[1::4], task("t", y[1::4, 1]))
    psi = metric_of(both, "r2").influence.values
    (first,) = nested_cv(rows, task("t", y[:, 0]))
    own = metric_of(first, "r2").influence.values
    assert psi[::4] == pytest.approx(own[::4] / 2)
    assert second.n == 30
    assert metric_of(second, "r2").interval.reason == "only 30 rows; an interval needs 50"


def test_the_training_noise_is_that_of_the_fitted_smoother(nested_cv, task, rows):
    """A held-out prediction is a weighted sum of training labels: the sum of squared weights."""
    y = labels_of("regression", rows)[:, 0]
    (outcome,) = nested_cv(rows, task("t", y), folds=FOLDS)
    splits = outcome.predictions["split"]
    X = rows.astype(np.float64)
    noise = np.empty(len(y))
    for choice in outcome.hyperparameters["selected"]:
        out = splits == choice["split"]
        train = ~out
        scale = SCALINGS[choice["scaling"]](X[train].var(axis=0))
        Z = (X - X[train].mean(axis=0)) * scale
        penalty = choice["penalty_per_row"] * train.sum() * np.eye(X.shape[1])
        smoother = Z[out] @ np.linalg.solve(Z[train].T @ Z[train] + penalty, Z[train].T)
        smoother = smoother - smoother.mean(axis=1, keepdims=True) + 1 / train.sum()
        assert smoother @ y[train] == pytest.approx(outcome.predictions["y_pred"][out])
        noise[out] = np.sum(smoother**2, axis=1)
    assert outcome.training_noise == pytest.approx(noise.mean(), rel=1e-9)


def test_rows_of_a_group_are_summed(nested_cv, task, rows):
    y = labels_of("regression", rows)[:, 0]
    groups = np.repeat(np.arange(20), 6).astype(str)[::-1]
    (outcome,) = nested_cv(rows, task("t", y, groups=groups))
    metric = metric_of(outcome, "r2")
    assert metric.interval.unit == "group"
    assert metric.interval.n_units == 20
    assert np.array_equal(np.sort(np.bincount(metric.influence.groups)), np.full(20, 6))
    # All rows of a group have one number, whatever the order of the file.
    assert len({(g, n) for g, n in zip(groups, metric.influence.groups, strict=True)}) == 20
    assert "rough: only 20 groups" in metric.interval.remarks


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("problem", ["binary", "multilabel"])
@pytest.mark.parametrize("share", [0.1, 0.4])
def test_a_constant_embedding_ranks_at_chance(nested_cv, task, problem, share, grouped):
    """Also where groups differ in their share, which alone used to give an AUC of 0.23."""
    rng = np.random.default_rng(11)
    place = np.repeat(np.arange(25), 8)
    odds = np.log(share / (1 - share)) + rng.normal(size=25)
    columns = 1 if problem == "binary" else 3
    y = (rng.random((200, columns)) < 1 / (1 + np.exp(-odds[place]))[:, None]).astype(int)
    fields = {"groups": place.astype(str)} if grouped else {}
    if problem == "binary":
        made = task("t", y[:, 0], problem, **fields)
    else:
        made = task("t", y.astype(float), problem, outputs=("a", "b", "c"), **fields)
    (outcome,) = nested_cv(np.full((200, 8), 2.5), made)
    precision, auc = metric_of(outcome, "average-precision"), metric_of(outcome, "roc-auc")
    assert precision.score == pytest.approx(y.mean(), abs=1e-12)
    assert precision.chance == pytest.approx(y.mean(), abs=1e-12)
    assert auc.score == auc.chance == 0.5


@pytest.mark.parametrize("grouped", [False, True])
def test_a_random_embedding_ranks_near_chance(nested_cv, task, grouped):
    differences = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        place = np.repeat(np.arange(25), 12)
        odds = rng.normal(size=25)
        y = (rng.random(300) < 1 / (1 + np.exp(-odds[place]))).astype(int)
        fields = {"groups": place.astype(str)} if grouped else {}
        (outcome,) = nested_cv(rng.normal(size=(300, 16)), task("t", y, "binary", **fields))
        auc = metric_of(outcome, "roc-auc")
        differences.append(auc.score - auc.chance)
    # Without the prior taken off the mean with groups is -0.14.
    assert abs(np.mean(differences)) < 0.05


def test_chance_of_each_metric_is_that_of_a_constant_prediction(nested_cv, task, rows):
    y = np.repeat([0, 1, 2, 2], 30)
    (outcome,) = nested_cv(rows, task("t", y, "multiclass"))
    chance = {metric.metric: metric.chance for metric in outcome.metrics}
    assert chance["accuracy"] == 0.5
    assert chance["balanced-accuracy"] == pytest.approx(1 / 3)
    assert chance["macro-f1"] == pytest.approx(2 * 0.5 / 1.5 / 3)
    assert chance["log-loss"] == pytest.approx(1.5 * np.log(2))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"rows": 49}, "only 49 rows; an interval needs 50"),
        ({"groups": 9}, "only 9 groups; an interval needs 10"),
        ({"positives": 9}, "only 9 rows of the rarer class; an interval needs 10"),
    ],
)
def test_too_little_data_has_a_reason_instead_of_an_interval(nested_cv, task, rows, change, reason):
    n = change.get("rows", 120)
    y = np.zeros(n, dtype=int)
    y[: change.get("positives", n // 3)] = 1
    fields = {}
    if "groups" in change:
        fields["groups"] = (np.arange(n) % change["groups"]).astype(str)
    (outcome,) = nested_cv(rows[:n], task("t", y, "binary", **fields), folds=3)
    metric = metric_of(outcome, "average-precision")
    assert (metric.interval.low, metric.interval.high) == (None, None)
    assert metric.interval.reason == reason


def test_the_attainable_r2_of_labels_with_errors(nested_cv, task, rows):
    y = labels_of("regression", rows)[:, 0]
    (outcome,) = nested_cv(rows, task("t", y, label_sd=np.full(120, 0.5)))
    assert outcome.attainable == pytest.approx(1 - 0.25 / y.var())
    (without,) = nested_cv(rows, task("t", y))
    assert without.attainable is None


def test_a_probe_without_training_noise_says_so(nested_cv, task, rows):
    y = labels_of("regression", rows)[:, 0]
    (outcome,) = nested_cv(rows, task("t", y), probe="knn")
    metric = metric_of(outcome, "r2")
    assert outcome.training_noise is None
    assert metric.interval.low is not None
    assert "without the noise of training, so it can be too short" in metric.interval.remarks
