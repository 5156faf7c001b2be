"""The known defects of ``neucobench-*``, each shown on data with known truth.

Run ``python docs/simulations/defects.py [NAME ...]``; docs/scores/evidence.md shows the output.
"""

from __future__ import annotations

import sys

import numpy as np
from data import by_nested_cv, by_neucobench, ids_of, inputs, linear, show, task

from neucocore.builtin.metrics.standard import f1, r2
from neucocore.evaluation.neucobench.kernel import fit_fold
from neucocore.evaluation.neucobench.protocol import NeuCoBenchProtocol
from neucocore.evaluation.neucobench.random_stream import (
    RandomStream,
    draws_per_fold,
    shuffle_splits,
)
from neucocore.evaluation.neucobench.reference import Training
from neucocore.evaluation.protocols import protocol
from neucocore.results.ranking import reranked_by


def folds(X, y, *, classify=False, scaled=None, count=40):
    """Yield the held-out rows of each split and their predictions after each of ten epochs.

    ``scaled(y, train)`` returns the labels that a split is trained with.
    """
    matrix = ((X - X.mean()) / X.std()).astype(np.float32)
    training = Training(classify, epochs=10, batch_size=64, learning_rate=1e-3)
    stream = RandomStream()
    for train, held in shuffle_splits(len(y), count):
        target = (y if scaled is None else scaled(y, train)).astype(np.float32)
        draws = stream.take(draws_per_fold(len(y), X.shape[1], 10))
        yield held, fit_fold(matrix, target, train, held, draws, training).predictions


def to_range(y, rows):
    return (y - y[rows].min()) / np.ptp(y[rows])


def controls():
    rng = np.random.default_rng(0)
    y = rng.random(1140)
    rows = []
    oracle = np.repeat(y[:, None], 1024, axis=1)
    noise = rng.standard_normal((1140, 1023))
    for name, X in (
        ("random, 1024 columns", rng.standard_normal((1140, 1024))),
        ("the label itself, 1 column", y[:, None]),
        ("the label itself, 1024 times", oracle),
        ("the label among 1023 random columns", np.hstack([y[:, None], noise])),
    ):
        rows.append((name, f"{by_neucobench(X, y).score:.2f}", f"{by_nested_cv(X, y).score:.3f}"))
    show(
        "Controls: 1,140 rows, uniform labels, R2",
        ("embedding", "neucobench-2026", "nested-cv"),
        rows,
    )


def best_epoch():
    rows = []
    for n in (100, 300, 1000):
        gains = []
        for seed in range(10):
            rng = np.random.default_rng(seed)
            X, y = rng.standard_normal((n, 32)), (rng.random(n) < 0.5).astype(float)
            for held, predictions in folds(X, y, classify=True):
                scores = [f1(y[held], (logits > 0).astype(float)) for logits in predictions]
                gains.append((max(scores), scores[-1]))
        best, last = np.mean(gains, axis=0)
        rows.append((n, f"{best:.3f}", f"{last:.3f}", f"{best - last:.3f}"))
    header = ("rows", "best epoch, as scored", "last epoch", "difference")
    show(
        "The best epoch is chosen on the test rows: F1 of random labels, 32 random columns",
        header,
        rows,
    )


def convergence():
    rows = []
    for n, d in ((200, 16), (300, 64), (1140, 256), (1140, 1024), (5000, 256), (13260, 256)):
        nb, ours = [], []
        for seed in range(3):
            X, y = linear(n, d, 0.6, seed)
            nb.append(by_neucobench(X, y).score)
            ours.append(by_nested_cv(X, y).score)
        rows.append((n, d, f"{np.mean(nb):.2f}", f"{np.mean(ours):.2f}"))
    show(
        "Training hardly converges: R2 where the truth is 0.60, mean of three data sets",
        ("rows", "dimensions", "neucobench-2026", "nested-cv"),
        rows,
    )


