"""The leave-one-out formula against fits without each row or slice."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from neucocore.evaluation.linear import ridge
from neucocore.evaluation.linear.principal_axes import principal_axes
from neucocore.evaluation.linear.ridge import PENALTIES_PER_ROW, fit_ridge
from neucocore.evaluation.linear.scaling import SCALINGS
from neucocore.evaluation.linear.sufficient_statistics import SufficientStatistics
from neucocore.evaluation.linear.training_part import TrainingPart

FLOAT32_TOL = 1e-6
"""Relative error if there are more rows than dimensions: coordinates are computed in float32."""


def data(n, d, seed=0):
    """Rows with unequal means and variances, one constant column, and two targets."""
    rng = np.random.default_rng(seed)
    X = rng.normal(30, 1, (n, d)) * 10 ** rng.uniform(-1, 1, d)
    X[:, 1] = 7
    y = (X[:, :1] - X[:, :1].mean()) / X[:, 0].std() + rng.normal(0, 1, (n, 2))
    return X, y


def scaled(part, fit):
    X = np.concatenate(part.slices)
    return (X - X.mean(axis=0)) * SCALINGS[fit.basis.scaling](
        X.var(axis=0) * (np.ptp(X, axis=0) > 0)
    )


@pytest.mark.parametrize(("n", "d"), [(60, 8), (25, 40)])
def test_the_error_equals_that_of_refitting_without_each_row(n, d):
    X, y = data(n, d)
    part = TrainingPart((X[:11], X[11:]))
    fit = fit_ridge(part, [y])[0]
    rows = scaled(part, fit)
    squares = []
    for row in range(n):
        kept = np.arange(n) != row
        model = Ridge(alpha=fit.penalty, solver="svd").fit(rows[kept], y[kept])
        squares.append((model.predict(rows[[row]]) - y[row]) ** 2)
    assert fit.error == pytest.approx(np.mean(np.sum(squares, axis=(1, 2))), rel=FLOAT32_TOL)


def test_with_many_rows_the_error_is_estimated_on_evenly_spaced_ones(monkeypatch):
    X, y = data(60, 8)
    monkeypatch.setattr(ridge, "MAX_LEFT_OUT_ROWS", 7)
    part = TrainingPart((X[:11], X[11:]))
    fit = fit_ridge(part, [y[:, :1]])[0]
    rows = scaled(part, fit)
    squares = []
    for row in (0, 10, 20, 30, 39, 49, 59):
        kept = np.arange(60) != row
        model = Ridge(alpha=fit.penalty, solver="svd").fit(rows[kept], y[kept, 0])
        squares.append((model.predict(rows[[row]])[0] - y[row, 0]) ** 2)
    assert fit.error == pytest.approx(np.mean(squares), rel=FLOAT32_TOL)


@pytest.mark.parametrize(("n", "d"), [(60, 8), (25, 40), (60, 45)])
def test_the_error_of_grouped_slices_equals_that_of_refitting_without_each_slice(n, d):
    X, y = data(n, d)
    cuts = [slice(0, n // 2), slice(n // 2, n // 2 + 5), slice(n // 2 + 5, n)]
    part = TrainingPart(tuple(X[cut] for cut in cuts), grouped=True)
    fit = fit_ridge(part, [y[:, :1]])[0]
    rows = scaled(part, fit)
    total = 0.0
    for cut in cuts:
        kept = np.delete(np.arange(n), cut)
        model = Ridge(alpha=fit.penalty, solver="svd").fit(rows[kept], y[kept, 0])
        total += np.sum((model.predict(rows[cut]) - y[cut, 0]) ** 2)
    assert fit.error == pytest.approx(total / n, rel=1e-6)


def test_the_error_of_slices_is_exact_for_the_smallest_penalty_too():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((24, 40)), rng.standard_normal((24, 1))
    part = TrainingPart((X[:9], X[9:16], X[16:]), grouped=True)
    basis = principal_axes(part, "scalar")
    centred = y - y.mean(axis=0)
    shrinkage = 1 / (basis.eigenvalues[:, None] + 24 * PENALTIES_PER_ROW)
    coef_path = (basis.axes.T @ (X.T @ centred)).T[:, :, None] * shrinkage
    errors = ridge.left_out_errors(part, basis, shrinkage, [centred], [coef_path])[0]
    rows = (X - X.mean(axis=0)) * SCALINGS["scalar"](X.var(axis=0))
    squares = 0.0
    for cut in (slice(0, 9), slice(9, 16), slice(16, 24)):
        kept = np.delete(np.arange(24), cut)
        model = Ridge(alpha=24 * PENALTIES_PER_ROW[-1], solver="svd").fit(rows[kept], y[kept, 0])
        squares += np.sum((model.predict(rows[cut]) - y[cut, 0]) ** 2)
    assert errors[-1] == pytest.approx(squares / 24, rel=1e-7)


@pytest.mark.parametrize("n", [33, 45, 300])
def test_float32_coordinates_suffice_for_nearly_collinear_columns_far_from_zero(n):
    rng = np.random.default_rng(2)
    common = rng.standard_normal((n, 1))
    X = 1e4 + common + 10 ** rng.uniform(-4, 0, 32) * rng.standard_normal((n, 32))
    y = common + 0.1 * rng.standard_normal((n, 1))
    part = TrainingPart((X,))
    basis = principal_axes(part, "scalar")
    centred = y - y.mean(axis=0)
    shrinkage = 1 / (basis.eigenvalues[:, None] + n * PENALTIES_PER_ROW)
    coef_path = (basis.axes.T @ ((X - X.mean(axis=0)).T @ centred)).T[:, :, None] * shrinkage
    errors = ridge.left_out_errors(part, basis, shrinkage, [centred], [coef_path])[0]
    rows = (X - X.mean(axis=0)) * SCALINGS["scalar"](X.var(axis=0))
    for error, penalty in zip(errors, n * PENALTIES_PER_ROW, strict=True):
        hat = rows @ np.linalg.solve(rows.T @ rows + penalty * np.eye(32), rows.T)
        left_out = (centred[:, 0] - hat @ centred[:, 0]) / (1 - 1 / n - np.diag(hat))
        assert error == pytest.approx(np.mean(left_out**2), rel=1e-4)


@pytest.mark.parametrize(("n", "d"), [(60, 8), (25, 40)])
def test_predictions_equal_those_of_scikit_learn_with_the_selected_penalty(n, d):
    X, y = data(n, d)
    part = TrainingPart((X,))
    fit = fit_ridge(part, [y])[0]
    expected = Ridge(alpha=fit.penalty, solver="svd").fit(scaled(part, fit), y)
    assert fit.predict(X) == pytest.approx(expected.predict(scaled(part, fit)), abs=1e-9)


def test_no_other_penalty_or_scaling_has_a_smaller_error():
    X, y = data(40, 6)
    part = TrainingPart((X,))
    fit = fit_ridge(part, [y[:, :1]])[0]
    errors = []
    for scale in SCALINGS.values():
        rows = (X - X.mean(axis=0)) * scale(X.var(axis=0) * (np.ptp(X, axis=0) > 0))
        for penalty in PENALTIES_PER_ROW * 40:
            hat = rows @ np.linalg.solve(rows.T @ rows + penalty * np.eye(6), rows.T) + 1 / 40
            left_out = (y[:, 0] - y[:, 0].mean() - (hat - 1 / 40) @ y[:, 0]) / (1 - np.diag(hat))
            errors.append(np.mean(left_out**2))
    assert fit.error == pytest.approx(min(errors), rel=FLOAT32_TOL)


def test_statistics_of_all_rows_minus_the_held_out_ones_give_the_same_fit():
    X, y = data(80, 9)
    X += 1e4
    shift = X.mean(axis=0)
    known = SufficientStatistics.of(X, shift) - SufficientStatistics.of(X[:8], shift)
    direct = fit_ridge(TrainingPart((X[8:],)), [y[8:]])[0]
    shared = fit_ridge(TrainingPart((X[8:],), known_statistics=known), [y[8:]])[0]
    assert shared.penalty == direct.penalty
    assert shared.predict(X) == pytest.approx(direct.predict(X), abs=1e-7)


def test_no_digit_of_a_target_depends_on_the_other_targets():
    X, y = data(50, 12)
    together = fit_ridge(TrainingPart((X,)), [y[:, [0]], y, y[:, [1]]])
    alone = fit_ridge(TrainingPart((X,)), [y[:, [1]]])[0]
    assert (together[2].coef == alone.coef).all()
    assert together[2].error == alone.error


def test_columns_that_are_constant_in_float32_are_ignored():
    rng = np.random.default_rng(1)
    X = np.full((30, 3), 1e6) + rng.normal(0, 1e-3, (30, 3))
    y = rng.normal(0, 1, (30, 1))
    for part in (TrainingPart((X,)), TrainingPart((X[:2],))):
        fit = fit_ridge(part, [y[: part.n]])[0]
        assert len(fit.basis.eigenvalues) == 0
        assert fit.predict(X) == pytest.approx(np.full((30, 1), y[: part.n].mean()))


def test_the_largest_penalty_is_a_thousand_times_the_number_of_rows():
    assert PENALTIES_PER_ROW.max() == 1e3
