"""Tasks that are fitted together because they share rows and folds."""

from __future__ import annotations

import numpy as np
import pytest

from neucocore.evaluation.heldout.joined_task import join
from neucocore.evaluation.heldout.shared_rows import group_by_rows
from neucocore.evaluation.inputs import ScoringInput

NAN = float("nan")


@pytest.fixture
def groups_of(task):
    """Return a function that joins tasks of 12 rows in 3 folds and groups them."""

    def make(*tasks, repeats=1):
        ids = tasks[0].ids
        inputs = ScoringInput(ids, np.zeros((12, 2), dtype=np.float32), tasks, frozenset(ids))
        return group_by_rows(
            [join(inputs, t, folds=3, repeats=repeats, protocol="robust@1") for t in tasks]
        )

    return make


def test_tasks_on_the_same_rows_and_folds_are_fitted_together(task, groups_of):
    y = np.arange(12.0)
    (shared,) = groups_of(task("a", y), task("b", -y))
    assert [columns.task for columns in shared.task_columns] == [0, 1]
    assert [rows.stop - rows.start for _, rows in shared.held_out()] == [4, 4, 4]
    assert shared.folds.tolist() == [0] * 4 + [1] * 4 + [2] * 4


def test_each_repeat_is_fitted_separately(task, groups_of):
    assert [shared.repeat for shared in groups_of(task("a", np.arange(12.0)), repeats=2)] == [0, 1]


def test_columns_with_missing_labels_are_fitted_on_their_known_rows(task, groups_of):
    y = np.tile(np.arange(12.0)[:, None], (1, 3))
    y[0, 1] = NAN
    first, second = groups_of(task("a", y, outputs=("x", "y", "z")))
    assert [columns.columns for columns in first.task_columns] == [(0, 2)]
    assert [columns.columns for columns in second.task_columns] == [(1,)]
    assert sorted(second.rows.tolist()) == list(range(1, 12))


def test_grouped_and_ungrouped_tasks_are_fitted_separately(task, groups_of):
    y = np.arange(12.0)
    grouped = task("b", y, groups=np.array([f"g{row}" for row in range(12)]))
    assert len(groups_of(task("a", y), grouped)) == 2


def test_columns_known_in_one_fold_only_are_left_out(task, groups_of):
    y = np.full((12, 2), NAN)
    y[:, 0] = np.arange(12)
    y[0, 1] = 1.0
    (shared,) = groups_of(task("a", y, outputs=("x", "y")))
    assert [columns.columns for columns in shared.task_columns] == [(0,)]
