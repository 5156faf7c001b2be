"""Statistics of an embeddings file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.data.embeddings.embeddings import Embeddings
from neucocore.data.embeddings.formats import examine_embeddings, split_column
from neucocore.data.embeddings.no_data import constant_rows
from neucocore.data.embeddings.sidecar import read_sidecar
from neucocore.data.embeddings.thorough import effective_dimension_of, thorough_findings
from neucocore.files.findings import messages, raise_for_findings

ROWS_AT_ONCE = 1024
# Bytes of one stored value. A CSV file has no type; its numbers count as float32.
_BYTES = {"int8": 1, "uint8": 1, "int16": 2, "uint16": 2, "float16": 2, "int64": 8, "float64": 8}


def describe_embeddings(
    path: Path,
    *,
    id: str | None = None,  # noqa: A002 - the name of the option
    vector: str | None = None,
) -> dict[str, Any]:
    """Return size, types, metadata, provenance and simple statistics of an embeddings file.

    Rows without data are left out and counted. Parameters are those of
    `neucocore.data.embeddings.formats.load_embeddings`.

    Raises
    ------
    DataError
        The file cannot be used.
    """
    table = examine_embeddings(path, id=id, vector=vector, drop_no_data=True)
    raise_for_findings(path, table.findings)
    file, _ = split_column(path)
    embeddings = Embeddings(
        tuple(table.ids or ()), table.matrix, table.metadata, dtype=table.dtype, extra=table.extra
    )
    findings = [*table.findings, *thorough_findings(table)]
    bytes_per_row = int(stored_bytes_per_row(embeddings))
    sidecar = read_sidecar(file)
    return {
        "kind": "embeddings",
        "file": str(path),
        "rows": len(embeddings.ids),
        "dimension": embeddings.dimension,
        "stored_as": embeddings.dtype,
        "bytes_per_row": bytes_per_row,
        **_rate(embeddings.metadata, sidecar, bytes_per_row),
        "ids": list(embeddings.ids[:3]),
        **_statistics(embeddings),
        "metadata_columns": list(embeddings.extra),
        "metadata": embeddings.metadata,
        "provenance": sidecar,
        "findings": messages(findings),
    }


def _rate(
    metadata: Mapping[str, Any], sidecar: Mapping[str, Any] | None, bytes_per_row: int
) -> dict[str, float | None]:
    """Return the bytes of one coded row, those of its cube, and their ratio.

    The size of a coded row is that of the encoder's codes, else of the reducer's, else of the
    stored numbers. The size of a cube is that of its arrays in their stored types; None if the run
    did not record it.
    """
    coded = coded_bytes_per_row(metadata, bytes_per_row)
    read = _number(sidecar, "costs", "bytes_read")
    cubes = _number(sidecar, "costs", "cubes_encoded")
    native = read / cubes if read and cubes else None
    return {
        "coded_bytes_per_row": coded,
        "native_bytes_per_cube": native,
        "compression_ratio": None if native is None else native / coded,
    }


def coded_bytes_per_row(metadata: Mapping[str, Any], stored: float) -> float:
    """Return the bytes of a row: of the encoder's codes, else of the reducer's, else as stored.

    Parameters
    ----------
    metadata
        Of the embeddings.
    stored
        Bytes of a row as the file stores it.
    """
    return (
        _number(metadata, "coded_bytes", "mean")
        or _number(metadata, "reduction", "bytes_per_row")
        or float(stored)
    )


def stored_bytes_per_row(embeddings: Embeddings) -> float:
    """Return the bytes of the numbers of a row in the type in which the file stores them."""
    return float(embeddings.dimension * _BYTES.get(embeddings.dtype, 4))


def _number(value: Any, *names: str) -> float | None:
    """Return a positive number from nested mappings, None if there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    is_positive = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
    return float(value) if is_positive else None


def _statistics(embeddings: Embeddings) -> dict[str, Any]:
    """Return statistics of all values, accumulated in float64 over blocks of rows."""
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
        "norm_min": float(norms.min()),
        "norm_median": float(np.median(norms)),
        "norm_max": float(norms.max()),
        "effective_dimension": round(effective_dimension_of(matrix), 3),
        "zeros": zeros,
        "constant_dimensions": constant,
        "constant_rows": len(constant_rows(matrix)),
        "equal_rows": len(matrix) - len({row.tobytes() for row in matrix}),
    }
