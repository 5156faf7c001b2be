"""Options and tasks that cannot be scored on held-out rows."""

from __future__ import annotations

import numpy as np
import pytest

from neucocore.errors import ConfigError, DataError
from neucocore.evaluation.heldout.scoring import check_split_options


def test_all_split_options_that_cannot_be_used_are_reported_together():
    with pytest.raises(ConfigError, match="splitting rows into folds") as caught:
        check_split_options({"folds": 1, "repeats": True})
    assert caught.value.problems == (
        "folds must be an integer of at least 2, found 1",
        "repeats must be an integer of at least 1, found True",
    )
    assert caught.value.hint == "for example: --folds 10 --repeats 1"


@pytest.mark.parametrize(
    ("y", "reason"),
    [
        ([], "only 0 labelled rows, at least 2 are needed"),
        ([5.0], "only 1 labelled row, at least 2 are needed"),
        ([2.5, 2.5, 2.5], "constant label: all 3 rows are 2.5"),
    ],
    ids=["no row", "one row", "constant"],
)
def test_a_task_without_a_score_has_the_reason(nested_cv, y, reason):
    (outcome,) = nested_cv(np.eye(3), np.array(y))
    assert (outcome.status, outcome.score, outcome.q) == ("undefined", None, None)
    assert outcome.reason == reason


def test_a_task_without_a_score_keeps_its_place_among_the_others(nested_cv, linear_data, task):
    X, y = linear_data(30, 3)
    outcomes = nested_cv(X, task("first", y), task("flat", np.ones(30)), task("last", -y))
    assert [(outcome.task.key, outcome.status) for outcome in outcomes] == [
        ("first", "ok"),
        ("flat", "undefined"),
        ("last", "ok"),
    ]


def test_the_hint_for_a_rare_class_scores_the_other_tasks_first(nested_cv, linear_data, task):
    X, y = linear_data(30, 3)
    rare = task("kind", np.eye(30, dtype=int)[4], "binary", classes=("grass", "reed"))
    with pytest.raises(DataError, match="no row of class reed") as raised:
        nested_cv(X, task("height", y), rare, task("dry mass", -y))
    assert raised.value.hint == (
        "score the other tasks only: --tasks 'height,dry mass'; or label more rows"
    )
    with pytest.raises(DataError) as raised:
        nested_cv(X, rare)
    assert raised.value.hint == "label more rows"
