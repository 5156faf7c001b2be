"""The random stream of NeuCo-Bench's linear probe: one generator for a complete run.

Weights, loader seeds and permutations of all folds of all tasks come from one MT19937 generator
(Matsumoto and Nishimura, ACM TOMACS 8, 1998), one 32-bit draw after the other. The number of draws
is known before training. The draws of a fold can therefore be taken in advance and the fold can be
trained at any time and in any thread, with the same result as in NeuCo-Bench.

Within a fold, the draws are used in this order: initial weights (d draws) and bias (1 draw); then,
in each epoch, for the training pass and for the validation pass, `LOADER_SEED_DRAWS` draws that are
not used and the n - 1 swaps of a permutation.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

SEED = 42
HELD_OUT_SHARE = 0.1
"""Share of the rows that each split holds out."""
LOADER_SEED_DRAWS = 2
"""Draws that a PyTorch data loader takes before each pass, for a 64-bit seed."""


class RandomStream:
    """The 32-bit draws of MT19937, in order, seeded as by ``torch.manual_seed``."""

    def __init__(self, seed: int = SEED) -> None:
        self._generator = np.random.RandomState(seed)

    def take(self, count: int) -> NDArray[np.uint32]:
        """Return the next `count` draws, (count,) uint32."""
        return self._generator.randint(0, 2**32, size=count, dtype=np.uint32)


def draws_per_fold(n: int, d: int, epochs: int) -> int:
    """Return the number of draws of one fold.

    Parameters
    ----------
    n
        Number of rows, training and held-out rows together.
    d
        Number of dimensions.
    """
    passes = 2 * LOADER_SEED_DRAWS + n - 2
    return d + 1 + epochs * passes


def draws_per_refit(d: int, epochs: int) -> int:
    """Return the number of draws of the fit of a stored probe, whose passes are not shuffled."""
    return d + 1 + epochs * LOADER_SEED_DRAWS


def initial_parameters(draws: NDArray[np.uint32]) -> NDArray[np.float32]:
    """Convert d + 1 draws to initial weights (d,) and, last, the bias; float32.

    They are uniform in (-1/sqrt(d), 1/sqrt(d)), each from the low 24 bits of one draw, as in
    ``torch.nn.Linear``.
    """
    bound = np.float32(1 / math.sqrt(len(draws) - 1))
    unit = (draws & np.uint32(0xFFFFFF)).astype(np.float32) * np.float32(2.0**-24)
    return unit * (bound + bound) - bound


def permutation(draws: NDArray[np.uint32]) -> NDArray[np.intp]:
    """Convert n - 1 draws to a permutation of 0..n-1 by forward swaps, as ``torch.randperm``."""
    order = list(range(len(draws) + 1))
    for i, draw in enumerate(draws.tolist()):
        j = i + draw % (len(order) - i)
        order[i], order[j] = order[j], order[i]
    return np.array(order, dtype=np.intp)


def shuffle_splits(
    n: int, count: int, seed: int = SEED
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield `count` pairs of training rows and held-out rows out of `n` rows.

    They equal the splits of scikit-learn's ``ShuffleSplit(count, test_size=0.1)``: the first tenth
    of each permutation, rounded up, is held out. They have a generator of their own and take no
    draws from the stream.
    """
    generator = np.random.RandomState(seed)
    n_held_out = math.ceil(HELD_OUT_SHARE * n)
    for _ in range(count):
        order = generator.permutation(n)
        yield order[n_held_out:], order[:n_held_out]
