from __future__ import annotations

import numpy as np
import pytest

from neucocore.statistics import metric_influence
from neucocore.statistics.influence import (
    Influence,
    Undefined,
    given_values,
    group_sums,
    mean_of_columns,
    mean_of_repeats,
    rescaled,
    sampling_variance,
)

VALUES = np.array([1.0, -2.0, 3.0, -1.0, -1.0])
GROUPS = np.array([7, 7, 3, 3, 5])


def test_group_sums_are_in_the_order_of_the_groups():
    np.testing.assert_array_equal(group_sums(VALUES, GROUPS), [2, -1, -1])
    np.testing.assert_array_equal(
        group_sums(np.column_stack([VALUES, 2 * VALUES]), GROUPS), [[2, 4], [-1, -2], [-1, -2]]
    )


def test_the_variance_sums_rows_or_groups():
    assert sampling_variance(VALUES) == 16 / 25
    assert sampling_variance(VALUES, GROUPS) == pytest.approx(6 / 25 * 3 / 2)
    assert sampling_variance(VALUES, np.zeros(5)) == np.inf


def test_groups_of_one_row_give_the_variance_of_rows_up_to_the_correction():
    assert sampling_variance(VALUES, np.arange(5)) == pytest.approx(16 / 25 * 5 / 4)


def test_n_effective_is_n_for_equal_sizes_and_1_for_one_extreme_row():
    assert Influence(np.array([1.0, -1, 1, -1]), 0.5).n_effective == 4
    assert Influence(np.append(np.full(999, -1e-6), 999e-6), 0.5).n_effective == pytest.approx(
        1, abs=0.01
    )
    assert Influence(np.zeros(4), 0.5).n_effective == 0


def test_the_mean_of_columns_is_a_derivative_where_labels_are_missing():
    rng = np.random.default_rng(0)
    n = 40
    Y, P = rng.normal(size=(2, n, 2))
    rows = [np.arange(n), np.flatnonzero(rng.random(n) < 0.6)]

    def score(w):
        return sum(w[r] @ (Y[r, k] - P[r, k]) ** 2 / w[r].sum() for k, r in enumerate(rows)) / 2

    columns = [metric_influence.mse(Y[r, k], P[r, k]) for k, r in enumerate(rows)]
    found = mean_of_columns(columns, rows, n)
    assert found.estimate == pytest.approx(score(np.ones(n)))
    for row in range(n):
        w = np.ones(n, dtype=complex)
        w[row] += 1e-30j
        assert found.values[row] == pytest.approx(score(w).imag / 1e-30 * n, abs=1e-8)


def test_columns_without_a_score_are_left_out_and_all_of_them_give_the_reason():
    column = Influence(VALUES, 0.5)
    rows = [np.arange(5)] * 2
    assert mean_of_columns([column, Undefined("constant")], rows, 5).estimate == 0.5
    assert mean_of_columns([Undefined("constant")] * 2, rows, 5) == Undefined("constant")
    assert mean_of_columns([], [], 5) == Undefined("no output has a score")


def test_training_noise_of_columns_counts_as_fully_correlated():
    columns = [
        Influence(VALUES, 0.5, training_noise=0.1, error_scale=0.5),
        Influence(VALUES, 0.7, training_noise=0.4, error_scale=0.3),
    ]
    found = mean_of_columns(columns, [np.arange(5)] * 2, 5)
    roots = np.sqrt([column.training_term for column in columns])
    assert found.training_term == pytest.approx(np.mean(roots) ** 2)
    one = mean_of_columns(columns[:1], [np.arange(5)], 5)
    assert one.training_term == pytest.approx(columns[0].training_term)


def test_the_inflation_of_columns_is_weighted_by_variance_and_events_are_the_fewest():
    columns = [
        Influence(VALUES, 0.5, kind="ranking", inflation=0.2, events=30),
        Influence(2 * VALUES, 0.7, kind="ranking", inflation=0.7, events=12),
    ]
    found = mean_of_columns(columns, [np.arange(5)] * 2, 5)
    assert found.inflation == pytest.approx((0.2 + 4 * 0.7) / 5)
    assert found.events == 12
    unknown = Influence(VALUES, 0.5, kind="ranking", events=30)
    assert mean_of_columns([unknown, columns[1]], [np.arange(5)] * 2, 5).inflation is None


def test_repeats_are_averaged_row_by_row():
    repeats = [
        Influence(VALUES, 0.5, training_noise=0.1, error_scale=0.5),
        Influence(-VALUES, 0.7, training_noise=0.3, error_scale=0.3),
    ]
    found = mean_of_repeats(repeats)
    np.testing.assert_array_equal(found.values, np.zeros(5))
    assert (found.estimate, found.repeats) == (pytest.approx(0.6), 2)
    assert (found.training_noise, found.error_scale) == (pytest.approx(0.2), pytest.approx(0.4))
    assert mean_of_repeats([*repeats, Undefined("why")]) == Undefined("why")
    assert mean_of_repeats([]) == Undefined("no repeat has a score")


def test_a_rescaled_error_turns_its_direction_and_bounds():
    error = Influence(VALUES, 2.0, greater_is_better=False, bounds=(0.0, np.inf), error_scale=1.0)
    skill = rescaled(error, 4.0, -1 / 4)
    assert skill.estimate == 0.5
    assert skill.greater_is_better
    assert skill.bounds == (-np.inf, 1.0)
    assert skill.error_scale == 0.25
    np.testing.assert_array_equal(skill.values, -VALUES / 4)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (np.ones(4), r"the influence values have the shape (4,), expected (5,)"),
        (np.full(5, np.nan), "the score or its influence values are not finite numbers"),
        (np.ones(5), "the influence values do not sum to 0"),
    ],
)
def test_wrong_influence_values_of_a_plugin_have_a_reason(values, reason):
    assert given_values(values, 0.5, 5) == Undefined(reason)


def test_right_influence_values_of_a_plugin_are_taken():
    found = given_values(VALUES.tolist(), 0.5, 5, kind="decisions")
    assert isinstance(found, Influence)
    assert found.kind == "decisions"
