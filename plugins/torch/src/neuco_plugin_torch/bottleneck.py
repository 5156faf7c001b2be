"""The network of the autoencoder, its errors, and the scaling of its inputs."""

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
"""Number of rows of a memory-mapped matrix that are read at once."""


class Bottleneck(nn.Module):
    """An autoencoder with a narrow layer, and a linear prediction of targets from it.

    Parameters
    ----------
    columns, hidden, width
        Width of the input, of the hidden layer and of the narrow layer.
    targets
        Number of auxiliary targets predicted from the narrow layer.
    dropout
        Dropout rate before both layers of the encoder.
    """

    def __init__(self, columns: int, hidden: int, width: int, targets: int, dropout: float) -> None:
        super().__init__()
        self.width = width
        self.norm = nn.LayerNorm(columns)
        self.drop = nn.Dropout(dropout)
        self.first = nn.Linear(columns, hidden)
        self.second = nn.Linear(hidden, width)
        self.decoder = nn.Linear(width, columns)
        self.predictor = nn.Linear(width, targets) if targets else None

    def encode(self, rows: torch.Tensor) -> torch.Tensor:
        """Return the narrow layer, (n, width), of rows (n, columns)."""
        hidden = functional.gelu(self.first(self.drop(self.norm(rows))))
        return self.second(self.drop(hidden))

    def forward(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the decoded rows, (n, columns), and the predicted targets, (n, targets)."""
        encoded = self.encode(rows)
        decoded = self.decoder(encoded)
        return decoded, decoded[:, :0] if self.predictor is None else self.predictor(encoded)


def source_error(
    decoded: torch.Tensor, rows: torch.Tensor, widths: Sequence[int], weights: Sequence[float]
) -> torch.Tensor:
    """Return the weighted sum of the mean squared errors of the sources."""
    parts = (decoded - rows).square().split(list(widths), dim=1)
    means = [weight * part.mean() for part, weight in zip(parts, weights, strict=True)]
    return torch.stack(means).sum()


def target_error(predicted: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return the mean squared error over the targets that are not NaN; 0 if all are."""
    known = ~torch.isnan(targets)
    error = torch.where(known, predicted - targets.nan_to_num(), 0.0).square().sum()
    return error / known.sum().clamp_min(1)


def source_scales(
    matrix: NDArray[np.float32], widths: Sequence[int]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the mean of each column and the standard deviation of its source, both (d,).

    The standard deviation of a constant source is replaced by 1.

    Raises
    ------
    NonFiniteError
        The matrix contains NaN or infinite numbers.
    """
    total, squares = np.zeros(matrix.shape[1]), np.zeros(matrix.shape[1])
    for top in range(0, len(matrix), BLOCK_ROWS):
        total += matrix[top : top + BLOCK_ROWS].astype(np.float64).sum(axis=0)
    if bad := int((~np.isfinite(total)).sum()):
        raise NonFiniteError(
            f"kth-autoencoder cannot be fitted: {bad} of {matrix.shape[1]} columns contain NaN or "
            "infinite numbers",
            hint="leave these rows out or encode their cubes again",
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
    """Return the targets with mean 0 and variance 1 over the rows with a value, NaN elsewhere.

    Raises
    ------
    ShapeError
        The number of rows differs.
    NonFiniteError
        A target is infinite, or NaN in all rows.
    """
    if targets is None:
        return np.empty((rows, 0), np.float32)
    if targets.ndim != 2 or len(targets) != rows:
        raise ShapeError(
            f"targets of shape {targets.shape} do not match {rows} rows",
            hint="give one row of targets per row of the matrix",
        )
    if np.isinf(targets).any() or np.isnan(targets).all(axis=0).any():
        raise NonFiniteError(
            "a target is infinite or has no number in any row",
            hint="remove the target, or replace missing values by NaN",
        )
    centred = targets - np.nanmean(targets, axis=0)
    spread = np.nanstd(targets, axis=0)
    return (centred / np.where(spread > 0, spread, 1)).astype(np.float32)
