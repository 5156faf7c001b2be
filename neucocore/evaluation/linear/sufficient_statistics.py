"""Sums over rows from which mean, variance and scatter matrix follow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neucocore.evaluation.linear.matrix import Matrix, blocks_of


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
    """

    shift: Matrix
    n: int
    total: Matrix
    gram: Matrix

    @classmethod
    def of(cls, X: Matrix, shift: Matrix) -> SufficientStatistics:
        """Sum over the rows of ``X`` (n, d)."""
        d = X.shape[1]
        total, gram = np.zeros(d), np.zeros((d, d))
        for block in blocks_of(X):
            shifted = block - shift
            total += shifted.sum(axis=0)
            gram += shifted.T @ shifted
        return cls(shift, len(X), total, gram)

    def __add__(self, other: SufficientStatistics) -> SufficientStatistics:
        return SufficientStatistics(
            self.shift, self.n + other.n, self.total + other.total, self.gram + other.gram
        )

    def __sub__(self, other: SufficientStatistics) -> SufficientStatistics:
        return SufficientStatistics(
            self.shift, self.n - other.n, self.total - other.total, self.gram - other.gram
        )
