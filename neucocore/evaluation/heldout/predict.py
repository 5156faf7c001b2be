"""Predictions for held-out rows: every split of every task, in threads."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from neucocore.evaluation.heldout.batches import Batch, JoinedTask, Portion, batches_of
from neucocore.evaluation.linear.moments import Matrix, Moments, TrainingPart, column_mean
from neucocore.evaluation.linear.probe import Target

Progress = Callable[[str, int, int], None]
ALL_ROWS = -1
"""The number of the split that holds nothing out."""


class Model(Protocol):
    """A fitted probe of one target."""

    @property
    def how(self) -> str:
        """How the arrays turn an embedding into a prediction, in words."""

    @property
    def chosen(self) -> Sequence[Mapping[str, Any]]:
        """What was selected inside the training part, as plain JSON values."""

    def predict(self, X: Matrix) -> Matrix:
        """Return (m, k) values or probabilities."""

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """Return the state as plain arrays."""


class Fitter(Protocol):
    """Fits probes on one training part.

    ``split`` numbers the split (-1: all rows) and is all that a generator of random numbers may
    be seeded with beside the protocol. ``uses_moments`` fitters are given the part's moments.
    """

    name: str
    uses_moments: bool

    def __call__(
        self, part: TrainingPart, targets: Sequence[Target], split: int
    ) -> Sequence[Model]:
        """Return one model per target; safe to call from several threads."""


@dataclass(eq=False)
class OutOfFold:
    """What a task's splits gave.

    Attributes
    ----------
    scores
        (repeats, n, k) values or probabilities, rows as in the `JoinedTask`; NaN where a label
        is missing.
    chosen
        Per split and fitted part: ``split``, the label's ``column`` where each is fitted alone,
        and what the model selected.
    models
        Portions and their models fitted on all rows, where asked for.
    """

    scores: Matrix
    chosen: list[dict[str, Any]] = field(default_factory=list)
    models: list[tuple[Portion, Model]] = field(default_factory=list)


def predict_out_of_fold(
    tasks: Sequence[JoinedTask],
    matrix: NDArray[np.float32],
    fit: Fitter,
    *,
    folds: int,
    jobs: int = 1,
    progress: Progress | None = None,
    keep_models: bool = False,
) -> list[OutOfFold]:
    """Fit and predict every split of every task.

    The numbers do not depend on `jobs`, on the order of rows, or on which tasks come together.
    """
    results = [OutOfFold(_empty_scores(joined)) for joined in tasks]
    count = _Counter(tasks, progress)
    batches = batches_of(tasks)
    count.expect(batches)
    with one_blas_thread(), _pool(jobs) as pool:
        for batch in batches:
            run = _BatchRun(batch, tasks, matrix[batch.rows].astype(np.float64), fit, folds)
            run.share_moments(pool)
            parts = list(batch.held_out())
            splits = [pool.submit(run.split, fold, held) for fold, held in parts]
            everything = keep_models and batch.repeat == 0 and pool.submit(run.fit_all)
            for (fold, held), future in zip(parts, splits, strict=True):
                run.store(fold, held, *future.result(), results)
                count.done(batch)
            if everything:
                for portion, model in zip(batch.portions, everything.result(), strict=True):
                    results[portion.task].models.append((portion, model))
    return results


class _BatchRun:
    """One batch being worked on."""

    def __init__(
        self,
        batch: Batch,
        tasks: Sequence[JoinedTask],
        X: Matrix,
        fit: Fitter,
        folds: int,
    ) -> None:
        self.batch, self.tasks, self.X, self.fit, self.folds = batch, tasks, X, fit, folds
        self.shift = column_mean((X,))
        self.whole: Moments | None = None

    def share_moments(self, pool: ThreadPoolExecutor) -> None:
        """Sum over all rows, fold by fold, so that a split need only subtract its own."""
        n, d = self.X.shape
        if self.fit.uses_moments and n > d:
            slices = [self.X[held] for _, held in self.batch.held_out()]
            moments = pool.map(lambda rows: Moments.of(rows, self.shift), slices)
            self.whole = functools.reduce(Moments.__add__, moments)

    def split(self, fold: int, held: slice) -> tuple[Sequence[Model], list[Matrix]]:
        """Fit on all rows but the held-out ones; return models and predictions for those."""
        others = tuple(self.X[rows] for other, rows in self.batch.held_out() if other != fold)
        known = self.whole and self.whole - Moments.of(self.X[held], self.shift)
        part = TrainingPart(others, self.batch.grouped, known)
        train = np.delete(np.arange(len(self.X)), held)
        models = self.fit(part, self._targets(train), self._number(fold))
        return models, [model.predict(self.X[held]) for model in models]

    def fit_all(self) -> Sequence[Model]:
        """Fit on all rows."""
        slices = tuple(self.X[rows] for _, rows in self.batch.held_out())
        part = TrainingPart(slices, self.batch.grouped, self.whole)
        return self.fit(part, self._targets(np.arange(len(self.X))), ALL_ROWS)

    def store(
        self,
        fold: int,
        held: slice,
        models: Sequence[Model],
        predictions: Sequence[Matrix],
        results: Sequence[OutOfFold],
    ) -> None:
        """Put one split's predictions and choices where they belong."""
        for portion, model, predicted in zip(self.batch.portions, models, predictions, strict=True):
            joined, result = self.tasks[portion.task], results[portion.task]
            cells = np.ix_(portion.places[held], np.array(portion.columns))
            if not joined.per_column:
                cells = np.ix_(portion.places[held], np.arange(result.scores.shape[2]))
            result.scores[self.batch.repeat][cells] = predicted
            for place, chosen in enumerate(model.chosen):
                of = {"column": portion.columns[place]} if joined.several else {}
                result.chosen.append({"split": self._number(fold), **of, **chosen})

    def _targets(self, rows: NDArray[np.int64]) -> list[Target]:
        targets = []
        for portion in self.batch.portions:
            joined = self.tasks[portion.task]
            cells = np.ix_(portion.places[rows], np.array(portion.columns))
            y = joined.columns[cells].astype(np.float64)
            classes = class_count(joined) if joined.task.problem == "multiclass" else 0
            targets.append(Target(joined.task.problem, y, classes))
        return targets

    def _number(self, fold: int) -> int:
        return self.batch.repeat * self.folds + fold


