"""Embeddings and labels as NeuCo-Bench's probe sees them: padded, standardised, scaled."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neucocore.errors import BudgetExceededError
from neucocore.evaluation.inputs import ScoringInput, ScoringTask

Floats = NDArray[np.float32]

BLOCK = 512
"""Rows that are standardised at a time."""

METRICS = {"regression": "r2", "binary": "f1"}
"""What the probe can be trained for, and the metric it is judged by."""


@dataclass(frozen=True, eq=False)
class ProbeEmbeddings:
    """The labelled rows after padding and standardisation with one mean and one deviation.

    Attributes
    ----------
    matrix
        (rows, d) float32.
    rows
        From id to row number.
    found
        Dimensions before padding.
    mean, std
        What was subtracted and divided by; 0 and 1 when nothing was.
    """

    matrix: Floats
    rows: Mapping[str, int]
    found: int
    mean: float
    std: float


@dataclass(frozen=True, eq=False)
class ProbeLabels:
    """The labels of one task, (n,) float32, and the range they were scaled from."""

    values: Floats
    low: float
    high: float

    @property
    def constant(self) -> bool:
        """Whether scaling divided zero by zero."""
        return bool(np.isnan(self.values).any())

    def in_units(self, predicted: Floats) -> Floats:
        """Scale predictions back to the labels' own units."""
        return predicted * np.float32(self.high - self.low) + np.float32(self.low)


def probe_embeddings(
    given: ScoringInput, *, dimension: int | None, standardize: bool
) -> ProbeEmbeddings:
    """Keep the rows with a label in any file, pad with zeros to `dimension`, standardise.

    Raises
    ------
    BudgetExceededError
        There are more dimensions than `dimension`.
    """
    kept = [row for row, name in enumerate(given.ids) if name in given.labelled_ids]
    # Indexing copies, even when all rows are kept: other protocols score the caller's matrix.
    matrix = np.ascontiguousarray(given.matrix[kept])
    found = matrix.shape[1]
    wanted = dimension or found
    if found > wanted:
        raise BudgetExceededError(
            f"the embeddings have {found} dimensions, embedding_dim allows {wanted}",
            hint=f"reduce them to {wanted}, or set embedding_dim to null or {found}",
        )
    if found < wanted:
        matrix = np.pad(matrix, ((0, 0), (0, wanted - found)))
    mean, std = _center_and_scale(matrix) if standardize and matrix.size else (0.0, 1.0)
    rows = {given.ids[row]: place for place, row in enumerate(kept)}
    return ProbeEmbeddings(matrix, rows, found, mean, std)


def probe_labels(task: ScoringTask, *, normalize: bool) -> ProbeLabels:
    """Return the labels as numbers, scaled to 0..1 over all rows of the task if `normalize`.

    Constant labels scale to NaN, as in the reference.
    """
    values = _numbers(task)
    if not normalize:
        return ProbeLabels(values.astype(np.float32), 0.0, 1.0)
    low, high = float(values.min()), float(values.max())
    with np.errstate(invalid="ignore", divide="ignore"):
        return ProbeLabels(((values - low) / (high - low)).astype(np.float32), low, high)


def unsupported_reason(task: ScoringTask) -> str:
    """Say why NeuCo-Bench would stop at this task, or nothing when it would score it."""
    n = len(task.ids)
    if task.problem not in METRICS or task.y.size != n:
        return "NeuCo-Bench's probe predicts one number or a yes or no"
    if n < 2:
        return f"{n} labelled rows cannot be split"
    if task.problem == "regression" and math.ceil(0.1 * n) < 2:
        return f"{n} labelled rows leave one held-out row, and R2 needs two"
    return ""


def unsupported_labels_reason(task: ScoringTask, labels: ProbeLabels) -> str:
    """Say why NeuCo-Bench's F1 would stop at these labels, or nothing; it takes 0 and 1 only."""
    if task.problem != "binary" or np.isin(labels.values, (0, 1)).all():
        return ""
    if labels.constant:
        return (
            f"one class only: all {len(task.ids)} labels are {task.classes[0]}, which has no "
            "range to normalise by"
        )
    return f"F1 takes labels of 0 and 1, not {' and '.join(task.classes)}; set normalize_labels"


def _center_and_scale(matrix: Floats) -> tuple[float, float]:
    """Subtract the one mean and divide by the one deviation of all values, in place.

    Block by block: a second matrix would be the largest thing in memory.
    """
    blocks = [matrix[start : start + BLOCK] for start in range(0, len(matrix), BLOCK)]
    mean = np.float32(sum(block.sum(dtype=np.float64) for block in blocks) / matrix.size)
    squares = 0.0
    for block in blocks:
        block -= mean
        squares += np.square(block).sum(dtype=np.float64)
    std = np.float32(np.sqrt(squares / matrix.size)) or np.float32(1)
    for block in blocks:
        block /= std
    return float(mean), float(std)


def _numbers(task: ScoringTask) -> NDArray[np.float64]:
    values = task.y.reshape(-1).astype(np.float64)
    if not task.classes:
        return values
    try:
        # Class codes count from 0; the label file's own numbers matter when nothing is scaled.
        numbers = np.array([float(name) for name in task.classes], dtype=np.float64)
    except ValueError:
        return values
    return np.take(numbers, task.y.reshape(-1))
