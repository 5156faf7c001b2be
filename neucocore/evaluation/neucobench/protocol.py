"""The protocols ``neucobench-2025`` and ``neucobench-2026``: NeuCo-Bench's probe to the fold.

Tasks and folds share one random stream (see `random_stream`), so a task's digits depend on the
tasks before it and on whether probes are stored. They do not depend on the number of jobs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.components.specs import Kind
from neucocore.evaluation.inputs import ScoringInput, ScoringTask
from neucocore.evaluation.neucobench.fold_pool import FoldPool, Progress
from neucocore.evaluation.neucobench.inputs import (
    METRICS,
    ProbeEmbeddings,
    ProbeLabels,
    probe_embeddings,
    probe_labels,
    unsupported_labels_reason,
    unsupported_reason,
)
from neucocore.evaluation.neucobench.kernel import fit_fold, refit
from neucocore.evaluation.neucobench.metrics import FOLD_METRICS, best_epoch, sigmoid
from neucocore.evaluation.neucobench.random_stream import (
    HELD_OUT_SHARE,
    RandomStream,
    draws_per_fold,
    draws_per_refit,
    shuffle_splits,
)
from neucocore.evaluation.neucobench.reference import FoldResult, Training
from neucocore.evaluation.outcome import MetricScore, SplitScore, StoredProbe, TaskOutcome
from neucocore.statistics.fold_scores import interval_of_folds
from neucocore.statistics.influence import Undefined

Floats = NDArray[np.float32]

Q_OFFSET = 0.02
NO_INFLUENCE = "the protocol averages over random splits and has no influence values"


class NeuCoBenchProtocol:
    """Score tasks as NeuCo-Bench does. Options: see ``neuco info neucobench-2026``."""

    uses_groups = False
    depends_on_label_files = True

    def task_name(self, task: ScoringTask) -> str:
        """Return the label file's stem, by which NeuCo-Bench names and orders tasks."""
        return task.stem

    def components(
        self, tasks: Sequence[ScoringTask], options: Mapping[str, Any]
    ) -> Sequence[tuple[Kind, str]]:
        """Return no components: probe and metrics are part of the protocol."""
        del tasks, options
        return ()

    def score(
        self,
        inputs: ScoringInput,
        options: Mapping[str, Any],
        *,
        jobs: int = 1,
        progress: Progress | None = None,
    ) -> list[TaskOutcome]:
        """Score every task, in alphabetical order of the stems.

        Parameters
        ----------
        inputs
            Embeddings and tasks. The embeddings' statistics are computed over the labelled rows.
        options
            Every option with the value in force.
        jobs
            FoldPool trained at the same time.
        progress
            Called with (task, finished folds, folds) after each fold.

        Returns
        -------
        list[TaskOutcome]
            ``undefined`` where the reference gives NaN or -inf, ``failed`` where it stops.

        Raises
        ------
        BudgetExceededError
            The embeddings have more dimensions than ``embedding_dim``.
        """
        embeddings = probe_embeddings(
            inputs,
            dimension=options["embedding_dim"],
            standardize=options["standardize_embeddings"],
        )
        stream = RandomStream()
        with FoldPool(jobs, progress) as folds:
            return [
                _score_task(task, inputs, options, embeddings, stream, folds)
                for task in sorted(inputs.tasks, key=lambda task: task.stem)
            ]


@dataclass(frozen=True, eq=False)
class _Job:
    """One task with all it is scored with.

    ``target`` lies along the rows of the matrix, NaN where the task has no label; ``rows`` are
    the task's rows in label-file order.
    """

    task: ScoringTask
    inputs: ScoringInput
    options: Mapping[str, Any]
    embeddings: ProbeEmbeddings
    labels: ProbeLabels
    rows: NDArray[np.intp]
    target: Floats

    @property
    def metric(self) -> str:
        return METRICS[self.task.problem]

    @property
    def hyperparameters(self) -> dict[str, Any]:
        return {name: self.options[name] for name in ("epochs", "learning_rate", "batch_size")}

    @property
    def training(self) -> Training:
        return Training(classify=self.task.problem == "binary", **self.hyperparameters)


@dataclass(frozen=True, eq=False)
class _Split:
    """A trained split: held-out rows of the task, what training gave, the best epoch's score."""

    held_out: NDArray[np.intp]
    fold: FoldResult
    best: int | None
    score: float


def _score_task(
    task: ScoringTask,
    inputs: ScoringInput,
    options: Mapping[str, Any],
    embeddings: ProbeEmbeddings,
    stream: RandomStream,
    folds: FoldPool,
) -> TaskOutcome:
    if reason := unsupported_reason(task):
        return _failed(task, embeddings, reason)
    labels = probe_labels(task, normalize=options["normalize_labels"])
    if reason := unsupported_labels_reason(task, labels):
        return _failed(task, embeddings, reason)
    rows = np.array([embeddings.rows[name] for name in task.ids], dtype=np.intp)
    target = np.full(len(embeddings.matrix), np.nan, dtype=np.float32)
    target[rows] = labels.values
    job = _Job(task, inputs, options, embeddings, labels, rows, target)
    splits = list(folds.in_order(task.key, options["k_folds"], _calls(job, stream)))
    probe = _stored_probe(job, stream) if inputs.store_probe else None
    return _outcome(job, splits, probe)


