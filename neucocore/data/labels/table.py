"""One table of a user with several label columns (``survey.csv``): one task per label column."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from neucocore.data.labels.column_kinds import (
    NAMED_BY,
    RULE,
    WHY,
    ColumnKind,
    column_kinds,
    describe_labels,
    label_kind,
)
from neucocore.data.labels.id_column import find_id_column, removed_from_ids
from neucocore.data.labels.label_file import LABEL, OUTPUT_PREFIX, LabelFile, extra_columns
from neucocore.data.labels.label_sd import LABEL_SD, SD_PREFIX, is_sd_column, read_label_sd
from neucocore.data.labels.label_set import LabelSet, UnusableLabels
from neucocore.data.labels.task_columns import OUTPUT_SEPARATOR, TaskColumns, task_columns
from neucocore.data.labels.values import KNOWN_TYPES, read_label_columns
from neucocore.data.years import clean_keys
from neucocore.errors import DataError
from neucocore.files.cells import is_missing, is_number
from neucocore.files.findings import Finding, hint_for, messages, raise_for_findings
from neucocore.files.text_table import TextTable, read_table
from neucocore.messages import did_you_mean, pluralize

NAMES_SHOWN = 8
_UNIT = re.compile(r"\s*(?:\[([^\]]*)\]|\(([^)]*)\))\s*")
_TYPE_SUFFIX = re.compile(rf"(.+)__({'|'.join(KNOWN_TYPES)})", re.IGNORECASE)
_NOT_IN_TASK_NAMES = re.compile(r"[^\w.+-]+")


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """A column that the user named: ``COLUMN``, or ``COLUMN=regr`` with the kind of labels."""

    name: str
    type: str = ""

    @classmethod
    def parse(cls, text: str, columns: Collection[str]) -> ColumnChoice:
        """Read a choice; a column whose own name ends in ``=regr`` is found first."""
        name, separator, file_type = text.rpartition("=")
        if text in columns or not separator or file_type.lower() not in KNOWN_TYPES:
            return cls(text)
        return cls(name, file_type.lower())


def read_label_table(
    path: str | Path,
    columns: Sequence[str] = (),
    *,
    id_column: str | None = None,
    sample_ids: Collection[str] = (),
    options: Mapping[str, str] | None = None,
) -> LabelSet:
    """Read a table with ids and several label columns.

    Parameters
    ----------
    path
        CSV or Parquet file.
    columns
        The label columns; ``NAME=regr`` and ``NAME=cls`` set the kind of labels. By default all
        columns are used that hold numbers or classes, and are not places, times, groups, row
        numbers, geometries, free text or standard deviations of labels (``label_sd:NAME``).
    id_column
        The column of the ids. By default ``id``, else the column that has most ids in common with
        `sample_ids`, else that of a known product, else the only column of different
        texts (without spaces, if there are several).
    sample_ids
        Ids of the embeddings, if they are known.
    options
        The option that names a column for another use than labels, such as ``--split``; by default
        such a column is not a label.

    Raises
    ------
    DataError
        The table cannot be read, has no column of ids or labels, or lacks a named column.
    """
    file = Path(path)
    return labels_of_table(
        file,
        read_table(file),
        columns,
        id_column=id_column,
        sample_ids=sample_ids,
        options=options,
    )


def labels_of_table(
    file: Path,
    table: TextTable,
    columns: Sequence[str] = (),
    *,
    id_column: str | None = None,
    sample_ids: Collection[str] = (),
    options: Mapping[str, str] | None = None,
) -> LabelSet:
    """Find the ids and labels of a table that is read; parameters as `read_label_table`.

    Parameters
    ----------
    file
        The file, or what stands for it in messages.
    """
    raise_for_findings(file, table.findings)
    if not table.rows:
        raise DataError(f"{file} has a header but no rows", hint="write one row per sample")
    name_of_ids = find_id_column(file, table, id_column, sample_ids)
    other_cells = {name: table.column(name) for name in table.columns if name != name_of_ids}
    ids, year_column, id_findings = clean_keys(table.column(name_of_ids), table.place, other_cells)
    raise_for_findings(file, id_findings)
    kinds, others = _label_kinds(file, table, name_of_ids, columns, options, ids)
    _check_task_names(file, task_columns(kinds, table))
    sd_columns = _sd_columns(file, table, kinds)
    files: list[LabelFile] = []
    unusable: list[UnusableLabels] = []
    for task in task_columns(kinds, table):
        try:
            label_file = _label_file(file, table, ids, name_of_ids, task, sd_columns)
            files.append(replace(label_file, year_column=year_column))
        except DataError as error:
            unusable.append(UnusableLabels(file, task_name(task.name, file), error, task.name))
    findings = [
        *(finding for finding in table.findings if finding.level != "error"),
        *id_findings,
        _note(file, table, name_of_ids, kinds, files, others, sd_columns),
    ]
    return LabelSet(file, tuple(files), tuple(unusable), tuple(findings))


def task_name(column: str, file: Path) -> str:
    """Return the name of a column's task, safe as a file name: ``biomass [Mg/ha]`` is ``biomass``.

    A single column ``label`` is named after the table.
    """
    if column.lower() == LABEL:
        column = file.stem
    name = column.removeprefix(OUTPUT_PREFIX)
    if match := _TYPE_SUFFIX.fullmatch(name):
        name = match[1]
    name = _UNIT.sub(" ", name).strip() or name
    return _NOT_IN_TASK_NAMES.sub("_", name).strip("_.") or "label"


def unit_in_name(column: str) -> str:
    """Return the unit in the brackets of a column's name: ``biomass [Mg/ha]``; else empty."""
    match = _UNIT.search(column)
    return (match[1] or match[2] or "").strip() if match else ""


