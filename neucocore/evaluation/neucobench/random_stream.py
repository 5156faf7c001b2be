"""The random stream of NeuCo-Bench's linear probe: one generator for a whole run.

Weights, loader seeds and permutations of every fold of every task come from one MT19937, one
32-bit output after the other. Every count is known before any training, so the outputs of a fold
can be taken ahead and the fold trained whenever and wherever: that is what makes folds both
parallel and equal to the reference.

The order within a fold is: the initial weights (d outputs) and bias (1); then per epoch, for the
training pass and for the validation pass, `LOADER_SEED` outputs that nobody uses and the n - 1
swaps of a permutation.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

SEED = 42
LOADER_SEED = 2
"""Outputs a data loader draws (one 64-bit seed) before each pass."""


class Stream:
    """The 32-bit outputs of MT19937, seeded the classic way, in order."""

    def __init__(self, seed: int = SEED) -> None:
        self._generator = np.random.RandomState(seed)

    def take(self, count: int) -> NDArray[np.uint32]:
        """Return the next `count` outputs, shape (count,) uint32."""
        return self._generator.randint(0, 2**32, size=count, dtype=np.uint32)


def draws_per_fold(n: int, d: int, epochs: int) -> int:
    """Count what one fold consumes: `n` rows (training and held-out), `d` dimensions."""
    passes = 2 * LOADER_SEED + n - 2
    return d + 1 + epochs * passes


def draws_per_refit(d: int, epochs: int) -> int:
    """Count what the refit of a stored probe consumes: its passes are not shuffled."""
    return d + 1 + epochs * LOADER_SEED


def initial_parameters(outputs: NDArray[np.uint32]) -> NDArray[np.float32]:
    """Turn d + 1 outputs into initial weights and, last, the bias.

    Uniform in (-1/sqrt(d), 1/sqrt(d)), each from the low 24 bits of one output, in float32.
    """
    bound = np.float32(1 / math.sqrt(len(outputs) - 1))
    unit = (outputs & np.uint32(0xFFFFFF)).astype(np.float32) * np.float32(2.0**-24)
    return unit * (bound + bound) - bound


def permutation(outputs: NDArray[np.uint32]) -> NDArray[np.intp]:
    """Turn n - 1 outputs into a permutation of 0..n-1 by swapping forward from the identity."""
    order = list(range(len(outputs) + 1))
    for i, output in enumerate(outputs.tolist()):
        j = i + output % (len(order) - i)
        order[i], order[j] = order[j], order[i]
    return np.array(order, dtype=np.intp)


def shuffle_splits(
    n: int, count: int, seed: int = SEED
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield `count` pairs of training and held-out rows out of `n`.

    These are scikit-learn's ``ShuffleSplit(count, test_size=0.1)``: of each permutation the first
    tenth, rounded up, is held out. Their generator is their own, not the stream.
    """
    generator = np.random.RandomState(seed)
    held_out = math.ceil(0.1 * n)
    for _ in range(count):
        order = generator.permutation(n)
        yield order[held_out:], order[:held_out]
