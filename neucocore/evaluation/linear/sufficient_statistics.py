"""Sums over rows from which mean, variance and scatter matrix follow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neucocore.evaluation.linear.matrix import Matrix, blocks_of

MIN_REMAINDER = 1e-9
"""Smallest share of a sum of squares that is still computed by subtraction.

Float64 has almost 16 digits, so about six are left.
"""


@dataclass(frozen=True, eq=False)
class SufficientStatistics:
    """Number of rows, their sum and the sum of their outer products.

    Statistics of disjoint sets of rows with the same ``shift`` can be added. The statistics of the
    training part of a split are therefore those of all rows minus those of the held-out rows.

    Attributes
    ----------
    shift
        (d,), subtracted from each row before summing. Near the mean of the rows it avoids the loss
        of digits that occurs when columns are far from zero.
    n
        Number of rows.
    total
        (d,) sum of the shifted rows.
    gram
        (d, d) sum of the outer products of the shifted rows.
    largest
        (d,) largest diagonal of the sums from which these statistics were computed. It is larger
        than that of `gram` after a subtraction, and its last digit limits the accuracy.
    """

    shift: Matrix
    n: int
    total: Matrix
    gram: Matrix
    largest: Matrix

    @classmethod
    def of(cls, X: Matrix, shift: Matrix) -> SufficientStatistics:
        """Sum over the rows of ``X`` (n, d)."""
        d = X.shape[1]
        total, gram = np.zeros(d), np.zeros((d, d))
        for block in blocks_of(X):
            shifted = block - shift
            total += shifted.sum(axis=0)
            gram += shifted.T @ shifted
        return cls(shift, len(X), total, gram, np.diag(gram))

    @property
    def variance(self) -> Matrix:
        """Variance of each column (ddof 0), (d,); slightly negative values are rounding errors."""
        variance: Matrix = np.diag(self.gram) / self.n - (self.total / self.n) ** 2
        return variance

    @property
    def accurate(self) -> NDArray[np.bool_]:
        """Whether the variance of each column has enough digits left, (d,)."""
        return np.asarray(self.variance * self.n >= MIN_REMAINDER * self.largest)

    def __add__(self, other: SufficientStatistics) -> SufficientStatistics:
        gram = self.gram + other.gram
        largest = np.maximum(np.diag(gram), np.maximum(self.largest, other.largest))
        return SufficientStatistics(
            self.shift, self.n + other.n, self.total + other.total, gram, largest
        )

    def __sub__(self, other: SufficientStatistics) -> SufficientStatistics:
        return SufficientStatistics(
            self.shift,
            self.n - other.n,
            self.total - other.total,
            self.gram - other.gram,
            np.maximum(self.largest, other.largest),
        )