def _label_kinds(
    file: Path,
    table: TextTable,
    name_of_ids: str,
    columns: Sequence[str],
    options: Mapping[str, str] | None,
    ids: Sequence[str],
) -> tuple[list[ColumnKind], list[ColumnKind]]:
    """Return the label columns, and the columns that are something else."""
    available = [n for n in table.columns if n != name_of_ids and not is_sd_column(n)]
    cells = {name: table.column(name) for name in available}
    if columns:
        choices = [
            choice
            for text in columns
            for choice in _with_outputs(ColumnChoice.parse(text, available), available)
        ]
        if sd_names := [choice.name for choice in choices if is_sd_column(choice.name)]:
            raise DataError(
                f"{', '.join(map(repr, sd_names))} holds standard deviations of labels, not labels",
                hint=f"name label columns only: their columns {LABEL_SD} are found by name",
            )
        unknown = [choice.name for choice in choices if choice.name not in available]
        if unknown:
            near = did_you_mean(unknown[0], available)
            raise DataError(
                f"{file} has no column {', '.join(map(repr, unknown))}"
                + (f"; {near}" * bool(near)),
                hint=f"its columns are {', '.join(available)}; {name_of_ids} holds the ids",
            )
        kinds = [_chosen_kind(choice, cells[choice.name]) for choice in choices]
        return kinds, []
    kinds = column_kinds([(name, cells[name]) for name in available], options, ids)
    kinds = [kind if kind.name in (options or ()) else _with_declared_type(kind) for kind in kinds]
    labels = [kind for kind in kinds if kind.role == "label"]
    if not labels:
        raise DataError(
            f"{file} has no column of labels",
            problems=[
                *messages(table.findings, "warning"),
                *_by_detail(kinds, explain=True),
                *([RULE] if any(kind.role != "vector" for kind in kinds) else []),
            ],
            hint=f"name the label columns: --labels {_example(file, kinds)}"
            if kinds
            else "labels are a folder of label files, or a table with columns of labels",
        )
    return labels, [kind for kind in kinds if kind.role != "label"]


