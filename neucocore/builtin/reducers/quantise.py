"""Quantisers: fewer bits per number.

Every quantiser keeps all columns. `apply` returns the numbers that are read back from the stored
bytes, `to_codes` returns the stored bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.builtin.reducers.blocks import (
    check_columns,
    check_fit,
    checked_dimension,
    column_means,
    fitted,
    row_blocks,
)
from neucocore.errors import BudgetExceededError, NonFiniteError

NORMAL_STEPS = {8: 0.0308, 4: 0.3352, 2: 0.9957, 1: 1.596}
"""Step in standard deviations by bits (Max 1960)."""
_LARGEST_HALF = float(np.finfo(np.float16).max)


class Float16:
    """IEEE 754 half precision: 11 significant bits, absolute values up to 65504."""

    def __init__(self, dimension: int | None = None) -> None:
        self.dimension = checked_dimension(dimension)
        self._columns: int | None = None

    def fit(self, matrix: NDArray[np.float32]) -> Float16:
        """Store the number of columns of ``matrix``, (n, d) float32."""
        check_fit("float16", matrix)
        self._columns = _all_columns("float16", matrix, self.dimension)
        return self

    def apply(self, matrix: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the rows rounded to half precision, (n, d) float32."""
        return self._halves(matrix).astype(np.float32)

    def to_codes(self, matrix: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Return the stored bytes, (n, 2 d) uint8, little-endian."""
        return self._halves(matrix).astype("<f2").view(np.uint8)

    def bytes_per_row(self) -> float:
        """Return 2 bytes per column."""
        return 2.0 * fitted("float16", self._columns)

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Return ``columns``."""
        return {"columns": np.array(fitted("float16", self._columns))}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take the state of a fitted reducer."""
        self._columns = int(state["columns"])

    def _halves(self, matrix: NDArray[np.float32]) -> NDArray[np.float16]:
        check_columns("float16", matrix, fitted("float16", self._columns))
        largest = float(np.abs(matrix).max(initial=0))
        if largest > _LARGEST_HALF:
            raise NonFiniteError(
                f"float16 represents numbers up to {_LARGEST_HALF:.0f}; the matrix has {largest:g}",
                hint="use the reducer int8, which scales every column, or standardise first",
            )
        return matrix.astype(np.float16)


class Uniform:
    """Equally spaced levels from the smallest to the largest number of each column.

    Numbers outside the range of the fitted matrix are clipped to it. The smallest number and the
    step of every column (8 bytes per column) are stored once for all rows and do not count in
    `bytes_per_row`.

    Parameters
    ----------
    dimension
        At least the number of columns, or None.
    bits
        Bits per number: 8, 4 or 2, which gives 256, 16 or 4 levels.
    """

    def __init__(self, dimension: int | None = None, bits: int = 8) -> None:
        self.dimension = checked_dimension(dimension)
        self.bits = bits
        self._name = f"int{bits}"
        self._top = 2.0**bits - 1
        self._low: NDArray[np.float32] | None = None
        self._step = np.empty(0, np.float32)

    def fit(self, matrix: NDArray[np.float32]) -> Uniform:
        """Compute the range of every column of ``matrix``, (n, d) float32."""
        check_fit(self._name, matrix)
        columns = _all_columns(self._name, matrix, self.dimension)
        low, high = np.full(columns, np.inf), np.full(columns, -np.inf)
        for block in row_blocks(matrix):
            low, high = np.minimum(low, block.min(axis=0)), np.maximum(high, block.max(axis=0))
        self._low = low.astype(np.float32)
        self._step = ((high - low) / self._top).astype(np.float32)
        return self

    def apply(self, matrix: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the rows rounded to the nearest level, (n, d) float32."""
        low = fitted(self._name, self._low)
        rounded: NDArray[np.float32] = low + self._numbers(matrix) * self._step
        return rounded

    def to_codes(self, matrix: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Return the stored bytes, (n, ceil(d bits / 8)) uint8; first number in the high bits."""
        return _packed(self._numbers(matrix).astype(np.uint8), self.bits)

    def bytes_per_row(self) -> float:
        """Return ``bits`` per column, rounded up to bytes."""
        return float(_whole_bytes(len(fitted(self._name, self._low)), self.bits))

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Return ``low`` and ``step``, both (d,) float32."""
        return {"low": fitted(self._name, self._low), "step": self._step}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take the state of a fitted reducer."""
        self._low, self._step = state["low"], state["step"]

    def _numbers(self, matrix: NDArray[np.float32]) -> NDArray[np.float32]:
        low = fitted(self._name, self._low)
        check_columns(self._name, matrix, len(low))
        step = np.where(
            self._step > 0, self._step, np.float32(1)
        )  # the step of a constant column is 0
        numbers: NDArray[np.float32] = np.rint((matrix - low) / step).clip(0, self._top)
        return numbers


class NormalSteps(Uniform):
    """Equally spaced levels around the mean of each column, by its standard deviation.

    The step is the one with the smallest mean squared error for normal columns (Max, IRE
    Transactions on Information Theory 6, 1960). A few extreme rows, which set the range of
    `Uniform`, hardly change it. Mean and step of every column (8 bytes per column) are stored once
    for all rows and do not count in `bytes_per_row`.

    Parameters
    ----------
    dimension
        At least the number of columns, or None.
    bits
        Bits per number: 8, 4, 2 or 1.
    """

    def __init__(self, dimension: int | None = None, bits: int = 8) -> None:
        super().__init__(dimension, bits)
        self._name = f"normal{bits}"

    def fit(self, matrix: NDArray[np.float32]) -> NormalSteps:
        """Compute mean and standard deviation of every column of ``matrix``, (n, d) float32."""
        check_fit(self._name, matrix)
        _all_columns(self._name, matrix, self.dimension)
        mean = column_means(matrix)
        squares = np.zeros_like(mean)
        for block in row_blocks(matrix):
            squares += np.square(block - mean).sum(axis=0)
        step = NORMAL_STEPS[self.bits] * np.sqrt(squares / len(matrix))
        self._low = (mean - step * self._top / 2).astype(np.float32)
        self._step = step.astype(np.float32)
        return self


def int4(dimension: int | None = None) -> Uniform:
    """Return a quantiser with 4 bits per number."""
    return Uniform(dimension, bits=4)


def int2(dimension: int | None = None) -> Uniform:
    """Return a quantiser with 2 bits per number."""
    return Uniform(dimension, bits=2)


def normal4(dimension: int | None = None) -> NormalSteps:
    """Return a quantiser with 4 bits per number."""
    return NormalSteps(dimension, bits=4)


def normal2(dimension: int | None = None) -> NormalSteps:
    """Return a quantiser with 2 bits per number."""
    return NormalSteps(dimension, bits=2)


def normal1(dimension: int | None = None) -> NormalSteps:
    """Return a quantiser with 1 bit per number."""
    return NormalSteps(dimension, bits=1)


class OneBit:
    """One bit per number: whether it is above the mean of its column.

    It is read back as the mean of the numbers on the same side. The two means of every column
    (8 bytes per column) are stored once for all rows and do not count in `bytes_per_row`.

    Parameters
    ----------
    dimension
        At least the number of columns, or None.
    """

    def __init__(self, dimension: int | None = None) -> None:
        self.dimension = checked_dimension(dimension)
        self._threshold: NDArray[np.float32] | None = None
        self._sides = np.empty((2, 0), np.float32)

    def fit(self, matrix: NDArray[np.float32]) -> OneBit:
        """Compute the means of every column of ``matrix``, (n, d) float32."""
        check_fit("one-bit", matrix)
        _all_columns("one-bit", matrix, self.dimension)
        mean = column_means(matrix)
        self._threshold = mean.astype(np.float32)
        count, total = np.zeros((2, len(mean))), np.zeros((2, len(mean)))
        for block in row_blocks(matrix):
            above = block > self._threshold
            for side, on_side in enumerate((~above, above)):
                count[side] += on_side.sum(axis=0)
                total[side] += np.where(on_side, block, 0).sum(axis=0)
        # A side without rows (in a constant column) is represented by the mean of the column.
        self._sides = np.where(count > 0, total / np.maximum(count, 1), mean).astype(np.float32)
        return self

    def apply(self, matrix: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the mean of the side of each number, (n, d) float32."""
        below, above = self._sides
        means: NDArray[np.float32] = np.where(self._above(matrix), above, below)
        return means

    def to_codes(self, matrix: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Return the stored bytes, (n, ceil(d / 8)) uint8; first number in the highest bit."""
        return _packed(self._above(matrix).astype(np.uint8), 1)

    def bytes_per_row(self) -> float:
        """Return one bit per column, rounded up to bytes."""
        return float(_whole_bytes(len(fitted("one-bit", self._threshold)), 1))

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Return ``threshold`` (d,) and ``sides`` (2, d), the values below and above, float32."""
        return {"threshold": fitted("one-bit", self._threshold), "sides": self._sides}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take the state of a fitted reducer."""
        self._threshold, self._sides = state["threshold"], state["sides"]

    def _above(self, matrix: NDArray[np.float32]) -> NDArray[np.bool_]:
        threshold = fitted("one-bit", self._threshold)
        check_columns("one-bit", matrix, len(threshold))
        above: NDArray[np.bool_] = matrix > threshold
        return above


def _all_columns(name: str, matrix: NDArray[np.float32], dimension: int | None) -> int:
    columns = int(matrix.shape[1])
    if dimension is not None and dimension < columns:
        raise BudgetExceededError(
            f"{name} keeps all {columns} columns, more than the maximum of {dimension}",
            hint="use a reducer with fewer columns: pca or projection",
        )
    return columns


def _whole_bytes(numbers: int, bits: int) -> int:
    return (numbers * bits + 7) // 8


def _packed(codes: NDArray[np.uint8], bits: int) -> NDArray[np.uint8]:
    """Pack numbers of 1, 2, 4 or 8 bits into bytes, row by row, the first in the highest bits."""
    per_byte = 8 // bits
    padded = np.pad(codes, ((0, 0), (0, -codes.shape[1] % per_byte)))
    shifts = np.arange(per_byte, dtype=np.uint8)[::-1] * np.uint8(bits)
    packed: NDArray[np.uint8] = np.bitwise_or.reduce(
        padded.reshape(len(codes), -1, per_byte) << shifts, axis=2
    )
    return packed
