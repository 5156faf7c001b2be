"""The cells of label columns as numbers and class codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.components.specs import Problem
from neucocore.data.labels.classes import encode_classes
from neucocore.data.labels.missing_codes import missing_codes_of_classes, missing_codes_of_numbers
from neucocore.files.cells import boolean, is_missing, read_names, read_numbers
from neucocore.files.findings import EXAMPLES_SHOWN, Finding
from neucocore.messages import pluralize

REGRESSION_TYPES = ("regr", "reg", "regression")
CLASS_TYPES = ("cls", "classification")
KNOWN_TYPES = (*REGRESSION_TYPES, *CLASS_TYPES)

Place = Callable[[int], str]


def yes_or_no(cell: str) -> bool | None:
    """Read a cell as true or false; an empty cell is false, any other text gives None."""
    return boolean(cell) if cell.strip() else False


def flags(cells: Sequence[str]) -> list[bool] | None:
    """Read a column as true and false; None if a cell is neither."""
    values = [yes_or_no(cell) for cell in cells]
    return None if None in values else [bool(value) for value in values]


@dataclass(frozen=True, eq=False)
class LabelColumns:
    """The labels of some columns, without the rows that have none.

    Attributes
    ----------
    problem
        The kind of problem; labels of at most two classes are ``binary``.
    rows
        Numbers of the rows with at least one label.
    y
        (n,) or, with several outputs, (n, k), for these rows; see
        `neucocore.data.labels.labels.Labels`.
    classes
        Names of the class codes.
    findings
        One finding per kind of unusable label, and about missing labels.
    """

    problem: Problem
    rows: tuple[int, ...]
    y: NDArray[Any]
    classes: tuple[str, ...]
    findings: tuple[Finding, ...]


def read_label_columns(
    file_type: str, columns: Sequence[Sequence[str]], outputs: tuple[str, ...], place: Place
) -> LabelColumns:
    """Turn the cells of labels into numbers or class codes.

    Parameters
    ----------
    file_type
        A known type of label file, in lower case.
    columns
        The cells, one list per column.
    outputs
        Names of the columns; empty for a single column.
    place
        Returns the place of a row for messages, such as ``line 7``.
    """
    problem: Problem
    findings: list[Finding] = []
    classes: tuple[str, ...] = ()
    y: NDArray[Any]
    if file_type in CLASS_TYPES and not outputs:
        names = read_names(columns[0], "class")
        rows = [row for row, name in enumerate(names.values) if name is not None]
        y, classes = encode_classes([name for name in names.values if name is not None])
        findings += [*names.findings, *missing_codes_of_classes(classes, y, rows, place)]
        problem = "binary" if len(classes) <= 2 else "multiclass"
    else:
        read = _numbers if file_type in REGRESSION_TYPES else _zeros_and_ones
        problem = "regression" if file_type in REGRESSION_TYPES else "multilabel"
        values = []
        for name, column in zip(outputs or ("",), columns, strict=True):
            numbers, problems = read(column, place, f"output {name!r}: label" if name else "label")
            values.append(numbers)
            findings += problems
        is_labelled = ~np.all([list(map(is_missing, column)) for column in columns], axis=0)
        rows = np.flatnonzero(is_labelled).tolist()
        y = np.column_stack(values)[rows]
        y = y if outputs else y[:, 0]
    return LabelColumns(
        problem, tuple(rows), y, classes, (*_row_findings(rows, len(columns[0]), place), *findings)
    )


def _row_findings(rows: Sequence[int], total: int, place: Place) -> list[Finding]:
    """Return the findings about rows without a label, and about files without enough rows."""
    if total == 0:
        return [Finding("no-rows", "error", "there is no row below the header")]
    if not rows:
        message = f"the file holds no label: {pluralize(total, 'cell')} missing"
        return [Finding("no-labels", "error", message)]
    findings = []
    missing = sorted(set(range(total)) - set(rows))
    if missing:
        lines = tuple(place(row) for row in missing[:EXAMPLES_SHOWN])
        message = "row without a label dropped"
        findings.append(Finding("missing-labels", "warning", message, len(missing), lines))
    if len(rows) == 1:
        message = "the file holds a single label, from which no score can be computed"
        findings.append(Finding("single-label", "warning", message))
    return findings


def _numbers(
    cells: Sequence[str], place: Place, what: str
) -> tuple[NDArray[np.float64], list[Finding]]:
    """Read one column of numbers; NaN where the label is missing."""
    values, findings = read_numbers(cells, place, what)
    return values, [*findings, *missing_codes_of_numbers(values, place, what)]


def _zeros_and_ones(
    cells: Sequence[str], place: Place, what: str
) -> tuple[NDArray[np.float64], list[Finding]]:
    """Read one column of 0 and 1; NaN where the label is missing."""
    values = np.full(len(cells), np.nan)
    invalid = []
    for row, cell in enumerate(cells):
        value = boolean(cell)
        if value is not None:
            values[row] = float(value)
        elif not is_missing(cell):
            invalid.append(f"{place(row)} {cell!r}")
    if not invalid:
        return values, []
    message = f"{what} of a multilabel column is not 0 or 1"
    shown = tuple(invalid[:EXAMPLES_SHOWN])
    return values, [Finding("invalid-labels", "error", message, len(invalid), shown)]
