"""The random stream, against numbers drawn by torch 2.13 after ``manual_seed(42)``."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.model_selection import ShuffleSplit

from neucocore.evaluation.neucobench.random_stream import (
    LOADER_SEED,
    Stream,
    draws_per_fold,
    draws_per_refit,
    initial_parameters,
    permutation,
    shuffle_splits,
)

WEIGHTS = [0.31212157, 0.33884934, -0.09564134, 0.37502149, -0.08944866, 0.0823807]
BIAS = -0.19875774


def test_outputs_are_those_of_mersenne_twister_seeded_with_42() -> None:
    assert Stream().take(3).tolist() == [1608637542, 3421126067, 4083286876]


def test_taking_in_parts_continues_one_stream() -> None:
    whole, parts = Stream(), Stream()
    assert whole.take(1300).tolist() == [*parts.take(700).tolist(), *parts.take(600).tolist()]


def test_a_layer_and_two_permutations_follow_each_other_as_in_torch() -> None:
    stream = Stream()
    assert initial_parameters(stream.take(7)) == pytest.approx([*WEIGHTS, BIAS], abs=1e-7)
    low, high = stream.take(LOADER_SEED).tolist()
    assert ((low << 32) | high) & (2**63 - 1) == 1786570142263596646
    assert permutation(stream.take(11)).tolist() == [5, 2, 6, 11, 1, 4, 10, 7, 3, 9, 0, 8]
    assert permutation(stream.take(2)).tolist() == [1, 0, 2]


def test_one_row_needs_no_output() -> None:
    assert permutation(Stream().take(0)).tolist() == [0]


def test_the_count_of_a_fold_adds_up_from_its_passes() -> None:
    n, held_out, d, epochs = 101, 11, 7, 3
    passes = (LOADER_SEED + n - held_out - 1) + (LOADER_SEED + held_out - 1)
    assert draws_per_fold(n, d, epochs) == d + 1 + epochs * passes
    assert draws_per_refit(d, epochs) == d + 1 + epochs * LOADER_SEED


@pytest.mark.parametrize("n", [2, 11, 30, 101, 1140])
def test_splits_are_those_of_shuffle_split(n: int) -> None:
    expected = ShuffleSplit(4, test_size=0.1, random_state=42).split(np.zeros(n))
    for mine, theirs in zip(shuffle_splits(n, 4), expected, strict=True):
        assert np.array_equal(mine[0], theirs[0])
        assert np.array_equal(mine[1], theirs[1])
