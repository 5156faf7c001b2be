"""Rows of embeddings that hold no data: one repeated value in all dimensions.

Products mark pixels without data by a fill value in every dimension (0, 255, -128, -9999, ...). A
row of an embedding is practically never constant, so the value itself need not be known:

* declared: the file names its fill value (``nodata``, ``_FillValue``, ``missing_value``, ...);
* one row holds a usual fill value other than 0 in all dimensions, or any value that is far from
  those of the other rows in every dimension;
* several rows hold the same value in all dimensions.

The following are not treated as rows without data: zeros of sparse embeddings (such as those after
a ReLU), where at least half of all numbers are 0; one single row of zeros; repeated values that
are as frequent as chance makes them (embeddings of one bit per dimension); fewer than
`MIN_DIMENSIONS` dimensions, except for usual fill values that repeat; a matrix of equal rows.
Zeros are then reported as a warning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.data.embeddings.far_rows import spread_of
from neucocore.files.findings import EXAMPLES_SHOWN, Finding

DECLARATIONS = ("nodata", "no_data", "nodata_value", "_FillValue", "fill_value", "missing_value")
FILL_VALUES = (
    *(255.0, -128.0, 32767.0, -32768.0, 65535.0, -99.0, -999.0, -9999.0, -99999.0),
    *(2.0**31 - 1, -(2.0**31), 1e20, -3.4028234663852886e38, 3.4028234663852886e38),
    -((128 / 127.5) ** 2),  # the code -128 of AlphaEarth Foundations, taken for data
)
MIN_DIMENSIONS = 4
SPARSE_SHARE = 0.5
TIMES_CHANCE = 10
HINT = "--drop-no-data leaves these rows out; with --allow-missing if they have labels"


def constant_rows(matrix: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return the indices of the rows that hold one value in all of at least two dimensions."""
    d = matrix.shape[1]
    if d < 2:
        return np.arange(0)
    possible = np.nonzero(matrix[:, 0] == matrix[:, 1])[0]
    possible = possible[matrix[possible, 0] == matrix[possible, -1]]
    constant: NDArray[np.intp] = possible[(matrix[possible] == matrix[possible, :1]).all(axis=1)]
    return constant


def declared_fill_values(metadata: Mapping[str, Any]) -> list[float]:
    """Return the fill values that the metadata of a file declare."""
    values = []
    for name in DECLARATIONS:
        value = metadata.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            values.append(float(value))
    return values


def fill_value_rows(
    matrix: NDArray[np.float32], declared: Sequence[float] = ()
) -> tuple[dict[float, NDArray[np.intp]], NDArray[np.intp]]:
    """Find the rows without data.

    Parameters
    ----------
    matrix
        (n, d) stored values.
    declared
        Fill values that the file names.

    Returns
    -------
    dict
        Fill value to indices of rows without data.
    (k,) intp
        Rows of zeros that may be real.
    """
    rows = constant_rows(matrix)
    no_zeros = np.arange(0)
    if not len(rows):
        return {}, no_zeros
    values = matrix[rows, 0]
    all_equal = len(rows) == len(matrix) and bool((values == values[0]).all())
    spread = spread_of(matrix)
    found: dict[float, NDArray[np.intp]] = {}
    zeros = no_zeros
    for value in np.unique(values).tolist():
        of_value = rows[values == np.float32(value)]
        usual = any(np.isclose(value, fill, rtol=1e-5, atol=0) for fill in FILL_VALUES)
        far = spread is not None and spread.is_far(value)
        if any(np.float32(value) == np.float32(fill) for fill in declared):
            found[value] = of_value
        elif all_equal and not usual:
            continue
        elif _is_fill(matrix, rows, of_value, value, usual, far):
            found[value] = of_value
        elif value == 0:
            zeros = of_value
    return found, zeros


def _is_fill(
    matrix: NDArray[np.float32],
    constant: NDArray[np.intp],
    rows: NDArray[np.intp],
    value: float,
    usual: bool,
    far: bool,
) -> bool:
    n, d = matrix.shape
    if d < MIN_DIMENSIONS:
        return usual and len(rows) > 1
    others = np.delete(matrix, constant, axis=0)
    share = (others == np.float32(value)).mean(axis=0) if len(others) else np.zeros(d)
    if len(rows) <= TIMES_CHANCE * n * float(np.prod(share)):
        return False
    if value == 0:
        return (len(rows) > 1 or far) and float(share.mean()) < SPARSE_SHARE
    return usual or far or len(rows) > 1


def no_data_findings(
    found: Mapping[float, NDArray[np.intp]],
    zeros: NDArray[np.intp],
    names: Sequence[str],
    dimension: int,
    *,
    drop: bool,
    lenient: bool,
) -> list[Finding]:
    """Return ``no-data-rows``, one per fill value, and ``zero-rows`` (a warning).

    Parameters
    ----------
    found, zeros
        The results of `fill_value_rows`.
    names
        What identifies each row in messages: its id, or its place in the file.
    dimension
        Number of dimensions.
    drop
        The rows are left out (repaired) instead of refused (error).
    lenient
        NeuCo-Bench reads such rows as data: a warning.
    """
    findings = []
    level: Any = "repaired" if drop else "warning" if lenient else "error"
    done = " left out" if drop else ""
    for value, rows in found.items():
        message = (
            f"row without data{done}: it holds only the value {value:g}"
            if dimension == 1
            else f"row without data{done}: all {dimension} dimensions are {value:g}"
        )
        examples = tuple(names[row] for row in rows[:EXAMPLES_SHOWN].tolist())
        hint = None if level != "error" else HINT
        findings.append(Finding("no-data-rows", level, message, len(rows), examples, hint))
    if len(zeros):
        examples = tuple(names[row] for row in zeros[:EXAMPLES_SHOWN].tolist())
        message = "row is 0 in all dimensions, perhaps without data"
        findings.append(Finding("zero-rows", "warning", message, len(zeros), examples))
    return findings


def partly_filled(
    matrix: NDArray[np.float32],
    declared: Sequence[float],
    found: Mapping[float, NDArray[np.intp]],
    names: Sequence[str],
) -> list[Finding]:
    """Return an error about rows that hold a declared fill value in some dimensions only.

    A declared 0 is not checked: single zeros are ordinary numbers.
    """
    filled = np.zeros(len(matrix), dtype=bool)
    for value in declared:
        if value != 0 and np.isfinite(value):
            filled |= (matrix == np.float32(value)).any(axis=1)
    filled[np.concatenate([*found.values(), np.arange(0)]).astype(np.intp)] = False
    rows = np.nonzero(filled)[0]
    if not len(rows):
        return []
    message = "row holds the declared fill value in some dimensions"
    examples = tuple(names[row] for row in rows[:EXAMPLES_SHOWN].tolist())
    hint = "write the fill value in all dimensions of rows without data, and in no others"
    return [Finding("fill-value-cells", "error", message, len(rows), examples, hint)]


def scale_findings(rows: NDArray[np.intp], names: Sequence[str], *, drop: bool) -> list[Finding]:
    """Return ``no-data-rows`` about rows that the quantization record declares without data."""
    if not len(rows):
        return []
    done = " left out" if drop else ""
    message = f"row without data{done}: its code or its scale marks it so"
    examples = tuple(names[row] for row in rows[:EXAMPLES_SHOWN].tolist())
    level, hint = ("repaired", None) if drop else ("error", HINT)
    return [Finding("no-data-rows", level, message, len(rows), examples, hint)]  # type: ignore[arg-type]
