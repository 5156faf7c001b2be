"""What is reported about a task that was scored on held-out rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.evaluation.heldout.class_accuracies import few_rows_of_classes
from neucocore.evaluation.heldout.details import details_of
from neucocore.evaluation.heldout.influence import Method, TaskInfluence, chance_of
from neucocore.evaluation.heldout.joined_task import JoinedTask
from neucocore.evaluation.heldout.metrics import (
    NamedMetric,
    complete_rows,
    pooled_score,
    split_scores,
    too_few_complete_rows,
)
from neucocore.evaluation.heldout.outputs import (
    output_names,
    reason_left_out,
    required_rows,
    rows_per_output,
    varying_outputs,
)
from neucocore.evaluation.heldout.predict import OutOfFold
from neucocore.evaluation.inputs import ScoringTask
from neucocore.evaluation.outcome import (
    MetricScore,
    OutputScore,
    SplitScore,
    StoredProbe,
    TaskOutcome,
)
from neucocore.statistics.attainable import attainable_r2
from neucocore.statistics.influence import Undefined
from neucocore.statistics.intervals import interval


def outcome_of(
    joined: JoinedTask,
    result: OutOfFold,
    metrics: Sequence[NamedMetric],
    d: int,
    folds: int,
    probe: str,
    method: Method = "influence",
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
    method
        How the noise of training enters the intervals.
    """
    primary = metrics[0]
    influence = TaskInfluence(joined, result, method)
    scores = tuple(_metric_score(metric, joined, result, influence) for metric in metrics)
    score = scores[0].score
    per_split = {m.name: split_scores(m, joined, result.scores) for m in metrics}
    defined = [value for _, value in per_split[primary.name] if value is not None]
    outputs = _outputs(joined, result, metrics, influence)
    attainable = _attainable(joined, primary)
    return TaskOutcome(
        task=joined.task,
        n=len(joined.ids),
        d=d,
        status="ok" if score is not None else "undefined",
        q=score if score is None or primary.spec.greater_is_better else -score,
        score=score,
        std=float(np.std(defined)) if score is not None and defined else None,
        reason=_reason_without_score(joined, primary, outputs) if score is None else "",
        splits=tuple(
            SplitScore(split, m.name, value)
            if value is not None
            else SplitScore(split, m.name, None, "undefined", m.undefined)
            for m in metrics
            for split, value in per_split[m.name]
        ),
        extra=_extra(scores[1:], outputs),
        hyperparameters=_hyperparameters(result, probe),
        predictions=_predictions(joined, result),
        probe=_stored_probe(joined, result, probe),
        warnings=(
            *_warnings(joined, primary, d, folds),
            *few_rows_of_classes(joined),
            *_attainable_warnings(attainable),
        ),
        outputs=outputs,
        metrics=scores,
        training_noise=_training_noise(joined, influence),
        attainable=None if isinstance(attainable, Undefined) else attainable,
        details=details_of(influence, primary),
        counts=_coded_sizes(result),
    )


def _metric_score(
    metric: NamedMetric, joined: JoinedTask, result: OutOfFold, influence: TaskInfluence
) -> MetricScore:
    score = pooled_score(metric, joined, result.scores)
    values = influence.of(metric)
    if score is None:
        values = Undefined(metric.undefined)
    return MetricScore(
        metric=metric.name,
        score=score,
        interval=interval(values),
        influence=values,
        chance=chance_of(metric, joined),
        best=metric.best,
        greater_is_better=metric.spec.greater_is_better,
    )


def _training_noise(joined: JoinedTask, influence: TaskInfluence) -> float | None:
    columns = joined.averaged if joined.separate_columns else [0]
    noises = [influence.training_noise(int(column)) for column in columns]
    known = [noise for noise in noises if noise is not None]
    return float(np.mean(known)) if known and len(known) == len(noises) else None


def _attainable(joined: JoinedTask, primary: NamedMetric) -> float | Undefined | None:
    """Return the attainable R2 of labels with errors; None for other metrics and labels."""
    label_sd = joined.task.label_sd
    if label_sd is None or primary.name != "r2":
        return None
    y = np.asarray(joined.task.y, dtype=np.float64).reshape(len(joined.ids), -1)
    sd = label_sd.reshape(len(joined.ids), -1)
    return attainable_r2(y[:, joined.averaged], sd[:, joined.averaged])


def _attainable_warnings(attainable: float | Undefined | None) -> list[str]:
    if not isinstance(attainable, Undefined):
        return []
    return [f"the attainable R2 is not known: {attainable.reason}"]


def outcome_without_score(
    task: ScoringTask,
    d: int,
    reason: str,
    metric: str | None,
    *,
    failed: bool = False,
) -> TaskOutcome:
    """Return the outcome of a task that cannot have a score.

    Parameters
    ----------
    reason
        Why there is no score.
    metric
        Name of the metric that replaces the task's primary one, if any.
    failed
        Whether the plugin of the task is the reason.
    """
    return TaskOutcome(
        task=replace(task, metric=metric.rpartition("/")[2]) if metric else task,
        n=len(task.ids),
        d=d,
        status="failed" if failed else "undefined",
        q=None,
        score=None,
        std=None,
        reason=reason,
        failed_plugin=task.plugin if failed else "",
    )


