"""Which label columns of a table belong to one task: ``position:row`` and ``position:col``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from neucocore.data.labels.column_kinds import ColumnKind
from neucocore.data.labels.label_file import LABEL
from neucocore.files.cells import boolean, is_missing, is_number
from neucocore.files.text_table import TextTable

OUTPUT_SEPARATOR = ":"


@dataclass(frozen=True, slots=True)
class TaskColumns:
    """The label columns of one task.

    Attributes
    ----------
    name
        The column, or what the columns have in common: ``position`` for ``position:row`` and
        ``position:col``.
    columns
        Names of the columns.
    outputs
        Names of the outputs; empty for a single column.
    """

    name: str
    type: str
    columns: tuple[str, ...]
    outputs: tuple[str, ...] = ()


def task_columns(kinds: Sequence[ColumnKind], table: TextTable) -> list[TaskColumns]:
    """Return the columns of each task: ``NAME:OUTPUT`` columns of one NAME are its outputs.

    They are if one of them holds numbers and no other text, or if all hold 0 and 1 only. Columns
    ``label:NAME`` are tasks of their own.
    """
    by_name: dict[str, list[ColumnKind]] = {}
    for kind in kinds:
        name, separator, output = kind.name.partition(OUTPUT_SEPARATOR)
        several = separator and output and name and name.lower() != LABEL
        by_name.setdefault(name if several else kind.name, []).append(kind)
    tasks: list[TaskColumns] = []
    for name, columns in by_name.items():
        names = tuple(column.name for column in columns)
        file_type = _type_of_outputs(columns, table) if len(columns) > 1 else ""
        if file_type:
            outputs = tuple(n.removeprefix(name + OUTPUT_SEPARATOR) for n in names)
            tasks.append(TaskColumns(name, file_type, names, outputs))
        else:
            tasks += [TaskColumns(c.name, c.type, (c.name,)) for c in columns]
    return tasks


def _type_of_outputs(columns: Sequence[ColumnKind], table: TextTable) -> str:
    """Return the type of the labels of several outputs; empty if they are separate tasks."""
    cells = [c for kind in columns for c in table.column(kind.name) if not is_missing(c)]
    if any(kind.type.startswith("reg") for kind in columns):
        return "regr" if all(map(is_number, cells)) else ""
    return "cls" if all(boolean(cell) is not None for cell in cells) else ""
