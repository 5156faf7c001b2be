"""From tasks and a way to fit to outcomes: what ``robust`` and ``svm`` have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.errors import ConfigError, DataError
from neucocore.evaluation.heldout.batches import JoinedTask, join
from neucocore.evaluation.heldout.class_counts import class_problems
from neucocore.evaluation.heldout.metrics import (
    NamedMetric,
    metrics_for,
    pooled_score,
    split_scores,
)
from neucocore.evaluation.heldout.predict import Fitter, OutOfFold, Progress, predict_out_of_fold
from neucocore.evaluation.inputs import ScoringInput, ScoringTask
from neucocore.evaluation.outcome import SplitScore, StoredProbe, TaskOutcome


def score_held_out(
    given: ScoringInput,
    options: Mapping[str, Any],
    fit: Fitter,
    *,
    identity: str,
    jobs: int = 1,
    progress: Progress | None = None,
) -> list[TaskOutcome]:
    """Split, fit, predict and score every task; outcomes in the order of the tasks.

    Parameters
    ----------
    options
        ``folds``, ``repeats`` and, optional, ``metric``.
    fit
        Fits one training part.
    identity
        ``name@version`` of the protocol, which decides the splits.
    """
    folds, repeats = _partition_options(options)
    undefined = {index: why for index, task in enumerate(given.tasks) if (why := _undefined(task))}
    joined = [
        join(given, task, folds=folds, repeats=repeats, protocol=identity)
        for index, task in enumerate(given.tasks)
        if index not in undefined
    ]
    _refuse(joined)
    metrics = metrics_for(joined, options.get("metric"))
    results = predict_out_of_fold(
        joined,
        given.matrix,
        fit,
        folds=folds,
        jobs=jobs,
        progress=progress,
        keep_models=given.store_probe,
    )
    d = given.matrix.shape[1]
    scored = iter(
        _outcome(task, result, chosen, d, folds, fit)
        for task, result, chosen in zip(joined, results, metrics, strict=True)
    )
    return [
        _without_score(task, d, undefined[index], options.get("metric"))
        if index in undefined
        else next(scored)
        for index, task in enumerate(given.tasks)
    ]


def _partition_options(options: Mapping[str, Any]) -> tuple[int, int]:
    for name, least in (("folds", 2), ("repeats", 1)):
        value = options[name]
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ConfigError(f"option {name}: {value!r} is not a whole number from {least}")
    return options["folds"], options["repeats"]


def _undefined(task: ScoringTask) -> str:
    """Say why a task can have no score; empty when it can."""
    if len(task.ids) < 2:
        return f"{len(task.ids)} labelled rows: nothing to hold out"
    if task.problem == "regression" and not _varying(task).any():
        first = np.asarray(task.y).reshape(-1)[0]
        return f"constant label: all {len(task.ids)} rows are {first:g}"
    return ""


def _varying(task: ScoringTask) -> NDArray[np.bool_]:
    """Tell which outputs take more than one value, (k,)."""
    columns = np.asarray(task.y, dtype=np.float64).reshape(len(task.ids), -1)
    known = [column[~np.isnan(column)] for column in columns.T]
    return np.array([len(column) > 1 and np.ptp(column) > 0 for column in known])


def _refuse(tasks: Sequence[JoinedTask]) -> None:
    problems = []
    for joined in tasks:
        if len(np.unique(joined.folds[0])) < 2:
            problems.append(f"{joined.task.key}: all {len(joined.ids)} rows are of one group")
            continue
        problems += class_problems(joined)
    if problems:
        raise DataError(
            "labels cannot be split into training and held-out parts",
            problems=problems,
            hint="leave these tasks out with --tasks, or label more rows",
        )


def _without_score(task: ScoringTask, d: int, reason: str, metric: str | None) -> TaskOutcome:
    return TaskOutcome(
        task=replace(task, metric=metric.rpartition("/")[2]) if metric else task,
        n=len(task.ids),
        d=d,
        status="undefined",
        q=None,
        score=None,
        std=None,
        reason=reason,
    )


def _outcome(
    joined: JoinedTask,
    result: OutOfFold,
    metrics: Sequence[NamedMetric],
    d: int,
    folds: int,
    fit: Fitter,
) -> TaskOutcome:
    primary, *others = metrics
    score = pooled_score(primary, joined, result.scores)
    per_split = {m.name: split_scores(m, joined, result.scores) for m in metrics}
    defined = [value for _, value in per_split[primary.name] if value is not None]
    reason = f"{primary.name} is undefined: {primary.spec.undefined}" if score is None else ""
    return TaskOutcome(
        task=joined.task,
        n=len(joined.ids),
        d=d,
        status="ok" if score is not None else "undefined",
        q=score if score is None or primary.spec.greater_is_better else -score,
        score=score,
        std=float(np.std(defined)) if score is not None and defined else None,
        reason=reason,
        splits=tuple(
            SplitScore(split, m.name, value)
            if value is not None
            else SplitScore(split, m.name, None, "undefined", m.spec.undefined)
            for m in metrics
            for split, value in per_split[m.name]
        ),
        extra=_extra(joined, result, primary, others),
        hyperparameters=_hyperparameters(result, fit),
        predictions=_predictions(joined, result),
        probe=_stored(joined, result, fit),
        warnings=tuple(_warnings(joined, d, folds)),
    )


def _extra(
    joined: JoinedTask, result: OutOfFold, primary: NamedMetric, others: Sequence[NamedMetric]
) -> dict[str, float | None]:
    """Return the other metrics, and the first one for single outputs as ``metric:output``."""
    extra = {metric.name: pooled_score(metric, joined, result.scores) for metric in others}
    if joined.several:
        single = next(m for m in (primary, *others) if not m.spec.multioutput)
        for column, name in enumerate(joined.task.outputs or map(str, range(joined.y.shape[1]))):
            score = pooled_score(single, joined, result.scores, [column])
            extra[f"{single.name}:{name}"] = score
    return extra


def _hyperparameters(result: OutOfFold, fit: Fitter) -> dict[str, Any]:
    values: dict[str, Any] = {"probe": fit.name}
    if result.chosen:
        values["chosen"] = result.chosen
    scalings = Counter(str(chosen["scaling"]) for chosen in result.chosen if "scaling" in chosen)
    if scalings:
        values["scaling"] = dict(sorted(scalings.items()))
    return values


def _predictions(joined: JoinedTask, result: OutOfFold) -> dict[str, NDArray[Any]]:
    """Return held-out predictions of all repeats, one after the other, rows sorted by id.

    ``y_pred`` is (rows,) where ``y_true`` is, but (rows, classes) for several classes.
    """
    repeats = len(joined.folds)
    scores = np.concatenate(list(result.scores))
    flat = joined.y.ndim == 1 and scores.shape[1] == 1
    sizes = [len(np.unique(folds)) for folds in joined.folds]
    first_split = np.cumsum([0, *sizes[:-1]])
    return {
        "ids": np.tile(np.array(joined.ids), repeats),
        "split": np.concatenate([f + s for f, s in zip(joined.folds, first_split, strict=True)]),
        "y_true": np.concatenate([joined.y] * repeats),
        "y_pred": np.squeeze(scores, axis=1) if flat else scores,
    }


def _stored(joined: JoinedTask, result: OutOfFold, fit: Fitter) -> StoredProbe | None:
    if not result.models:
        return None
    arrays: dict[str, NDArray[Any]] = {}
    columns = []
    for number, (portion, model) in enumerate(result.models):
        prefix = f"{number}." if len(result.models) > 1 else ""
        arrays |= {prefix + name: array for name, array in model.arrays().items()}
        columns.append(list(portion.columns))
    task = joined.task
    meta = {
        "probe": fit.name,
        "problem": task.problem,
        "columns": columns,
        "predict": result.models[0][1].how,
        "classes": list(task.classes),
        "outputs": list(task.outputs),
        "trained_on": len(joined.ids),
    }
    return StoredProbe(arrays, meta)


def _warnings(joined: JoinedTask, d: int, folds: int) -> list[str]:
    n = len(joined.ids)
    used = len(np.unique(joined.folds[0]))
    found = []
    if n < d:
        found.append(f"fewer labelled rows ({n}) than dimensions ({d})")
    if used < folds:
        what = "rows" if joined.task.groups is None else "groups"
        found.append(f"fewer {what} than folds: {used} folds instead of {folds}")
    if joined.task.problem == "regression" and not (varying := _varying(joined.task)).all():
        names = joined.task.outputs or tuple(map(str, range(len(varying))))
        constant = [name for name, varies in zip(names, varying, strict=True) if not varies]
        found.append(f"constant outputs have no score: {', '.join(constant)}")
    return found
