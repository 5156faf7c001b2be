"""Embeddings and labels matched by id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neucocore.data.labels.coverage import covering_subset
from neucocore.errors import IdError
from neucocore.evaluation.inputs import ScoringTask
from neucocore.evaluation.load import LoadedInputs
from neucocore.evaluation.request import EvaluateRequest
from neucocore.evaluation.tasks import TaskSelection


@dataclass(frozen=True, eq=False)
class MatchedTask:
    """A task and its rows that have an embedding.

    Attributes
    ----------
    labelled
        The task with all its labels, except for excluded ids.
    rows
        Row numbers of the labels whose id has an embedding.
    """

    labelled: ScoringTask
    rows: NDArray[np.intp]

    @property
    def matched(self) -> ScoringTask:
        """The task with only the rows that have an embedding."""
        return rows_of(self.labelled, self.rows)


@dataclass(frozen=True, eq=False)
class JoinedTasks:
    """The tasks of an evaluation, matched to its embeddings.

    Attributes
    ----------
    partial
        Labelled ids have no embedding, which the options allow: the run is not ranked.
    warnings
        How many labels or embeddings have no counterpart.
    """

    tasks: tuple[MatchedTask, ...]
    partial: bool
    warnings: tuple[str, ...]


def join(request: EvaluateRequest, inputs: LoadedInputs, selection: TaskSelection) -> JoinedTasks:
    """Match the labels of every task to the embeddings.

    Raises
    ------
    IdError
        Labelled ids have no embedding and the options do not allow it, or no id matches.
    """
    available = set(inputs.embeddings.ids)
    tasks = []
    missing: dict[str, list[str]] = {}
    for task in (_without(task, inputs.excluded) for task in selection.tasks):
        rows = [row for row, sample in enumerate(task.ids) if sample in available]
        if len(rows) < len(task.ids):
            missing[task.key] = [sample for sample in task.ids if sample not in available]
        if rows:
            tasks.append(MatchedTask(task, np.asarray(rows, dtype=np.intp)))
    options = request.options
    allowed = options.allow_missing or request.lenient
    if missing and not allowed:
        raise _missing_error(request, inputs, selection, missing)
    if not tasks:
        raise IdError(
            f"no labelled id of {options.labels} is among the {len(available)} embeddings",
            hint=f"neuco validate {options.embeddings} --labels {options.labels}",
        )
    return JoinedTasks(
        tuple(tasks),
        bool(missing) and not request.lenient,
        tuple(_warnings(inputs, selection, missing)),
    )


def _warnings(
    inputs: LoadedInputs, selection: TaskSelection, missing: Mapping[str, Sequence[str]]
) -> list[str]:
    warnings = []
    if missing:
        count = len({sample for ids in missing.values() for sample in ids})
        warnings.append(f"{count} labelled ids have no embedding; their labels are left out")
    ids = inputs.embeddings.ids
    if extra := len(set(ids) - selection.labelled_ids):
        warnings.append(f"{extra} of {len(ids)} embeddings have no label in any task")
    return warnings


def rows_of(task: ScoringTask, rows: NDArray[np.intp]) -> ScoringTask:
    """Return a task with only some of its rows, in the order given."""
    if len(rows) == len(task.ids) and np.array_equal(rows, np.arange(len(rows))):
        return task
    return replace(
        task,
        ids=tuple(task.ids[row] for row in rows),
        y=task.y[rows],
        groups=None if task.groups is None else task.groups[rows],
    )


def _without(task: ScoringTask, excluded: Set[str]) -> ScoringTask:
    rows = [row for row, sample in enumerate(task.ids) if sample not in excluded]
    return rows_of(task, np.asarray(rows, dtype=np.intp))


def _missing_error(
    request: EvaluateRequest,
    inputs: LoadedInputs,
    selection: TaskSelection,
    missing: Mapping[str, list[str]],
) -> IdError:
    absent = {sample for ids in missing.values() for sample in ids}
    problems = [
        f"task {key}: {len(ids)} ids, such as {', '.join(ids[:3])}"
        for key, ids in sorted(missing.items())
    ]
    hint = "--allow-missing scores the other ids, as a partial run that is not ranked"
    if request.options.subset is None and (
        column := covering_subset(inputs.label_files, inputs.embeddings.ids)
    ):
        hint = f"--subset {column} (all its ids have an embedding), or {hint}"
    return IdError(
        f"{len(absent)} of {len(selection.labelled_ids)} labelled ids have no embedding in "
        f"{request.options.embeddings}",
        problems=problems,
        hint=hint,
    )
