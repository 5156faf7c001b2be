"""Faults 14 and 27 to 36 (docs/reliability.md) under ``nested-cv``."""

from __future__ import annotations

import numpy as np
import pytest

from neucocore.errors import DataError


@pytest.fixture
def rows():
    return np.random.default_rng(0).standard_normal((60, 5))


def test_fault_14_constant_columns_count_nothing_and_divide_by_nothing(nested_cv, rows):
    y = rows[:, 0]
    with_constants = np.hstack([rows, np.full((60, 2), 3.0), np.zeros((60, 1))])
    assert nested_cv(with_constants, y)[0].score == pytest.approx(
        nested_cv(rows, y)[0].score, abs=1e-3
    )


def test_fault_27_one_class_only_is_an_error_with_counts_for_all_tasks_at_once(
    nested_cv, task, rows
):
    with pytest.raises(DataError) as error:
        nested_cv(
            rows,
            task("vessel", np.ones(60, dtype=int), "binary", classes=("no", "yes")),
            task("marks", np.zeros((60, 1)), "multilabel", outputs=("road",)),
        )
    assert error.value.problems == (
        "vessel: only one class (no: 0, yes: 60)",
        "marks, road: only one class (0: 60, 1: 0)",
    )


def test_fault_27_a_class_of_one_row_cannot_be_held_out_and_trained_on(nested_cv, task, rows):
    y = np.zeros(60, dtype=int)
    y[30] = 1
    with pytest.raises(DataError, match=r"no row of class yes \(no: 59, yes: 1\)"):
        nested_cv(rows, task("vessel", y, "binary", classes=("no", "yes")))


def test_fault_27_a_class_of_two_rows_is_held_out_in_two_splits(nested_cv, task, rows):
    y = np.arange(60) % 2
    y[:2] = 2
    result = nested_cv(rows, task("kind", y, "multiclass"))[0]
    assert result.status == "ok"
    assert len(set(result.predictions["split"][:2])) == 2


def test_fault_27_a_class_within_one_group_is_an_error(nested_cv, task, rows):
    groups = np.repeat([f"place-{k}" for k in range(6)], 10)
    y = (groups == "place-3").astype(int)
    with pytest.raises(DataError, match=r"a training part has no row of class 1 \(0: 50, 1: 10\)"):
        nested_cv(rows, task("vessel", y, "binary", groups=groups))


def test_fault_27_rows_of_one_group_cannot_be_split(nested_cv, task, rows):
    with pytest.raises(DataError, match="all 60 rows belong to one group"):
        nested_cv(rows, task("y", rows[:, 0], groups=np.full(60, "here")))


def test_fault_28_fewer_rows_than_folds_and_dimensions_are_scored_with_warnings(nested_cv):
    rng = np.random.default_rng(1)
    X = rng.standard_normal((7, 30))
    result = nested_cv(X, X[:, 0])[0]
    assert result.status == "ok"
    assert result.warnings == (
        "fewer labelled rows (7) than dimensions (30)",
        "fewer rows than folds: 7 folds instead of 10",
    )


@pytest.mark.parametrize("n", [2, 3])
def test_fault_28_two_or_three_rows_have_a_finite_score(nested_cv, n):
    X = np.random.default_rng(1).standard_normal((n, 3))
    assert np.isfinite(nested_cv(X, np.arange(n, dtype=float))[0].score)


def test_fault_28_one_row_has_no_score(nested_cv):
    result = nested_cv(np.ones((1, 3)), np.array([1.0]))[0]
    assert (result.status, result.score) == ("undefined", None)


def test_fault_29_a_constant_target_is_undefined_and_spoils_no_other_task(nested_cv, rows):
    constant, fine = nested_cv(rows, np.full(60, 12.5), rows[:, 0])
    assert (constant.status, constant.score, constant.q, constant.std) == (
        "undefined",
        None,
        None,
        None,
    )
    assert constant.reason == "constant label: all 60 rows are 12.5"
    assert fine.score > 0.9


def test_fault_29_a_constant_output_is_left_out_of_the_mean(nested_cv, task, rows):
    y = np.column_stack([rows[:, 0], np.full(60, 4.0)])
    result = nested_cv(rows, task("two", y, outputs=("moves", "rests")))[0]
    assert result.extra["r2:rests"] is None
    assert result.score == result.extra["r2:moves"]
    assert result.warnings == ("constant outputs have no score: rests",)


def test_fault_29_labels_that_are_constant_but_for_one_row_are_defined(nested_cv, rows):
    y = np.zeros(60)
    y[17] = 1.0
    result = nested_cv(rows, y)[0]
    assert result.status == "ok"
    undefined = [score for score in result.splits if score.metric == "r2" and score.value is None]
    assert len(undefined) == 9
    assert all(score.status == "undefined" and score.reason for score in undefined)


def test_fault_34_a_row_without_any_label_of_an_output_is_never_predicted(nested_cv, task, rows):
    y = rows[:, :2].copy()
    y[:50, 1] = np.nan
    result = nested_cv(rows, task("two", y, outputs=("a", "b")))[0]
    assert np.isnan(result.predictions["y_pred"][:50, 1]).all()
    assert np.isfinite(result.predictions["y_pred"][50:]).all()


def test_fault_34_an_output_known_for_one_row_only_has_no_score(nested_cv, task, rows):
    y = rows[:, :2].copy()
    y[1:, 1] = np.nan
    result = nested_cv(rows, task("two", y, outputs=("a", "b")))[0]
    assert result.extra["r2:b"] is None
    assert result.score == result.extra["r2:a"]


def test_fault_36_one_positive_in_a_thousand_is_scored_by_the_stated_rule(nested_cv, task):
    rng = np.random.default_rng(2)
    X = rng.standard_normal((2000, 3))
    y = np.zeros(2000, dtype=int)
    y[[5, 900]] = 1
    result = nested_cv(X, task("rare", y, "binary"))[0]
    assert result.status == "ok"
    assert 0 < result.score < 0.2
    assert result.extra["f1"] == 0.0
    per_split = [s for s in result.splits if s.metric == "average-precision"]
    assert [s.value is None for s in per_split].count(False) == 2
    assert "only one class" in next(s.reason for s in per_split if s.value is None)
