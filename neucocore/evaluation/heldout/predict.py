"""Out-of-fold predictions: fits and predicts every split of every task, in threads."""

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

from neucocore.evaluation.heldout.joined_task import JoinedTask
from neucocore.evaluation.heldout.shared_rows import SharedRows, TaskColumns, group_by_rows
from neucocore.evaluation.linear.matrix import Matrix, column_mean
from neucocore.evaluation.linear.probe import Target
from neucocore.evaluation.linear.sufficient_statistics import SufficientStatistics
from neucocore.evaluation.linear.training_part import TrainingPart

Progress = Callable[[str, int, int], None]
"""Called with (task, finished splits, splits)."""

ALL_ROWS = -1
"""Number of the split that holds out no row."""


class Model(Protocol):
    """A fitted probe of one target."""

    @property
    def description(self) -> str:
        """How to compute a prediction from the arrays, in words."""

    @property
    def selected(self) -> Sequence[Mapping[str, Any]]:
        """Hyperparameters selected inside the training part, as plain JSON values."""

    def predict(self, X: Matrix) -> Matrix:
        """Return (m, k) label values or probabilities for rows (m, d)."""

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """Return the fitted state as plain arrays."""


class Fitter(Protocol):
    """Fits probes on one training part.

    Attributes
    ----------
    name
        Name of the probe.
    uses_statistics
        Whether fits use the sufficient statistics of the training part; if so, they are computed
        once for all splits.
    """

    name: str
    uses_statistics: bool

    def __call__(
        self, part: TrainingPart, targets: Sequence[Target], split: int
    ) -> Sequence[Model]:
        """Return one model per target; safe to call from several threads.

        Parameters
        ----------
        split
            Number of the split; `ALL_ROWS` if no row is held out. Random number generators may be
            seeded with it and with the protocol, and with nothing else.
        """


