"""What all reducers share: checks of a matrix, and computations in blocks of rows.

A matrix may be memory-mapped and larger than memory, so only one block of it is copied at a time.
The blocks and their order are fixed and BLAS uses one thread, so that the digits of a result
depend on the matrix only.
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
    """Yield the rows as float64 in order, `BLOCK_ROWS` at a time; the last block may be shorter."""
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

    Every product has `BLOCK_ROWS` rows; the last block is padded with zeros. With other shapes
    BLAS may round differently, and the result of a row would depend on the number of rows.

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


def checked_dimension(dimension: int | None) -> int | None:
    """Return the requested number of columns after checking it.

    Raises
    ------
    ConfigError
        It is smaller than 1.
    """
    if dimension is not None and dimension < 1:
        raise ConfigError(
            f"dimension={dimension}: a reducer needs at least 1 dimension",
            hint="--dimension 64",
        )
    return dimension


def check_fit(name: str, matrix: NDArray[np.float32]) -> None:
    """Check that a reducer can be fitted on a matrix.

    Raises
    ------
    ShapeError
        The matrix is empty or not two-dimensional.
    NonFiniteError
        The matrix contains NaN or infinite numbers.
    """
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise ShapeError(
            f"{name} cannot be fitted on a matrix of shape {matrix.shape}",
            hint="embeddings need at least one row and one column",
        )
    not_finite = [
        top + row
        for top in range(0, len(matrix), BLOCK_ROWS)
        for row in np.flatnonzero(~np.isfinite(matrix[top : top + BLOCK_ROWS]).all(axis=1))
    ]
    if not_finite:
        examples = ", ".join(map(str, not_finite[:3])) + (", ..." if len(not_finite) > 3 else "")
        raise NonFiniteError(
            f"{name} cannot be fitted: {len(not_finite)} of {len(matrix)} rows contain NaN or "
            f"infinite numbers (rows {examples}, counted from 0)",
            hint="leave these rows out or encode their cubes again",
        )


def check_columns(name: str, matrix: NDArray[np.float32], columns: int) -> None:
    """Check that a matrix has as many columns as the one that the reducer was fitted on.

    Raises
    ------
    ShapeError
        The number of columns differs from ``columns``.
    """
    if matrix.ndim != 2 or matrix.shape[1] != columns:
        raise ShapeError(
            f"{name} was fitted on {columns} columns and cannot be applied to a matrix of shape "
            f"{matrix.shape}",
            hint="fit and apply a reducer on embeddings of the same encoder",
        )


def fitted(name: str, part: _Part | None) -> _Part:
    """Return a part of the state of a reducer that exists only after `fit`.

    Raises
    ------
    RuntimeError
        The reducer has not been fitted: a programming error of the caller.
    """
    if part is None:
        raise RuntimeError(f"{name} must be fitted first")
    return part
