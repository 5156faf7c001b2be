"""Every built-in metric compared with scikit-learn, and cases where it is undefined."""

from __future__ import annotations

import importlib
import warnings

import numpy as np
import pytest
from sklearn import metrics as reference

from neucocore.builtin.metrics import standard as metrics
from neucocore.builtin.metrics.specs import metric_specs

SPECS = {spec.name: spec for spec in metric_specs()}


@pytest.fixture
def regression():
    rng = np.random.default_rng(3)
    y = rng.normal(5, 2, 200)
    return y, y + rng.normal(0, 1.5, 200)


@pytest.fixture
def binary():
    """Labels and scores with many ties."""
    rng = np.random.default_rng(4)
    y = (rng.random(300) < 0.2).astype(np.int64)
    score = np.round(np.clip(0.3 * y + rng.random(300) * 0.7, 0, 1), 2)
    return y, score


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("r2", reference.r2_score),
        ("mse", reference.mean_squared_error),
        ("rmse", reference.root_mean_squared_error),
        ("mae", reference.mean_absolute_error),
    ],
)
def test_a_regression_metric_equals_scikit_learn(regression, name, expected):
    assert function(name)(*regression) == pytest.approx(expected(*regression), rel=1e-12)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("accuracy", reference.accuracy_score),
        ("balanced-accuracy", reference.balanced_accuracy_score),
        ("precision", reference.precision_score),
        ("recall", reference.recall_score),
        ("f1", reference.f1_score),
    ],
)
def test_a_decision_metric_equals_scikit_learn(binary, name, expected):
    y, score = binary
    decision = (score > 0.4).astype(np.int64)
    assert function(name)(y, decision) == pytest.approx(expected(y, decision), rel=1e-12)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("average-precision", reference.average_precision_score),
        ("roc-auc", reference.roc_auc_score),
        ("log-loss", reference.log_loss),
    ],
)
def test_a_score_metric_equals_scikit_learn_with_ties(binary, name, expected):
    assert function(name)(*binary) == pytest.approx(expected(*binary), rel=1e-12)


def test_multi_class_metrics_equal_scikit_learn():
    rng = np.random.default_rng(5)
    y = rng.integers(0, 5, 400)
    probability = rng.dirichlet(np.ones(5), 400)
    decision = np.where(rng.random(400) < 0.5, y, probability.argmax(axis=1))
    assert metrics.macro_f1(y, decision) == pytest.approx(
        reference.f1_score(y, decision, average="macro")
    )
    assert metrics.balanced_accuracy(y, decision) == pytest.approx(
        reference.balanced_accuracy_score(y, decision)
    )
    assert metrics.log_loss(y, probability) == pytest.approx(reference.log_loss(y, probability))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("average-precision", lambda y, s: reference.average_precision_score(y, s)),
        ("roc-auc", lambda y, s: reference.roc_auc_score(y, s)),
        ("macro-f1", lambda y, s: reference.f1_score(y, s > 0.5, average="macro")),
        ("precision", lambda y, s: reference.precision_score(y, s > 0.5, average="macro")),
        ("recall", lambda y, s: reference.recall_score(y, s > 0.5, average="macro")),
    ],
)
def test_a_multi_label_metric_is_the_mean_over_the_labels(name, expected):
    rng = np.random.default_rng(6)
    y = (rng.random((200, 3)) < [0.5, 0.3, 0.1]).astype(np.float64)
    score = np.clip(0.4 * y + rng.random((200, 3)) * 0.6, 0, 1)
    predicted = (score > 0.5).astype(np.int64) if SPECS[name].needs == "value" else score
    assert function(name)(y, predicted) == pytest.approx(expected(y, score))


def test_mean_distance_is_in_label_units():
    truth = np.array([[0.0, 0.0], [10.0, 10.0]])
    assert metrics.mean_distance(truth, truth + np.array([3.0, 4.0])) == pytest.approx(5.0)


