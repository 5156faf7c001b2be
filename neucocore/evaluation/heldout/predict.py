"""Out-of-fold predictions: fits and predicts every split of every task, in threads."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from neucocore.evaluation.heldout.draws import drawn
from neucocore.evaluation.heldout.fitter import ALL_ROWS, Fitter, Model
from neucocore.evaluation.heldout.joined_task import JoinedTask
from neucocore.evaluation.heldout.shared_rows import SharedRows, TaskColumns, group_by_rows
from neucocore.evaluation.linear.matrix import Matrix, column_mean
from neucocore.evaluation.linear.probe import HeldOutFit, Target
from neucocore.evaluation.linear.sufficient_statistics import SufficientStatistics
from neucocore.evaluation.linear.training_part import TrainingPart
from neucocore.evaluation.reduction import CodeLength, Reduction

Progress = Callable[[str, int, int], None]
"""Called with (task, finished splits, splits)."""


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
    noise
        (repeats, parts) training noise lambda of each separately fitted part: of each label column,
        or one for all classes; NaN if the probe does not provide it.
    least_squares
        Held-out predictions of ridge regression, as `scores`; NaN as in `noise`.
    without_folds
        (repeats, folds, n, k): for each fold, predictions of the rows in the other folds by models
        that were trained without both, and NaN in the fold itself; (repeats, 0, n, k) if they were
        not requested.
    code_lengths
        Length of the codes of the held-out rows of each split, if embeddings were reduced to codes.
    """

    scores: Matrix
    noise: Matrix
    least_squares: Matrix
    without_folds: Matrix
    selected: list[dict[str, Any]] = field(default_factory=list)
    models: list[tuple[TaskColumns, Model]] = field(default_factory=list)
    code_lengths: list[CodeLength] = field(default_factory=list)

    def of_rows(self, rows: NDArray[np.intp]) -> OutOfFold:
        """Return the predictions of some rows, in the order of `rows`."""
        return replace(
            self,
            scores=self.scores[:, rows],
            least_squares=self.least_squares[:, rows],
            without_folds=self.without_folds[:, :, rows],
        )


@dataclass(frozen=True)
class InsideSplits:
    """What happens to the rows of each split before anything is fitted.

    Attributes
    ----------
    reduction
        Makes embeddings smaller; None leaves them as they are.
    training_rows
        Number of training rows that are used; None for all. Tasks are then predicted one at a time.
    protocol
        ``name@version`` of the protocol, which determines the training rows that are used.
    """

    reduction: Reduction | None = None
    training_rows: int | None = None
    protocol: str = ""


UNCHANGED = InsideSplits()


@dataclass(frozen=True, eq=False)
class _HeldOut:
    """What one model says about the held-out rows of a split."""

    predicted: Matrix
    selected: Sequence[Mapping[str, Any]]
    fit: HeldOutFit | None
    code_length: CodeLength | None


