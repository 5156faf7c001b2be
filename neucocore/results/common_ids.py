"""Runs on different ids, scored again on the ids that all of them have.

Nothing is fitted again: the held-out predictions of the common ids are scored. The models of each
run were trained on the rows of that run, so differences between runs are only approximate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neucocore.components.sources import CORE
from neucocore.data.labels.labels import Labels, label_digest
from neucocore.errors import NeucoError, ResultsError
from neucocore.evaluation.heldout.influence import TaskInfluence, chance_of
from neucocore.evaluation.heldout.joined_task import JoinedTask
from neucocore.evaluation.heldout.metrics import metrics_for, pooled_score
from neucocore.evaluation.heldout.predict import OutOfFold
from neucocore.evaluation.inputs import ScoringTask
from neucocore.messages import pluralize
from neucocore.results.influence_file import Predictions, read_predictions
from neucocore.results.reading import RunRecord, TaskRecord
from neucocore.statistics.influence import Influence
from neucocore.statistics.intervals import interval


@dataclass(frozen=True, eq=False)
class CommonRuns:
    """Runs with the scores of their common ids.

    Attributes
    ----------
    notes
        How many ids each task has in common, and which tasks are left out.
    """

    runs: tuple[RunRecord, ...]
    notes: tuple[str, ...]


def on_common_ids(runs: Sequence[RunRecord]) -> CommonRuns:
    """Score runs of one phase and protocol on the ids that all of them have.

    Tasks that are not in every run, or whose labels differ on the common ids, are left out.

    Raises
    ------
    ResultsError
        No task is left; all reasons are reported. Or a run comes from a pack.
    """
    if packed := [run.experiment for run in runs if run.packed]:
        raise ResultsError(
            f"packs hold no predictions, so {', '.join(packed)} cannot be scored on common ids",
            hint="leave out --common-ids, or the packs",
        )
    names = [task for task in runs[0].tasks if all(task in run.tasks for run in runs)]
    notes, problems = [], []
    tasks: list[dict[str, TaskRecord]] = [{} for _ in runs]
    for name in names:
        try:
            records, n, largest = _task_on_common_ids(runs, name)
        except ResultsError as error:
            problems.append(f"{name}: {error.message}")
            continue
        for scored, record in zip(tasks, records, strict=True):
            scored[name] = record
        if n < largest:
            notes.append(f"{name} is scored on {n} common ids of up to {largest}")
    if not tasks[0]:
        raise ResultsError(
            "no task can be scored on common ids",
            problems=problems or ["the runs have no task in common"],
            hint="leave out --common-ids",
        )
    if notes:
        notes.append(
            "the models of the runs were trained on different rows, so differences are approximate"
        )
    notes += [f"left out: {problem}" for problem in problems]
    scored_runs = tuple(
        replace(run, tasks=scored, partial=False) for run, scored in zip(runs, tasks, strict=True)
    )
    return CommonRuns(scored_runs, tuple(notes))


def _task_on_common_ids(runs: Sequence[RunRecord], name: str) -> tuple[list[TaskRecord], int, int]:
    """Return the task of each run, the number of common ids, and the largest number of ids."""
    found = [read_predictions(run.folder, name) for run in runs]
    common = found[0].ids
    for predictions in found[1:]:
        common = np.intersect1d(common, predictions.ids)
    if len(common) < 2:
        raise ResultsError(f"{pluralize(len(common), 'id')} in common")
    rows = [np.searchsorted(predictions.ids, common) for predictions in found]
    labels = [predictions.y[part] for predictions, part in zip(found, rows, strict=True)]
    if not all(np.array_equal(labels[0], other, equal_nan=True) for other in labels):
        raise ResultsError("the runs have different labels for the same ids")
    digest = label_digest(Labels(tuple(common.tolist()), labels[0]))
    records = [
        _scored(run.tasks[name], predictions, part, digest)
        for run, predictions, part in zip(runs, found, rows, strict=True)
    ]
    return records, len(common), max(len(predictions.ids) for predictions in found)


def _scored(
    task: TaskRecord, predictions: Predictions, rows: NDArray[np.int64], digest: str
) -> TaskRecord:
    details = task.details
    recorded = dict((details.get("metrics") or [{}])[0])
    ids = tuple(predictions.ids.tolist())
    scoring = ScoringTask(
        key=str(details["task"]),
        stem=str(details["stem"]),
        problem=details["problem"],
        ids=ids,
        y=predictions.y,
        metric=str(details["metric"]),
        classes=tuple(details["classes"]),
        groups=predictions.groups,
        plugin=CORE,
    )
    complete = JoinedTask(scoring, ids, predictions.y, np.arange(len(ids)), predictions.folds)
    joined = complete.of_rows(rows)
    try:
        ((metric, *_),) = metrics_for([joined], None)
    except NeucoError as error:
        raise ResultsError(error.message) from None
    scores = predictions.scores[:, rows]
    noise = details.get("training_noise")
    columns = joined.label_matrix.shape[1]
    result = OutOfFold(
        scores=scores,
        noise=np.full((len(scores), columns), np.nan if noise is None else noise),
        least_squares=np.full_like(scores, np.nan),
        without_folds=np.empty((len(scores), 0, *scores.shape[1:])),
    )
    score = pooled_score(metric, joined, scores)
    values = TaskInfluence(joined, result).of(metric)
    inflation = (recorded.get("influence") or {}).get("inflation")
    if isinstance(values, Influence) and inflation is not None:
        values = replace(values, inflation=inflation)
    sure = interval(values)
    metrics = [
        {
            **recorded,
            "score": score,
            "low": sure.low,
            "high": sure.high,
            "interval_reason": sure.reason,
            "chance": chance_of(metric, joined),
        }
    ]
    sign = 1 if metric.spec.greater_is_better else -1
    return replace(
        task,
        q=None if score is None else sign * score,
        score=score,
        labels=digest,
        values=digest,
        n=len(rows),
        details={**details, "n": len(rows), "metrics": metrics},
        influence=values,
        ids=tuple(predictions.ids[rows].tolist()),
    )