def _failed(task: ScoringTask, embeddings: ProbeEmbeddings, reason: str) -> TaskOutcome:
    judged = replace(task, metric=METRICS.get(task.problem, task.metric))
    return TaskOutcome(
        judged, len(task.ids), embeddings.dimension, "failed", None, None, None, reason=reason
    )


def _calls(job: _Job, stream: RandomStream) -> Iterator[Callable[[], _Split]]:
    """Yield one function per fold that trains it; its random draws are already taken."""
    outputs = draws_per_fold(len(job.rows), job.embeddings.matrix.shape[1], job.training.epochs)
    for train, held_out in shuffle_splits(len(job.rows), job.options["k_folds"]):
        yield partial(_train, job, train, held_out, stream.take(outputs))


def _train(
    job: _Job, train: NDArray[np.intp], held_out: NDArray[np.intp], outputs: NDArray[np.uint32]
) -> _Split:
    rows = job.rows[held_out]
    matrix, target = job.embeddings.matrix, job.target
    fold = fit_fold(matrix, target, job.rows[train], rows, outputs, job.training)
    in_pass = np.take_along_axis(fold.predictions, fold.order, axis=1)
    history = FOLD_METRICS[job.metric](in_pass, target[rows][fold.order])
    best = best_epoch(history)
    return _Split(held_out, fold, best, -np.inf if best is None else float(history[best]))


def _outcome(job: _Job, splits: Sequence[_Split], probe: StoredProbe | None) -> TaskOutcome:
    values = np.array([split.score for split in splits])
    mean, std = float(values.mean()), float(np.inf)
    if np.isfinite(mean):
        std = float(values.std())
    failed = int(np.isinf(values).sum())
    reason = ""
    if job.labels.constant:
        reason = f"all {len(job.rows)} labels are {job.labels.low:g}"
    elif failed:
        reason = f"no finite {job.metric} in any epoch of {failed} of {len(splits)} splits"
    return TaskOutcome(
        job.task,
        len(job.rows),
        job.embeddings.dimension,
        "undefined" if failed else "ok",
        q=None if failed else 2 * mean / (Q_OFFSET + std),
        score=None if failed else mean,
        std=None if failed else std,
        reason=reason,
        splits=tuple(
            _split_score(number, split, job.metric) for number, split in enumerate(splits)
        ),
        hyperparameters=job.hyperparameters,
        predictions=_predictions(job, splits),
        curves=_curves(splits) if job.inputs.keep_curves else {},
        probe=probe,
        metrics=() if failed else (_metric_score(job.metric, mean, values),),
    )


def _metric_score(metric: str, mean: float, values: NDArray[np.float64]) -> MetricScore:
    # Chance is not stated: the mean of each fold's best epoch is above that of the metric.
    interval = interval_of_folds(values, HELD_OUT_SHARE)
    return MetricScore(metric, mean, interval, Undefined(NO_INFLUENCE), best=1.0)


def _split_score(number: int, split: _Split, metric: str) -> SplitScore:
    if split.best is None:
        return SplitScore(number, metric, None, "undefined", "no finite score in any epoch")
    return SplitScore(number, metric, split.score)


def _curves(splits: Sequence[_Split]) -> dict[str, NDArray[np.float64]]:
    return {
        "train_loss": np.stack([split.fold.train_loss for split in splits]),
        "val_loss": np.stack([split.fold.val_loss for split in splits]),
    }


def _predictions(job: _Job, splits: Sequence[_Split]) -> dict[str, NDArray[Any]]:
    """Return the predictions of each split's best epoch, in label units or as probabilities."""
    kept = [(number, split) for number, split in enumerate(splits) if split.best is not None]
    if not kept:
        return {}
    held_out = np.concatenate([split.held_out for _, split in kept])
    predicted = np.concatenate([split.fold.predictions[split.best] for _, split in kept])
    return {
        "ids": np.array(job.task.ids)[held_out],
        "split": np.repeat([n for n, _ in kept], [len(split.held_out) for _, split in kept]),
        "y_true": job.task.y.reshape(-1)[held_out],
        "y_pred": (
            sigmoid(predicted) if job.training.classify else job.labels.to_label_units(predicted)
        ),
    }


def _stored_probe(job: _Job, stream: RandomStream) -> StoredProbe:
    """Train once more on all rows, as the reference does after the folds of a task."""
    matrix, training = job.embeddings.matrix, job.training
    outputs = stream.take(draws_per_refit(matrix.shape[1], training.epochs))
    parameters = refit(matrix, job.target, job.rows, outputs, training)
    meta = {
        "kind": "linear",
        "task": job.task.key,
        "problem": job.task.problem,
        "classes": list(job.task.classes),
        "embedding_mean": job.embeddings.mean,
        "embedding_std": job.embeddings.std,
        "label_low": job.labels.low,
        "label_high": job.labels.high,
        "predict": (
            "pad the embedding with zeros to the weight's length, subtract embedding_mean, divide "
            "by embedding_std, times weight plus bias; regression: times (label_high - label_low) "
            "plus label_low; binary: positive above 0"
        ),
    }
    return StoredProbe({"weight": parameters[:-1], "bias": parameters[-1:]}, meta)
