"""Ranks, weights and merits, against values computed by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import rankdata

from neucocore.results.ranking import (
    RANKINGS,
    By,
    merits,
    ranks,
    reranked_by,
    weighted_scores,
    weights,
)

Q = np.array([[10.0, 1.0], [8.0, 3.0], [2.0, 3.0]])
"""Three methods, two tasks. The ranks are 1, 2, 3 in the first task and 3, 1, 1 in the second."""


def test_equal_values_share_the_smallest_rank() -> None:
    assert ranks(np.array([5.0, 7.0, 5.0, 1.0])).tolist() == [2, 1, 2, 4]


def test_ranks_equal_those_of_scipy_with_the_method_min() -> None:
    values = np.random.default_rng(0).integers(0, 5, (12, 4)).astype(float)
    assert np.array_equal(ranks(values), rankdata(-values, axis=0, method="min"))


def test_weights_are_standard_deviations_normalised_to_a_sum_of_one() -> None:
    # Standard deviations (ddof 1): sqrt(52/3) = 4.163332 and sqrt(4/3) = 1.154701.
    assert weights(Q) == pytest.approx([0.78287073, 0.21712927], abs=1e-8)


def test_weights_are_equal_without_any_spread() -> None:
    assert weights(np.full((3, 4), 2.0)).tolist() == [0.25] * 4
    assert weights(np.array([[1.0, 9.0]])).tolist() == [0.5, 0.5]


def test_weighted_scores_are_weighted_means_of_ranks() -> None:
    # 1 * 0.782871 + 3 * 0.217129, 2 * 0.782871 + 0.217129, 3 * 0.782871 + 0.217129
    assert weighted_scores(Q) == pytest.approx([1.43425855, 1.78287073, 2.56574145], abs=1e-8)


def test_uniform_merits_are_mean_ranks_and_mean_merits_are_mean_scores() -> None:
    assert merits(Q, "uniform") == pytest.approx([-2, -1.5, -2])
    assert merits(Q, "mean") == pytest.approx([5.5, 5.5, 2.5])


def test_borda_gives_one_point_per_lower_score_and_half_a_point_per_equal_one() -> None:
    assert merits(Q, "borda") == pytest.approx([2, 1 + 1.5, 1.5])


@pytest.mark.parametrize("by", RANKINGS)
def test_fault_61_a_single_run_has_rank_1(by: By) -> None:
    assert ranks(merits(np.array([[-3.0, 0.0]]), by)).tolist() == [1]


@pytest.mark.parametrize("by", RANKINGS)
def test_fault_61_equal_runs_all_have_rank_1(by: By) -> None:
    assert ranks(merits(np.full((3, 2), -1.5), by)).tolist() == [1, 1, 1]


@pytest.mark.parametrize("by", RANKINGS)
def test_fault_61_negative_scores_are_ranked_like_positive_ones(by: By) -> None:
    q = np.array([[-9.0, -8.0], [-1.0, -2.0], [-5.0, -4.0]])
    assert ranks(merits(q, by)).tolist() == [3, 1, 2]


def test_fault_63_a_new_method_that_swaps_the_ranks_of_others_is_detected() -> None:
    # Of the first two methods the first is better in the task with the larger spread. The third
    # method makes the spread of the other task larger.
    q = np.array([[5.0, 1.0], [1.0, 2.0], [3.0, 50.0]])
    assert ranks(merits(q[:2], "weighted")).tolist() == [1, 2]
    assert reranked_by(q, 2, "weighted") == [0, 1]
    assert reranked_by(q, 2, "mean") == []
