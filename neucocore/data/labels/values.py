"""From the cells of a label file to numbers and class codes."""

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
# What people and table libraries write where there is no label.
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
    table: TextTable, texts: Sequence[Sequence[str]], findings: list[Finding]
) -> list[int]:
    """Return the rows with at least one label and note how many have none."""
    missing = [
        row
        for row in range(len(table.rows))
        if all(column[row].lower() in MISSING for column in texts)
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
    kind: str,
    texts: Sequence[Sequence[str]],
    outputs: tuple[str, ...],
    lines: Sequence[int],
    findings: list[Finding],
) -> tuple[Problem, NDArray[Any], tuple[str, ...]]:
    """Turn label texts into numbers or codes.

    Parameters
    ----------
    kind
        A known type suffix, in lower case.
    texts
        The label cells, one list a column, at least one label a row.
    outputs
        Names of the columns, empty for a single ``label``.
    lines
        Line number of each row, for messages.
    findings
        Where labels that cannot be used are noted.

    Returns
    -------
    problem
        What the labels pose: two classes at most are ``binary``.
    y
        (n,) or, with `outputs`, (n, k); see `neucocore.data.labels.labels.Labels`.
    classes
        Names of the class codes.
    """
    if kind in REGRESSION_TYPES:
        values = np.column_stack([_numbers(column, lines, findings) for column in texts])
        return "regression", values if outputs else values[:, 0], ()
    if outputs:
        flags = np.column_stack([_flags(column, lines, findings) for column in texts])
        return "multilabel", flags, ()
    codes, classes = encode_classes(texts[0])
    return "binary" if len(classes) <= 2 else "multiclass", codes, classes


def _numbers(
    cells: Sequence[str], lines: Sequence[int], findings: list[Finding]
) -> NDArray[np.float64]:
    """Read one column of numbers, NaN where the label is missing."""
    values = np.full(len(cells), np.nan)
    odd, infinite = [], []
    for row, cell in enumerate(cells):
        if cell.lower() in MISSING:
            continue
        try:
            values[row] = float(cell)
        except ValueError:
            odd.append(f"line {lines[row]} {cell!r}")
            continue
        if not np.isfinite(values[row]):
            infinite.append(f"line {lines[row]} {cell!r}")
    _add(findings, "text-labels", "label is not a number", odd)
    _add(findings, "infinite-labels", "label is infinite", infinite)
    return values


def _flags(
    cells: Sequence[str], lines: Sequence[int], findings: list[Finding]
) -> NDArray[np.float64]:
    """Read one column of 0 and 1, NaN where the label is missing."""
    values = np.full(len(cells), np.nan)
    odd = []
    for row, cell in enumerate(cells):
        text = cell.lower()
        if text in MISSING:
            continue
        if text in YES or text in NO:
            values[row] = float(text in YES)
        else:
            odd.append(f"line {lines[row]} {cell!r}")
    _add(findings, "odd-labels", "label of a multi-label column is not 0 or 1", odd)
    return values


def _add(findings: list[Finding], code: str, message: str, examples: list[str]) -> None:
    if examples:
        findings.append(Finding(code, "error", message, len(examples), tuple(examples[:3])))
