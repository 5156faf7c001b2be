"""From cells to float32, and what is said about cells that are no finite number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neucocore.data.embeddings.table import Reading
from neucocore.files.findings import Finding

CellKind = Literal["empty", "nan", "infinite", "text", "out-of-range"]

_WORDS: dict[CellKind, str] = {
    "empty": "empty cell",
    "nan": "NaN",
    "infinite": "infinite value",
    "text": "cell that is no number",
    "out-of-range": "number beyond the range of float32",
}
_FLOAT32_MAX = float(np.finfo(np.float32).max)
# From half a step above the largest number on, rounding gives infinity.
_FLOAT32_END = Fraction(2) ** 128 - Fraction(2) ** 103


@dataclass
class _Tally:
    count: int = 0
    rows: set[int] = field(default_factory=set)
    columns: set[int] = field(default_factory=set)
    examples: list[str] = field(default_factory=list)


class BadCells:
    """Cells that are no finite float32, counted by kind, row and column.

    Parameters
    ----------
    names
        Name of each dimension, for messages.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._tallies: dict[CellKind, _Tally] = {}

    def add(self, kind: CellKind, row: int, column: int, place: str, text: str = "") -> None:
        """Count one cell."""
        tally = self._tallies.setdefault(kind, _Tally())
        tally.count += 1
        tally.rows.add(row)
        tally.columns.add(column)
        if len(tally.examples) < 3:
            shown = f" {text[:40]!r}" if text else ""
            tally.examples.append(f"{place} column {self._names[column]!r}{shown}")

    def add_mask(self, kind: CellKind, mask: NDArray[np.bool_], first_row: int, place: Any) -> None:
        """Count the cells marked in a block of rows that starts at row `first_row`."""
        rows, columns = np.nonzero(mask)
        if not len(rows):
            return
        tally = self._tallies.setdefault(kind, _Tally())
        tally.count += len(rows)
        tally.rows.update((np.unique(rows) + first_row).tolist())
        tally.columns.update(np.unique(columns).tolist())
        for row, column in zip(rows[:3].tolist(), columns[:3].tolist(), strict=True):
            if len(tally.examples) < 3:
                where = f"{place(first_row + row)} column {self._names[column]!r}"
                tally.examples.append(where)

    def findings(self, reading: Reading) -> list[Finding]:
        """Return one finding a kind: an error, or repaired where the rules count cells as 0."""
        found = []
        for kind, tally in sorted(self._tallies.items()):
            forgiven = (reading.lenient or reading.zero) and kind != "out-of-range"
            rows, columns = _count(tally.rows, "row"), _count(tally.columns, "column")
            message = f"{_WORDS[kind]} in {rows} and {columns}"
            found.append(
                Finding(
                    f"{kind}-cells",
                    "repaired" if forgiven else "error",
                    message + (", counted as 0" if forgiven else ""),
                    tally.count,
                    tuple(tally.examples),
                )
            )
        return found


def _count(members: set[int], noun: str) -> str:
    return f"{len(members)} {noun}" + ("" if len(members) == 1 else "s")


def narrow(values: NDArray[Any], bad: BadCells, first_row: int, place: Any) -> NDArray[np.float32]:
    """Return numbers of any type as float32, cells that are not finite counted and set to 0.

    Parameters
    ----------
    values
        (rows, d) numbers.
    bad
        Where to count.
    first_row
        Row number of the block's first row.
    place
        Names a row for messages.
    """
    with np.errstate(over="ignore"):
        block = values.astype(np.float32)
    if np.isfinite(block).all():
        return block
    nan = np.isnan(block)
    infinite = np.isinf(values)
    bad.add_mask("nan", nan, first_row, place)
    bad.add_mask("infinite", infinite, first_row, place)
    bad.add_mask("out-of-range", ~np.isfinite(block) & ~nan & ~infinite, first_row, place)
    block[~np.isfinite(block)] = 0
    return block


def read_cells(cells: Sequence[str]) -> tuple[NDArray[np.float32], dict[int, CellKind]]:
    """Read one row of numbers written as text, each rounded once and correctly to float32.

    Returns
    -------
    values : (d,) float32
        0 where a cell is no finite number.
    kinds
        What those cells are, by position.
    """
    numbers = np.empty(len(cells))
    kinds: dict[int, CellKind] = {}
    try:
        together = ",".join(cells)
        plain = together.isascii() and "_" not in together
        numbers[:] = list(map(float if plain else _strict_float, cells))
    except ValueError:
        for position, cell in enumerate(cells):
            try:
                numbers[position] = _strict_float(cell)
            except ValueError:
                numbers[position] = 0
                kinds[position] = "text" if cell.strip() else "empty"
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
    """`float` without the liberties of Python source: no underscores, no foreign digits."""
    if "_" in cell or not cell.isascii():
        raise ValueError(cell)
    return float(cell)


def _kind(number: float, cell: str) -> CellKind | None:
    """Name a number that is not within float32's range; None if it rounds to its end."""
    if math.isnan(number):
        return "nan"
    if math.isinf(number):
        return "out-of-range" if any(sign.isdigit() for sign in cell) else "infinite"
    return "out-of-range" if abs(Fraction(cell)) >= _FLOAT32_END else None


def _may_round_twice(
    numbers: NDArray[np.float64], values: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Mark numbers that lie, as float64, exactly between two float32: the text must decide."""
    exact = values.astype(np.float64)
    toward = np.copysign(np.float32(np.inf), (numbers - exact).astype(np.float32))
    with np.errstate(over="ignore"):  # beyond the largest number comes infinity
        other = np.nextafter(values, toward).astype(np.float64)
    between: NDArray[np.bool_] = (numbers != exact) & ((exact + other) / 2 == numbers)
    return between


def nearest_float32(text: str) -> np.float32:
    """Round a decimal text to the nearest float32, ties to even, in one step."""
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
