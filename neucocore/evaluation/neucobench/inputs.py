"""Embeddings and labels as NeuCo-Bench's probe takes them: padded, standardised, scaled."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neucocore.errors import BudgetExceededError
from neucocore.evaluation.inputs import ScoringInput, ScoringTask
from neucocore.messages import pluralize

Floats = NDArray[np.float32]

BLOCK_ROWS = 512
"""Number of rows standardised at a time."""

METRICS = {"regression": "r2", "binary": "f1"}
"""The problems the probe can be trained for, each with the metric that is reported."""


@dataclass(frozen=True, eq=False)
class ProbeEmbeddings:
    """The labelled rows after padding, standardised with one mean and one standard deviation.

    Attributes
    ----------
    matrix
        (rows, d) float32.
    rows
        Row number of each id.
    dimension
        Number of dimensions before padding.
    mean, std
        What was subtracted from the values and what they were divided by; 0 and 1 without
        standardisation.
    """

    matrix: Floats
    rows: Mapping[str, int]
    dimension: int
    mean: float
    std: float


@dataclass(frozen=True, eq=False)
class ProbeLabels:
    """The labels of one task, (n,) float32, and the range that was scaled to 0..1."""

    values: Floats
    low: float
    high: float

    @property
    def constant(self) -> bool:
        """Whether scaling gave NaN because all labels are equal."""
        return bool(np.isnan(self.values).any())

    def to_label_units(self, predicted: Floats) -> Floats:
        """Scale predictions back to the units of the labels."""
        return predicted * np.float32(self.high - self.low) + np.float32(self.low)


def probe_embeddings(
    inputs: ScoringInput, *, dimension: int | None, standardize: bool
) -> ProbeEmbeddings:
    """Keep the rows that have a label in any file, pad them with zeros, and standardise.

    Parameters
    ----------
    dimension
        Number of dimensions after padding; None pads nothing.
    standardize
        Whether to standardise.

    Raises
    ------
    BudgetExceededError
        The embeddings have more dimensions than `dimension`.
    """
    kept = [row for row, name in enumerate(inputs.ids) if name in inputs.labelled_ids]
    # Indexing makes a copy even if all rows are kept: other protocols score the caller's matrix.
    matrix = np.ascontiguousarray(inputs.matrix[kept])
    unpadded = matrix.shape[1]
    padded = dimension or unpadded
    if unpadded > padded:
        raise BudgetExceededError(
            f"the embeddings have {unpadded} dimensions, but embedding_dim is {padded}",
            hint=f"reduce them to {padded} dimensions, or set embedding_dim to null or {unpadded}",
        )
    if unpadded < padded:
        matrix = np.pad(matrix, ((0, 0), (0, padded - unpadded)))
    mean, std = _standardise(matrix) if standardize and matrix.size else (0.0, 1.0)
    rows = {inputs.ids[row]: index for index, row in enumerate(kept)}
    return ProbeEmbeddings(matrix, rows, unpadded, mean, std)


def probe_labels(task: ScoringTask, *, normalize: bool) -> ProbeLabels:
    """Return the labels as numbers, scaled to 0..1 over all rows of the task if `normalize`.

    Constant labels become NaN when scaled, as in NeuCo-Bench.
    """
    values = _label_numbers(task)
    if not normalize:
        return ProbeLabels(values.astype(np.float32), 0.0, 1.0)
    low, high = float(values.min()), float(values.max())
    with np.errstate(invalid="ignore", divide="ignore"):
        return ProbeLabels(((values - low) / (high - low)).astype(np.float32), low, high)


def unsupported_reason(task: ScoringTask) -> str:
    """Return why NeuCo-Bench stops with an error at this task; empty if it scores the task."""
    n = len(task.ids)
    if task.problem not in METRICS or task.y.size != n:
        return "NeuCo-Bench's probe predicts one number, or one of two classes"
    if n < 2:
        return f"{pluralize(n, 'labelled row')} cannot be split"
    if task.problem == "regression" and math.ceil(0.1 * n) < 2:
        return f"{n} labelled rows leave one held-out row, but R2 needs two"
    return ""


def unsupported_labels_reason(task: ScoringTask, labels: ProbeLabels) -> str:
    """Return why NeuCo-Bench's F1, which needs labels 0 and 1, stops at these labels, or empty."""
    if task.problem != "binary" or np.isin(labels.values, (0, 1)).all():
        return ""
    if labels.constant:
        return (
            f"only one class: all {len(task.ids)} labels are {task.classes[0]}, so they cannot be "
            "normalised"
        )
    classes = " and ".join(task.classes)
    return f"F1 needs labels of 0 and 1, not {classes}; set normalize_labels"


def _standardise(matrix: Floats) -> tuple[float, float]:
    """Standardise in place with the mean and standard deviation of all values; return both.

    Works block by block, since a second matrix would dominate the memory use.
    """
    blocks = [matrix[start : start + BLOCK_ROWS] for start in range(0, len(matrix), BLOCK_ROWS)]
    mean = np.float32(sum(block.sum(dtype=np.float64) for block in blocks) / matrix.size)
    squares = 0.0
    for block in blocks:
        block -= mean
        squares += np.square(block).sum(dtype=np.float64)
    std = np.float32(np.sqrt(squares / matrix.size)) or np.float32(1)
    for block in blocks:
        block /= std
    return float(mean), float(std)


def _label_numbers(task: ScoringTask) -> NDArray[np.float64]:
    """Return the labels as the numbers in the label file, (n,); class codes if they are names."""
    values = task.y.reshape(-1).astype(np.float64)
    if not task.classes:
        return values
    try:
        # Codes start at 0. Without scaling, the numbers in the label file determine the scores.
        numbers = np.array([float(name) for name in task.classes], dtype=np.float64)
    except ValueError:
        return values
    return np.take(numbers, task.y.reshape(-1))
