from __future__ import annotations

import numpy as np
import pytest

from neucocore.evaluation.linear.ridge import fit_ridge
from neucocore.evaluation.linear.training_part import TrainingPart
from neucocore.statistics.metric_influence import r2
from neucocore.statistics.training_noise import class_inflation, held_out_noise, mean_noise


def test_held_out_noise_is_the_sum_of_squared_weights_of_the_training_labels():
    rng = np.random.default_rng(0)
    X, new = rng.normal(size=(40, 6)), rng.normal(size=(9, 6))
    y = X[:, :1] + rng.normal(size=(40, 1))
    [fit] = fit_ridge(TrainingPart((X,)), [y])
    basis = fit.basis
    noise = held_out_noise(basis.coordinates(new), basis.eigenvalues, fit.penalty, fit.n)

    Z, Z_new = basis.coordinates(X), basis.coordinates(new)
    smoother = 1 / 40 + (Z_new / (basis.eigenvalues + fit.penalty)) @ Z.T
    np.testing.assert_allclose(smoother @ y, fit.predict(new), atol=1e-10)
    np.testing.assert_allclose(noise, np.sum(smoother**2, axis=1), rtol=1e-10)


def test_without_penalty_the_mean_is_about_d_over_n_minus_d():
    rng = np.random.default_rng(1)
    n, d = 400, 40
    X, new = rng.normal(size=(n, d)), rng.normal(size=(2000, d))
    centred = X - X.mean(axis=0)
    eigenvalues, axes = np.linalg.eigh(centred.T @ centred)
    noise = held_out_noise((new - X.mean(axis=0)) @ axes, eigenvalues, 0.0, n)
    assert mean_noise(noise) == pytest.approx(d / (n - d), rel=0.1)


def test_the_mean_leaves_out_rows_without_a_prediction():
    assert mean_noise(np.array([[1.0, np.nan], [3.0, np.nan]])) == 2
    assert mean_noise(np.array([np.nan])) is None


def test_class_inflation_by_hand():
    rng = np.random.default_rng(2)
    Y = np.eye(3)[rng.integers(0, 3, 50)]
    P, B = rng.random((50, 3)), np.full((50, 3), 1 / 3)
    noise = np.array([0.001, 0.002, 0.003])
    columns = [r2(Y[:, c], P[:, c], B[:, c]) for c in range(3)]
    training = sum(
        4 * lam * (1 - c.estimate) ** 2 / 50 for lam, c in zip(noise, columns, strict=True)
    )
    variance = sum(np.sum(c.values**2) / 50**2 for c in columns)
    assert class_inflation(Y, P, B, noise) == pytest.approx(training / variance)
    assert class_inflation(Y, P, B, 10.0) == 1
    assert class_inflation(Y[:, 0], P[:, 0], B[:, 0], 0.001) == pytest.approx(
        4 * 0.001 * (1 - columns[0].estimate) ** 2 / 50 / (np.sum(columns[0].values ** 2) / 50**2)
    )


def test_class_inflation_of_constant_labels_is_unknown():
    assert class_inflation(np.ones(5), np.ones(5), np.ones(5), 0.1) is None
    assert class_inflation(np.full(5, np.nan), np.ones(5), np.ones(5), 0.1) is None
