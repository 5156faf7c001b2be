"""Metrics of held-out predictions, against values computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from neucocore.components import lookup
from neucocore.components.discovery import Component, Installation, PluginRecord, installation
from neucocore.components.specs import MetricSpec
from neucocore.evaluation.heldout.joined_task import JoinedTask
from neucocore.evaluation.heldout.metrics import (
    metrics_for,
    order_scores,
    pooled_score,
    split_scores,
)

NAN = float("nan")
FOLDS = np.array([0, 0, 1, 1])


@pytest.fixture
def joined(task):
    """Return a function that joins a task of four rows, two in each of two folds."""

    def make(y, problem="regression", **fields):
        made = task("t", y, problem, **fields)
        return JoinedTask(made, made.ids, made.y, np.arange(len(made.ids)), (FOLDS,))

    return make


def test_training_means_exclude_the_fold_itself_and_missing_labels(joined):
    y = np.array([[1.0, 8.0], [2.0, NAN], [3.0, 4.0], [10.0, 6.0]])
    (means,) = joined(y, outputs=("a", "b")).training_means
    assert means.tolist() == [[6.5, 5.0], [6.5, 5.0], [1.5, 8.0], [1.5, 8.0]]


def test_pooled_and_split_scores_of_regression(joined):
    made = joined(np.array([1.0, 3.0, 5.0, 7.0]))
    ((rmse, *_),) = metrics_for([made], "rmse")
    scores = np.array([[[1.0], [5.0], [5.0], [3.0]]])  # errors 0, 2, 0, -4
    assert pooled_score(rmse, made, scores) == pytest.approx(np.sqrt(20 / 4))
    assert split_scores(rmse, made, scores) == [
        (0, pytest.approx(np.sqrt(2))),
        (1, pytest.approx(np.sqrt(8))),
    ]


def test_r2_of_a_split_compares_with_the_mean_of_its_training_part(joined):
    made = joined(np.array([1.0, 3.0, 5.0, 7.0]))
    ((r2, *_),) = metrics_for([made], "r2")
    scores = np.array([[[1.0], [3.0], [5.0], [5.0]]])
    # Training means are 6 and 2: squared errors 25 + 9 and 9 + 25.
    assert split_scores(r2, made, scores) == [(0, 1.0), (1, pytest.approx(1 - 4 / 34))]
    assert pooled_score(r2, made, scores) == pytest.approx(1 - 4 / 68)


def test_metrics_of_decisions_get_the_class_above_a_probability_of_one_half(joined):
    made = joined(np.array([0, 1, 0, 1]), "binary")
    ((accuracy, *_),) = metrics_for([made], "accuracy")
    scores = np.array([[[0.5], [0.6], [0.7], [0.9]]])
    assert pooled_score(accuracy, made, scores) == 0.75


def test_metrics_of_order_get_log_odds_relative_to_the_training_part(joined):
    assert order_scores(np.array([0.75, 0.25]), np.array([0.75, 0.25])).tolist() == [0, 0]
    expected = [np.round(np.log(3) - np.log(1 / 3), 4), np.round(np.log(9), 4)]
    assert order_scores(np.array([0.75, 0.9]), np.array([0.25, 0.5])).tolist() == expected
    made = joined(np.array([0, 1, 0, 0]), "binary")
    ((auc, *_),) = metrics_for([made], "roc-auc")
    # 1/2 is far above the share in the training part of the first fold, 0: the positive row of it
    # is tied with one row, and above the two others.
    assert pooled_score(auc, made, np.full((1, 4, 1), 0.5)) == pytest.approx(5 / 6)


def test_certain_probabilities_keep_their_order(joined):
    order = order_scores(np.array([0.0, 1e-12, 0.5, 1.0]), np.full(4, 0.5))
    assert np.all(np.diff(order) > 0)
    assert np.isfinite(order).all()


def test_a_score_that_is_undefined_in_every_row_is_none(joined):
    made = joined(np.array([4.0, 4.0, 4.0, 4.0]))
    ((r2, *_),) = metrics_for([made], "r2")
    assert pooled_score(r2, made, np.zeros((1, 4, 1))) is None


def one(y_true, y_pred):
    return 1.0


@pytest.fixture
def plugin_with_r2(monkeypatch):
    """Install a plugin that has a metric with the name of a built-in one."""
    spec = MetricSpec(
        name="r2", summary="always one", factory=f"{__name__}:one", problems=("regression",)
    )
    component = Component(spec, "mine", "neuco-plugin-mine", "1.0")
    record = PluginRecord("mine", "neuco-plugin-mine", "1.0", "", "loaded", components=(component,))
    installed = Installation((*installation().plugins, record))
    monkeypatch.setattr(lookup, "installation", lambda: installed)


@pytest.mark.usefixtures("plugin_with_r2")
@pytest.mark.parametrize("plugin", ["mine", "yours"])
def test_the_metric_of_a_task_is_looked_up_in_its_own_plugin_first(joined, plugin):
    made = joined(np.array([1.0, 3.0, 5.0, 7.0]), metric="r2", plugin=plugin)
    ((r2, *_),) = metrics_for([made], None)
    assert r2.name == "r2"
    assert (r2.spec.summary == "always one") == (plugin == "mine")
