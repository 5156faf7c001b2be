"""What is reported about a task that was scored on held-out rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.evaluation.heldout.joined_task import JoinedTask
from neucocore.evaluation.heldout.metrics import NamedMetric, pooled_score, split_scores
from neucocore.evaluation.heldout.predict import OutOfFold
from neucocore.evaluation.inputs import ScoringTask
from neucocore.evaluation.outcome import SplitScore, StoredProbe, TaskOutcome


def outcome_of(
    joined: JoinedTask,
    result: OutOfFold,
    metrics: Sequence[NamedMetric],
    d: int,
    folds: int,
    probe: str,
) -> TaskOutcome:
    """Compute the scores of a task from its out-of-fold predictions.

    Parameters
    ----------
    metrics
        The primary metric first.
    d
        Number of embedding dimensions.
    folds
        Number of folds that the options ask for.
    probe
        Name of the probe.
    """
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
        hyperparameters=_hyperparameters(result, probe),
        predictions=_predictions(joined, result),
        probe=_stored_probe(joined, result, probe),
        warnings=tuple(_warnings(joined, d, folds)),
    )


def outcome_without_score(
    task: ScoringTask, d: int, reason: str, metric: str | None
) -> TaskOutcome:
    """Return the outcome of a task that cannot have a score.

    Parameters
    ----------
    reason
        Why there is no score.
    metric
        Name of the metric that replaces the task's primary one, if any.
    """
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


def varying_outputs(task: ScoringTask) -> NDArray[np.bool_]:
    """Return which outputs have more than one label value, (k,)."""
    columns = np.asarray(task.y, dtype=np.float64).reshape(len(task.ids), -1)
    known = [column[~np.isnan(column)] for column in columns.T]
    return np.array([len(column) > 1 and np.ptp(column) > 0 for column in known])


def _extra(
    joined: JoinedTask, result: OutOfFold, primary: NamedMetric, others: Sequence[NamedMetric]
) -> dict[str, float | None]:
    """Return the secondary metrics and, for each output, a metric named ``metric:output``."""
    extra = {metric.name: pooled_score(metric, joined, result.scores) for metric in others}
    if joined.several_outputs:
        single = next(m for m in (primary, *others) if not m.spec.multioutput)
        for column, name in enumerate(joined.task.outputs or map(str, range(joined.y.shape[1]))):
            score = pooled_score(single, joined, result.scores, [column])
            extra[f"{single.name}:{name}"] = score
    return extra


def _hyperparameters(result: OutOfFold, probe: str) -> dict[str, Any]:
    values: dict[str, Any] = {"probe": probe}
    if result.selected:
        values["selected"] = result.selected
    scalings = Counter(str(fit["scaling"]) for fit in result.selected if "scaling" in fit)
    if scalings:
        values["scaling"] = dict(sorted(scalings.items()))
    return values


def _predictions(joined: JoinedTask, result: OutOfFold) -> dict[str, NDArray[Any]]:
    """Return the held-out predictions of all repeats one after the other, rows sorted by id.

    ``y_pred`` has the shape of ``y_true``, except for multiclass tasks, where it is (rows,
    classes).
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


def _stored_probe(joined: JoinedTask, result: OutOfFold, probe: str) -> StoredProbe | None:
    if not result.models:
        return None
    arrays: dict[str, NDArray[Any]] = {}
    columns = []
    for number, (task_columns, model) in enumerate(result.models):
        prefix = f"{number}." if len(result.models) > 1 else ""
        arrays |= {prefix + name: array for name, array in model.arrays().items()}
        columns.append(list(task_columns.columns))
    task = joined.task
    meta = {
        "probe": probe,
        "problem": task.problem,
        "columns": columns,
        "predict": result.models[0][1].description,
        "classes": list(task.classes),
        "outputs": list(task.outputs),
        "trained_on": len(joined.ids),
    }
    return StoredProbe(arrays, meta)


def _warnings(joined: JoinedTask, d: int, folds: int) -> list[str]:
    n = len(joined.ids)
    used_folds = len(np.unique(joined.folds[0]))
    warnings = []
    if n < d:
        warnings.append(f"fewer labelled rows ({n}) than dimensions ({d})")
    if used_folds < folds:
        units = "rows" if joined.task.groups is None else "groups"
        warnings.append(f"fewer {units} than folds: {used_folds} folds instead of {folds}")
    if joined.task.problem == "regression" and not (varying := varying_outputs(joined.task)).all():
        names = joined.task.outputs or tuple(map(str, range(len(varying))))
        constant = [name for name, varies in zip(names, varying, strict=True) if not varies]
        warnings.append(f"constant outputs have no score: {', '.join(constant)}")
    return warnings
