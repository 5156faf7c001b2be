"""Labels that are objects in memory: data frames, and mappings from ids to labels."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from neucocore.data.ids import ID, ids_as_text
from neucocore.data.in_memory import LABELS, InMemory
from neucocore.data.labels.label_set import LabelSet
from neucocore.data.labels.table import labels_of_table
from neucocore.errors import ConfigError, DataError
from neucocore.files.findings import raise_for_findings
from neucocore.files.frames import arrow_table, is_frame
from neucocore.files.text_table import TextTable, arrow_cells

UNNAMED = "labels"
"""Name of the task of labels that have no name."""


def labels_of_object(
    source: InMemory,
    *,
    id_column: str | None = None,
    sample_ids: Collection[str] = (),
    options: Mapping[str, str] | None = None,
) -> LabelSet:
    """Read labels from an object by the rules for a table; parameters as `read_label_table`."""
    table = table_of_object(source.value, id_column)
    labels = labels_of_table(
        Path(source.name), table, id_column=id_column, sample_ids=sample_ids, options=options
    )
    digest = _digest(table)
    return replace(labels, files=tuple(replace(file, sha256=digest) for file in labels.files))


def table_of_object(value: Any, id_column: str | None = None) -> TextTable:
    """Return labels in memory as a table of text cells.

    Parameters
    ----------
    value
        A data frame or series; a mapping from ids to labels; a mapping from names of tasks to such
        mappings; or a mapping from column names to columns, one of them ``id``.

    Raises
    ------
    ConfigError
        It is something else.
    DataError
        Columns of different lengths, or columns that Arrow cannot read.
    """
    if is_frame(value):
        return arrow_cells(arrow_table(value, "labels", id_column))
    if not isinstance(value, Mapping):
        raise ConfigError(
            f"labels must be a folder, a file, a data frame or a mapping from ids to labels, found "
            f"{type(value).__name__}",
            hint="for instance labels={'forest': {'plot-1': 0.4, 'plot-2': 0.1}}",
        )
    if not value:
        raise DataError("the mapping of labels is empty", hint="map ids to labels")
    if (id_column or ID) in value and all(map(_is_column, value.values())):
        return _table_of_columns(value)
    of_tasks = [isinstance(labels, Mapping) or _is_series(labels) for labels in value.values()]
    if all(of_tasks):
        return _table_of_tasks(value)
    if any(of_tasks):
        raise ConfigError(
            "some values of the mapping of labels are labels and some are mappings",
            hint="map ids to labels, or names of tasks to mappings from ids to labels",
        )
    return _table_of_tasks({UNNAMED: value})


def _is_column(value: Any) -> bool:
    return hasattr(value, "__len__") and not isinstance(value, str | bytes | Mapping)


def _is_series(value: Any) -> bool:
    return hasattr(value, "to_dict") and getattr(value, "ndim", 0) == 1


def _table_of_columns(columns: Mapping[str, Any]) -> TextTable:
    lengths = {str(name): len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise DataError(
            f"the columns of the labels have different lengths: {lengths}",
            hint="pass one value per id in each column",
        )
    cells = [list(map(_cell, values)) for values in columns.values()]
    return _table(list(lengths), [list(row) for row in zip(*cells, strict=True)])


def _table_of_tasks(tasks: Mapping[Any, Any]) -> TextTable:
    """Return one row per id and one column per task; ids without a label have an empty cell."""
    rows: dict[str, list[str]] = {}
    for position, labels in enumerate(tasks.values()):
        pairs = dict(labels) if isinstance(labels, Mapping) else labels.to_dict()
        ids, findings = ids_as_text(list(pairs))
        raise_for_findings(LABELS, findings)
        for sample, label in zip(ids, pairs.values(), strict=True):
            rows.setdefault(sample, [sample, *[""] * len(tasks)])[position + 1] = _cell(label)
    return _table([ID, *map(str, tasks)], list(rows.values()))


def _table(columns: list[str], rows: list[list[str]]) -> TextTable:
    return TextTable(tuple(columns), rows, list(range(1, len(rows) + 1)), [], unit="row")


def _cell(value: Any) -> str:
    """Return a label as the text of a cell; None is a missing label."""
    return "" if value is None else str(value).strip()


def _digest(table: TextTable) -> str:
    """Return the sha256 (hex) of all cells."""
    digest = hashlib.sha256()
    for row in ([*table.columns], *table.rows):
        digest.update("\x1f".join(row).encode(errors="surrogatepass") + b"\x1e")
    return digest.hexdigest()