def _with_outputs(choice: ColumnChoice, available: Sequence[str]) -> list[ColumnChoice]:
    """Return the columns ``NAME:OUTPUT`` that the name NAME means, or the choice itself."""
    if choice.name in available:
        return [choice]
    names = [name for name in available if name.startswith(choice.name + OUTPUT_SEPARATOR)]
    return [ColumnChoice(name, choice.type) for name in names] or [choice]


def _by_detail(kinds: Sequence[ColumnKind], *, explain: bool = False) -> list[str]:
    """Return what the columns are instead of labels, one line per kind of column.

    Parameters
    ----------
    explain
        Name every column, and the rule of its kind.
    """
    names: dict[tuple[str, str], list[str]] = {}
    for kind in kinds:
        explained = explain and not kind.detail.startswith(NAMED_BY)
        why = WHY.get(kind.role, "") if explained else ""
        names.setdefault((kind.detail, f" ({why})" if why else ""), []).append(kind.name)
    lines = []
    for (detail, why), columns in names.items():
        shown = columns if why else columns[:NAMES_SHOWN]
        more = len(columns) - len(shown)
        line = f"{detail}: {', '.join(map(repr, shown))}"
        lines.append(line + (f" and {more} more" if more else "") + why)
    return lines


def _example(file: Path, kinds: Sequence[ColumnKind]) -> str:
    """Return a value of ``--labels`` with columns of the file that may hold labels."""
    likely = [kind.name for kind in kinds if kind.role in ("split", "counter", "text", "time")]
    columns = (likely or [kind.name for kind in kinds])[:2]
    return shlex.quote(f"{file}:{','.join(columns)}")


def _chosen_kind(choice: ColumnChoice, cells: Sequence[str]) -> ColumnKind:
    """Return a named column as labels, whatever it holds."""
    kind = _with_declared_type(label_kind(choice.name, cells))
    file_type = choice.type or kind.type
    if not file_type:
        present = [cell for cell in cells if not is_missing(cell)]
        file_type = "regr" if all(map(is_number, present)) else "cls"
    detail = kind.detail if file_type == kind.type else _type_in_words(file_type)
    return ColumnKind(choice.name, "label", file_type, detail)


def _with_declared_type(kind: ColumnKind) -> ColumnKind:
    """Follow a column's own name where it ends like a label file's: ``height__regr``."""
    match = _TYPE_SUFFIX.fullmatch(kind.name)
    if match is None:
        return kind
    return ColumnKind(kind.name, "label", match[2].lower(), _type_in_words(match[2].lower()))


def _type_in_words(file_type: str) -> str:
    return "regression" if file_type.startswith("reg") else "classes"


def _label_file(
    file: Path,
    table: TextTable,
    ids: Sequence[str],
    name_of_ids: str,
    task: TaskColumns,
    sd_columns: Mapping[str, str],
) -> LabelFile:
    cells = [table.column(name) for name in task.columns]
    labels = read_label_columns(task.type, cells, task.outputs, table.place)
    of_columns = [sd_columns.get(name) for name in task.columns]
    label_sd, sd_findings = read_label_sd(
        [None if name is None else table.column(name) for name in of_columns],
        labels.y,
        labels.rows,
        labels.problem,
        table.place,
        [name or LABEL_SD for name in of_columns],
    )
    findings = (*labels.findings, *sd_findings)
    hint = None
    if task.type.startswith("reg"):
        hint = hint_for(findings) or (
            f"correct the cells, or read them as classes: --labels {file}:{task.columns[0]}=cls"
        )
    raise_for_findings(f"{file}: column {task.name!r}", findings, hint=hint)
    return LabelFile(
        path=file,
        stem=task_name(task.name, file),
        type=task.type,
        problem=labels.problem,
        ids=tuple(ids[row] for row in labels.rows),
        y=labels.y,
        classes=labels.classes,
        outputs=task.outputs,
        extra=extra_columns(
            table, (name_of_ids, *task.columns, *filter(is_sd_column, table.columns)), labels.rows
        ),
        findings=findings,
        source_column=task.name,
        unit=unit_in_name(task.columns[0]) if labels.problem == "regression" else "",
        label_sd=label_sd,
    )