@dataclass(eq=False)
class OutOfFold:
    """Out-of-fold predictions of one task.

    Attributes
    ----------
    scores
        (repeats, n, k) label values or probabilities, rows as in the `JoinedTask`; NaN where a
        label is missing.
    selected
        One mapping per split and separately fitted part: ``split``, the label's ``column`` if each
        column is fitted separately, and the hyperparameters that the model selected.
    models
        Label columns with their models fitted on all rows, if requested.
    """

    scores: Matrix
    selected: list[dict[str, Any]] = field(default_factory=list)
    models: list[tuple[TaskColumns, Model]] = field(default_factory=list)


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

    No digit depends on `jobs`, on the order of rows, or on which tasks are scored together.

    Parameters
    ----------
    matrix
        Embeddings (n, d).
    folds
        Number of folds.
    jobs
        Number of threads.
    progress
        Called after each split of each task.
    keep_models
        Whether to fit models on all rows as well and to return them.
    """
    results = [OutOfFold(_empty_scores(joined)) for joined in tasks]
    counter = _ProgressCounter(tasks, progress)
    groups = group_by_rows(tasks)
    counter.expect(groups)
    with one_blas_thread(), _pool(jobs) as pool:
        for shared in groups:
            fits = _SharedFits(shared, tasks, matrix[shared.rows].astype(np.float64), fit, folds)
            fits.share_statistics(pool)
            held_out = list(shared.held_out())
            splits = [pool.submit(fits.fit_split, fold, rows) for fold, rows in held_out]
            all_rows = keep_models and shared.repeat == 0 and pool.submit(fits.fit_all)
            for (fold, rows), future in zip(held_out, splits, strict=True):
                fits.store(fold, rows, *future.result(), results)
                counter.count_split(shared)
            if all_rows:
                for columns, model in zip(shared.task_columns, all_rows.result(), strict=True):
                    results[columns.task].models.append((columns, model))
    return results


class _SharedFits:
    """The fits on one set of shared rows."""

    def __init__(
        self,
        shared: SharedRows,
        tasks: Sequence[JoinedTask],
        X: Matrix,
        fit: Fitter,
        folds: int,
    ) -> None:
        self.shared, self.tasks, self.X, self.fit, self.folds = shared, tasks, X, fit, folds
        self.shift = column_mean((X,))
        self.statistics: SufficientStatistics | None = None

    def share_statistics(self, pool: ThreadPoolExecutor) -> None:
        """Sum over all rows, fold by fold, so that each split only subtracts its own rows."""
        n, d = self.X.shape
        if self.fit.uses_statistics and n > d:
            slices = [self.X[rows] for _, rows in self.shared.held_out()]
            sums = pool.map(lambda rows: SufficientStatistics.of(rows, self.shift), slices)
            self.statistics = functools.reduce(SufficientStatistics.__add__, sums)

    def fit_split(self, fold: int, held_out: slice) -> tuple[Sequence[Model], list[Matrix]]:
        """Fit on all rows except the held-out ones; return models and predictions for those."""
        others = tuple(self.X[rows] for other, rows in self.shared.held_out() if other != fold)
        statistics = self.statistics and (
            self.statistics - SufficientStatistics.of(self.X[held_out], self.shift)
        )
        part = TrainingPart(others, self.shared.grouped, statistics)
        train = np.delete(np.arange(len(self.X)), held_out)
        models = self.fit(part, self._targets(train), self._split_number(fold))
        return models, [model.predict(self.X[held_out]) for model in models]

    def fit_all(self) -> Sequence[Model]:
        """Fit on all rows."""
        slices = tuple(self.X[rows] for _, rows in self.shared.held_out())
        part = TrainingPart(slices, self.shared.grouped, self.statistics)
        return self.fit(part, self._targets(np.arange(len(self.X))), ALL_ROWS)

    def store(
        self,
        fold: int,
        held_out: slice,
        models: Sequence[Model],
        predictions: Sequence[Matrix],
        results: Sequence[OutOfFold],
    ) -> None:
        """Add the predictions and selected hyperparameters of one split to the results."""
        fitted = zip(self.shared.task_columns, models, predictions, strict=True)
        for task_columns, model, predicted in fitted:
            joined, result = self.tasks[task_columns.task], results[task_columns.task]
            columns = np.array(task_columns.columns)
            if not joined.separate_columns:
                columns = np.arange(result.scores.shape[2])
            cells = np.ix_(task_columns.positions[held_out], columns)
            result.scores[self.shared.repeat][cells] = predicted
            for index, selected in enumerate(model.selected):
                column = {"column": task_columns.columns[index]} if joined.several_outputs else {}
                result.selected.append({"split": self._split_number(fold), **column, **selected})

    def _targets(self, rows: NDArray[np.int64]) -> list[Target]:
        targets = []
        for task_columns in self.shared.task_columns:
            joined = self.tasks[task_columns.task]
            cells = np.ix_(task_columns.positions[rows], np.array(task_columns.columns))
            y = joined.label_matrix[cells].astype(np.float64)
            classes = class_count(joined) if joined.task.problem == "multiclass" else 0
            targets.append(Target(joined.task.problem, y, classes))
        return targets

    def _split_number(self, fold: int) -> int:
        return self.shared.repeat * self.folds + fold


def class_count(joined: JoinedTask) -> int:
    """Return the number of classes of a multiclass task."""
    return max(len(joined.task.classes), int(joined.y.max()) + 1)


def _empty_scores(joined: JoinedTask) -> Matrix:
    multiclass = joined.task.problem == "multiclass"
    k = class_count(joined) if multiclass else joined.label_matrix.shape[1]
    return np.full((len(joined.folds), len(joined.ids), k), np.nan)


class _ProgressCounter:
    """Counts the finished splits of each task."""

    def __init__(self, tasks: Sequence[JoinedTask], progress: Progress | None) -> None:
        self.names = [joined.task.key for joined in tasks]
        self.progress = progress
        self.total = [0] * len(tasks)
        self.finished = [0] * len(tasks)

    def expect(self, groups: Sequence[SharedRows]) -> None:
        for shared in groups:
            for columns in shared.task_columns:
                self.total[columns.task] += len(list(shared.held_out()))

    def count_split(self, shared: SharedRows) -> None:
        for columns in shared.task_columns:
            task = columns.task
            self.finished[task] += 1
            if self.progress is not None:
                self.progress(self.names[task], self.finished[task], self.total[task])


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit BLAS and OpenMP to one thread, so that sums are always added in the same order."""
    with threadpool_limits(limits=1):
        yield


@contextmanager
def _pool(jobs: int) -> Iterator[ThreadPoolExecutor]:
    pool = ThreadPoolExecutor(max(1, jobs))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
