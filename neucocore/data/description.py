"""What is in an embeddings file, in numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.data.embeddings import Embeddings, load_embeddings
from neucocore.data.findings import messages
from neucocore.data.sidecar import read_sidecar

ROWS_AT_ONCE = 1024
# Bytes of one stored value; a CSV has no stored type, its numbers count as the float32 they become.
_BYTES = {"int8": 1, "uint8": 1, "int16": 2, "uint16": 2, "float16": 2, "int64": 8, "float64": 8}


def describe_embeddings(path: Path) -> dict[str, Any]:
    """Return size, types, metadata, provenance and simple statistics of an embeddings file.

    Raises
    ------
    DataError
        When the file cannot be used.
    """
    embeddings = load_embeddings(path)
    bytes_per_value = _BYTES.get(embeddings.dtype, 4)
    return {
        "kind": "embeddings",
        "file": str(path),
        "rows": len(embeddings.ids),
        "dimension": embeddings.dimension,
        "stored_as": embeddings.dtype,
        "bytes_per_row": embeddings.dimension * bytes_per_value,
        "ids": list(embeddings.ids[:3]),
        **_statistics(embeddings),
        "metadata": embeddings.metadata,
        "provenance": read_sidecar(path),
        "findings": messages(embeddings.findings, "warning", "repaired"),
    }


def _statistics(embeddings: Embeddings) -> dict[str, Any]:
    """Return statistics over all values, summed in float64 over blocks of rows."""
    matrix = embeddings.matrix
    total = squares = 0.0
    zeros = 0
    norms = np.empty(len(matrix))
    for start in range(0, len(matrix), ROWS_AT_ONCE):
        block: NDArray[np.float64] = matrix[start : start + ROWS_AT_ONCE].astype(np.float64)
        total += float(block.sum())
        row_squares = np.square(block).sum(axis=1)
        squares += float(row_squares.sum())
        norms[start : start + len(block)] = np.sqrt(row_squares)
        zeros += int((block == 0).sum())
    mean = total / matrix.size
    constant = int((matrix.min(axis=0) == matrix.max(axis=0)).sum())
    return {
        "mean": mean,
        "std": float(np.sqrt(max(squares / matrix.size - mean * mean, 0.0))),
        "min": float(matrix.min()),
        "max": float(matrix.max()),
        "norm_median": float(np.median(norms)),
        "zeros": zeros,
        "constant_dimensions": constant,
        "equal_rows": len(matrix) - len({row.tobytes() for row in matrix}),
    }