@pytest.mark.parametrize("name", sorted(SPECS))
def test_a_metric_is_undefined_without_rows(name):
    empty = np.empty((0, 2)) if SPECS[name].multioutput else np.empty(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(function(name)(empty, empty))


@pytest.mark.parametrize(
    ("name", "y", "predicted"),
    [
        ("r2", [2.0, 2.0, 2.0], [1.0, 2.0, 3.0]),
        ("precision", [1, 0, 1], [0, 0, 0]),
        ("recall", [0, 0, 0], [0, 1, 0]),
        ("f1", [0, 0, 0], [0, 0, 0]),
        ("average-precision", [1, 1, 1], [0.2, 0.3, 0.4]),
        ("average-precision", [0, 0, 0], [0.2, 0.3, 0.4]),
        ("roc-auc", [1, 1, 1], [0.2, 0.3, 0.4]),
        ("log-loss", [1, 0, 1], [2.0, -1.0, 0.5]),
    ],
)
def test_an_undefined_metric_is_nan_and_its_spec_describes_the_case(name, y, predicted):
    assert np.isnan(function(name)(np.array(y), np.array(predicted)))
    assert SPECS[name].undefined


def test_f1_is_zero_when_the_only_positive_row_is_missed():
    y = np.zeros(1001, dtype=np.int64)
    y[500] = 1
    assert metrics.f1(y, np.zeros_like(y)) == 0.0
    assert np.isnan(metrics.precision(y, np.zeros_like(y)))
    assert metrics.balanced_accuracy(y, np.zeros_like(y)) == 0.5


@pytest.mark.parametrize("name", sorted(SPECS))
def test_bounds_and_direction_of_a_metric_hold_for_a_perfect_prediction(name):
    spec = SPECS[name]
    truth = np.array([0.0, 1.0, 1.0, 0.0])
    value = function(name)(truth, truth)
    assert value == pytest.approx(spec.high if spec.greater_is_better else spec.low)


def test_r2_compares_with_the_training_mean_of_each_row(regression):
    y, predicted = regression
    baseline = np.where(np.arange(len(y)) % 2, 4.0, 6.0)
    expected = 1 - np.sum((y - predicted) ** 2) / np.sum((y - baseline) ** 2)
    assert metrics.r2(y, predicted, baseline) == expected
    assert metrics.r2(y, baseline, baseline) == 0
    assert metrics.r2(y, predicted, np.full(len(y), y.mean())) == metrics.r2(y, predicted)
    assert np.isnan(metrics.r2(y, predicted, y))
    assert np.isnan(metrics.r2(np.ones(3), np.zeros(3), np.zeros(3)))


def constant_prediction(spec, y):
    """What a probe predicts without information: shares, mean labels, the most frequent class."""
    if spec.problems == ("regression",):
        return np.broadcast_to(y.mean(axis=0), y.shape)
    if spec.needs == "order":
        return np.zeros(y.shape)
    if y.ndim == 2:  # labels
        shares = np.broadcast_to(y.mean(axis=0), y.shape)
        return shares if spec.needs == "score" else (shares > 0.5).astype(np.float64)
    shares = np.bincount(y) / len(y)
    if spec.needs == "value":
        return np.full(len(y), shares.argmax())
    return np.full(len(y), shares[1]) if len(shares) == 2 else np.tile(shares, (len(y), 1))


def with_counts(*counts):
    return np.repeat(np.arange(len(counts)), counts)


CHANCE_LABELS = {
    "regression": [
        np.random.default_rng(0).normal(10, 3, 50),
        np.random.default_rng(1).lognormal(0, 2, 50),
        np.array([0.0] * 40 + [1, 2, 3]),
    ],
    "binary": [with_counts(n, 100 - n) for n in (1, 30, 50, 51, 80, 99)],
    "multiclass": [
        with_counts(*counts) for counts in ((10, 10, 10), (50, 30, 20), (1, 98, 1), (0, 2, 3, 4))
    ],
    "multilabel": [
        np.column_stack([with_counts(n, 100 - n) for n in counts]).astype(float)
        for counts in ((50, 30, 95), (10, 20), (49, 51), (100, 40), (0, 40), (70,))
    ],
}
CHANCE_CASES = [
    (name, y)
    for name, spec in SPECS.items()
    if spec.chance is not None
    for problem in spec.problems
    for y in CHANCE_LABELS[problem]
]


@pytest.mark.parametrize(("name", "y"), CHANCE_CASES)
def test_chance_is_the_metric_of_a_constant_prediction(name, y):
    spec = SPECS[name]
    if spec.multioutput:
        y = np.column_stack([y, y[::-1] ** 2])
    predicted = constant_prediction(spec, y)
    expected = function(name)(y, predicted)
    chance = spec.chance if isinstance(spec.chance, float) else load(spec.chance)(y)
    assert chance == pytest.approx(expected, abs=1e-12, nan_ok=True)


def test_chance_in_numbers():
    y = with_counts(80, 20)
    assert load(SPECS["accuracy"].chance)(y) == pytest.approx(0.8)
    assert load(SPECS["balanced-accuracy"].chance)(y) == 0.5
    assert load(SPECS["macro-f1"].chance)(y) == pytest.approx(0.5 * 1.6 / 1.8)
    assert load(SPECS["f1"].chance)(y) == 0
    assert load(SPECS["f1"].chance)(1 - y) == pytest.approx(1.6 / 1.8)
    assert load(SPECS["average-precision"].chance)(y) == pytest.approx(0.2)
    assert load(SPECS["log-loss"].chance)(y) == pytest.approx(
        -0.8 * np.log(0.8) - 0.2 * np.log(0.2)
    )
    values = np.array([0.0, 0, 0, 4])
    assert load(SPECS["mse"].chance)(values) == 3
    assert load(SPECS["rmse"].chance)(values) == pytest.approx(np.sqrt(3))
    assert load(SPECS["mae"].chance)(values) == 1.5
    assert load(SPECS["mean-distance"].chance)(values[:, None]) == 1.5


def test_the_chance_of_several_outputs_is_the_mean_over_the_outputs():
    y = np.random.default_rng(0).normal(size=(30, 2)) * [1, 10]
    for name in ("mse", "rmse", "mae"):
        chance = load(SPECS[name].chance)
        assert chance(y) == pytest.approx((chance(y[:, 0]) + chance(y[:, 1])) / 2)


@pytest.mark.parametrize("name", [name for name, s in SPECS.items() if isinstance(s.chance, str)])
def test_chance_is_undefined_without_rows(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(load(SPECS[name].chance)(np.empty(0)))
        assert np.isnan(load(SPECS[name].chance)(np.empty((0, 2))))


@pytest.mark.parametrize("name", sorted(SPECS))
def test_every_metric_has_influence_values_of_the_same_score(name):
    spec = SPECS[name]
    rng = np.random.default_rng(8)
    for problem in spec.problems:
        shape = (200, 2) if problem == "multilabel" or spec.multioutput else 200
        y = rng.integers(0, 3 if problem == "multiclass" else 2, shape)
        predicted = np.where(rng.random(shape) < 0.7, y, rng.integers(0, 2, shape))
        if spec.needs == "score":
            predicted = rng.random((200, 3) if problem == "multiclass" else shape)
        influence = load(spec.influence)(y, predicted)
        assert influence.estimate == pytest.approx(function(name)(y, predicted), rel=1e-12)
        assert influence.greater_is_better == spec.greater_is_better
        low, high = influence.bounds
        assert (spec.low, spec.high) == (
            None if low == -np.inf else low,
            None if high == np.inf else high,
        )


def function(name):
    return load(SPECS[name].factory)


def load(factory):
    module, _, attribute = factory.partition(":")
    return getattr(importlib.import_module(module), attribute)
