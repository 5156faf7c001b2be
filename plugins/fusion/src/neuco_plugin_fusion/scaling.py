"""How the embeddings of several encoders are scaled before they are concatenated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neucocore.plugin import ConfigError

Scaling = Literal["block", "column", "none"]
SCALINGS: tuple[Scaling, ...] = ("block", "column", "none")


class ColumnStatistics:
    """Number of rows, mean and variance of columns, updated with blocks of rows."""

    def __init__(self) -> None:
        self.count = 0
        self.mean: NDArray[np.float64] = np.empty(0)
        self._squares: NDArray[np.float64] = np.empty(0)

    def add(self, rows: NDArray[np.float32]) -> None:
        """Include further rows, (n, d), by the update of Chan, Golub and LeVeque (1979)."""
        block = rows.astype(np.float64)
        mean = block.mean(axis=0)
        squares = ((block - mean) ** 2).sum(axis=0)
        if self.count == 0:
            self.count, self.mean, self._squares = len(block), mean, squares
            return
        total = self.count + len(block)
        difference = mean - self.mean
        self.mean = self.mean + difference * (len(block) / total)
        self._squares = self._squares + squares + difference**2 * (self.count * len(block) / total)
        self.count = total

    @property
    def variance(self) -> NDArray[np.float64]:
        """Variance of every column, (d,), ddof 0."""
        return self._squares / max(self.count, 1)


def scale_factors(
    statistics: ColumnStatistics, scaling: Scaling, weight: float
) -> NDArray[np.float64]:
    """Return the factor of each centred column, (d,).

    With ``block`` and ``column``, the total variance of the columns of a part is the square of
    ``weight``, independent of their number: with ``block`` the ratios of their variances are kept,
    with ``column`` all variances become equal. Columns without variance have factor 0. With
    ``none`` the factor is the weight.
    """
    variance = statistics.variance
    if scaling == "none":
        return np.full(variance.shape, weight)
    if scaling == "block":
        total = variance.sum()
        return np.full(variance.shape, weight / np.sqrt(total) if total > 0 else 0.0)
    varying = variance > 0
    per_column = weight / np.sqrt(max(varying.sum(), 1))
    return np.where(varying, per_column / np.sqrt(np.where(varying, variance, 1)), 0.0)


def scale(
    rows: NDArray[np.float32], mean: NDArray[np.float64], factor: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return (rows - mean) * factor, float32."""
    return ((rows - mean) * factor).astype(np.float32)


def read_weights(texts: Sequence[str | float], parts: int) -> list[float]:
    """Return one weight per part; 1 for all parts if `texts` is empty.

    Raises
    ------
    ConfigError
        Not one number per part, or not positive finite numbers.
    """
    try:
        weights = [float(text) for text in texts] or [1.0] * parts
    except ValueError:
        weights = []
    if len(weights) != parts or not all(0 < weight < float("inf") for weight in weights):
        raise ConfigError(
            f"weights={','.join(map(str, texts))}: {parts} positive numbers are required",
            hint="one weight per part, separated by commas: 1,2",
        )
    return weights


def check_scaling(scaling: str) -> Scaling:
    """Return the scaling of that name.

    Raises
    ------
    ConfigError
        The scaling is unknown.
    """
    for known in SCALINGS:
        if scaling == known:
            return known
    raise ConfigError(f"unknown scaling {scaling!r}", hint=f"use one of {', '.join(SCALINGS)}")
