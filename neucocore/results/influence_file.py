"""Influence values of a task in a run folder: ``<task>/influence.npz``.

The file holds an array ``psi:<metric>`` (n,) for each metric that has influence values, rows in the
order of the ids in ``predictions.npz`` (sorted), and ``groups`` (n,) if rows of a group are not
independent. What is one number per metric is in ``run.json``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.errors import ResultsError
from neucocore.evaluation.outcome import MetricScore
from neucocore.files.atomic import replacing
from neucocore.files.npz import read_npz
from neucocore.results.layout import INFLUENCE, PREDICTIONS
from neucocore.statistics.influence import Influence, Undefined

AGAIN = "evaluate again with --force"


def write_influences(file: Path, metrics: tuple[MetricScore, ...]) -> None:
    """Write the influence values of all metrics of a task that have some; else nothing."""
    arrays: dict[str, NDArray[Any]] = {}
    for metric in metrics:
        if isinstance(metric.influence, Influence):
            arrays[f"psi:{metric.metric}"] = metric.influence.values
            if metric.influence.groups is not None:
                arrays["groups"] = metric.influence.groups
    if arrays:
        with replacing(file, durable=False) as target:
            np.savez(target, **arrays)  # type: ignore[arg-type]


def influence_record(influence: Influence | Undefined) -> dict[str, Any] | None:
    """Return what ``run.json`` records of influence values besides the values themselves."""
    if isinstance(influence, Undefined):
        return None
    return {
        "kind": influence.kind,
        "scale": influence.scale,
        "bounds": list(influence.bounds),
        "training_noise": influence.training_noise,
        "error_scale": influence.error_scale,
        "inflation": influence.inflation,
        "events": influence.events,
        "repeats": influence.repeats,
    }


def read_influence(
    folder: Path, task: Mapping[str, Any], metric: str | None = None
) -> Influence | Undefined:
    """Read the influence values of one metric of a task.

    Parameters
    ----------
    folder
        The run folder.
    task
        The task in ``run.json``.
    metric
        By default the primary one.

    Returns
    -------
    Influence or Undefined
        Undefined with the reason for runs without influence values: those of NeuCo-Bench, of its
        protocols, and of earlier versions of neuco.

    Raises
    ------
    ResultsError
        The file is missing or damaged.
    """
    record = _metric_record(task, metric)
    if record is None:
        return Undefined("the run records no influence values")
    if record["influence"] is None:
        return Undefined(record["no_influence_reason"])
    path = folder / task["task"] / INFLUENCE
    hint = AGAIN
    try:
        arrays = read_npz(path)
        values = np.asarray(arrays[f"psi:{record['metric']}"], dtype=np.float64)
    except (OSError, ValueError, KeyError) as error:
        raise ResultsError(f"{path} cannot be read: {error}", hint=hint) from None
    if len(values) != task["n"]:
        raise ResultsError(
            f"{path} has {len(values)} influence values; the task has {task['n']} rows", hint=hint
        )
    return influence_of_record(record, values, arrays.get("groups"))


def influence_of_record(
    record: Mapping[str, Any],
    values: NDArray[np.float64],
    groups: NDArray[np.int64] | None = None,
) -> Influence:
    """Return influence values with what ``run.json`` records of them.

    Parameters
    ----------
    record
        The metric in ``run.json``.
    values
        (n,) influence values.
    groups
        (n,) group of each row, if rows of a group are not independent.
    """
    facts = record["influence"]
    low, high = facts["bounds"]
    return Influence(
        values=values,
        estimate=record["score"],
        kind=facts["kind"],
        scale=facts["scale"],
        greater_is_better=record["greater_is_better"],
        bounds=(-np.inf if low is None else low, np.inf if high is None else high),
        groups=groups,
        training_noise=facts["training_noise"],
        error_scale=facts["error_scale"],
        inflation=facts["inflation"],
        events=facts["events"],
        repeats=facts["repeats"],
    )


def read_ids(folder: Path, task: str) -> NDArray[np.str_]:
    """Return the ids of a task's rows, (n,), in the order of its influence values.

    Raises
    ------
    ResultsError
        The predictions of the run are missing or damaged.
    """
    (ids,) = read_arrays(folder / task / PREDICTIONS, ("ids",))
    names: NDArray[np.str_] = np.unique(ids)  # of several repeats, one after the other
    return names


@dataclass(frozen=True, eq=False)
class Predictions:
    """Held-out predictions of a task, rows sorted by id.

    Attributes
    ----------
    ids
        (n,).
    y
        Labels, (n,) or (n, k).
    folds
        For each repeat the fold of each row, (n,).
    scores
        (repeats, n, k) predicted values or probabilities.
    groups
        (n,) or None.
    """

    ids: NDArray[np.str_]
    y: NDArray[Any]
    folds: tuple[NDArray[np.int64], ...]
    scores: NDArray[np.float64]
    groups: NDArray[np.int64] | None


def read_predictions(folder: Path, task: str) -> Predictions:
    """Read the held-out predictions of a task in which every row is held out once per repeat.

    Raises
    ------
    ResultsError
        They are missing or damaged, or rows are not held out once per repeat.
    """
    path = folder / task / PREDICTIONS
    ids, split, y, predicted = read_arrays(path, ("ids", "split", "y_true", "y_pred"))
    names = np.unique(ids)
    n = len(names)
    if not n or len(ids) % n or not np.array_equal(ids, np.tile(names, len(ids) // n)):
        raise ResultsError(
            f"{path} does not hold out every row once per repeat",
            hint="only runs under protocols such as nested-cv do",
        )
    groups = None
    if (folder / task / INFLUENCE).is_file():
        groups = _stored(folder / task / INFLUENCE).get("groups")
    folds = split.reshape(-1, n)
    return Predictions(
        ids=names,
        y=y[:n],
        folds=tuple(row - row.min() for row in folds),
        scores=predicted.reshape(len(folds), n, -1).astype(np.float64),
        groups=groups,
    )


def read_arrays(path: Path, names: tuple[str, ...]) -> list[NDArray[Any]]:
    """Return some arrays of an npz file of a run.

    Raises
    ------
    ResultsError
        The file is missing or damaged.
    """
    arrays = _stored(path)
    if missing := [name for name in names if name not in arrays]:
        raise ResultsError(f"{path} has no array {missing[0]!r}", hint=AGAIN)
    return [arrays[name] for name in names]


def _stored(path: Path) -> dict[str, NDArray[Any]]:
    try:
        return read_npz(path)
    except (OSError, ValueError) as error:
        raise ResultsError(f"{path} cannot be read: {error}", hint=AGAIN) from None


def _metric_record(task: Mapping[str, Any], metric: str | None) -> Mapping[str, Any] | None:
    records = task.get("metrics") or []
    if metric is None:
        return records[0] if records else None
    return next((record for record in records if record["metric"] == metric), None)
