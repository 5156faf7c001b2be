"""What is reported about a task scored on held-out rows."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.mark.parametrize(("metric", "sign"), [("rmse", -1), ("r2", 1)])
def test_the_ranking_value_is_higher_for_better_predictions(nested_cv, linear_data, metric, sign):
    X, y = linear_data(60, 3)
    (outcome,) = nested_cv(X, y, metric=metric)
    assert outcome.score > 0
    assert outcome.q == sign * outcome.score


def test_each_output_has_a_score_of_its_own(nested_cv, linear_data, task):
    X, y = linear_data(60, 3)
    both = np.column_stack([y, np.random.default_rng(0).standard_normal(60)])
    (outcome,) = nested_cv(X, task("y", both, outputs=("height", "noise")))
    assert outcome.extra["r2:height"] > 0.5 > outcome.extra["r2:noise"]
    assert outcome.score == pytest.approx(
        (outcome.extra["r2:height"] + outcome.extra["r2:noise"]) / 2
    )


def test_predictions_of_all_repeats_follow_each_other(nested_cv, linear_data):
    X, y = linear_data(30, 3)
    (outcome,) = nested_cv(X, y, folds=5, repeats=2)
    predictions = outcome.predictions
    assert sorted(set(predictions["split"])) == list(range(10))
    for repeat in (slice(0, 30), slice(30, 60)):
        assert predictions["ids"][repeat].tolist() == [f"cube-{row:05d}" for row in range(30)]
        assert predictions["y_true"][repeat] == pytest.approx(y)
    assert predictions["split"][:30].max() < predictions["split"][30:].min()


def test_predictions_of_several_classes_are_one_probability_per_class(nested_cv, task):
    X = np.random.default_rng(0).standard_normal((60, 3))
    codes = np.digitize(X[:, 0], [-0.5, 0.5])
    (outcome,) = nested_cv(X, task("kind", codes, "multiclass", classes=("a", "b", "c")))
    assert outcome.predictions["y_pred"].shape == (60, 3)
    assert outcome.predictions["y_pred"].sum(axis=1) == pytest.approx(np.ones(60))
