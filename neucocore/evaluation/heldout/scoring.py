"""Scores tasks on held-out rows with any probe: what ``nested-cv`` and ``svm`` have in common."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from neucocore.components.sources import CORE
from neucocore.errors import ComponentLoadError, ComponentOutputError, ConfigError, DataError
from neucocore.evaluation.heldout.class_counts import class_problems, label_problems
from neucocore.evaluation.heldout.fitter import Fitter
from neucocore.evaluation.heldout.influence import Method
from neucocore.evaluation.heldout.joined_task import JoinedTask, join
from neucocore.evaluation.heldout.metrics import (
    NamedMetric,
    metrics_for,
    primary_metric,
    problems_of_metric,
)
from neucocore.evaluation.heldout.outcomes import outcome_of, outcome_without_score
from neucocore.evaluation.heldout.outputs import varying_outputs
from neucocore.evaluation.heldout.predict import (
    InsideSplits,
    OutOfFold,
    Progress,
    predict_out_of_fold,
)
from neucocore.evaluation.inputs import ScoringInput, ScoringTask
from neucocore.evaluation.outcome import TaskOutcome
from neucocore.evaluation.protocols import component_name
from neucocore.messages import pluralize


def score_held_out(
    inputs: ScoringInput,
    options: Mapping[str, Any],
    fit: Fitter,
    *,
    identity: str,
    jobs: int = 1,
    progress: Progress | None = None,
) -> list[TaskOutcome]:
    """Split, fit, predict and score every task.

    Parameters
    ----------
    inputs
        Embeddings and tasks.
    options
        ``folds``, ``repeats`` and, optionally, ``metric``.
    fit
        Fits the probes on one training part.
    identity
        ``name@version`` of the protocol, which determines the splits.
    jobs
        Number of threads.
    progress
        Called with (task, finished splits, splits).

    Returns
    -------
    list of TaskOutcome
        In the order of ``inputs.tasks``.

    Raises
    ------
    ConfigError
        Options that cannot be used.
    DataError
        Tasks that cannot be split, all reported together.
    """
    check_split_options(options)
    folds, repeats = options["folds"], options["repeats"]
    metric = component_name(options.get("metric"))
    reasons = {
        index: reason for index, task in enumerate(inputs.tasks) if (reason := _undefined(task))
    }
    joined_tasks = [
        _trainable(join(inputs, task, folds=folds, repeats=repeats, protocol=identity))
        for index, task in enumerate(inputs.tasks)
        if index not in reasons
    ]
    unsplittable = {joined.task.key: _unsplittable(joined) for joined in joined_tasks}
    _raise_for_unsplittable(joined_tasks, unsplittable)
    joined_tasks = [joined for joined in joined_tasks if not unsplittable[joined.task.key]]
    metrics_of_tasks = metrics_for(joined_tasks, metric)
    reduction, training_rows = inputs.reduction, inputs.training_rows
    results = [
        result
        # Each task has training rows of its own if only some are used.
        for tasks in ([joined_tasks] if training_rows is None else [[j] for j in joined_tasks])
        for result in predict_out_of_fold(
            tasks,
            inputs.matrix,
            fit,
            folds=folds,
            jobs=jobs,
            progress=progress,
            keep_models=inputs.store_probe,
            leave_out_pairs=inputs.interval == "jackknife",
            inside=InsideSplits(reduction, training_rows, identity),
        )
    ]
    d = inputs.matrix.shape[1] if reduction is None else reduction.dimension
    outcomes = iter(
        _outcome_or_failure(
            joined,
            result,
            metrics,
            d,
            folds,
            fit.name,
            inputs.interval,
            asked=metric is not None
            and joined.task.problem in problems_of_metric(joined.task, metric),
        )
        for joined, result, metrics in zip(joined_tasks, results, metrics_of_tasks, strict=True)
    )
    found = [
        outcome_without_score(task, d, reasons[index], primary_metric(task, metric))
        if index in reasons
        else outcome_without_score(
            task, d, "; ".join(problems), primary_metric(task, metric), failed=True
        )
        if (problems := unsplittable[task.key])
        else next(outcomes)
        for index, task in enumerate(inputs.tasks)
    ]
    return found if metric is None else [_with_metric_warning(one, metric) for one in found]


def _with_metric_warning(outcome: TaskOutcome, asked: str) -> TaskOutcome:
    """Add a warning to the outcome of a task to which the metric that is asked for does not apply.

    Its score is that of the task's own metric.
    """
    allowed = problems_of_metric(outcome.task, asked)
    if outcome.task.problem in allowed:
        return outcome
    text = (
        f"--metric {asked} is for {' and '.join(allowed)} and does not apply; this task is scored "
        "by its own metric"
    )
    return replace(outcome, warnings=(text, *outcome.warnings))


def _outcome_or_failure(
    joined: JoinedTask,
    result: OutOfFold,
    metrics: Sequence[NamedMetric],
    d: int,
    folds: int,
    probe: str,
    interval: Method,
    *,
    asked: bool,
) -> TaskOutcome:
    """Return the outcome of a task, a failed one if a metric of its plugin raises.

    Parameters
    ----------
    asked
        Whether the user asks for the primary metric; if it raises, there is nothing to score.

    Raises
    ------
    ComponentOutputError
        That metric raises.
    """
    try:
        return _outcome(joined, result, metrics, d, folds, probe, interval)
    except (ComponentOutputError, ComponentLoadError) as error:
        if asked:
            raise
        return outcome_without_score(joined.task, d, error.message, None, failed=True)


def _outcome(
    joined: JoinedTask,
    result: OutOfFold,
    metrics: Sequence[NamedMetric],
    d: int,
    folds: int,
    probe: str,
    interval: Method,
) -> TaskOutcome:
    """Return the outcome of a task; of a fixed split that of its test rows."""
    rows = joined.held_out_rows
    n = len(joined.ids)
    if len(rows) == n:
        return outcome_of(joined, result, metrics, d, folds, probe, interval)
    test = result.of_rows(rows)
    # What the ridge fits tell about training holds for splits into many folds only.
    test = replace(test, noise=test.noise * np.nan, least_squares=test.least_squares * np.nan)
    outcome = outcome_of(joined.of_rows(rows), test, metrics, d, folds, probe, interval)
    text = (
        f"one fixed split: trained on {pluralize(n - len(rows), 'row')}, scored on "
        f"{len(rows)}; the interval is that of this one model on other test rows"
    )
    stored = outcome.probe and replace(outcome.probe, meta={**outcome.probe.meta, "trained_on": n})
    return replace(outcome, warnings=(text, *outcome.warnings), probe=stored)


def _trainable(joined: JoinedTask) -> JoinedTask:
    """Return a task without the labels that are left out of its score and cannot be trained."""
    if joined.task.problem != "multilabel" or joined.all_averaged:
        return joined
    left_out = set(range(joined.label_matrix.shape[1])) - set(joined.averaged.tolist())
    untrainable = [column for column in sorted(left_out) if label_problems(joined, column)]
    y = np.array(joined.y, dtype=np.float64)
    y[:, untrainable] = np.nan
    return replace(joined, y=y)


def check_split_options(options: Mapping[str, Any]) -> None:
    """Check the options ``folds`` and ``repeats``.

    Raises
    ------
    ConfigError
        One of them is not an integer, or too small.
    """
    problems = [
        f"{name} must be an integer of at least {minimum}, found {value!r}"
        for name, minimum in (("folds", 2), ("repeats", 1))
        if isinstance(value := options[name], bool) or not isinstance(value, int) or value < minimum
    ]
    if problems:
        raise ConfigError(
            "the options for splitting rows into folds cannot be used",
            problems=problems,
            hint="for example: --folds 10 --repeats 1",
        )


def _undefined(task: ScoringTask) -> str:
    """Return why a task cannot have a score; empty if it can."""
    n = len(task.ids)
    if n < 2:
        return f"only {pluralize(n, 'labelled row')}, at least 2 are needed"
    if task.problem == "regression" and not varying_outputs(task).any():
        value = np.asarray(task.y).reshape(-1)[0]
        return f"constant label: all {n} rows are {value:g}"
    return ""


def _unsplittable(joined: JoinedTask) -> list[str]:
    """Return why a task cannot be split into training and held-out parts; empty if it can."""
    if len(np.unique(joined.folds[0])) < 2:
        return [f"{joined.task.key}: all {len(joined.ids)} rows belong to one group"]
    return class_problems(joined)


def _raise_for_unsplittable(
    tasks: Sequence[JoinedTask], problems_of: Mapping[str, Sequence[str]]
) -> None:
    """Check that the user's own labels can be split, and those of at least one task.

    Labels that a plugin provides are not the user's to correct; their task fails alone.
    """
    others = [joined.task.key for joined in tasks if not problems_of[joined.task.key]]
    own = [joined for joined in tasks if joined.task.plugin == CORE]
    problems = [
        text for joined in (own if others else tasks) for text in problems_of[joined.task.key]
    ]
    if problems:
        choice = f"score the other tasks only: --tasks {shlex.quote(','.join(others))}; or "
        raise DataError(
            "labels cannot be split into training and held-out parts",
            problems=problems,
            hint=f"{choice * bool(others)}label more rows",
        )
