"""Influence values against derivatives with respect to row weights, and scores against metrics.

Derivatives are complex steps (Squire and Trapp, SIAM Review 40, 1998), exact to rounding errors, of
weighted scores written as plainly as possible.
"""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from neucocore.statistics import metric_influence as influence
from neucocore.statistics.influence import Influence, Undefined

STEP = 1e-30
N = 61


def derivatives(score, n=N):
    """n times the derivative of score(weights) with respect to each weight, at 1."""
    values = np.empty(n)
    for row in range(n):
        weights = np.ones(n, dtype=complex)
        weights[row] += 1j * STEP
        values[row] = score(weights).imag / STEP * n
    return values


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    y = (rng.random(N) < 0.3).astype(int)
    classes, others = rng.integers(0, 4, (2, N))
    truth = rng.normal(size=N)
    return {
        "y": y,
        "score": np.round(rng.normal(size=N) + y, 1),
        "decision": np.where(rng.random(N) < 0.7, y, 1 - y),
        "classes": classes,
        "decided": np.where(rng.random(N) < 0.5, classes, others),
        "values": truth,
        "predicted": 0.6 * truth + rng.normal(size=N) / 2,
        "baseline": rng.normal(size=N) / 10,
        "probability": rng.dirichlet(np.ones(4), N),
        "points": rng.normal(size=(N, 2)),
        "other_points": rng.normal(size=(N, 2)),
    }


def agrees(found, weighted, value):
    assert isinstance(found, Influence)
    assert found.estimate == pytest.approx(value, abs=1e-12)
    np.testing.assert_allclose(found.values, derivatives(weighted), rtol=0, atol=1e-8)
    assert abs(found.values.sum()) < 1e-9


def test_r2_with_a_baseline_per_row(data):
    y, p, b = data["values"], data["predicted"], data["baseline"]
    agrees(
        influence.r2(y, p, b),
        lambda w: 1 - (w @ (y - p) ** 2) / (w @ (y - b) ** 2),
        1 - np.sum((y - p) ** 2) / np.sum((y - b) ** 2),
    )


@pytest.mark.parametrize(
    ("function", "loss", "root"),
    [
        (influence.mse, lambda e: e**2, 1),
        (influence.rmse, lambda e: e**2, 2),
        (influence.mae, np.abs, 1),
        (influence.bias, lambda e: e, 1),
    ],
)
def test_mean_errors(data, function, loss, root):
    losses = loss(data["predicted"] - data["values"])
    agrees(
        function(data["values"], data["predicted"]),
        lambda w: (w @ losses / w.sum()) ** (1 / root),
        np.mean(losses) ** (1 / root) if root > 1 else np.mean(losses),
    )


def test_mean_distance(data):
    distances = np.linalg.norm(data["points"] - data["other_points"], axis=1)
    agrees(
        influence.mean_distance(data["points"], data["other_points"]),
        lambda w: w @ distances / w.sum(),
        distances.mean(),
    )


def weighted_average_precision(w, y, score):
    """The sum over positive rows of the precision at their score."""
    total = 0
    for row in np.flatnonzero(y):
        at_least = score >= score[row]
        total += w[row] * (w @ (at_least & (y == 1))) / (w @ at_least)
    return total / (w @ y)


def weighted_auc(w, y, score):
    wins = (score[:, None] > score) + 0.5 * (score[:, None] == score)
    return (w * y) @ wins @ (w * (1 - y)) / (w @ y) / (w @ (1 - y))


@pytest.mark.parametrize("decimals", [6, 1, 0], ids=["no ties", "some ties", "many ties"])
def test_rankings_with_ties(data, decimals):
    y = data["y"]
    rng = np.random.default_rng(1)
    score = np.round(y + rng.normal(size=N), decimals)
    agrees(
        influence.average_precision(y, score),
        lambda w: weighted_average_precision(w, y, score),
        metrics.average_precision_score(y, score),
    )
    agrees(
        influence.roc_auc(y, score),
        lambda w: weighted_auc(w, y, score),
        metrics.roc_auc_score(y, score),
    )


def test_rankings_in_which_all_rows_are_tied(data):
    y, score = data["y"], np.zeros(N)
    agrees(
        influence.average_precision(y, score),
        lambda w: weighted_average_precision(w, y, score),
        y.mean(),
    )
    agrees(influence.roc_auc(y, score), lambda w: weighted_auc(w, y, score), 0.5)


def weighted_f1(w, positive, predicted):
    return 2 * (w @ (positive & predicted)) / (w @ positive + w @ predicted)


def test_scores_of_two_classes(data):
    y, q = data["y"] == 1, data["decision"] == 1
    arguments = data["y"], data["decision"]
    agrees(influence.f1(*arguments), lambda w: weighted_f1(w, y, q), metrics.f1_score(y, q))
    agrees(
        influence.precision(*arguments),
        lambda w: (w @ (y & q)) / (w @ q),
        metrics.precision_score(y, q),
    )
    agrees(
        influence.recall(*arguments),
        lambda w: (w @ (y & q)) / (w @ y),
        metrics.recall_score(y, q),
    )


