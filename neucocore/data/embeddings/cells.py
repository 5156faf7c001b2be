"""Cells of embeddings as float32, and the findings about cells that are not finite numbers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neucocore.data.embeddings.table import ReadOptions
from neucocore.files.cells import MISSING, NUMBER, number_problem
from neucocore.files.findings import Finding
from neucocore.messages import pluralize

CellKind = Literal["empty", "nan", "infinite", "text", "out-of-range"]

_NAME_OF_KIND: dict[CellKind, str] = {
    "empty": "empty cell",
    "nan": "NaN",
    "infinite": "infinite value",
    "text": "cell that is not a number",
    "out-of-range": "number beyond the range of float32",
}
_NOT_FINITE = frozenset({"nan", "inf", "infinity"})
_FLOAT32_MAX = float(np.finfo(np.float32).max)
# Numbers from half a unit in the last place above the largest float32 on round to infinity.
_FLOAT32_END = Fraction(2) ** 128 - Fraction(2) ** 103


@dataclass
class _Tally:
    count: int = 0
    rows: set[int] = field(default_factory=set)
    columns: set[int] = field(default_factory=set)
    examples: list[str] = field(default_factory=list)


class BadCells:
    """Counts the cells that are not finite float32 numbers, by kind, row and column.

    Parameters
    ----------
    names
        Name of each dimension, for messages.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._tallies: dict[CellKind, _Tally] = {}
        self._of_column: Counter[int] = Counter()

    def add(self, kind: CellKind, row: int, column: int, place: str, text: str = "") -> None:
        """Count one cell; `place` and `text` are for messages."""
        tally = self._tallies.setdefault(kind, _Tally())
        tally.count += 1
        tally.rows.add(row)
        tally.columns.add(column)
        self._of_column[column] += 1
        if len(tally.examples) < 3:
            shown = f" {text[:40]!r}" if text else ""
            reason = number_problem(text)[1] if kind == "text" else ""
            shown += f" ({reason})" if reason else ""
            tally.examples.append(f"{place} column {self._names[column]!r}{shown}")

    def add_mask(
        self,
        kind: CellKind,
        mask: NDArray[np.bool_],
        first_row: int,
        describe_row: Callable[[int], str],
    ) -> None:
        """Count the cells where `mask` is true, in a block that starts at row `first_row`."""
        rows, columns = np.nonzero(mask)
        if not len(rows):
            return
        tally = self._tallies.setdefault(kind, _Tally())
        tally.count += len(rows)
        tally.rows.update((np.unique(rows) + first_row).tolist())
        tally.columns.update(np.unique(columns).tolist())
        self._of_column.update(columns.tolist())
        for row, column in zip(rows[:3].tolist(), columns[:3].tolist(), strict=True):
            if len(tally.examples) < 3:
                place = f"{describe_row(first_row + row)} column {self._names[column]!r}"
                tally.examples.append(place)

    def findings(self, options: ReadOptions, rows: int) -> list[Finding]:
        """Return one finding per kind: an error, or a repair if such cells count as 0.

        Parameters
        ----------
        options
            How strictly to read.
        rows
            Number of rows. A column without any number is a finding of its own, because counting
            its cells as 0 would not help.
        """
        findings = self._columns_without_numbers(options, rows)
        for kind, tally in sorted(self._tallies.items()):
            count_as_zero = (options.lenient or options.nan_as_zero) and kind != "out-of-range"
            where = pluralize(len(tally.rows), "row")
            columns = pluralize(len(tally.columns), "column")
            message = f"{_NAME_OF_KIND[kind]} in {where} and {columns}"
            findings.append(
                Finding(
                    f"{kind}-cells",
                    "repaired" if count_as_zero else "error",
                    message + (", counted as 0" if count_as_zero else ""),
                    tally.count,
                    tuple(tally.examples),
                )
            )
        return findings

    def _columns_without_numbers(self, options: ReadOptions, rows: int) -> list[Finding]:
        if options.lenient or options.nan_as_zero or rows < 2:
            return []
        empty = [column for column, count in sorted(self._of_column.items()) if count >= rows]
        if not empty:
            return []
        examples = tuple(repr(self._names[column]) for column in empty[:3])
        hint = "name the columns that hold the numbers: --vector COLUMN|PATTERN"
        message = "column holds no number at all"
        return [Finding("no-number-columns", "error", message, len(empty), examples, hint)]