def linear_maps():
    rng = np.random.default_rng(0)
    n, d = 8000, 64
    Z = rng.standard_normal((n, d)) * np.arange(1, d + 1) ** -0.75
    rotation, _ = np.linalg.qr(rng.standard_normal((d, d)))
    y = Z @ rng.standard_normal(d)
    y = y / y.std() + rng.normal(0, 0.5, n)
    raw = Z @ rotation + rng.normal(0, 2, d)
    _, _, axes = np.linalg.svd(raw - raw.mean(axis=0), full_matrices=False)
    pca = (raw - raw.mean(axis=0)) @ axes.T
    rows = []
    for name, X in (
        ("raw", raw),
        ("rotated to its principal axes", pca),
        ("whitened", pca / pca.std(axis=0)),
        ("raw times 1000", raw * 1000),
    ):
        nb, ours = by_neucobench(X, y), by_nested_cv(X, y)
        rows.append((name, f"{nb.q:.1f}", f"{nb.score:.3f}", f"{ours.score:.3f}"))
    show(
        f"Invertible linear maps change the score: {n} rows, {d} dimensions, truth 0.80",
        ("embedding", "Q, neucobench-2026", "R2, neucobench-2026", "R2, nested-cv"),
        rows,
    )


def scalar_standardisation():
    rows = []
    for factor in (1, 10, 100):
        X, y = linear(8000, 32, 0.7)
        larger = np.random.default_rng(1).standard_normal((8000, 32)) * factor
        both = np.hstack([X, larger])
        nb, ours = by_neucobench(both, y), by_nested_cv(both, y)
        rows.append((factor, f"{nb.score:.2f}", f"{ours.score:.3f}"))
    show(
        "One standardisation for all columns: 32 informative columns, 32 larger ones without "
        "information; 8,000 rows, truth 0.70",
        ("scale of the uninformative columns", "R2, neucobench-2026", "R2, nested-cv"),
        rows,
    )


def test_rows_in_statistics():
    rows = []
    for n in (2000, 8000):
        changes = []
        for seed in range(4):
            X, y = linear(n, 16, 0.7, seed)
            y = np.exp(y)
            top = int(y.argmax())
            everything = np.arange(n)
            leaky = list(folds(X, to_range(y, everything)))
            clean = list(folds(X, y, scaled=to_range))
            for (held, a), (_, b) in zip(leaky, clean, strict=True):
                if top in held:
                    others = held != top
                    train = np.setdiff1d(everything, held)
                    in_train = to_range(y, train)[held[others]]
                    in_all = to_range(y, everything)[held[others]]
                    scores = [
                        max(r2(truth, epoch[others]) for epoch in predictions)
                        for truth, predictions in ((in_all, a), (in_train, b))
                    ]
                    changes.append(scores[0] - scores[1])
        size = np.mean(np.abs(changes))
        rows.append((n, len(changes), f"{size:.3f}", f"{np.mean(changes):+.3f}"))
    show(
        "Label range including the test rows: skewed labels, splits that hold out the largest "
        "label, R2 of the other held-out rows",
        ("rows", "splits", "mean absolute change", "mean change"),
        rows,
    )
    n = 4000
    X, y = linear(n, 16, 0.7)
    values = protocol("neucobench-2026").values()
    rows = []
    for factor in (1, 3, 10):
        more = np.vstack([X, factor * np.random.default_rng(1).standard_normal((n, 16))])
        ids = ids_of(2 * n)
        own = task(y, "a", ids=ids[:n])
        other = task(np.random.default_rng(2).standard_normal(n), "b", ids=ids[n:])
        score = NeuCoBenchProtocol().score(inputs(more, own, other), values, jobs=2)[0].score
        rows.append((factor, f"{score:.3f}"))
    show(
        "Embedding statistics over all labelled rows: R2 of a task of 4,000 rows, truth 0.70, "
        "when the rows of another task have larger values",
        ("scale of the other rows", "R2, neucobench-2026"),
        rows,
    )


def constant_labels():
    X = np.random.default_rng(0).standard_normal((200, 8))
    outcomes = (by_neucobench(X, np.full(200, 3.0)), by_nested_cv(X, np.full(200, 3.0)))
    names = ("neucobench-2026", "nested-cv")
    rows = [(name, o.status, o.reason) for name, o in zip(names, outcomes, strict=True)]
    show("Constant labels", ("protocol", "status", "reason"), rows)


