"""Label files: ``<stem>__<type>.csv`` with ``id`` and ``label``, or ``label:<output>`` columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.components.specs import Problem
from neucocore.data.ids import ID, clean_ids, no_id_column
from neucocore.data.labels.labels import Labels, label_digest
from neucocore.data.labels.values import KNOWN_TYPES, read_label_columns
from neucocore.errors import DataError, MissingFileError
from neucocore.files.content_type import no_folder
from neucocore.files.findings import Finding, raise_for_findings
from neucocore.files.text_table import TextTable, read_text_table
from neucocore.messages import pluralize

LABEL = "label"
OUTPUT_PREFIX = "label:"


@dataclass(frozen=True, eq=False)
class LabelFile:
    """One label file, read and checked, without the rows that have no label.

    Attributes
    ----------
    path
        Path of the file.
    stem
        File name without ``__<type>.csv``.
    type
        The type in the file name, as written, such as ``regr``.
    problem
        ``regression``, ``binary``, ``multiclass`` or ``multilabel``.
    ids, y, classes, outputs
        As in `Labels`.
    extra
        The further columns as text: column name to one cell per row.
    findings
        Repairs, and rows without a label.
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

    def labels(self, groups: str | None = None) -> Labels:
        """Return the labels, with the cells of the extra column `groups`, if given, as groups."""
        group_of_row = None if groups is None else np.array(self.column(groups))
        return Labels(self.ids, self.y, group_of_row, self.classes, self.outputs)

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
    ids, id_findings = clean_ids(table.column(ID), lambda row: f"line {table.lines[row]}")
    findings.extend(id_findings)
    outputs = () if names == (LABEL,) else tuple(n.removeprefix(OUTPUT_PREFIX) for n in names)
    labels = read_label_columns(
        file_type,
        [table.column(name) for name in names],
        outputs,
        lambda row: f"line {table.lines[row]}",
    )
    findings.extend(labels.findings)
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
        extra={
            name: tuple(table.column(name)[row] for row in labels.rows)
            for name in table.columns
            if name != ID and name not in names
        },
        findings=tuple(findings),
    )


def read_label_folder(path: str | Path) -> list[LabelFile]:
    """Read all label files of a folder, sorted by stem.

    Raises
    ------
    DataError
        With the problems of all files; also if two files have the same stem (``x__reg.csv`` and
        ``x__regr.csv``) or there is no CSV file.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise MissingFileError(no_folder(folder), hint=f"ls {folder.parent}")
    files = sorted(
        file
        for file in folder.iterdir()
        if file.suffix.lower() == ".csv" and not file.name.startswith(".")
    )
    if not files:
        raise DataError(
            f"{folder} holds no label file",
            hint=f"label files are named <name>__<type>.csv; types: {', '.join(KNOWN_TYPES)}",
        )
    label_files: list[LabelFile] = []
    problems: list[str] = []
    hints: list[str | None] = []
    for file in files:
        try:
            label_files.append(read_label_file(file))
        except DataError as error:
            lines = error.problems or (error.message,)
            problems.extend(f"{file.name}: {line}" for line in lines)
            hints.append(error.hint)
    problems.extend(_repeated_stems(label_files))
    if problems:
        raise DataError(
            f"the label files in {folder} cannot be used: {pluralize(len(problems), 'problem')}",
            problems=problems,
            hint=next((hint for hint in hints if hint), None),
        )
    return sorted(label_files, key=lambda label_file: label_file.stem)


def _repeated_stems(files: Sequence[LabelFile]) -> list[str]:
    names_of_stem: dict[str, list[str]] = {}
    for file in files:
        names_of_stem.setdefault(file.stem, []).append(file.path.name)
    return [
        f"{len(names)} files hold the labels of {stem!r}: {', '.join(names)}"
        for stem, names in sorted(names_of_stem.items())
        if len(names) > 1
    ]


def _split_name(file: Path) -> tuple[str, str]:
    """Return the stem of a label file's name, and the type in lower case."""
    stem, _, file_type = file.stem.rpartition("__")
    if file.suffix.lower() != ".csv" or not stem or file_type.lower() not in KNOWN_TYPES:
        raise DataError(
            f"{file.name} is not named like a label file",
            hint=f"rename it to <name>__<type>.csv; types: {', '.join(KNOWN_TYPES)}",
        )
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
    return outputs or (LABEL,)
