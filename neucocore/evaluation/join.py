"""Embeddings and labels matched by id."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from neucocore.data.ids import EXPORT_AS_TEXT, rounded_ids
from neucocore.data.labels.coverage import covering_subset
from neucocore.errors import IdError
from neucocore.evaluation.id_difference import describe_difference, first_ids
from neucocore.evaluation.inputs import ScoringTask
from neucocore.evaluation.load import LoadedInputs
from neucocore.evaluation.request import EvaluateRequest
from neucocore.evaluation.tasks import TaskSelection
from neucocore.files.findings import EXAMPLES_SHOWN


@dataclass(frozen=True, eq=False)
class MatchedTask:
    """A task and its rows that have an embedding.

    Attributes
    ----------
    labelled
        The task with all its labels, except for excluded ids.
    rows
        Row numbers of the labels whose id has an embedding.
    excluded
        Number of labelled rows whose ids are excluded.
    """

    labelled: ScoringTask
    rows: NDArray[np.intp]
    excluded: int = 0

    @cached_property
    def matched(self) -> ScoringTask:
        """The task with only the rows that have an embedding."""
        return rows_of(self.labelled, self.rows)

    def counts(self) -> dict[str, int]:
        """Return how many labelled rows are not scored, by reason."""
        return {
            "rows_excluded": self.excluded,
            "rows_without_embedding": len(self.labelled.ids) - len(self.rows),
        }


@dataclass(frozen=True, eq=False)
class JoinedTasks:
    """The tasks of an evaluation, matched to its embeddings.

    Attributes
    ----------
    partial
        Labelled ids have no embedding, which the options allow: the run is not ranked.
    warnings
        How many labels or embeddings have no counterpart.
    left_out
        Tasks without a row to score, each with the reason.
    """

    tasks: tuple[MatchedTask, ...]
    partial: bool
    warnings: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...] = ()


def join(request: EvaluateRequest, inputs: LoadedInputs, selection: TaskSelection) -> JoinedTasks:
    """Match the labels of every task to the embeddings.

    Raises
    ------
    IdError
        Labelled ids have no embedding and the options do not allow it, or no id matches.
    """
    available = set(inputs.embeddings.ids)
    tasks = []
    left_out = []
    missing: dict[str, list[str]] = {}
    for selected in selection.tasks:
        task = _without(selected, inputs.excluded)
        excluded = len(selected.ids) - len(task.ids)
        rows = [row for row, sample in enumerate(task.ids) if sample in available]
        if len(rows) < len(task.ids):
            missing[task.key] = [sample for sample in task.ids if sample not in available]
        if rows:
            tasks.append(MatchedTask(task, np.asarray(rows, dtype=np.intp), excluded))
        else:
            reason = f"none of its {len(task.ids)} ids has an embedding"
            left_out.append((task.key, reason if task.ids else "all its ids are excluded"))
    allowed = request.options.allow_missing or request.lenient
    if not tasks:
        raise _nothing_in_common(request, inputs, selection)
    if missing and not allowed:
        raise _missing_error(request, inputs, selection, missing)
    return JoinedTasks(
        tuple(tasks),
        bool(missing) and not request.lenient,
        tuple(_warnings(inputs, selection, missing, left_out)),
        tuple(left_out),
    )


def _warnings(
    inputs: LoadedInputs,
    selection: TaskSelection,
    missing: Mapping[str, Sequence[str]],
    left_out: Sequence[tuple[str, str]],
) -> list[str]:
    warnings = []
    if missing:
        absent = sorted({sample for ids in missing.values() for sample in ids})
        warnings.append(
            f"{len(absent)} labelled ids have no embedding; their labels are left out: "
            f"{', '.join(absent[:EXAMPLES_SHOWN])}{', ...' if len(absent) > EXAMPLES_SHOWN else ''}"
        )
        difference = describe_difference(absent, inputs.embeddings.ids, "the embeddings")
        if difference:
            warnings.append(f"of the ids without an embedding, {difference}")
    warnings += [f"the task {key} is left out: {reason}" for key, reason in left_out]
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
        folds=None if task.folds is None else task.folds[rows],
        label_sd=None if task.label_sd is None else task.label_sd[rows],
        weights=None if task.weights is None else task.weights.of_rows(rows),
        parts=None if task.parts is None else task.parts.of_rows(rows),
    )


def _without(task: ScoringTask, excluded: Set[str]) -> ScoringTask:
    rows = [row for row, sample in enumerate(task.ids) if sample not in excluded]
    return rows_of(task, np.asarray(rows, dtype=np.intp))


def _nothing_in_common(
    request: EvaluateRequest, inputs: LoadedInputs, selection: TaskSelection
) -> IdError:
    """Return the error for embeddings and labels without a common id."""
    options = request.options
    labelled = {sample for task in selection.tasks for sample in task.ids}
    if not selection.tasks:
        return IdError(
            f"{options.labels} holds no task to score",
            hint="the label files need at least one row with a label",
        )
    kept = labelled - inputs.excluded
    if not kept or not inputs.embeddings.ids:
        what = "labelled id" if not kept else "id of the embeddings"
        return IdError(
            f"nothing is left to score: {options.exclude_file} excludes every {what}",
            hint="leave --exclude-file out, or remove ids from the file",
        )
    ids = inputs.embeddings.ids
    difference = describe_difference(kept, ids, "the embeddings")
    hint = "use the labels of the data set that the embeddings are of, or rename the ids"
    if difference:
        hint = f"{difference}; change the ids of one of the files"
    elif rounded := _rounded_hint(kept, ids):
        hint = rounded
    return IdError(
        f"the labels and the embeddings have no id in common: {len(kept)} labelled ids, "
        f"{len(ids)} embeddings",
        problems=[
            f"first labelled id in {options.labels}: {first_ids(kept)}",
            f"first id in {options.embeddings}: {first_ids(ids)}",
        ],
        hint=hint,
    )


def _rounded_hint(labelled: Collection[str], available: Collection[str]) -> str:
    """Return what to do about ids that were rounded like numbers; empty if there are none."""
    for ids, what in ((labelled, "the labels"), (available, "the embeddings")):
        if rounded := rounded_ids(ids):
            return (
                f"{len(rounded)} ids of {what} are rounded numbers, such as {first_ids(rounded)}: "
                f"their last digits are lost; {EXPORT_AS_TEXT}"
            )
    return ""


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
    if request.suite is not None:
        hint = f"a suite is scored on all its ids; without --suite, {hint}"
    if difference := describe_difference(absent, inputs.embeddings.ids, "the embeddings"):
        hint = f"of the ids without an embedding, {difference}; change the ids of one of the files"
    elif rounded := _rounded_hint(absent, inputs.embeddings.ids):
        hint = rounded
    elif request.options.subset is None and (
        column := covering_subset(inputs.label_files, inputs.embeddings.ids)
    ):
        hint = f"--subset {column} (all its ids have an embedding), or {hint}"
    return IdError(
        f"{len(absent)} of {len(selection.labelled_ids)} labelled ids have no embedding in "
        f"{request.options.embeddings}",
        problems=problems,
        hint=hint,
    )
