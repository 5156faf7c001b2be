"""The options ``--weights`` and ``--per``: a number and a text of each labelled row, by its id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neucocore.data.embeddings.embeddings import Embeddings
from neucocore.data.labels.label_file import LabelFile
from neucocore.errors import ConfigError, DataError
from neucocore.evaluation.heldout.parts import MIN_PART_ROWS
from neucocore.evaluation.inputs import RowColumn, ScoringTask
from neucocore.files.cells import is_missing, is_number, read_names
from neucocore.files.findings import EXAMPLES_SHOWN, messages
from neucocore.messages import did_you_mean, pluralize

WEIGHTS_HINT = (
    "a weight is the area that the row represents, such as the area of its stratum divided by the "
    "stratum's number of rows; leave rows without one out with --exclude-file"
)


@dataclass(frozen=True, eq=False)
class RowColumns:
    """The columns of ``--weights`` and ``--per``, for the ids that are scored.

    Attributes
    ----------
    weights
        Name of the column and the positive weight of each id, or None.
    parts
        Name of the column and the value of each id, None for ids without one; or None.
    warnings
        What was noticed about the columns.
    """

    weights: tuple[str, Mapping[str, float]] | None = None
    parts: tuple[str, Mapping[str, str | None]] | None = None
    warnings: tuple[str, ...] = ()

    def attach(self, task: ScoringTask) -> ScoringTask:
        """Return a task with the values of its rows."""
        if self.weights is not None:
            name, weight_of_id = self.weights
            values = np.array([weight_of_id[sample] for sample in task.ids], dtype=np.float64)
            task = replace(task, weights=RowColumn(name, values))
        if self.parts is not None:
            name, part_of_id = self.parts
            texts = np.array([part_of_id[sample] for sample in task.ids], dtype=object)
            task = replace(task, parts=RowColumn(name, texts))
        return task

    def key_fields(self) -> dict[str, Any]:
        """Return what the key of a run contains; nothing without the options."""
        columns = {"weights": self.weights, "per": self.parts}
        return {
            name: [column[0], sorted(column[1].items())]
            for name, column in columns.items()
            if column is not None
        }


def read_row_columns(
    weights: str | None,
    per: str | None,
    label_files: Sequence[LabelFile],
    embeddings: Embeddings,
    rows_of_tasks: Sequence[Sequence[str]],
) -> RowColumns:
    """Return the values of the columns that ``--weights`` and ``--per`` name.

    Parameters
    ----------
    weights, per
        A column of the label files, else one of the metadata of the embeddings; None for neither.
    rows_of_tasks
        The scored ids of each task.

    Raises
    ------
    ConfigError
        No such column, or ``--per`` with a column that has no value with enough rows.
    DataError
        Weights that are missing or not positive numbers, or an id with several values.
    """
    ids = sorted({sample for rows in rows_of_tasks for sample in rows})
    warnings: list[str] = []
    columns = RowColumns()
    if weights is not None:
        cells = _cells("--weights", weights, label_files, embeddings)
        of_id = _weights(weights, cells, ids)
        if len(set(of_id.values())) == 1:
            warnings.append(
                f"--weights {weights}: all weights are equal, so the area-weighted figures are "
                "those of the sample"
            )
        columns = replace(columns, weights=(weights, of_id))
    if per is not None:
        cells = _cells("--per", per, label_files, embeddings)
        names = read_names([cells.get(sample, "") for sample in ids], "value")
        warnings += [f"--per {per}: {text}" for text in messages(names.findings)]
        parts = dict(zip(ids, names.values, strict=True))
        _require_large_part(per, parts, rows_of_tasks)
        columns = replace(columns, parts=(per, parts))
    return replace(columns, warnings=tuple(warnings))


def _cells(
    option: str, column: str, label_files: Sequence[LabelFile], embeddings: Embeddings
) -> dict[str, str]:
    """Return the cell of each id, from the label files, else from the embeddings."""
    having = [file for file in label_files if column in file.extra]
    rows = [
        (sample, cell)
        for file in having
        for sample, cell in zip(file.ids, file.extra[column], strict=True)
    ]
    if not having and column in embeddings.extra:
        values = embeddings.extra[column]
        texts = ["" if value is None else str(value) for value in values]
        rows = list(zip(embeddings.ids, texts, strict=True))
    elif not having:
        raise _unknown_column(option, column, label_files, embeddings)
    cells: dict[str, str] = {}
    conflicts: dict[str, None] = {}
    for sample, cell in rows:
        if cells.setdefault(sample, cell.strip()) != cell.strip():
            conflicts[sample] = None
    if conflicts:
        raise DataError(
            f"{option} {column}: {pluralize(len(conflicts), 'id')} with different values in "
            f"several label files: {', '.join(list(conflicts)[:EXAMPLES_SHOWN])}",
            hint="give an id the same value in all label files",
        )
    return cells


def _unknown_column(
    option: str, column: str, label_files: Sequence[LabelFile], embeddings: Embeddings
) -> ConfigError:
    of_labels = sorted({name for file in label_files for name in file.extra})
    used = {file.source_column for file in label_files}
    if column in used:
        return ConfigError(
            f"{option} {column}: the column is used as labels",
            hint="leave it out of --labels FILE:COLUMN,COLUMN",
        )
    near = did_you_mean(column, [*of_labels, *embeddings.extra])
    return ConfigError(
        f"{option} {column}: neither the labels nor the embeddings have a column {column!r}"
        + (f"; {near}" if near else ""),
        hint=f"columns of the labels: {', '.join(of_labels) or 'ids and labels only'}; of the "
        f"embeddings: {', '.join(embeddings.extra) or 'ids and dimensions only'}",
    )


def _weights(column: str, cells: Mapping[str, str], ids: Sequence[str]) -> dict[str, float]:
    of_id: dict[str, float] = {}
    wrong: dict[str, list[str]] = {}
    for sample in ids:
        cell = cells.get(sample, "")
        if is_missing(cell):
            wrong.setdefault("without a weight", []).append(sample)
        elif not is_number(cell):
            wrong.setdefault("with a weight that is not a number", []).append(f"{sample} {cell!r}")
        elif not 0 < float(cell) < np.inf:
            wrong.setdefault("with a weight that is not positive", []).append(f"{sample} {cell}")
        else:
            of_id[sample] = float(cell)
    if wrong:
        raise DataError(
            f"--weights {column}: {len(ids) - len(of_id)} of {len(ids)} labelled rows have no "
            "usable weight",
            problems=[
                f"{pluralize(len(examples), 'row')} {what}: {_first(examples)}"
                for what, examples in wrong.items()
            ],
            hint=WEIGHTS_HINT,
        )
    return of_id


def _require_large_part(
    column: str, parts: Mapping[str, str | None], rows_of_tasks: Sequence[Collection[str]]
) -> None:
    """Refuse a column none of whose values has enough rows for a score."""
    for ids in rows_of_tasks:
        counts = Counter(parts[sample] for sample in ids if parts[sample] is not None)
        if counts and max(counts.values()) >= MIN_PART_ROWS:
            return
    values = {value for value in parts.values() if value is not None}
    raise ConfigError(
        f"--per {column}: {pluralize(len(values), 'value')} for {pluralize(len(parts), 'row')}, "
        f"and none has {MIN_PART_ROWS} rows in a task",
        problems=[f"its first values: {_first(sorted(values))}"] if values else [],
        hint="name a column of regions, years or classes, with at least "
        f"{MIN_PART_ROWS} rows per value",
    )


def _first(examples: Sequence[str]) -> str:
    more = ", ..." if len(examples) > EXAMPLES_SHOWN else ""
    return ", ".join(examples[:EXAMPLES_SHOWN]) + more
