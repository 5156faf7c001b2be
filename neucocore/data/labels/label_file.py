"""Label files: ``<stem>__<type>.csv`` with ``id`` and ``label``, or ``label:<output>`` columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.components.specs import Problem
from neucocore.data.ids import clean_ids
from neucocore.data.labels.labels import Labels, label_digest
from neucocore.data.labels.values import KNOWN_TYPES, label_values, labelled_rows
from neucocore.errors import DataError, MissingFileError
from neucocore.files.content_type import no_folder
from neucocore.files.findings import Finding, raise_for_findings
from neucocore.files.text_table import TextTable, read_text_table
from neucocore.messages import pluralize

LABEL = "label"
OUTPUT_PREFIX = "label:"


@dataclass(frozen=True, eq=False)
class LabelFile:
    """One label file, read and checked; rows without any label are already dropped.

    Attributes
    ----------
    path
        Where it was read from.
    stem
        The name without ``__<type>.csv``.
    type
        The type suffix as written, such as ``regr``.
    problem
        ``regression``, ``binary``, ``multiclass`` or ``multilabel``.
    ids, y, classes, outputs
        As in `Labels`.
    extra
        The other columns as text, by name, one cell a row.
    findings
        What was repaired or dropped.
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
        """Return the labels, grouped by the text in the extra column `groups` if one is named."""
        chosen = None if groups is None else np.array(self.column(groups))
        return Labels(self.ids, self.y, chosen, self.classes, self.outputs)

    def column(self, name: str) -> tuple[str, ...]:
        """Return an extra column.

        Raises
        ------
        DataError
            When the file has no such column.
        """
        if name not in self.extra:
            known = ", ".join(map(repr, self.extra)) or "none beside id and label"
            raise DataError(
                f"{self.path} has no column {name!r}", hint=f"its further columns are: {known}"
            )
        return self.extra[name]

    def keep(self, mask: Sequence[bool]) -> LabelFile:
        """Return the rows marked True."""
        rows = [row for row, kept in enumerate(mask) if kept]
        return replace(
            self,
            ids=tuple(self.ids[row] for row in rows),
            y=self.y[rows],
            extra={name: tuple(cells[row] for row in rows) for name, cells in self.extra.items()},
        )

    @property
    def digest(self) -> str:
        """sha256 of ids, labels, classes and outputs: equal digest, equal task."""
        return label_digest(self.labels())


def read_label_file(path: str | Path) -> LabelFile:
    """Read one label file strictly.

    Raises
    ------
    DataError
        With every problem of the file: its name, columns, rows, ids, labels.
    """
    file = Path(path)
    stem, kind = _split_name(file)
    table = read_text_table(file)
    findings = list(table.findings)
    names = _label_columns(table, findings)
    raise_for_findings(file, findings)
    texts = [table.column(name) for name in names]
    kept = labelled_rows(table, texts, findings)
    texts = [[column[row] for row in kept] for column in texts]
    lines = [table.lines[row] for row in kept]
    raw_ids = table.column("id")
    ids, id_findings = clean_ids(raw_ids, lambda row: f"line {table.lines[row]}")
    findings.extend(id_findings)
    outputs = () if names == (LABEL,) else tuple(n.removeprefix(OUTPUT_PREFIX) for n in names)
    problem, y, classes = label_values(kind, texts, outputs, lines, findings)
    raise_for_findings(file, findings)
    return LabelFile(
        path=file,
        stem=stem,
        type=file.stem.rpartition("__")[2],
        problem=problem,
        ids=tuple(ids[row] for row in kept),
        y=y,
        classes=classes,
        outputs=outputs,
        extra={
            name: tuple(table.column(name)[row] for row in kept)
            for name in table.columns
            if name != "id" and name not in names
        },
        findings=tuple(findings),
    )


def read_label_folder(path: str | Path) -> list[LabelFile]:
    """Read all label files of a folder, sorted by stem.

    Raises
    ------
    DataError
        With the problems of all files together; also when one stem occurs twice
        (``x__reg.csv`` and ``x__regr.csv``) or there is no CSV file.
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
            hint=f"label files are named <name>__<type>.csv, type one of {', '.join(KNOWN_TYPES)}",
        )
    read: list[LabelFile] = []
    problems: list[str] = []
    hints: list[str | None] = []
    for file in files:
        try:
            read.append(read_label_file(file))
        except DataError as error:
            found = error.problems or (error.message,)
            problems.extend(f"{file.name}: {problem}" for problem in found)
            hints.append(error.hint)
    problems.extend(_doubled_stems(read))
    if problems:
        raise DataError(
            f"{folder}: label files cannot be used, {pluralize(len(problems), 'problem')}",
            problems=problems,
            hint=next((hint for hint in hints if hint), None),
        )
    return sorted(read, key=lambda label_file: label_file.stem)


def _doubled_stems(files: Sequence[LabelFile]) -> list[str]:
    names: dict[str, list[str]] = {}
    for file in files:
        names.setdefault(file.stem, []).append(file.path.name)
    return [
        f"task {stem!r} is there {len(found)} times: {', '.join(found)}"
        for stem, found in sorted(names.items())
        if len(found) > 1
    ]


def _split_name(file: Path) -> tuple[str, str]:
    """Return the stem and the lower-case type of a label file's name."""
    stem, separator, kind = file.stem.rpartition("__")
    if (
        file.suffix.lower() != ".csv"
        or not separator
        or not stem
        or kind.lower() not in KNOWN_TYPES
    ):
        raise DataError(
            f"{file.name} is not named like a label file",
            hint=f"rename it to <name>__<type>.csv, type one of {', '.join(KNOWN_TYPES)}",
        )
    return stem, kind.lower()


def _label_columns(table: TextTable, findings: list[Finding]) -> tuple[str, ...]:
    """Find ``label`` or the ``label:<output>`` columns; note what is missing or contradictory."""
    found = ", ".join(map(repr, table.columns))
    if "id" not in table.columns:
        findings.append(Finding("no-id-column", "error", f"no column 'id', only {found}"))
    outputs = tuple(n for n in table.columns if n.startswith(OUTPUT_PREFIX))
    if LABEL in table.columns and outputs:
        message = "both a column 'label' and 'label:<output>' columns"
        findings.append(Finding("label-columns", "error", message))
    elif LABEL not in table.columns and not outputs:
        message = f"no column 'label' or 'label:<output>', only {found}"
        findings.append(Finding("no-label-column", "error", message))
    return outputs or (LABEL,)
