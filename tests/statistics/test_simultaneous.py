"""Decisions between methods: error rates by simulation, and figures by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from neucocore.statistics.ranks import TaskInfluences
from neucocore.statistics.simultaneous import (
    Target,
    close_to_best,
    rows_needed,
    simultaneous_pairs,
)

N = 400


def target(truth, rng, n=N, correlation=0.5, task=0):
    """Return methods whose scores are means of n correlated numbers around the truth."""
    shared = rng.standard_normal((n, 1))
    own = rng.standard_normal((n, len(truth)))
    rows = truth + np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * own
    merits = rows.mean(axis=0)
    del task
    influence = TaskInfluences(rows - merits, np.arange(n), 1.0, np.zeros(len(truth)),
                               np.ones(len(truth)))  # fmt: skip
    return Target(merits, [influence])


@pytest.mark.parametrize("truth", [[0, 0, 0], [0.3, 0.0, 0.28], [0, 0, 0, 0, 0.12]])
def test_a_method_worse_by_more_than_the_margin_is_rarely_called_close(truth):
    rng = np.random.default_rng(1)
    truth = np.array(truth, dtype=float)
    margin = 0.1
    wrong = right = 0
    draws = 400
    for _ in range(draws):
        found = close_to_best(target(truth, rng), margin, rng, draws=400)
        worse = truth.max() - truth > margin
        wrong += bool(found.close[worse].any())
        right += bool(found.close[~worse].any())
    assert wrong / draws <= 0.05 + 0.022  # two Monte Carlo errors
    if truth[0] != truth[-1]:
        assert right / draws > 0.3


def test_equal_methods_are_rarely_called_different_on_any_target():
    rng = np.random.default_rng(2)
    different = 0
    for _ in range(400):
        targets = [target(np.zeros(4), rng) for _ in range(3)]
        found = simultaneous_pairs(targets, rng, draws=400)
        different += bool((found.p_values[:, *np.triu_indices(4, 1)] <= 0.05).any())
    assert different / 400 <= 0.05 + 0.022
    assert different > 0


def test_simultaneous_intervals_hold_together():
    rng = np.random.default_rng(3)
    truth = np.array([0.0, 0.1, 0.3])
    missed = 0
    for _ in range(400):
        found = simultaneous_pairs([target(truth, rng)], rng, draws=400)
        true = truth[:, None] - truth
        missed += bool(((true < found.low[0]) | (true > found.high[0])).any())
    assert missed / 400 <= 0.05 + 0.022


def test_a_clear_difference_is_found():
    rng = np.random.default_rng(4)
    found = simultaneous_pairs([target(np.array([0.5, 0.0]), rng)], rng)
    assert found.p_values[0, 0, 1] < 0.01
    assert found.low[0, 0, 1] > 0.3
    assert found.differences[0, 0, 1] == -found.differences[0, 1, 0]


def test_two_methods_need_no_adjustment():
    one = target(np.zeros(2), np.random.default_rng(5))
    found = close_to_best(one, 0.1, np.random.default_rng(6), draws=20_000)
    assert found.critical == pytest.approx(stats.t.ppf(0.95, N - 1), abs=0.05)
    pairs = simultaneous_pairs([one], np.random.default_rng(7), draws=20_000)
    assert pairs.critical == pytest.approx(stats.t.ppf(0.975, N - 1), abs=0.05)
    error = one.tests.standard_errors[0, 1]
    difference = one.merits[0] - one.merits[1]
    expected = np.array([-difference, difference]) + found.critical * error
    assert found.losses == pytest.approx(expected)
    assert found.rivals.tolist() == [1, 0]


def test_equal_predictions_are_as_close_as_can_be():
    one = target(np.zeros(1), np.random.default_rng(8))
    values = np.repeat(one.tasks[0].values, 2, axis=1)
    same = Target(np.repeat(one.merits, 2), [TaskInfluences(values, np.arange(N), 1.0)])
    found = close_to_best(same, 0.0, np.random.default_rng(9))
    assert found.losses.tolist() == [0, 0]
    assert found.close.all()


def test_one_method_is_the_best():
    found = close_to_best(target(np.zeros(1), np.random.default_rng(1)), 0.0,
                          np.random.default_rng(1))  # fmt: skip
    assert found.close.tolist() == [True]


def test_so_many_rows_show_that_equal_methods_are_close_with_80_percent_power():
    rng = np.random.default_rng(10)
    one = target(np.zeros(2), rng, n=100)
    margin = 0.1
    needed = rows_needed(100, float(one.tests.standard_errors[0, 1]), 1.645, margin)
    shown = 0
    for _ in range(300):
        more = target(np.zeros(2), rng, n=int(needed))
        # Standard errors hold the training noise, doubled here; the truth does not.
        shown += close_to_best(more, margin, rng, draws=300).losses[0] <= margin
    assert shown / 300 > 0.75


def test_a_clear_winner_is_better_than_all_others_by_some_amount():
    found = close_to_best(
        target(np.array([0.6, 0.0, 0.1]), np.random.default_rng(11)), 0.0, np.random.default_rng(12)
    )
    assert found.losses[0] < -0.2
    assert found.close.tolist() == [True, False, False]