def test_scores_of_several_classes(data):
    c, q = data["classes"], data["decided"]
    agrees(
        influence.macro_f1(c, q),
        lambda w: sum(weighted_f1(w, c == k, q == k) for k in range(4)) / 4,
        metrics.f1_score(c, q, average="macro"),
    )
    agrees(
        influence.balanced_accuracy(c, q),
        lambda w: sum((w @ ((c == k) & (q == k))) / (w @ (c == k)) for k in range(4)) / 4,
        metrics.balanced_accuracy_score(c, q),
    )
    agrees(
        influence.accuracy(c, q), lambda w: (w @ (c == q)) / w.sum(), metrics.accuracy_score(c, q)
    )


def test_log_loss(data):
    c, p = data["classes"], data["probability"]
    losses = -np.log(p[np.arange(N), c])
    agrees(influence.log_loss(c, p), lambda w: w @ losses / w.sum(), metrics.log_loss(c, p))
    y, p1 = data["y"], p[:, 1]
    losses = -np.log(np.where(y == 1, p1, 1 - p1))
    agrees(influence.log_loss(y, p1), lambda w: w @ losses / w.sum(), metrics.log_loss(y, p1))


def test_the_baseline_of_r2_is_the_mean_label_by_default(data):
    y, p = data["values"], data["predicted"]
    given = influence.r2(y, p, np.full(N, y.mean()))
    assert np.array_equal(influence.r2(y, p).values, given.values)


@pytest.mark.parametrize(
    ("function", "of_a_label"),
    [
        (influence.average_precision, influence.average_precision),
        (influence.roc_auc, influence.roc_auc),
        (influence.log_loss, influence.log_loss),
        (influence.macro_f1, influence.f1),
        (influence.precision, influence.precision),
        (influence.recall, influence.recall),
    ],
    ids=lambda function: function.__name__,
)
def test_several_labels_have_the_mean_influence_of_the_labels(data, function, of_a_label):
    y = np.column_stack([data["y"], data["classes"] == 1]).astype(float)
    prediction = np.column_stack([data["decision"], data["decided"] == 1]).astype(float)
    found = function(y, prediction)
    columns = [of_a_label(y[:, k], prediction[:, k]) for k in range(2)]
    np.testing.assert_allclose(found.values, np.mean([c.values for c in columns], axis=0))
    assert found.estimate == pytest.approx(np.mean([c.estimate for c in columns]))
    single = function(y[:, :1], prediction[:, :1])
    np.testing.assert_allclose(single.values, columns[0].values)
    empty = np.zeros((N, 1))
    with_undefined = function(np.hstack([y, empty]), np.hstack([prediction, empty]))
    if function is not influence.log_loss:
        np.testing.assert_allclose(with_undefined.values, found.values)
        assert isinstance(function(empty, empty), Undefined)


EMPTY = np.empty(0)
ONES, ZEROS = np.ones(5), np.zeros(5)
NANS = np.array([1, 2, np.nan, 4, 5])
RISING = np.arange(5.0)


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (influence.r2(EMPTY, EMPTY, EMPTY), "there are no rows"),
        (influence.r2(EMPTY, EMPTY), "there are no rows"),
        (influence.r2(RISING, NANS, ONES), "labels or predictions are not finite numbers"),
        (influence.r2(ONES, RISING, ZEROS), "the labels are constant"),
        (influence.r2(RISING, RISING, RISING), "the labels are constant"),
        (influence.rmse(RISING, RISING), "all predictions are exact"),
        (influence.mae(EMPTY, EMPTY), "there are no rows"),
        (influence.average_precision(ONES, RISING), "all rows are of one class"),
        (influence.roc_auc(ZEROS, RISING), "all rows are of one class"),
        (influence.roc_auc(ONES, NANS), "labels or predictions are not finite numbers"),
        (influence.precision(ONES, ZEROS), "no row is predicted positive"),
        (influence.recall(ZEROS, ONES), "no row is positive"),
        (influence.f1(ZEROS, ZEROS), "no row is positive or predicted positive"),
        (influence.f1(EMPTY, EMPTY), "there are no rows"),
        (influence.macro_f1(EMPTY, EMPTY), "there are no rows"),
        (influence.balanced_accuracy(EMPTY, EMPTY), "there are no rows"),
        (influence.accuracy(EMPTY, EMPTY), "there are no rows"),
        (influence.log_loss(ONES, RISING), "predictions are not probabilities"),
    ],
)
def test_what_has_no_score_has_a_reason(found, reason):
    assert found == Undefined(reason)


def test_the_error_scale_is_the_derivative_by_the_logarithm_of_the_mean_squared_error(data):
    y, error = data["values"], data["predicted"] - data["values"]
    factor = 1 + 1e-6
    for function in (
        lambda p: influence.r2(y, p, data["baseline"]),
        lambda p: influence.mse(y, p),
        lambda p: influence.rmse(y, p),
        lambda p: influence.mae(y, p),
    ):
        now, worse = function(y + error), function(y + error * np.sqrt(factor))
        slope = abs(worse.estimate - now.estimate) / np.log(factor)
        assert now.error_scale == pytest.approx(slope, rel=1e-5)