def class_count(joined: JoinedTask) -> int:
    """Return the number of classes of a multi-class task."""
    return max(len(joined.task.classes), int(joined.y.max()) + 1)


def _empty_scores(joined: JoinedTask) -> Matrix:
    k = class_count(joined) if joined.task.problem == "multiclass" else joined.columns.shape[1]
    return np.full((len(joined.folds), len(joined.ids), k), np.nan)


class _Counter:
    """Counts the splits done of each task."""

    def __init__(self, tasks: Sequence[JoinedTask], progress: Progress | None) -> None:
        self.names = [joined.task.key for joined in tasks]
        self.progress = progress
        self.of = [0] * len(tasks)
        self.so_far = [0] * len(tasks)

    def expect(self, batches: Sequence[Batch]) -> None:
        for batch in batches:
            for portion in batch.portions:
                self.of[portion.task] += len(list(batch.held_out()))

    def done(self, batch: Batch) -> None:
        for portion in batch.portions:
            self.so_far[portion.task] += 1
            if self.progress is not None:
                task = portion.task
                self.progress(self.names[task], self.so_far[task], self.of[task])


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep BLAS and OpenMP on one thread, so that sums are added in one order everywhere."""
    with threadpool_limits(limits=1):
        yield


@contextmanager
def _pool(jobs: int) -> Iterator[ThreadPoolExecutor]:
    pool = ThreadPoolExecutor(max(1, jobs))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
