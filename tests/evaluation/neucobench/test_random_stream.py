"""The random stream, against numbers drawn by torch 2.13 after ``manual_seed(42)``."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.model_selection import ShuffleSplit

from neucocore.evaluation.neucobench.random_stream import (
    RandomStream,
    draws_per_fold,
    draws_per_refit,
    initial_parameters,
    permutation,
    shuffle_splits,
)

WEIGHTS = [0.31212157, 0.33884934, -0.09564134, 0.37502149, -0.08944866, 0.0823807]
BIAS = -0.19875774
LOADER_SEED = 1786570142263596646

# Recorded from scikit-learn 1.9: ShuffleSplit(2, test_size=0.1, random_state=42).
SPLITS_OF_ELEVEN = [
    ([9, 10, 2, 1, 8, 4, 7, 3, 6], [5, 0]),
    ([8, 1, 9, 5, 2, 10, 3, 4, 7], [0, 6]),
]


def test_draws_are_those_of_mt19937_seeded_with_42() -> None:
    assert RandomStream().take(3).tolist() == [1608637542, 3421126067, 4083286876]


def test_draws_taken_in_parts_continue_one_stream() -> None:
    at_once, in_parts = RandomStream(), RandomStream()
    parts = [*in_parts.take(700).tolist(), *in_parts.take(600).tolist()]
    assert at_once.take(1300).tolist() == parts


def test_a_layer_and_two_permutations_follow_each_other_as_in_torch() -> None:
    stream = RandomStream()
    assert initial_parameters(stream.take(7)) == pytest.approx([*WEIGHTS, BIAS], abs=1e-7)
    high, low = stream.take(2).tolist()
    assert ((high << 32) | low) & (2**63 - 1) == LOADER_SEED
    assert permutation(stream.take(11)).tolist() == [5, 2, 6, 11, 1, 4, 10, 7, 3, 9, 0, 8]
    assert permutation(stream.take(2)).tolist() == [1, 0, 2]


def test_a_single_row_needs_no_draw() -> None:
    assert permutation(RandomStream().take(0)).tolist() == [0]


def test_a_fold_takes_draws_for_parameters_and_for_two_passes_per_epoch() -> None:
    # 7 weights and the bias: 8 draws. Training pass over 90 rows: 2 + 89 draws; validation pass
    # over 11 rows: 2 + 10 draws; 3 epochs: 3 * 103 draws.
    assert draws_per_fold(n=101, d=7, epochs=3) == 317


def test_a_refit_takes_draws_for_parameters_and_for_one_loader_per_epoch() -> None:
    assert draws_per_refit(d=7, epochs=3) == 14


def test_splits_of_eleven_rows_hold_out_two() -> None:
    splits = [(train.tolist(), held_out.tolist()) for train, held_out in shuffle_splits(11, 2)]
    assert splits == SPLITS_OF_ELEVEN


@pytest.mark.parametrize("n", [2, 11, 30, 101, 1140])
def test_splits_equal_those_of_scikit_learns_shuffle_split(n: int) -> None:
    expected = ShuffleSplit(4, test_size=0.1, random_state=42).split(np.zeros(n))
    for split, expected_split in zip(shuffle_splits(n, 4), expected, strict=True):
        assert np.array_equal(split[0], expected_split[0])
        assert np.array_equal(split[1], expected_split[1])
