"""Logistic regression against scikit-learn's, for the same penalties."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from neucocore.evaluation.linear import logistic
from neucocore.evaluation.linear.ridge import fit_ridge
from neucocore.evaluation.linear.scaling import SCALINGS
from neucocore.evaluation.linear.training_part import TrainingPart


@pytest.fixture
def rows():
    rng = np.random.default_rng(2)
    return rng.normal(4, 1, (150, 12)) * 10 ** rng.uniform(-0.5, 0.5, 12)


def codes_of(rows, classes):
    """Class codes (n,) that depend on the first column and on noise."""
    rng = np.random.default_rng(3)
    signal = (rows[:, 0] - rows[:, 0].mean()) / rows[:, 0].std() + rng.normal(0, 0.7, len(rows))
    return np.digitize(signal, np.quantile(signal, np.arange(1, classes) / classes))


def targets_of(codes, classes):
    """Labels as `fit_logistic` takes them: one column of 0 and 1, or one-hot."""
    return codes[:, None].astype(float) if classes == 2 else np.eye(classes)[codes]


@pytest.mark.parametrize("classes", [2, 4])
def test_probabilities_equal_those_of_scikit_learn_with_the_selected_penalty(rows, classes):
    codes = codes_of(rows, classes)
    y = targets_of(codes, classes)
    part = TrainingPart((rows[:70], rows[70:]))
    ridge = fit_ridge(part, [y])[0]
    fit = logistic.fit_logistic(part, y, ridge)
    scaled = (rows - rows.mean(axis=0)) * SCALINGS[ridge.basis.scaling](rows.var(axis=0))
    model = LogisticRegression(C=1 / fit.penalty, tol=1e-10, max_iter=10_000).fit(scaled, codes)
    expected = model.predict_proba(scaled)
    expected = expected[:, 1:] if classes == 2 else expected
    assert fit.predict(rows) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("classes", [2, 3])
def test_the_selected_penalty_has_the_smallest_log_loss_on_inner_held_out_rows(rows, classes):
    codes = codes_of(rows, classes)
    y = targets_of(codes, classes)
    part = TrainingPart(tuple(rows[start::5] for start in range(5)))
    order = np.concatenate([np.arange(len(rows))[start::5] for start in range(5)])
    rows, codes, y = rows[order], codes[order], y[order]
    ridge = fit_ridge(part, [y])[0]
    largest = 40.0
    selected = logistic.select_penalty(part, y, ridge.basis, largest)
    scaled = (rows - rows.mean(axis=0)) * SCALINGS[ridge.basis.scaling](rows.var(axis=0))
    inner = logistic.inner_folds(part, y)
    losses = []
    for penalty in largest * logistic.RELATIVE_PENALTIES:
        losses.append(0.0)
        for fold in range(5):
            model = LogisticRegression(C=1 / penalty, tol=1e-7, max_iter=2000)
            model.fit(scaled[inner != fold], codes[inner != fold])
            predicted = model.predict_proba(scaled[inner == fold])
            held_out = codes[inner == fold]
            losses[-1] += log_loss(held_out, predicted, labels=range(classes)) * len(held_out)
    expected = largest * logistic.RELATIVE_PENALTIES[int(np.argmin(losses))]
    assert selected == pytest.approx(expected)
    assert 0 < np.argmin(losses) < len(losses) - 1  # neither end of the grid


def test_the_best_penalty_is_selected_if_classes_are_separable_in_more_columns_than_rows():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(54, 80))
    signal = rows @ rng.normal(size=80)
    y = (signal > np.quantile(signal, 0.7)).astype(float)[:, None]
    part = TrainingPart(tuple(rows[start::9] for start in range(9)))
    order = np.concatenate([np.arange(len(rows))[start::9] for start in range(9)])
    rows, y = rows[order], y[order]
    basis = fit_ridge(part, [y])[0].basis
    largest = 0.02 * len(rows)
    scaled = (rows - rows.mean(axis=0)) * SCALINGS[basis.scaling](rows.var(axis=0))
    inner = logistic.inner_folds(part, y)
    losses = [
        sum(_held_out_loss(scaled, y[:, 0], inner == fold, penalty) for fold in range(5))
        for penalty in largest * logistic.RELATIVE_PENALTIES
    ]
    expected = largest * logistic.RELATIVE_PENALTIES[int(np.argmin(losses))]
    assert logistic.select_penalty(part, y, basis, largest) == pytest.approx(expected)


def _held_out_loss(scaled, codes, held_out, penalty):
    model = LogisticRegression(C=1 / penalty, tol=1e-7, max_iter=2000)
    predicted = model.fit(scaled[~held_out], codes[~held_out]).predict_proba(scaled[held_out])
    return log_loss(codes[held_out], predicted, labels=(0, 1)) * held_out.sum()


def test_separable_classes_give_finite_weights(rows):
    y = (rows[:, [0]] > np.median(rows[:, 0])).astype(float)
    part = TrainingPart((rows,))
    fit = logistic.fit_logistic(part, y, fit_ridge(part, [y])[0])
    assert np.isfinite(fit.weights()).all()
    assert ((fit.predict(rows) > 0.5) == (y > 0.5)).mean() > 0.98


def test_constant_embeddings_give_the_class_frequencies():
    y = np.array([[1.0]] * 10 + [[0.0]] * 30)
    part = TrainingPart((np.ones((40, 3)),))
    fit = logistic.fit_logistic(part, y, fit_ridge(part, [y])[0])
    assert fit.predict(np.ones((2, 3))) == pytest.approx(np.full((2, 1), 0.25), abs=1e-6)
