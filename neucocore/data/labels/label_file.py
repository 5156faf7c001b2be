"""Label files: ``<stem>__<type>.csv`` with ``id`` and ``label``, or ``label:<output>`` columns.

A column ``label_sd``, or ``label_sd:<output>``, holds the standard deviation of the labels' errors.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.components.specs import Problem
from neucocore.data.ids import ID, no_id_column
from neucocore.data.labels.label_sd import LABEL_SD, SD_PREFIX, is_sd_column, read_label_sd
from neucocore.data.labels.labels import Labels, label_digest
from neucocore.data.labels.values import KNOWN_TYPES, read_label_columns
from neucocore.data.years import clean_keys
from neucocore.errors import DataError
from neucocore.files.findings import Finding, raise_for_findings
from neucocore.files.text_table import TextTable, read_text_table

LABEL = "label"
OUTPUT_PREFIX = "label:"


@dataclass(frozen=True, eq=False)
class LabelFile:
    """The labels of one task, read and checked, without the rows that have no label.

    Attributes
    ----------
    path
        Path of the file.
    stem
        File name without ``__<type>.csv``, or a name made of the column of a table.
    type
        The type in the file name, as written, such as ``regr``.
    problem
        ``regression``, ``binary``, ``multiclass`` or ``multilabel``.
    ids, y, classes, outputs, label_sd
        As in `Labels`.
    extra
        The further columns as text: column name to one cell per row.
    findings
        Repairs, rows without a label, and what may be wrong with the labels.
    source_column
        Label column of a table that is not a label file (``survey.csv``), else None.
    year_column
        The column of years that is part of the ids (``id@year``), because ids repeat; else None.
    unit
        Unit in the name of such a column, ``biomass [Mg/ha]``; empty for classes.
    sha256
        Digest of labels that are in memory; None for those of a file.
    """

    path: Path
    stem: str
    type: str
    problem: Problem
    ids: tuple[str, ...]
    y: NDArray[Any]
    classes: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    source_column: str | None = None
    unit: str = ""
    label_sd: NDArray[np.float64] | None = None
    year_column: str | None = None
    sha256: str | None = None

    @property
    def name(self) -> str:
        """Name of the file, with the column of a table: ``survey.csv:height``."""
        return ":".join(filter(None, (self.path.name, self.source_column)))

    def labels(self, groups: str | None = None) -> Labels:
        """Return the labels, with the cells of the extra column `groups`, if given, as groups."""
        group_of_row = None if groups is None else np.array(self.column(groups))
        return Labels(
            self.ids, self.y, group_of_row, self.classes, self.outputs, label_sd=self.label_sd
        )

    def column(self, name: str) -> tuple[str, ...]:
        """Return an extra column.

        Raises
        ------
        DataError
            The file has no such column.
        """
        if name not in self.extra:
            columns = ", ".join(map(repr, self.extra)) or "none except id and label"
            raise DataError(f"{self.path} has no column {name!r}", hint=f"its columns: {columns}")
        return self.extra[name]

    def keep(self, mask: Sequence[bool]) -> LabelFile:
        """Return the rows for which `mask` is true; the classes stay those of all rows."""
        rows = [row for row, is_kept in enumerate(mask) if is_kept]
        return replace(
            self,
            ids=tuple(self.ids[row] for row in rows),
            y=self.y[rows],
            label_sd=None if self.label_sd is None else self.label_sd[rows],
            extra={name: tuple(cells[row] for row in rows) for name, cells in self.extra.items()},
        )

    @property
    def digest(self) -> str:
        """sha256 (hex) of ids, labels, classes and outputs; see `label_digest`."""
        return label_digest(self.labels())


def read_label_file(path: str | Path) -> LabelFile:
    """Read one label file strictly.

    Raises
    ------
    DataError
        With all problems of the file: its name, columns, rows, ids and labels.
    """
    file = Path(path)
    stem, file_type = _split_name(file)
    table = read_text_table(file)
    findings = list(table.findings)
    names = _label_columns(table, findings)
    raise_for_findings(file, findings)
    others = {name: table.column(name) for name in table.columns if name not in (ID, *names)}
    ids, year_column, id_findings = clean_keys(table.column(ID), table.place, others)
    findings.extend(id_findings)
    outputs = () if names == (LABEL,) else tuple(n.removeprefix(OUTPUT_PREFIX) for n in names)
    labels = read_label_columns(
        file_type, [table.column(name) for name in names], outputs, table.place
    )
    findings.extend(labels.findings)
    sd_names = [SD_PREFIX + output for output in outputs] or [LABEL_SD]
    sd_columns = [table.column(name) if name in table.columns else None for name in sd_names]
    label_sd, sd_findings = read_label_sd(
        sd_columns, labels.y, labels.rows, labels.problem, table.place, sd_names
    )
    findings.extend(sd_findings)
    raise_for_findings(file, findings)
    return LabelFile(
        path=file,
        stem=stem,
        type=file.stem.rpartition("__")[2],
        problem=labels.problem,
        ids=tuple(ids[row] for row in labels.rows),
        y=labels.y,
        classes=labels.classes,
        outputs=outputs,
        extra=extra_columns(table, (ID, *names, *sd_names), labels.rows),
        findings=tuple(findings),
        label_sd=label_sd,
        year_column=year_column,
    )


def extra_columns(
    table: TextTable, without: Collection[str], rows: Sequence[int]
) -> dict[str, tuple[str, ...]]:
    """Return the cells of some rows, for all columns except `without`."""
    cells = {name: table.column(name) for name in table.columns if name not in without}
    return {name: tuple(column[row] for row in rows) for name, column in cells.items()}


def is_label_file_name(file: Path) -> bool:
    """Return whether a file is named ``<name>__<type>.csv`` with a known type."""
    stem, _, file_type = file.stem.rpartition("__")
    return file.suffix.lower() == ".csv" and bool(stem) and file_type.lower() in KNOWN_TYPES


def _split_name(file: Path) -> tuple[str, str]:
    """Return the stem of a label file's name, and the type in lower case."""
    if not is_label_file_name(file):
        raise DataError(
            f"{file.name} is not named like a label file",
            hint=f"rename it to <name>__<type>.csv; types: {', '.join(KNOWN_TYPES)}",
        )
    stem, _, file_type = file.stem.rpartition("__")
    return stem, file_type.lower()


