"""Dimensions that are row numbers: ``0..n-1`` or ``1..n`` in any order, left by a table library.

This is the only rule about dimensions that looks at values, after the names and the types.
"""

from __future__ import annotations

import csv
import gzip
import shlex
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.files.findings import Finding

MIN_ROWS_IN_ORDER, MIN_ROWS = 6, 16
"""Fewer rows may hold such numbers by chance."""
MAX_EXACT = 1 << 24
"""Larger integers are not exact in float32."""
ROWS_LOOKED_AT = 1_000_000


def is_row_number(values: NDArray[Any]) -> bool:
    """Whether the values of a column are ``0..n-1`` or ``1..n``; any order in longer columns."""
    n = len(values)
    if not MIN_ROWS_IN_ORDER <= n <= MAX_EXACT:
        return False
    start = values.min()
    if start not in (0, 1) or values.max() != start + n - 1:
        return False
    every = np.arange(start, start + n)
    return bool((values == every).all()) or (
        n >= MIN_ROWS and bool((np.sort(values) == every).all())
    )


def row_number_findings(
    matrix: NDArray[np.float32], names: Sequence[str], *, certain: bool
) -> list[Finding]:
    """Return ``row-numbers`` about dimensions that hold the row numbers.

    Where half of the dimensions or more do, they are ranks, and nothing is reported.

    Parameters
    ----------
    matrix
        (n, d) stored values.
    names
        Columns of the dimensions; empty if the vectors are lists.
    certain
        The user named the columns, so this is a warning, not an error.
    """
    n, d = matrix.shape
    if d < 2 or n < MIN_ROWS_IN_ORDER:
        return []
    first = matrix[:64]
    possible = np.nonzero((first == np.floor(first)).all(axis=0) & (first >= 0).all(axis=0))[0]
    columns = [p for p in possible.tolist() if is_row_number(matrix[:, p])]
    if not columns or 2 * len(columns) >= d:
        return []
    shown = tuple(repr(names[p]) if names else f"dimension {p}" for p in columns[:3])
    message = "column holds the row numbers, so it is not a dimension"
    if certain:
        message = "column of the vectors holds the row numbers"
        return [Finding("row-numbers", "warning", message, len(columns), shown)]
    hint = "leave these numbers out of the vectors"
    if names:
        kept = [name for position, name in enumerate(names) if position not in columns]
        hint = f"--vector {shlex.quote(','.join(kept))}"
        if len(kept) > 64:
            hint = "remove the column of row numbers from the file"
    return [Finding("row-numbers", "error", message, len(columns), shown, hint)]


def row_number_columns(rows: Iterable[Sequence[Any]], count: int) -> frozenset[int]:
    """Return the positions of the columns of row numbers; cells may be text."""
    table = [row for row in islice(rows, ROWS_LOOKED_AT) if len(row) == count]
    found = set()
    for position in range(count):
        cells = [row[position] for row in table]
        try:
            if all(float(cell) >= 0 for cell in cells[:8]):
                values = np.array(cells, dtype=np.float64)
                found |= {position} if is_row_number(values) else set()
        except (TypeError, ValueError):
            continue
    return frozenset(found)


def row_number_columns_of_csv(path: Path, count: int) -> frozenset[int]:
    """Return the positions of the columns of row numbers of a CSV file, for hints."""
    opener: Any = gzip.open if path.name.lower().endswith(".gz") else open
    try:
        with opener(path, "rt", encoding="utf-8-sig", errors="replace", newline="") as stream:
            rows = csv.reader(stream, skipinitialspace=True)
            next(rows, None)
            return row_number_columns(rows, count)
    except (OSError, EOFError, csv.Error):
        return frozenset()
