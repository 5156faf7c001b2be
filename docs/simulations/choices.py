"""The choices of ``nested-cv`` compared with alternatives, on data with known truth.

Run ``python docs/simulations/choices.py [NAME ...]``; docs/scores/evidence.md shows the output.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from data import EQUALLY, SIGNALS, by_nested_cv, inputs, linear, show, task

from neucocore.builtin.metrics.standard import average_precision, balanced_accuracy, log_loss
from neucocore.evaluation.linear import logistic, ridge
from neucocore.evaluation.linear.scaling import SCALINGS
from neucocore.evaluation.linear.training_part import TrainingPart
from neucocore.evaluation.nested_cv import NestedCVProtocol
from neucocore.evaluation.protocols import protocol


@contextmanager
def changed(name, value):
    """Change a module constant of the ridge fit for a while."""
    before = getattr(ridge, name)
    setattr(ridge, name, value)
    try:
        yield
    finally:
        setattr(ridge, name, before)


def partitions():
    rows = []
    for n, d, data_sets in ((200, 50, 20), (200, 1024, 8), (1000, 250, 4)):
        for folds, repeats in ((5, 1), (5, 2), (10, 1), (10, 3), (20, 1)):
            values = (
                protocol("nested-cv").with_options({"folds": folds, "repeats": repeats}).values()
            )
            scores = np.empty((data_sets, 6))
            for seed in range(data_sets):
                X, y = linear(n, d, 0.7, seed)
                for other in range(6):  # other ids give another partition
                    ids = tuple(f"{other}-{row}" for row in range(n))
                    scoring_input = replace(inputs(X, task(y, ids=ids)), ids=ids)
                    scores[seed, other] = (
                        NestedCVProtocol().score(scoring_input, values, jobs=2)[0].score
                    )
            rows.append(
                (
                    n,
                    d,
                    f"{folds} x {repeats}",
                    f"{scores.mean():.3f}",
                    f"{scores.std(axis=1).mean():.3f}",
                    f"{scores.mean(axis=1).std():.3f}",
                )
            )
    header = (
        "rows",
        "dimensions",
        "folds x repeats",
        "mean R2",
        "std between partitions",
        "std between data sets",
    )
    show("Partitions", header, rows)


def grid_end():
    rows = []
    for end in (0, 1, 2, 3):
        grid = 10.0 ** np.arange(end, -6.25, -0.5)
        with changed("PENALTIES_PER_ROW", grid):
            cells = []
            for n, d, data_sets in ((200, 50, 20), (200, 1024, 10), (1000, 900, 1)):
                scores = []
                for seed in range(data_sets):
                    rng = np.random.default_rng(seed)
                    X, y = rng.standard_normal((n, d)), rng.standard_normal(n)
                    scores.append(by_nested_cv(X, y).score)
                cells.append(f"{np.mean(scores):+.3f}")
        rows.append((f"1e{end} n", *cells))
    header = ("largest penalty", "200 x 50", "200 x 1,024", "1,000 x 900")
    show("The largest penalty: R2 of random embeddings", header, rows)


def scalings():
    rows = []
    for n, d in ((200, 50), (1000, 300), (200, 300)):
        for decay, signal in SIGNALS:
            cells = []
            for kept in (("scalar", "per-dimension"), ("scalar",), ("per-dimension",)):
                scores = []
                for seed in range(5):
                    rng = np.random.default_rng(seed)
                    Z = rng.standard_normal((n, d))
                    X = Z * np.arange(1, d + 1) ** -decay
                    y = (Z if signal == EQUALLY else X) @ rng.standard_normal(d)
                    y = np.sqrt(0.7) * y / y.std() + rng.normal(0, np.sqrt(0.3), n)
                    with changed("SCALINGS", {name: SCALINGS[name] for name in kept}):
                        scores.append(by_nested_cv(X, y).score)
                cells.append(f"{np.mean(scores):.3f}")
            rows.append((f"{n:,}", d, f"j^-{decay:g}", signal, *cells))
    header = (
        "rows",
        "dimensions",
        "std of column j",
        "signal in",
        "chosen in the training part",
        "`scalar` only",
        "`per-dimension` only",
    )
    show("Scaling, R2", header, rows)


def logistic_penalties():
    rows = []
    for n, d in ((200, 10), (200, 200), (1000, 100)):
        for strength, offset in ((1, 0), (5, 0), (30, 0), (10, 10)):
            cases = [_logistic_case(n, d, strength, offset, seed) for seed in range(6)]
            means = np.mean(cases, axis=0)
            cells = [" / ".join(f"{value:.3f}" for value in metrics) for metrics in means]
            rows.append((f"{n:,}", d, strength, offset, *cells))
    header = (
        "rows",
        "dimensions",
        "strength",
        "offset",
        "penalty from least squares",
        "inner folds",
        "best on the fresh rows",
    )
    title = "The penalty of logistic regression: average precision / balanced accuracy / log-loss"
    show(f"{title} on 4,000 fresh rows", header, rows)


def _logistic_case(n, d, strength, offset, seed):
    """Return (3 penalties, 3 metrics) for labels drawn with log-odds strength x - offset."""
    rng = np.random.default_rng(seed)
    weights = rng.standard_normal(d)
    weights /= np.linalg.norm(weights)
    X, fresh = rng.standard_normal((n, d)), rng.standard_normal((4000, d))
    y, truth = (
        (rng.random(len(M)) < 1 / (1 + np.exp(offset - strength * M @ weights))).astype(float)
        for M in (X, fresh)
    )
    part = TrainingPart((X,))
    fitted = ridge.fit_ridge(part, [y[:, None]])[0]
    w = y.mean() * (1 - y.mean())

    def metrics_at(penalty):
        path, intercept = logistic.solve(part, y[:, None], fitted.basis, penalty)
        fit = logistic.LogisticFit(fitted.basis, penalty, path, intercept)
        predicted = fit.predict(fresh)[:, 0]
        decided = (predicted > 0.5).astype(float)
        return (
            average_precision(truth, predicted),
            balanced_accuracy(truth, decided),
            log_loss(truth, predicted),
        )

    inner = logistic.fit_logistic(part, y[:, None], fitted).penalty
    at_all = np.array([metrics_at(w * n * a) for a in ridge.PENALTIES_PER_ROW])
    best = (*at_all[:, :2].max(axis=0), at_all[:, 2].min())
    return metrics_at(w * fitted.penalty), metrics_at(inner), best


CHOICES = (partitions, grid_end, scalings, logistic_penalties)

if __name__ == "__main__":
    for choice in CHOICES:
        if len(sys.argv) == 1 or choice.__name__ in sys.argv[1:]:
            choice()