def _label_columns(table: TextTable, findings: list[Finding]) -> tuple[str, ...]:
    """Return ``label`` or the ``label:<output>`` columns; add the problems of the header."""
    if ID not in table.columns:
        findings.append(no_id_column(table.columns))
    outputs = tuple(n for n in table.columns if n.startswith(OUTPUT_PREFIX))
    if LABEL in table.columns and outputs:
        message = "both a column 'label' and 'label:<output>' columns"
        findings.append(Finding("label-columns", "error", message))
    elif LABEL not in table.columns and not outputs:
        columns = ", ".join(map(repr, table.columns))
        message = f"no column 'label' or 'label:<output>', only {columns}"
        findings.append(Finding("no-label-column", "error", message))
    findings.extend(_unexpected_sd_columns(table, outputs))
    return outputs or (LABEL,)


def _unexpected_sd_columns(table: TextTable, outputs: Sequence[str]) -> Iterator[Finding]:
    """Yield an error for ``label_sd`` columns that belong to no label column."""
    expected = [SD_PREFIX + name.removeprefix(OUTPUT_PREFIX) for name in outputs] or [LABEL_SD]
    unexpected = [n for n in table.columns if is_sd_column(n) and n not in expected]
    if unexpected:
        message = f"no label column for {', '.join(map(repr, unexpected))}"
        hint = f"the standard deviations of the labels are in {', '.join(map(repr, expected))}"
        yield Finding("label-sd-columns", "error", message, hint=hint)
