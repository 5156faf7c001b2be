"""The jackknife against the closed forms of the influence values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neucocore.builtin.metrics import standard as metrics
from neucocore.evaluation.heldout import jackknife
from neucocore.evaluation.heldout.jackknife import jackknife_values
from neucocore.statistics import metric_influence as influence
from neucocore.statistics.influence import Influence, Undefined

PROPERTY = settings(derandomize=True, max_examples=25, deadline=None)
SEEDS = st.integers(0, 2**32 - 1)
SIZES = st.integers(60, 200)


def regression(seed, n):
    rng = np.random.default_rng(seed)
    y = rng.normal(rng.normal(0, 100), rng.lognormal(), n)
    p = y + rng.normal(0, y.std(), n)
    return y, p, y.mean() + rng.normal(0, y.std() / 10, n)


def classes(seed, n, n_classes=2):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, n_classes, n)
    y[: 10 * n_classes] = np.repeat(np.arange(n_classes), 10)
    decided = np.where(rng.random(n) < 0.6, y, rng.integers(0, n_classes, n))
    return y, decided, np.round(rng.normal(y), 1)


def relative_difference(found, expected):
    assert isinstance(found, Influence)
    assert found.estimate == pytest.approx(expected.estimate, rel=1e-12)
    assert abs(found.values.sum()) < 1e-9 * np.abs(found.values).sum()
    return np.linalg.norm(found.values - expected.values) / np.linalg.norm(expected.values)


@PROPERTY
@given(SEEDS, SIZES)
def test_it_is_exact_for_means(seed, n):
    y, p, _ = regression(seed, n)
    assert relative_difference(jackknife_values(metrics.mse, y, p), influence.mse(y, p)) < 1e-6
    assert relative_difference(jackknife_values(metrics.mae, y, p), influence.mae(y, p)) < 1e-6
    c, q, _ = classes(seed, n, 3)
    found = jackknife_values(metrics.accuracy, c, q)
    assert relative_difference(found, influence.accuracy(c, q)) < 1e-8


@PROPERTY
@given(SEEDS, SIZES)
def test_it_differs_from_the_closed_forms_of_errors_by_the_order_of_1_over_n(seed, n):
    y, p, b = regression(seed, n)
    for found, expected in (
        (jackknife_values(metrics.r2, y, p, b), influence.r2(y, p, b)),
        (jackknife_values(metrics.rmse, y, p), influence.rmse(y, p)),
    ):
        assert relative_difference(found, expected) < 20 / n


@PROPERTY
@given(SEEDS, SIZES)
def test_it_differs_from_the_closed_forms_of_classes_by_the_order_of_1_over_n(seed, n):
    y, decided, score = classes(seed, n)
    c, q, _ = classes(seed, n, 4)
    found = jackknife_values(metrics.roc_auc, y, score)
    assert relative_difference(found, influence.roc_auc(y, score)) < 20 / n
    for function, expected in (
        (metrics.f1, influence.f1(y, decided)),
        (metrics.macro_f1, influence.macro_f1(y, decided)),
    ):
        assert relative_difference(jackknife_values(function, y, decided), expected) < 20 / n
    for function, expected in (
        (metrics.macro_f1, influence.macro_f1(c, q)),
        (metrics.balanced_accuracy, influence.balanced_accuracy(c, q)),
    ):
        assert relative_difference(jackknife_values(function, c, q), expected) < 20 / n


@PROPERTY
@given(SEEDS, SIZES)
def test_it_is_close_to_the_closed_form_of_average_precision(seed, n):
    # Precision at the highest scores is a ratio of few rows, so single rows differ by more.
    y, _, score = classes(seed, n)
    found, expected = (
        jackknife_values(metrics.average_precision, y, score),
        influence.average_precision(y, score),
    )
    assert relative_difference(found, expected) < 0.4
    assert np.sqrt(found.variance / expected.variance) == pytest.approx(1, abs=0.2)


def test_its_variance_is_that_of_the_mean():
    y = np.random.default_rng(0).normal(size=80)
    found = jackknife_values(lambda y, p: float(np.mean(y)), y, y)
    assert found.variance == pytest.approx(np.var(y) / 80)


def test_points_and_other_fields_are_passed_on():
    rng = np.random.default_rng(0)
    y, p = rng.normal(size=(2, 60, 3))
    found = jackknife_values(metrics.mean_distance, y, p, bounds=(0.0, np.inf), kind="errors")
    assert relative_difference(found, influence.mean_distance(y, p)) < 1e-10
    assert found.bounds == (0.0, np.inf)


def raises_without_the_largest(y, p):
    if y.max() < 9:
        raise ValueError("no large label")
    return 1.0


def raises_always(y, p):
    raise KeyError("x")


TEN = np.arange(10.0)
ONE_POSITIVE = np.array([0, 0, 0, 1, 0])


@pytest.mark.parametrize(
    ("function", "y", "reason"),
    [
        (metrics.mse, TEN[:0], "influence values need at least 2 rows, not 0"),
        (metrics.mse, TEN[:1], "influence values need at least 2 rows, not 1"),
        (
            raises_without_the_largest,
            TEN,
            "the metric without row 10 raised ValueError: no large label",
        ),
        (raises_always, TEN, "the metric of all rows raised KeyError: 'x'"),
        (
            metrics.average_precision,
            ONE_POSITIVE,
            "the metric without row 4 is nan, not a finite number",
        ),
        (metrics.r2, np.ones(4), "the metric of all rows is nan, not a finite number"),
        (lambda y, p: len(y) / (len(y) - 9), TEN, "the metric without row 1 raised ZeroDivision"),
        (lambda y, p: np.inf, TEN, "the metric of all rows is inf, not a finite number"),
        (lambda y, p: "high", TEN, "the metric of all rows raised ValueError"),
    ],
)
def test_a_metric_without_a_value_in_a_subset_has_a_reason(function, y, reason):
    found = jackknife_values(function, y, y)
    assert isinstance(found, Undefined)
    assert found.reason.startswith(reason)


def test_too_many_rows_have_a_reason_and_are_not_computed():
    calls = []

    def counting(y, p):
        calls.append(len(y))
        return 0.0

    rows = np.zeros(jackknife.MAX_ROWS + 1)
    found = jackknife_values(counting, rows, rows)
    assert isinstance(found, Undefined)
    assert "5,001 rows" in found.reason
    assert calls == []
    assert isinstance(jackknife_values(counting, rows[1:], rows[1:]), Influence)
