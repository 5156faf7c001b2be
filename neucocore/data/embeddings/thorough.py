"""What ``validate`` and ``inspect`` look for in embeddings beyond what every reading finds.

These checks take seconds for large files, so reading alone does not make them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.data.embeddings.cells import read_cells
from neucocore.data.embeddings.duplicates import (
    TOLERANCE,
    effective_dimension,
    nearly_equal_rows,
)
from neucocore.data.embeddings.no_data import constant_rows
from neucocore.data.embeddings.table import EmbeddingTable
from neucocore.files.findings import EXAMPLES_SHOWN, Finding

MAX_ROWS = 20_000
"""Near copies are searched for among the first rows of larger files."""
# Embeddings whose variance lies along so few directions hold less than their size suggests.
FEW_DIRECTIONS = 2.0
MIN_NORMS = 30
NORM_DISTANCE = 10
"""Robust standard deviations of the logarithm of the length, beyond which a row is far."""
MIN_LOG_SPREAD = 0.05
MAX_OUTLIER_SHARE = 0.05


def thorough_findings(table: EmbeddingTable) -> list[Finding]:
    """Return warnings about near copies, constant rows, copied metadata and few directions."""
    rows = [row for row in range(len(table.matrix)) if row not in table.without_data]
    matrix = table.matrix[rows] if table.without_data else table.matrix
    names = [table.describe_row(row) if table.ids is None else table.ids[row] for row in rows]
    extra = {name: [values[row] for row in rows] for name, values in table.extra.items()}
    if len(matrix) < 2 or matrix.shape[1] == 0:
        return []
    return [
        *_near_copies(matrix, names),
        *_constant_rows(matrix, names, table.findings),
        *copied_columns(matrix, extra),
        *_few_directions(matrix),
        *norm_outliers(matrix, names),
    ]


def _near_copies(matrix: NDArray[np.float32], names: Sequence[str]) -> list[Finding]:
    pairs = nearly_equal_rows(matrix[:MAX_ROWS])
    if not pairs:
        return []
    examples = tuple(f"{names[a]} ~ {names[b]}" for a, b in pairs[:EXAMPLES_SHOWN])
    message = (
        f"pair of rows closer than {TOLERANCE:.0%} of the usual distance, perhaps copies of one "
        "place, which make scores too high"
    )
    return [Finding("near-duplicate-rows", "warning", message, len(pairs), examples)]


def _constant_rows(
    matrix: NDArray[np.float32], names: Sequence[str], known: Sequence[Finding]
) -> list[Finding]:
    """Return a warning about constant rows, unless one about rows without data exists."""
    rows = constant_rows(matrix)
    codes = {finding.code for finding in known}
    if not len(rows) or codes & {"no-data-rows", "zero-rows", "constant-matrix"}:
        return []
    examples = tuple(names[row] for row in rows[:EXAMPLES_SHOWN].tolist())
    message = "row has the same value in all dimensions"
    return [Finding("constant-rows", "warning", message, len(rows), examples)]


def copied_columns(
    matrix: NDArray[np.float32], extra: Mapping[str, Sequence[Any]]
) -> list[Finding]:
    """Return a warning about dimensions that equal a metadata column, such as a label."""
    examples: list[str] = []
    for name, values in extra.items():
        numbers, kinds = read_cells(["" if value is None else str(value) for value in values])
        if kinds or len(np.unique(numbers)) < 2:
            continue
        same_start = np.nonzero(matrix[0] == numbers[0])[0]
        equal = same_start[(matrix[:, same_start] == numbers[:, np.newaxis]).all(axis=0)]
        examples.extend(f"dimension {column} = {name!r}" for column in equal.tolist())
    if not examples:
        return []
    message = "dimension equals a metadata column, so the embedding may hold the answer"
    return [Finding("copied-columns", "warning", message, len(examples), tuple(examples[:3]))]


def norm_outliers(matrix: NDArray[np.float32], names: Sequence[str]) -> list[Finding]:
    """Return a warning about rows whose length is far from that of the others."""
    norms = np.linalg.norm(matrix, axis=1).astype(np.float64)
    if len(norms) < MIN_NORMS or (norms == 0).all():
        return []
    logs = np.log(np.maximum(norms, norms[norms > 0].min() * 1e-3))
    centre = np.median(logs)
    spread = max(1.4826 * float(np.median(np.abs(logs - centre))), MIN_LOG_SPREAD)
    rows = np.flatnonzero(np.abs(logs - centre) > NORM_DISTANCE * spread)
    if not len(rows) or len(rows) > MAX_OUTLIER_SHARE * len(norms):
        return []
    message = (
        f"row whose length is far from that of the others ({np.exp(centre):.3g}), such as "
        f"{norms[rows[0]]:.3g}"
    )
    examples = tuple(names[row] for row in rows[:EXAMPLES_SHOWN].tolist())
    hint = "check these rows: another scale, another model, or damage"
    return [Finding("norm-outliers", "warning", message, len(rows), examples, hint)]


def _few_directions(matrix: NDArray[np.float32]) -> list[Finding]:
    value = effective_dimension_of(matrix)
    d = matrix.shape[1]
    if d < 2 * FEW_DIRECTIONS or value == 0 or value >= FEW_DIRECTIONS:
        return []
    message = f"nearly all variance is along {value:.1f} directions of {d} (effective dimension)"
    return [Finding("few-directions", "warning", message)]


def effective_dimension_of(matrix: NDArray[np.float32]) -> float:
    """Return the participation ratio of the variances of a matrix, in float64."""
    centred = matrix[:MAX_ROWS].astype(np.float64)
    centred -= centred.mean(axis=0)
    return effective_dimension(centred)