def task_filter():
    X, y = linear(4000, 64, 0.6)
    other = np.random.default_rng(1).standard_normal(4000)
    values = protocol("neucobench-2026").values()
    alone = NeuCoBenchProtocol().score(inputs(X, task(y, "b")), values, jobs=2)[0]
    after = NeuCoBenchProtocol().score(inputs(X, task(other, "a"), task(y, "b")), values, jobs=2)[1]
    rows = [("alone", f"{alone.score:.4f}", f"{alone.q:.4f}")]
    rows.append(("after another task", f"{after.score:.4f}", f"{after.q:.4f}"))
    show("Results depend on the selection of tasks", ("scored", "R2", "Q"), rows)


def negative_q():
    rng = np.random.default_rng(0)
    y = rng.standard_normal(200)
    calm = rng.standard_normal((200, 256))
    wild = calm * rng.lognormal(0, 1, (200, 1))
    rows = []
    for name, X in (("random", calm), ("random, rows of unequal length", wild)):
        nb = by_neucobench(X, y)
        rows.append((name, f"{nb.score:.2f}", f"{nb.std:.2f}", f"{nb.q:.2f}"))
    show(
        "Q = 2 mean / (0.02 + std) for a negative mean: 200 rows, 256 dimensions",
        ("embedding", "mean R2", "std", "Q"),
        rows,
    )


def rank_weights():
    rows = []
    for methods, tasks in ((3, 5), (5, 9), (10, 9)):
        rng = np.random.default_rng(0)
        changed = 0
        for _ in range(2000):
            q = rng.standard_normal((methods + 1, tasks)) * rng.lognormal(0, 1, tasks)
            q += rng.standard_normal((methods + 1, 1))
            changed += bool(reranked_by(q, methods, "weighted"))
        rows.append((methods, tasks, f"{changed / 20:.0f} %"))
    show(
        "Rank weights: random tables in which one more method changes the order of the others",
        ("methods", "tasks", "order changed"),
        rows,
    )


def no_interval():
    rows = []
    for n, d in ((1140, 32), (8000, 32)):
        nb, spread, ours = [], [], []
        for seed in range(15):
            X, y = linear(n, d, 0.6, seed)
            outcome = by_neucobench(X, y)
            nb.append(outcome.score)
            spread.append(outcome.std / np.sqrt(40))
            ours.append(by_nested_cv(X, y).score)
        rows.append((n, d, f"{np.std(nb):.3f}", f"{np.mean(spread):.3f}", f"{np.std(ours):.3f}"))
    show(
        "No interval: how much a score varies between 15 data sets",
        (
            "rows",
            "dimensions",
            "std of R2, neucobench-2026",
            "suggested by the 40 folds: std/sqrt(40)",
            "std of R2, nested-cv",
        ),
        rows,
    )


def missing_ids():
    X, y = linear(8000, 32, 0.5)
    weights, *_ = np.linalg.lstsq(X, y, rcond=None)
    easy = np.argsort(np.abs(y - X @ weights))
    rows = []
    for share in (1.0, 0.9, 0.7):
        kept = np.sort(easy[: int(share * len(y))])
        rows.append((f"{share:.0%}", f"{by_neucobench(X[kept], y[kept]).score:.2f}"))
    show(
        "Missing ids are dropped: the most difficult of 8,000 rows are left out, truth 0.50",
        ("rows submitted", "R2, neucobench-2026"),
        rows,
    )


SIMULATIONS = (
    controls,
    best_epoch,
    convergence,
    linear_maps,
    scalar_standardisation,
    test_rows_in_statistics,
    constant_labels,
    task_filter,
    negative_q,
    rank_weights,
    no_interval,
    missing_ids,
)

if __name__ == "__main__":
    names = sys.argv[1:]
    for simulation in SIMULATIONS:
        if not names or simulation.__name__ in names:
            simulation()
