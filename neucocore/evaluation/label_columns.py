"""Columns of embeddings that are a label of a task, which makes a score meaningless."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neucocore.evaluation.inputs import ScoringTask

MIN_CORRELATION = 0.9999
"""Absolute correlation above which a column is reported as the label."""
MAX_ROWS = 20_000
"""With more rows, this number of evenly spaced ones is used."""
MIN_ROWS = 10
"""Fewer rows correlate this strongly by chance: with ten, in one of about 1e11 columns."""
MIN_OTHER_VALUES = 5
"""Labels must differ from their most frequent value in at least this number of rows."""
MAX_CLASSES = 100
SCREENING = 0.999
"""Correlations in float32 above this value are computed again in float64."""


@dataclass(frozen=True, slots=True)
class LabelColumn:
    """A column that equals a label or correlates with it.

    Attributes
    ----------
    task
        Index of the task.
    label
        Name of the output or class; empty for a task with a single one.
    dimension
        Index of the column.
    correlation
        Pearson correlation, -1 to 1.
    """

    task: int
    label: str
    dimension: int
    correlation: float

    def __str__(self) -> str:
        of = f" of {self.label}" if self.label else ""
        relation = (
            "is a linear function of" if abs(self.correlation) > 1 - 1e-12 else "correlates with"
        )
        number = "" if relation.startswith("is") else f" (r = {self.correlation:.6f})"
        return (
            f"dimension {self.dimension} {relation} the label{of}{number}: "
            "the label seems to be among the embedding's columns"
        )


def find_label_columns(
    tasks: Sequence[ScoringTask], matrix: NDArray[np.float32], row_of_id: dict[str, int]
) -> list[LabelColumn]:
    """Find the columns that correlate with a label of a task by more than `MIN_CORRELATION`.

    Parameters
    ----------
    matrix
        (n, d) float32 embeddings.
    row_of_id
        Row of each id that has an embedding; all ids of the tasks do.
    """
    by_rows: dict[bytes, tuple[NDArray[np.intp], list[_Target]]] = {}
    for index, task in enumerate(tasks):
        rows = np.array([row_of_id[sample] for sample in task.ids], dtype=np.intp)
        for label, target in _targets(task):
            known = np.flatnonzero(~np.isnan(target))
            if len(known) > MAX_ROWS:
                known = known[np.linspace(0, len(known) - 1, MAX_ROWS).astype(np.intp)]
            values = target[known]
            _, counts = np.unique(values, return_counts=True)
            if len(known) < MIN_ROWS or len(known) - counts.max() < MIN_OTHER_VALUES:
                continue
            used = rows[known]
            order = np.argsort(used)
            used = used[order]
            entry = by_rows.setdefault(used.tobytes(), (used, []))
            entry[1].append(_Target(index, label, values[order]))
    return [
        column for rows, targets in by_rows.values() for column in _search(matrix, rows, targets)
    ]


def coordinate_columns(
    values: Mapping[str, NDArray[np.float64]], matrix: NDArray[np.float32], rows: NDArray[np.intp]
) -> list[str]:
    """Describe the columns that are a coordinate of their rows.

    Parameters
    ----------
    values
        Coordinates by name, (m,) each.
    matrix
        (n, d) embeddings.
    rows
        (m,) row of the matrix of each coordinate.
    """
    if len(rows) < MIN_ROWS:
        return []
    targets = [
        _Target(0, name, numbers)
        for name, numbers in values.items()
        if len(np.unique(numbers)) >= MIN_OTHER_VALUES
    ]
    found = _search(matrix, rows, targets) if targets else ()
    return [
        f"dimension {column.dimension} is the {column.label} (r = {column.correlation:.6f}): "
        "the place is among the embedding's columns"
        for column in found
    ]


@dataclass(frozen=True, eq=False)
class _Target:
    task: int
    label: str
    values: NDArray[np.float64]


def _targets(task: ScoringTask) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Yield the name and the numbers of everything that a column may equal, (n,) each."""
    y = np.asarray(task.y, dtype=np.float64).reshape(len(task.ids), -1)
    names = task.outputs or ("",) * y.shape[1]
    yield from zip(names, y.T, strict=True)
    if task.problem == "multiclass":
        codes = range(min(int(np.nanmax(y, initial=0)) + 1, MAX_CLASSES))
        for code in codes:
            name = task.classes[code] if code < len(task.classes) else str(code)
            yield f"class {name}", (y[:, 0] == code).astype(np.float64)


def _search(
    matrix: NDArray[np.float32], rows: NDArray[np.intp], targets: Sequence[_Target]
) -> Iterator[LabelColumn]:
    X = matrix[rows]
    X -= X.mean(axis=0, dtype=np.float64).astype(np.float32)
    norms = np.sqrt(np.einsum("ij,ij->j", X, X, dtype=np.float64))
    y = np.stack([target.values - target.values.mean() for target in targets], axis=1)
    y /= np.linalg.norm(y, axis=0)
    products = np.abs((X.T @ y.astype(np.float32)).astype(np.float64))
    with np.errstate(over="ignore"):
        likely = np.argwhere(products > SCREENING * norms[:, None])
    for dimension, target in likely.tolist():
        column = matrix[rows, dimension].astype(np.float64)
        column -= column.mean()
        norm = float(np.linalg.norm(column))
        if norm == 0 or not np.isfinite(norm):
            continue
        correlation = float(column @ y[:, target]) / norm
        if abs(correlation) > MIN_CORRELATION:
            found = targets[target]
            yield LabelColumn(found.task, found.label, dimension, min(max(correlation, -1.0), 1.0))
