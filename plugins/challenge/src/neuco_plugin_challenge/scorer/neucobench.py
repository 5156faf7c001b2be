"""``neucobench-*``: NeuCo-Bench's linear probe, trained with the plain numpy form of its steps.

Training, metrics and the random stream are copies of neucocore's. Written here a second time are
the standardisation of the embeddings and the order in which tasks use the random stream
(`neucocore.evaluation.neucobench.protocol`). The stream is that of ``numpy.random.RandomState``,
which numpy keeps unchanged in all versions; that it is the stream of the export is checked with
the rows that the first split holds out.
"""

from __future__ import annotations

import numpy as np

from .core.metrics import FOLD_METRICS, best_epoch
from .core.random_stream import RandomStream, draws_per_fold, shuffle_splits
from .core.reference import Training, fit_fold

BLOCK_ROWS = 512
Q_OFFSET = 0.02
METRIC_OF_PROBLEM = {"regression": "r2", "binary": "f1"}


def score_neucobench(reference, matrix):
    """Return Q of each task, NaN if too many of its splits fail, and the number of failed splits.

    Tasks are scored in the order of the reference, which share one random stream.
    """
    options, stream = reference.options, RandomStream()
    X = _standardised(matrix, options)
    values, failures = [], 0
    for task in reference.tasks:
        training = Training(
            classify=task.problem == "binary",
            epochs=options["epochs"],
            batch_size=options["batch_size"],
            learning_rate=options["learning_rate"],
        )
        target = np.full(len(X), np.nan, dtype=np.float32)
        target[task.rows] = task.y[:, 0].astype(np.float32)
        n, scores = len(task.rows), []
        draws = draws_per_fold(n, X.shape[1], training.epochs)
        for train, held_out in shuffle_splits(n, options["k_folds"]):
            if not scores and not np.array_equal(held_out, task.folds[0]):
                raise ValueError("the random stream of this numpy is not that of the export")
            rows = task.rows[held_out]
            fold = fit_fold(X, target, task.rows[train], rows, stream.take(draws), training)
            in_pass = np.take_along_axis(fold.predictions, fold.order, axis=1)
            history = FOLD_METRICS[METRIC_OF_PROBLEM[task.problem]](
                in_pass, target[rows][fold.order]
            )
            best = best_epoch(history)
            scores.append(np.nan if best is None else float(history[best]))
        finite = [score for score in scores if np.isfinite(score)]
        failures += len(scores) - len(finite)
        too_many = not finite or len(scores) - len(finite) > reference.allowed_failures
        values.append(
            np.nan if too_many else 2 * float(np.mean(finite)) / (Q_OFFSET + float(np.std(finite)))
        )
    return values, failures


def _standardised(matrix, options):
    """Return a padded copy with one mean and one standard deviation for all its numbers."""
    X = np.ascontiguousarray(matrix, dtype=np.float32).copy()
    padding = (options["embedding_dim"] or X.shape[1]) - X.shape[1]
    if padding > 0:
        X = np.pad(X, ((0, 0), (0, padding)))
    if not options["standardize_embeddings"]:
        return X
    blocks = [X[start : start + BLOCK_ROWS] for start in range(0, len(X), BLOCK_ROWS)]
    mean = np.float32(sum(block.sum(dtype=np.float64) for block in blocks) / X.size)
    squares = 0.0
    for block in blocks:
        block -= mean
        squares += np.square(block).sum(dtype=np.float64)
    std = np.float32(np.sqrt(squares / X.size)) or np.float32(1)
    for block in blocks:
        block /= std
    return X
