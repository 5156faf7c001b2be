"""What all reducers share: going over a matrix in blocks of rows, and checking it.

A matrix may be memory-mapped and larger than memory, so nothing but one block of it is ever
copied. Blocks and their order are fixed, and BLAS runs on one thread, so that the digits depend
on the matrix alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from neucocore.errors import ConfigError, NonFiniteError, ShapeError

BLOCK_ROWS = 512

_Part = TypeVar("_Part")


def row_blocks(matrix: NDArray[np.float32]) -> Iterator[NDArray[np.float64]]:
    """Yield the rows in order, `BLOCK_ROWS` at a time, the last block shorter, as float64."""
    for top in range(0, len(matrix), BLOCK_ROWS):
        yield matrix[top : top + BLOCK_ROWS].astype(np.float64)


def column_means(matrix: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the mean of every column, shape (d,), float64."""
    total = np.zeros(matrix.shape[1])
    for block in row_blocks(matrix):
        total += block.sum(axis=0)
    return total / len(matrix)


def project(
    matrix: NDArray[np.float32], origin: NDArray[np.float64], axes: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return (matrix - origin) @ axes.T.

    Every product has `BLOCK_ROWS` rows, the last block filled up with zeros: with other shapes
    BLAS may answer with other last digits, and a row would depend on how many come with it.

    Parameters
    ----------
    matrix
        Shape (n, d), float32.
    origin
        Shape (d,).
    axes
        Shape (k, d).

    Returns
    -------
    ndarray
        Shape (n, k), float32.
    """
    result = np.empty((len(matrix), len(axes)), np.float32)
    centred = np.zeros((BLOCK_ROWS, matrix.shape[1]))
    with one_blas_thread():
        for top in range(0, len(matrix), BLOCK_ROWS):
            block = matrix[top : top + BLOCK_ROWS]
            centred[: len(block)] = block - origin
            centred[len(block) :] = 0
            result[top : top + len(block)] = (centred @ axes.T)[: len(block)]
    return result


def one_blas_thread() -> Any:
    """Return a context in which BLAS uses one thread."""
    return threadpool_limits(limits=1, user_api="blas")


def wanted(dimension: int | None) -> int | None:
    """Check the dimension asked for.

    Raises
    ------
    ConfigError
        It is smaller than 1.
    """
    if dimension is not None and dimension < 1:
        raise ConfigError(f"a reducer needs at least 1 dimension, not {dimension}")
    return dimension


def check_fit(name: str, matrix: NDArray[np.float32]) -> None:
    """Refuse a matrix that nothing can be fitted on.

    Raises
    ------
    ShapeError
        It is not two-dimensional, or empty.
    NonFiniteError
        It holds NaN or infinite numbers.
    """
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise ShapeError(f"{name} cannot be fitted on a matrix of shape {matrix.shape}")
    wrong = [
        top + row
        for top in range(0, len(matrix), BLOCK_ROWS)
        for row in np.flatnonzero(~np.isfinite(matrix[top : top + BLOCK_ROWS]).all(axis=1))
    ]
    if wrong:
        shown = ", ".join(map(str, wrong[:3]))
        raise NonFiniteError(
            f"{name} cannot be fitted: {len(wrong)} of {len(matrix)} rows hold NaN or infinite "
            f"numbers (rows {shown}{', ...' if len(wrong) > 3 else ''})"
        )


def check_columns(name: str, matrix: NDArray[np.float32], columns: int) -> None:
    """Refuse a matrix of another width than the one fitted on.

    Raises
    ------
    ShapeError
        It has not ``columns`` columns.
    """
    if matrix.ndim != 2 or matrix.shape[1] != columns:
        raise ShapeError(
            f"{name} was fitted on {columns} columns and cannot reduce a matrix of shape "
            f"{matrix.shape}"
        )


def fitted(name: str, part: _Part | None) -> _Part:
    """Return a part of a reducer's state that only a fitted reducer has.

    Raises
    ------
    RuntimeError
        The reducer has not been fitted: a mistake of the caller.
    """
    if part is None:
        raise RuntimeError(f"{name} must be fitted first")
    return part
