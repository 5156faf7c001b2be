"""The optional columns ``label_sd``: the standard deviation of the error of each label."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.components.specs import Problem
from neucocore.files.cells import read_numbers
from neucocore.files.findings import EXAMPLES_SHOWN, Finding

LABEL_SD = "label_sd"
SD_PREFIX = "label_sd:"


def is_sd_column(name: str) -> bool:
    """Return whether a column is named ``label_sd`` or ``label_sd:<output>``."""
    return name == LABEL_SD or name.startswith(SD_PREFIX)


def read_label_sd(
    columns: Sequence[Sequence[str] | None],
    y: NDArray[Any],
    rows: Sequence[int],
    problem: Problem,
    place: Callable[[int], str],
    names: Sequence[str] = (LABEL_SD,),
) -> tuple[NDArray[np.float64] | None, list[Finding]]:
    """Turn the cells of ``label_sd`` columns into numbers.

    Parameters
    ----------
    columns
        The cells of all rows of the file, one list per column of `y`; None where there is no such
        column.
    y
        (n,) or (n, k) labels of the rows that have one.
    rows
        Numbers of these rows in the file; cells of other rows are not read.
    problem
        The kind of problem; only the labels of a regression have standard deviations.
    place
        Returns the place of a row for messages, such as ``line 7``.
    names
        Names of the columns, for messages.

    Returns
    -------
    array or None
        As `y`, in label units, NaN where a cell is empty. None if no label has a standard
        deviation.
    list of Finding
        Errors for cells that are not finite numbers of at least 0; warnings for empty cells.
    """
    if all(column is None for column in columns):
        return None, []
    if problem != "regression":
        message = "label_sd is not used: only the labels of a regression have standard deviations"
        return None, [Finding("unused-label-sd", "warning", message)]
    values = np.full((len(rows), len(columns)), np.nan)
    known = ~np.isnan(y.reshape(len(rows), -1))
    findings: list[Finding] = []
    for index, (name, column) in enumerate(zip(names, columns, strict=True)):
        if column is None:
            continue
        cells = [column[row] for row in rows]
        values[:, index], problems = read_numbers(cells, lambda row: place(rows[row]), name)
        findings += problems
        negative = np.flatnonzero(values[:, index] < 0).tolist()
        if negative:
            shown = tuple(f"{place(rows[row])} {cells[row]!r}" for row in negative[:EXAMPLES_SHOWN])
            message = f"{name} is negative"
            hint = "write standard deviations, which are 0 or more, or leave the cells empty"
            findings.append(
                Finding("negative-label-sd", "error", message, len(negative), shown, hint)
            )
        missing = np.flatnonzero(np.isnan(values[:, index]) & known[:, index]).tolist()
        if missing and not problems:
            shown = tuple(place(rows[row]) for row in missing[:EXAMPLES_SHOWN])
            message = f"label without {name}"
            findings.append(Finding("missing-label-sd", "warning", message, len(missing), shown))
    if np.isnan(values).all():
        return None, findings
    return values.reshape(y.shape), findings
