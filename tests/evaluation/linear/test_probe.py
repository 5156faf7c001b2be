"""The linear model of a target: link functions and selected hyperparameters."""

from __future__ import annotations

import numpy as np
import pytest

from neucocore.evaluation.linear.probe import LinearModel, Target, fit_linear
from neucocore.evaluation.linear.training_part import TrainingPart

X = np.array([[1.0, 0.0], [0.0, 2.0]])


def model(link, weights=((1.0, 0.0), (0.0, 1.0))):
    return LinearModel(np.array(weights), np.array([0.0, -1.0]), link, (), ())


def test_the_identity_link_gives_the_linear_scores():
    assert model("identity").predict(X).tolist() == [[1, -1], [0, 1]]


def test_the_logistic_link_gives_a_probability_per_column():
    expected = [[0.73105858, 0.26894142], [0.5, 0.73105858]]  # 1 / (1 + exp(-score))
    assert model("logistic").predict(X) == pytest.approx(np.array(expected))


def test_the_softmax_link_gives_probabilities_that_sum_to_one():
    expected = [[0.88079708, 0.11920292], [0.26894142, 0.73105858]]
    assert model("softmax").predict(X) == pytest.approx(np.array(expected))


@pytest.mark.parametrize(
    ("problem", "y", "link", "n_fits"),
    [
        ("regression", np.arange(40.0).reshape(20, 2), "identity", 2),
        ("binary", (np.arange(20) % 2)[:, None], "logistic", 1),
        ("multiclass", (np.arange(20) % 3)[:, None], "softmax", 1),
        ("multilabel", np.eye(4)[np.arange(20) % 4], "logistic", 4),
    ],
)
def test_each_separately_fitted_part_records_what_was_selected(problem, y, link, n_fits):
    rows = np.random.default_rng(0).standard_normal((20, 3))
    classes = 3 if problem == "multiclass" else 0
    target = Target(problem, y.astype(np.float64), classes)
    (fitted,) = fit_linear(TrainingPart((rows[:10], rows[10:])), [target])
    assert fitted.link == link
    assert len(fitted.selected) == n_fits
    assert {tuple(sorted(selected)) for selected in fitted.selected} == {
        ("error", "penalty_per_row", "scaling")
    }
    k = classes or y.shape[1]
    assert (fitted.weights.shape, fitted.intercept.shape) == ((3, k), (k,))