def to_float32(
    values: NDArray[Any], bad: BadCells, first_row: int, describe_row: Callable[[int], str]
) -> NDArray[np.float32]:
    """Convert numbers to float32; cells that are not finite are counted and set to 0.

    Parameters
    ----------
    values
        (rows, d) numbers of any type.
    bad
        Counts the cells that are not finite.
    first_row
        Index of the first row of the block.
    describe_row
        Returns the place of a row, for messages.
    """
    with np.errstate(over="ignore"):
        block = values.astype(np.float32, copy=False)
    if np.isfinite(block).all():
        return block
    block = block.copy()
    nan = np.isnan(block)
    infinite = np.isinf(values)
    bad.add_mask("nan", nan, first_row, describe_row)
    bad.add_mask("infinite", infinite, first_row, describe_row)
    bad.add_mask("out-of-range", ~np.isfinite(block) & ~nan & ~infinite, first_row, describe_row)
    block[~np.isfinite(block)] = 0
    return block


def read_cells(cells: Sequence[str]) -> tuple[NDArray[np.float32], dict[int, CellKind]]:
    """Read one row of numbers written as text, each correctly rounded to float32.

    Returns
    -------
    values : (d,) float32
        0 where a cell is not a finite number.
    kinds
        Position to kind of these cells.
    """
    numbers = np.empty(len(cells))
    kinds: dict[int, CellKind] = {}
    try:
        together = ",".join(cells)
        plain = together.isascii() and together.isprintable() and "_" not in together
        numbers[:] = list(map(float if plain else _strict_float, cells))
    except ValueError:
        for position, cell in enumerate(cells):
            try:
                numbers[position] = _strict_float(cell)
            except ValueError:
                numbers[position] = 0
                kinds[position] = "empty" if cell.strip().lower() in MISSING else "text"
    for position in np.nonzero(~(np.abs(numbers) <= _FLOAT32_MAX))[0].tolist():
        kind = _kind(numbers[position], cells[position])
        if kind is None:
            numbers[position] = math.copysign(_FLOAT32_MAX, numbers[position])
        else:
            kinds[position] = kind
            numbers[position] = 0
    values = numbers.astype(np.float32)
    for position in np.nonzero(_may_round_twice(numbers, values))[0].tolist():
        values[position] = nearest_float32(cells[position])
    return values, kinds


def _strict_float(cell: str) -> float:
    """`float` without what only Python reads: underscores, digits that are not ASCII, controls."""
    text = cell.strip(" \t")
    if NUMBER.fullmatch(text) is None and text.lstrip("+-").lower() not in _NOT_FINITE:
        raise ValueError(cell)
    return float(text)


def _kind(number: float, cell: str) -> CellKind | None:
    """Return the kind of a number out of float32's range; None if it rounds to its limit."""
    if math.isnan(number):
        return "nan"
    if math.isinf(number):
        return "out-of-range" if any(character.isdigit() for character in cell) else "infinite"
    return "out-of-range" if abs(Fraction(cell)) >= _FLOAT32_END else None


def _may_round_twice(
    numbers: NDArray[np.float64], values: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Mark numbers that as float64 lie exactly between two float32; the text decides these."""
    exact = values.astype(np.float64)
    direction = np.copysign(np.float32(np.inf), (numbers - exact).astype(np.float32))
    with np.errstate(over="ignore"):  # infinity follows the largest number
        other = np.nextafter(values, direction).astype(np.float64)
    between: NDArray[np.bool_] = (numbers != exact) & ((exact + other) / 2 == numbers)
    return between


def nearest_float32(text: str) -> np.float32:
    """Round a decimal number, given as text, to the nearest float32, ties to even, in one step."""
    exact = Fraction(text)
    value = np.float32(float(text))
    lower, upper = (
        np.nextafter(value, np.float32(-np.inf)),
        np.nextafter(value, np.float32(np.inf)),
    )
    candidates = [c for c in (lower, value, upper) if np.isfinite(c)]
    # Ties go to the candidate whose last mantissa bit is 0.
    return min(
        candidates,
        key=lambda c: (abs(Fraction(float(c)) - exact), int(np.float32(c).view(np.int32)) & 1),
    )
