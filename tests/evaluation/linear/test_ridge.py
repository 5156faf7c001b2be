"""Leave-one-out by formula against leaving out one by one."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from neucocore.evaluation.linear import ridge
from neucocore.evaluation.linear.moments import Moments, TrainingPart
from neucocore.evaluation.linear.ridge import PENALTIES_PER_ROW, fit_ridge
from neucocore.evaluation.linear.scaling import SCALINGS, eigenbasis

ROUGH = 1e-6
"""Rows are left out with coordinates of float32's precision where they outnumber dimensions."""


def data(n, d, seed=0):
    """Rows with unequal means and variances, one column constant, and two targets."""
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
def test_the_error_is_that_of_leaving_out_each_row(n, d):
    X, y = data(n, d)
    part = TrainingPart((X[:11], X[11:]))
    fit = fit_ridge(part, [y])[0]
    rows = scaled(part, fit)
    squares = []
    for row in range(n):
        kept = np.arange(n) != row
        model = Ridge(alpha=fit.penalty, solver="svd").fit(rows[kept], y[kept])
        squares.append((model.predict(rows[[row]]) - y[row]) ** 2)
    assert fit.error == pytest.approx(np.mean(np.sum(squares, axis=(1, 2))), rel=ROUGH)


def test_of_many_rows_some_evenly_spread_ones_are_left_out(monkeypatch):
    X, y = data(60, 8)
    monkeypatch.setattr(ridge, "JUDGING_ROWS", 7)
    part = TrainingPart((X[:11], X[11:]))
    fit = fit_ridge(part, [y[:, :1]])[0]
    rows = scaled(part, fit)
    squares = []
    for row in (0, 10, 20, 30, 39, 49, 59):
        kept = np.arange(60) != row
        model = Ridge(alpha=fit.penalty, solver="svd").fit(rows[kept], y[kept, 0])
        squares.append((model.predict(rows[[row]])[0] - y[row, 0]) ** 2)
    assert fit.error == pytest.approx(np.mean(squares), rel=ROUGH)


@pytest.mark.parametrize(("n", "d"), [(60, 8), (25, 40), (60, 45)])
def test_the_error_of_grouped_slices_is_that_of_leaving_out_each_slice(n, d):
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


def test_slices_are_left_out_exactly_also_with_penalties_that_almost_reproduce_them():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((24, 40)), rng.standard_normal((24, 1))
    part = TrainingPart((X[:9], X[9:16], X[16:]), grouped=True)
    basis = eigenbasis(part, "scalar")
    centred = y - y.mean(axis=0)
    shrink = 1 / (basis.spectrum[:, None] + 24 * PENALTIES_PER_ROW)
    path = (basis.axes.T @ (X.T @ centred)).T[:, :, None] * shrink
    errors = ridge.left_out_errors(part, basis, shrink, [centred], [path])[0]
    rows = (X - X.mean(axis=0)) * SCALINGS["scalar"](X.var(axis=0))
    squares = 0.0
    for cut in (slice(0, 9), slice(9, 16), slice(16, 24)):
        kept = np.delete(np.arange(24), cut)
        model = Ridge(alpha=24 * PENALTIES_PER_ROW[-1], solver="svd").fit(rows[kept], y[kept, 0])
        squares += np.sum((model.predict(rows[cut]) - y[cut, 0]) ** 2)
    assert errors[-1] == pytest.approx(squares / 24, rel=1e-7)


@pytest.mark.parametrize("n", [33, 45, 300])
def test_rough_coordinates_do_not_move_errors_on_columns_far_from_zero_and_nearly_equal(n):
    rng = np.random.default_rng(2)
    common = rng.standard_normal((n, 1))
    X = 1e4 + common + 10 ** rng.uniform(-4, 0, 32) * rng.standard_normal((n, 32))
    y = common + 0.1 * rng.standard_normal((n, 1))
    part = TrainingPart((X,))
    basis = eigenbasis(part, "scalar")
    centred = y - y.mean(axis=0)
    shrink = 1 / (basis.spectrum[:, None] + n * PENALTIES_PER_ROW)
    path = (basis.axes.T @ ((X - X.mean(axis=0)).T @ centred)).T[:, :, None] * shrink
    found = ridge.left_out_errors(part, basis, shrink, [centred], [path])[0]
    rows = (X - X.mean(axis=0)) * SCALINGS["scalar"](X.var(axis=0))
    for error, penalty in zip(found, n * PENALTIES_PER_ROW, strict=True):
        hat = rows @ np.linalg.solve(rows.T @ rows + penalty * np.eye(32), rows.T)
        left_out = (centred[:, 0] - hat @ centred[:, 0]) / (1 - 1 / n - np.diag(hat))
        assert error == pytest.approx(np.mean(left_out**2), rel=1e-4)


@pytest.mark.parametrize(("n", "d"), [(60, 8), (25, 40)])
def test_predictions_are_those_of_scikit_learn_with_the_chosen_penalty(n, d):
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
    assert fit.error == pytest.approx(min(errors), rel=ROUGH)


def test_moments_of_the_whole_less_the_held_out_rows_change_nothing():
    X, y = data(80, 9)
    X += 1e4
    shift = X.mean(axis=0)
    known = Moments.of(X, shift) - Moments.of(X[:8], shift)
    direct = fit_ridge(TrainingPart((X[8:],)), [y[8:]])[0]
    shared = fit_ridge(TrainingPart((X[8:],), known_moments=known), [y[8:]])[0]
    assert shared.penalty == direct.penalty
    assert shared.predict(X) == pytest.approx(direct.predict(X), abs=1e-7)


def test_a_target_does_not_depend_on_the_others_to_the_last_digit():
    X, y = data(50, 12)
    together = fit_ridge(TrainingPart((X,)), [y[:, [0]], y, y[:, [1]]])
    alone = fit_ridge(TrainingPart((X,)), [y[:, [1]]])[0]
    assert (together[2].path == alone.path).all()
    assert together[2].error == alone.error


def test_columns_without_variance_in_float32_do_not_count():
    rng = np.random.default_rng(1)
    X = np.full((30, 3), 1e6) + rng.normal(0, 1e-3, (30, 3))
    y = rng.normal(0, 1, (30, 1))
    for part in (TrainingPart((X,)), TrainingPart((X[:2],))):
        fit = fit_ridge(part, [y[: part.n]])[0]
        assert len(fit.basis.spectrum) == 0
        assert fit.predict(X) == pytest.approx(np.full((30, 1), y[: part.n].mean()))


def test_the_grid_reaches_a_thousand_times_the_number_of_rows():
    assert PENALTIES_PER_ROW.max() == 1e3