def _sd_columns(file: Path, table: TextTable, kinds: Sequence[ColumnKind]) -> dict[str, str]:
    """Return the column of standard deviations of each label column that has one.

    ``label_sd:NAME`` belongs to the label column or task NAME; ``label_sd`` to the column
    ``label``, or to the only label column of numbers.

    Raises
    ------
    DataError
        A column ``label_sd`` or ``label_sd:NAME`` belongs to no column of the table, or two belong
        to the same column.
    """
    columns: dict[str, str] = {}
    problems = []
    for sd_column in filter(is_sd_column, table.columns):
        if sd_column == LABEL_SD:
            names = [name for name in table.columns if name.lower() == LABEL]
            numeric = [kind.name for kind in kinds if kind.type.startswith("reg")]
            names = names or numeric or [kind.name for kind in kinds]
            if len(names) > 1:
                problems.append(f"{sd_column!r} may belong to {', '.join(map(repr, names))}")
                continue
        else:
            name = sd_column.removeprefix(SD_PREFIX)
            names = [n for n in (name, OUTPUT_PREFIX + name) if n in table.columns]
            names = names or [n for n in table.columns if task_name(n, file) == name]
            if not names:
                problems.append(f"{sd_column!r} belongs to no column {name!r}")
                continue
        if names[0] in columns:
            problems.append(f"{columns[names[0]]!r} and {sd_column!r} both belong to {names[0]!r}")
        columns[names[0]] = sd_column
    if problems:
        raise DataError(
            f"standard deviations of labels in {file} cannot be assigned",
            problems=problems,
            hint=f"name each such column {SD_PREFIX}COLUMN, after the column of the labels",
        )
    return columns


def _check_task_names(file: Path, tasks: Sequence[TaskColumns]) -> None:
    columns_of_task: dict[str, list[str]] = {}
    for columns in tasks:
        columns_of_task.setdefault(task_name(columns.name, file), []).append(columns.name)
    problems = [
        f"{' and '.join(map(repr, names))} would both be the task {task}"
        for task, names in columns_of_task.items()
        if len(names) > 1
    ]
    if problems:
        raise DataError(
            f"label columns of {file} have the same task name",
            problems=problems,
            hint=f"rename one of them, or choose columns with --labels {file}:COLUMN,COLUMN",
        )


def _note(
    file: Path,
    table: TextTable,
    name_of_ids: str,
    kinds: Sequence[ColumnKind],
    files: Sequence[LabelFile],
    others: Sequence[ColumnKind],
    sd_columns: Mapping[str, str],
) -> Finding:
    """Return the one line about what the columns are."""
    counts = {part.source_column: len(part.ids) for part in files}
    counts |= {
        f"{part.source_column}{OUTPUT_SEPARATOR}{output}": len(part.ids)
        for part in files
        for output in part.outputs
    }
    shown = [describe_labels(kind, counts.get(kind.name, 0)) for kind in kinds]
    message = (
        f"ids from {name_of_ids!r}; {pluralize(len(kinds), 'label column')}: {', '.join(shown)}"
    )
    if others:
        message += f"; not labels: {'; '.join(_by_detail(others))}"
    message += removed_from_ids(table.column(name_of_ids))
    with_sd = {part.source_column for part in files if part.label_sd is not None}
    used = [sd_column for label, sd_column in sd_columns.items() if label in with_sd]
    if used:
        message += f"; standard deviations of labels: {', '.join(map(repr, used))}"
    hint = (
        f"choose columns with --labels {file}:COLUMN,COLUMN; COLUMN=regr and COLUMN=cls set the "
        "kind of labels"
    )
    return Finding("label-columns", "note", message, hint=hint)