def _outputs(
    joined: JoinedTask,
    result: OutOfFold,
    metrics: Sequence[NamedMetric],
    influence: TaskInfluence,
) -> tuple[OutputScore, ...]:
    """Return each output of a task with several, by the first metric of single outputs."""
    if not joined.several_outputs:
        return ()
    single = next(metric for metric in metrics if not metric.spec.multioutput)
    rows = rows_per_output(joined.task)
    outputs = []
    for column, name in enumerate(output_names(joined.task)):
        score = pooled_score(single, joined, result.scores, [column])
        reason = reason_left_out(joined.task, column)
        if not reason and score is None:
            reason = single.undefined
        averaged = column in joined.averaged and score is not None
        values = Undefined(reason) if score is None else influence.of(single, [column])
        sure = interval(values)
        outputs.append(
            OutputScore(
                name,
                single.name,
                int(rows[column]),
                score,
                averaged,
                reason,
                sure.low,
                sure.high,
                sure.reason,
                influence.training_noise(column),
            )
        )
    return tuple(outputs)


def _reason_without_score(
    joined: JoinedTask, primary: NamedMetric, outputs: Sequence[OutputScore]
) -> str:
    if primary.spec.multioutput and too_few_complete_rows(joined):
        return (
            f"{primary.name} needs all outputs of a row, which only {complete_rows(joined)} of "
            f"{len(joined.ids)} rows have; at least {required_rows(joined.task)} are needed"
        )
    if outputs:
        return "no output has a score: " + "; ".join(f"{o.name}: {o.reason}" for o in outputs)
    return primary.undefined


def _extra(
    others: Sequence[MetricScore], outputs: Sequence[OutputScore]
) -> dict[str, float | None]:
    """Return the secondary metrics and, for each output, a metric named ``metric:output``."""
    extra = {other.metric: other.score for other in others}
    return extra | {f"{output.metric}:{output.name}": output.score for output in outputs}


def _hyperparameters(result: OutOfFold, probe: str) -> dict[str, Any]:
    values: dict[str, Any] = {"probe": probe}
    if result.selected:
        values["selected"] = result.selected
    scalings = Counter(str(fit["scaling"]) for fit in result.selected if "scaling" in fit)
    if scalings:
        values["scaling"] = dict(sorted(scalings.items()))
    return values


def _coded_sizes(result: OutOfFold) -> dict[str, float]:
    """Return the mean size of the codes of held-out rows, and of what a decoder needs besides."""
    lengths = result.code_lengths
    if not lengths:
        return {}
    return {
        "coded_bytes_per_row": sum(length.bits for length in lengths)
        / (8 * sum(length.rows for length in lengths)),
        "side_bytes": sum(length.side_bits for length in lengths) / (8 * len(lengths)),
    }


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


def _warnings(joined: JoinedTask, primary: NamedMetric, d: int, folds: int) -> list[str]:
    task, n = joined.task, len(joined.ids)
    if not joined.several_outputs:
        return [*_few_rows(n, d), *_few_folds(joined, joined.folds[0], folds)]
    names, rows = output_names(task), rows_per_output(task)
    warnings = []
    if not joined.all_averaged:
        left_out = (
            f"{name} ({reason})"
            for column, name in enumerate(names)
            if (reason := reason_left_out(task, column))
        )
        warnings.append(f"outputs that do not count in the score: {', '.join(left_out)}")
    if len(set(rows.tolist())) > 1:
        counts = ", ".join(f"{name} {count}" for name, count in zip(names, rows, strict=True))
        warnings.append(f"labelled rows per output: {counts}")
    texts: dict[str, list[str]] = {}
    for column in joined.averaged:
        folds_of_rows = joined.folds[0][~np.isnan(_column(joined, int(column)))]
        for text in (*_few_rows(int(rows[column]), d), *_few_folds(joined, folds_of_rows, folds)):
            texts.setdefault(text, []).append(names[column])
    for text, outputs in texts.items():
        every = len(outputs) == len(names)
        warnings.append(text if every else f"output {', '.join(outputs)}: {text}")
    if primary.spec.multioutput and required_rows(task) <= complete_rows(joined) < n:
        warnings.append(
            f"{primary.name} uses only the {complete_rows(joined)} of {n} rows in which all "
            "outputs are known"
        )
    if task.problem == "regression" and not (varying := varying_outputs(task)).all():
        constant = [name for name, varies in zip(names, varying, strict=True) if not varies]
        warnings.append(f"constant outputs have no score: {', '.join(constant)}")
    return warnings


def _column(joined: JoinedTask, column: int) -> NDArray[np.float64]:
    """Return the labels of one output, (n,), NaN where it is unknown."""
    return np.asarray(joined.label_matrix[:, column], dtype=np.float64)


def _few_rows(n: int, d: int) -> list[str]:
    return [f"fewer labelled rows ({n}) than dimensions ({d})"] if n < d else []


def _few_folds(joined: JoinedTask, folds_of_rows: NDArray[np.int64], folds: int) -> list[str]:
    used = len(np.unique(folds_of_rows))
    if used >= folds or joined.folds_are_given:
        return []
    units = "rows" if joined.task.groups is None else "groups"
    return [f"fewer {units} than folds: {used} folds instead of {folds}"]