def predict_out_of_fold(
    tasks: Sequence[JoinedTask],
    matrix: NDArray[np.float32],
    fit: Fitter,
    *,
    folds: int,
    jobs: int = 1,
    progress: Progress | None = None,
    keep_models: bool = False,
    leave_out_pairs: bool = False,
    inside: InsideSplits = UNCHANGED,
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
    leave_out_pairs
        Whether to fit models without each pair of folds as well, for `OutOfFold.without_folds`.
    inside
        What happens to the rows of each split; not to those of `keep_models` and `leave_out_pairs`.
    """
    results = [_empty(joined, folds if leave_out_pairs else 0) for joined in tasks]
    counter = _ProgressCounter(tasks, progress)
    groups = group_by_rows(tasks)
    counter.expect(groups)
    with one_blas_thread(), _pool(jobs) as pool:
        for shared in groups:
            X = matrix[shared.rows].astype(np.float64)
            fits = _SharedFits(shared, tasks, X, fit, folds, inside)
            fits.share_statistics(pool)
            held_out = list(shared.held_out())
            splits = [pool.submit(fits.fit_split, fold, rows) for fold, rows in held_out]
            pairs = list(itertools.combinations(held_out, 2)) if leave_out_pairs else []
            pairs = pairs if len(held_out) > 2 else []  # else nothing is left to train on
            without_pairs = [pool.submit(fits.fit_without, *pair) for pair in pairs]
            all_rows = keep_models and shared.repeat == 0 and pool.submit(fits.fit_all)
            for (fold, rows), future in zip(held_out, splits, strict=True):
                fits.store(fold, rows, future.result(), results)
                counter.count_split(shared)
            for pair, future_pair in zip(pairs, without_pairs, strict=True):
                fits.store_pair(*pair, future_pair.result(), results)
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
        inside: InsideSplits,
    ) -> None:
        self.shared, self.tasks, self.X, self.fit, self.folds = shared, tasks, X, fit, folds
        self.inside = inside
        self.shift = column_mean((X,))
        self.statistics: SufficientStatistics | None = None

    def share_statistics(self, pool: ThreadPoolExecutor) -> None:
        """Sum over all rows, fold by fold, so that each split only subtracts its own rows."""
        n, d = self.X.shape
        if self.fit.uses_statistics and n > d and self.inside == UNCHANGED:
            slices = [self.X[rows] for _, rows in self.shared.parts()]
            sums = pool.map(lambda rows: SufficientStatistics.of(rows, self.shift), slices)
            self.statistics = functools.reduce(SufficientStatistics.__add__, sums)

    def fit_split(self, fold: int, held_out: slice) -> list[_HeldOut]:
        """Fit on all rows except the held-out ones; return what each model says about those."""
        X = self.X[held_out]
        statistics = self.statistics and (self.statistics - SufficientStatistics.of(X, self.shift))
        rows_of_parts = self._training_rows(fold)
        others = tuple(self.X[rows] for rows in rows_of_parts)
        length = None
        if self.inside.reduction is not None:
            reduction = self.inside.reduction.fit(np.concatenate(others))
            length = reduction.code_length(X)
            others, X = tuple(map(reduction.apply, others)), reduction.apply(X)
        part = TrainingPart(others, self.shared.grouped, statistics)
        train = np.concatenate([np.arange(len(self.X))[rows] for rows in rows_of_parts])
        models = self.fit(part, self._targets(train), self._split_number(fold))
        fits: Sequence[HeldOutFit | None] = self.fit.held_out_fits(models, X) or [None] * len(
            models
        )
        return [
            _HeldOut(model.predict(X), model.selected, held_out_fit, length)
            for model, held_out_fit in zip(models, fits, strict=True)
        ]

    def _training_rows(self, fold: int) -> list[slice | NDArray[np.int64]]:
        """Return the rows of each other fold that are trained on."""
        parts = [rows for other, rows in self.shared.parts() if other != fold]
        size = self.inside.training_rows
        if size is None:
            return list(parts)
        columns = self.shared.task_columns[0]
        rows = np.concatenate([np.arange(part.start, part.stop) for part in parts])
        used = drawn(
            self.tasks[columns.task],
            columns.positions[rows],
            size,
            protocol=self.inside.protocol,
            split=f"{self.shared.repeat}/{fold}",
        )
        kept = [np.arange(part.start, part.stop) for part in parts]
        kept = [part[np.isin(part, rows[used])] for part in kept]
        return [part for part in kept if len(part)]

    def fit_without(
        self, one: tuple[int, slice], other: tuple[int, slice]
    ) -> list[tuple[Matrix, Matrix] | None]:
        """Fit on all rows except two folds; return the predictions for both, per target.

        None for targets of which a class has no row in the other folds.
        """
        left_out = {one[0], other[0]}
        rest = [(fold, rows) for fold, rows in self.shared.parts() if fold not in left_out]
        part = TrainingPart(tuple(self.X[rows] for _, rows in rest), self.shared.grouped)
        train = np.concatenate([np.arange(rows.start, rows.stop) for _, rows in rest])
        targets = self._targets(train)
        usable = [
            _has_every_class(target, complete)
            for target, complete in zip(targets, self._targets(np.arange(len(self.X))), strict=True)
        ]
        kept = [target for target, use in zip(targets, usable, strict=True) if use]
        models = iter(self.fit(part, kept, self._split_number(one[0])) if kept else ())
        predictions: list[tuple[Matrix, Matrix] | None] = []
        for use in usable:
            if not use:
                predictions.append(None)
                continue
            model = next(models)
            predictions.append((model.predict(self.X[one[1]]), model.predict(self.X[other[1]])))
        return predictions

    def fit_all(self) -> Sequence[Model]:
        """Fit on all rows."""
        slices = tuple(self.X[rows] for _, rows in self.shared.parts())
        part = TrainingPart(slices, self.shared.grouped, self.statistics)
        return self.fit(part, self._targets(np.arange(len(self.X))), ALL_ROWS)

    def store(
        self, fold: int, held_out: slice, models: Sequence[_HeldOut], results: Sequence[OutOfFold]
    ) -> None:
        """Add the predictions and selected hyperparameters of one split to the results."""
        repeat, share = self.shared.repeat, (held_out.stop - held_out.start) / len(self.X)
        for task_columns, model in zip(self.shared.task_columns, models, strict=True):
            joined, result = self.tasks[task_columns.task], results[task_columns.task]
            cells = self._cells(task_columns, held_out, result)
            result.scores[repeat][cells] = model.predicted
            if model.code_length is not None:
                result.code_lengths.append(model.code_length)
            if model.fit is not None:
                result.least_squares[repeat][cells] = model.fit.least_squares
                parts = list(task_columns.columns) if joined.separate_columns else [0]
                sums = np.nan_to_num(result.noise[repeat, parts])
                result.noise[repeat, parts] = sums + share * model.fit.noise
            for index, selected in enumerate(model.selected):
                column = {"column": task_columns.columns[index]} if joined.several_outputs else {}
                result.selected.append({"split": self._split_number(fold), **column, **selected})

    def store_pair(
        self,
        one: tuple[int, slice],
        other: tuple[int, slice],
        models: Sequence[tuple[Matrix, Matrix] | None],
        results: Sequence[OutOfFold],
    ) -> None:
        """Add the predictions of models that were trained without two folds to the results."""
        for task_columns, predictions in zip(self.shared.task_columns, models, strict=True):
            if predictions is None:
                continue
            result = results[task_columns.task]
            # The rows of one fold belong to the score without the other.
            for (_, rows), (without, _), predicted in zip(
                (one, other), (other, one), predictions, strict=True
            ):
                cells = self._cells(task_columns, rows, result)
                result.without_folds[self.shared.repeat, without][cells] = predicted

    def _cells(
        self, task_columns: TaskColumns, rows: slice, result: OutOfFold
    ) -> tuple[NDArray[Any], ...]:
        """Return where the predictions for some rows belong in an array (n, k) of a task."""
        columns = np.array(task_columns.columns)
        if not self.tasks[task_columns.task].separate_columns:
            columns = np.arange(result.scores.shape[2])
        return np.ix_(task_columns.positions[rows], columns)

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


def _has_every_class(target: Target, complete: Target) -> bool:
    """Return whether each class of the complete labels occurs in the labels of a target."""
    if target.problem == "regression":
        return len(target.y) > 0
    columns = zip(target.y.T, complete.y.T, strict=True)
    return all(len(np.unique(some)) == len(np.unique(every)) for some, every in columns)


def class_count(joined: JoinedTask) -> int:
    """Return the number of classes of a multiclass task."""
    return max(len(joined.task.classes), int(joined.y.max()) + 1)


def _empty(joined: JoinedTask, pairs_of: int) -> OutOfFold:
    """Return a result without any number.

    Parameters
    ----------
    pairs_of
        Number of folds of which each pair is left out; 0 for none.
    """
    repeats, n, columns = len(joined.folds), len(joined.ids), joined.label_matrix.shape[1]
    k = class_count(joined) if joined.task.problem == "multiclass" else columns
    return OutOfFold(
        scores=np.full((repeats, n, k), np.nan),
        noise=np.full((repeats, columns), np.nan),
        least_squares=np.full((repeats, n, k), np.nan),
        without_folds=np.full((repeats, pairs_of, n, k), np.nan),
    )


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
