"""Ranks, weights and merits on tables small enough to do by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import rankdata

from neucocore.results.ranking import WAYS, By, merits, moved_by, ranks, weighted_scores, weights

Q = np.array([[10.0, 1.0], [8.0, 3.0], [2.0, 3.0]])


def test_ranks_share_the_better_place_as_scipys_minimum() -> None:
    values = np.random.default_rng(0).integers(0, 5, (12, 4)).astype(float)
    assert np.array_equal(ranks(values), rankdata(-values, axis=0, method="min"))


def test_weights_are_spreads_that_sum_to_one() -> None:
    spread = np.array([np.std([10, 8, 2], ddof=1), np.std([1, 3, 3], ddof=1)])
    assert weights(Q) == pytest.approx(spread / spread.sum())


def test_weighted_scores_by_hand() -> None:
    first, second = weights(Q)
    assert weighted_scores(Q) == pytest.approx(
        [first + 3 * second, 2 * first + second, 3 * first + second]
    )


def test_uniform_and_mean_by_hand() -> None:
    assert merits(Q, "uniform") == pytest.approx([-2, -1.5, -2])
    assert merits(Q, "mean") == pytest.approx([5.5, 5.5, 2.5])


def test_borda_gives_a_point_for_a_win_and_half_for_a_tie() -> None:
    assert merits(Q, "borda") == pytest.approx([2, 1 + 1.5, 1.5])


@pytest.mark.parametrize("by", WAYS)
def test_fault_61_one_run_is_first(by: By) -> None:
    assert ranks(merits(np.array([[-3.0, 0.0]]), by)).tolist() == [1]


@pytest.mark.parametrize("by", WAYS)
def test_fault_61_equal_runs_share_the_first_place(by: By) -> None:
    assert ranks(merits(np.full((3, 2), -1.5), by)).tolist() == [1, 1, 1]


@pytest.mark.parametrize("by", WAYS)
def test_fault_61_negative_scores_rank_like_others(by: By) -> None:
    q = np.array([[-9.0, -8.0], [-1.0, -2.0], [-5.0, -4.0]])
    assert ranks(merits(q, by)).tolist() == [3, 1, 2]


def test_fault_63_a_newcomer_that_turns_others_round_is_noticed() -> None:
    # Alone the first wins by the task with more spread; the newcomer stretches the other one.
    q = np.array([[5.0, 1.0], [1.0, 2.0], [3.0, 50.0]])
    assert ranks(merits(q[:2], "weighted")).tolist() == [1, 2]
    assert moved_by(q, 2, "weighted") == [0, 1]
    assert moved_by(q, 2, "mean") == []
