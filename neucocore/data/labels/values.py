"""The cells of a label file as numbers and class codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.components.specs import Problem
from neucocore.data.labels.classes import encode_classes
from neucocore.files.findings import Finding
from neucocore.files.text_table import TextTable

REGRESSION_TYPES = ("regr", "reg", "regression")
CLASS_TYPES = ("cls", "classification")
KNOWN_TYPES = (*REGRESSION_TYPES, *CLASS_TYPES)
# Texts that people and table libraries write for a missing label.
MISSING = frozenset({"", "nan", "na", "n/a", "<na>", "null"})
YES = frozenset({"true", "1", "1.0", "yes"})
NO = frozenset({"false", "0", "0.0", "no"})


def yes_or_no(cell: str) -> bool | None:
    """Read a cell as true or false; an empty cell is false, any other text gives None."""
    text = cell.strip().lower()
    if text in YES:
        return True
    return False if text in NO or not text else None


def flags(cells: Sequence[str]) -> list[bool] | None:
    """Read a column as true and false; None if a cell is neither."""
    values = [yes_or_no(cell) for cell in cells]
    return None if None in values else [bool(value) for value in values]


def labelled_rows(
    table: TextTable, columns: Sequence[Sequence[str]], findings: list[Finding]
) -> list[int]:
    """Return the rows with at least one label; add a finding about the other rows."""
    missing = [
        row
        for row in range(len(table.rows))
        if all(column[row].lower() in MISSING for column in columns)
    ]
    if missing:
        lines = tuple(f"line {table.lines[row]}" for row in missing[:3])
        message = "row without a label dropped"
        findings.append(Finding("missing-labels", "repaired", message, len(missing), lines))
    if len(missing) == len(table.rows):
        findings.append(Finding("no-labels", "error", "the file holds no label"))
    dropped = set(missing)
    return [row for row in range(len(table.rows)) if row not in dropped]


def label_values(
    file_type: str,
    columns: Sequence[Sequence[str]],
    outputs: tuple[str, ...],
    lines: Sequence[int],
    findings: list[Finding],
) -> tuple[Problem, NDArray[Any], tuple[str, ...]]:
    """Turn the cells of labels into numbers or class codes.

    Parameters
    ----------
    file_type
        A known type of label file, in lower case.
    columns
        The cells, one list per column; every row has at least one label.
    outputs
        Names of the columns; empty for the single column ``label``.
    lines
        Line number of each row, for messages.
    findings
        Gets one finding per kind of unusable label.

    Returns
    -------
    problem
        The kind of problem; labels of at most two classes are ``binary``.
    y
        (n,) or, with `outputs`, (n, k); see `neucocore.data.labels.labels.Labels`.
    classes
        Names of the class codes.
    """
    if file_type in REGRESSION_TYPES:
        values = np.column_stack([_numbers(column, lines, findings) for column in columns])
        return "regression", values if outputs else values[:, 0], ()
    if outputs:
        binary = [_zeros_and_ones(column, lines, findings) for column in columns]
        return "multilabel", np.column_stack(binary), ()
    codes, classes = encode_classes(columns[0])
    return "binary" if len(classes) <= 2 else "multiclass", codes, classes


def _numbers(
    cells: Sequence[str], lines: Sequence[int], findings: list[Finding]
) -> NDArray[np.float64]:
    """Read one column of numbers; NaN where the label is missing."""
    values = np.full(len(cells), np.nan)
    text, infinite = [], []
    for row, cell in enumerate(cells):
        if cell.lower() in MISSING:
            continue
        try:
            values[row] = float(cell)
        except ValueError:
            text.append(f"line {lines[row]} {cell!r}")
            continue
        if not np.isfinite(values[row]):
            infinite.append(f"line {lines[row]} {cell!r}")
    _add(findings, "text-labels", "label is not a number", text)
    _add(findings, "infinite-labels", "label is infinite", infinite)
    return values


def _zeros_and_ones(
    cells: Sequence[str], lines: Sequence[int], findings: list[Finding]
) -> NDArray[np.float64]:
    """Read one column of 0 and 1; NaN where the label is missing."""
    values = np.full(len(cells), np.nan)
    invalid = []
    for row, cell in enumerate(cells):
        text = cell.lower()
        if text in MISSING:
            continue
        if text in YES or text in NO:
            values[row] = float(text in YES)
        else:
            invalid.append(f"line {lines[row]} {cell!r}")
    _add(findings, "invalid-labels", "label of a multilabel column is not 0 or 1", invalid)
    return values


def _add(findings: list[Finding], code: str, message: str, examples: list[str]) -> None:
    if examples:
        findings.append(Finding(code, "error", message, len(examples), tuple(examples[:3])))
