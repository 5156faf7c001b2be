"""How the numbers of several encoders are made comparable before they stand side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neucocore.plugin import ConfigError

Scaling = Literal["block", "column", "none"]
SCALINGS: tuple[Scaling, ...] = ("block", "column", "none")


class Moments:
    """Count, mean and variance of columns, gathered from rows as they come."""

    def __init__(self) -> None:
        self.count = 0
        self.mean: NDArray[np.float64] = np.empty(0)
        self._squares: NDArray[np.float64] = np.empty(0)

    def add(self, rows: NDArray[np.float32]) -> None:
        """Take further rows in, (n, d); the update of Chan, Golub and LeVeque 1979."""
        block = rows.astype(np.float64)
        mean = block.mean(axis=0)
        squares = ((block - mean) ** 2).sum(axis=0)
        if self.count == 0:
            self.count, self.mean, self._squares = len(block), mean, squares
            return
        total = self.count + len(block)
        step = mean - self.mean
        self.mean = self.mean + step * (len(block) / total)
        self._squares = self._squares + squares + step**2 * (self.count * len(block) / total)
        self.count = total

    @property
    def variance(self) -> NDArray[np.float64]:
        """Variance of every column, (d,), ddof 0."""
        return self._squares / max(self.count, 1)


def factors(moments: Moments, scaling: Scaling, weight: float) -> NDArray[np.float64]:
    """Return what each centred column is multiplied with, (d,).

    With ``block`` and ``column`` the columns of a part have a total variance of ``weight`` squared,
    however many they are: with ``block`` they keep their proportions, with ``column`` all get the
    same variance. Columns without variance get 0. ``none`` is the weight alone.
    """
    variance = moments.variance
    if scaling == "none":
        return np.full(variance.shape, weight)
    if scaling == "block":
        total = variance.sum()
        return np.full(variance.shape, weight / np.sqrt(total) if total > 0 else 0.0)
    varying = variance > 0
    each = weight / np.sqrt(max(varying.sum(), 1))
    return np.where(varying, each / np.sqrt(np.where(varying, variance, 1)), 0.0)


def scaled(
    rows: NDArray[np.float32], mean: NDArray[np.float64], factor: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return (rows - mean) * factor, float32."""
    return ((rows - mean) * factor).astype(np.float32)


def read_weights(texts: Sequence[str | float], parts: int) -> list[float]:
    """Return one weight a part, 1 for all if none is given.

    Raises
    ------
    ConfigError
        Not one for each part, or not positive numbers.
    """
    try:
        weights = [float(text) for text in texts] or [1.0] * parts
    except ValueError:
        weights = []
    if len(weights) != parts or not all(0 < weight < float("inf") for weight in weights):
        given = ", ".join(map(str, texts))
        raise ConfigError(f"weights are {given}; needed are {parts} positive numbers")
    return weights


def check_scaling(scaling: str) -> Scaling:
    """Return the scaling of that name.

    Raises
    ------
    ConfigError
        There is none.
    """
    for known in SCALINGS:
        if scaling == known:
            return known
    raise ConfigError(f"unknown scaling {scaling!r}; there are {', '.join(SCALINGS)}")
