"""The autoencoder's network, its errors, and the scales of what goes in."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from neucocore.plugin import NonFiniteError, ShapeError

BLOCK_ROWS = 256
"""Rows of a memory-mapped matrix held at a time."""


class Bottleneck(nn.Module):
    """Rows through a narrow layer and back.

    Parameters
    ----------
    columns, hidden, width
        Numbers of a row, of the hidden layer and of the narrow one.
    targets
        Further numbers to tell from the narrow layer.
    dropout
        Share of numbers dropped before each of the two layers to it.
    """

    def __init__(self, columns: int, hidden: int, width: int, targets: int, dropout: float) -> None:
        super().__init__()
        self.width = width
        self.norm = nn.LayerNorm(columns)
        self.drop = nn.Dropout(dropout)
        self.first = nn.Linear(columns, hidden)
        self.second = nn.Linear(hidden, width)
        self.back = nn.Linear(width, columns)
        self.tell = nn.Linear(width, targets) if targets else None

    def squeeze(self, rows: torch.Tensor) -> torch.Tensor:
        """Return the narrow layer, (n, width), of rows (n, columns)."""
        hidden = functional.gelu(self.first(self.drop(self.norm(rows))))
        return self.second(self.drop(hidden))

    def forward(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the rows as told from the narrow layer, (n, columns), and the targets."""
        squeezed = self.squeeze(rows)
        told = self.back(squeezed)
        return told, told[:, :0] if self.tell is None else self.tell(squeezed)


def source_error(
    told: torch.Tensor, rows: torch.Tensor, widths: Sequence[int], weights: Sequence[float]
) -> torch.Tensor:
    """Return the weighted sum of the sources' mean squared errors."""
    parts = (told - rows).square().split(list(widths), dim=1)
    means = [weight * part.mean() for part, weight in zip(parts, weights, strict=True)]
    return torch.stack(means).sum()


def target_error(guessed: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """Return the mean squared error over the targets that are known, not NaN; 0 if none is."""
    there = ~torch.isnan(known)
    error = torch.where(there, guessed - known.nan_to_num(), 0.0).square().sum()
    return error / there.sum().clamp_min(1)


def source_scales(
    matrix: NDArray[np.float32], widths: Sequence[int]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return each column's mean and its source's standard deviation, both (d,).

    A source that never varies gets 1.

    Raises
    ------
    NonFiniteError
        The matrix holds NaN or infinite numbers.
    """
    total, squares = np.zeros(matrix.shape[1]), np.zeros(matrix.shape[1])
    for top in range(0, len(matrix), BLOCK_ROWS):
        total += matrix[top : top + BLOCK_ROWS].astype(np.float64).sum(axis=0)
    if bad := int((~np.isfinite(total)).sum()):
        raise NonFiniteError(
            f"kth-autoencoder cannot be fitted: {bad} of {matrix.shape[1]} columns hold NaN or "
            "infinite numbers"
        )
    mean = total / len(matrix)
    for top in range(0, len(matrix), BLOCK_ROWS):
        squares += ((matrix[top : top + BLOCK_ROWS] - mean) ** 2).sum(axis=0)
    edges = np.cumsum([0, *widths])
    scale = [
        np.sqrt(squares[start:end].sum() / (len(matrix) * (end - start))) or 1.0
        for start, end in pairwise(edges)
    ]
    return mean.astype(np.float32), np.repeat(scale, widths).astype(np.float32)


def standard_targets(targets: NDArray[np.floating] | None, rows: int) -> NDArray[np.float32]:
    """Return each target with mean 0 and variance 1 over the rows that have it, NaN elsewhere.

    Raises
    ------
    ShapeError
        Not one row of targets a row.
    NonFiniteError
        A target is infinite, or known for no row.
    """
    if targets is None:
        return np.empty((rows, 0), np.float32)
    if targets.ndim != 2 or len(targets) != rows:
        raise ShapeError(f"targets of shape {targets.shape} do not belong to {rows} rows")
    if np.isinf(targets).any() or np.isnan(targets).all(axis=0).any():
        raise NonFiniteError("every target needs a number in some row, and none may be infinite")
    centred = targets - np.nanmean(targets, axis=0)
    spread = np.nanstd(targets, axis=0)
    return (centred / np.where(spread > 0, spread, 1)).astype(np.float32)
