"""Scores under ``nested-cv`` of embeddings with known truth, from 200 x 1 to 5,000 x 1,024.

Run ``python docs/simulations/controls.py``; docs/scores/evidence.md shows the output.
"""

from __future__ import annotations

import numpy as np
from data import EQUALLY, SIGNALS, by_nested_cv, inputs, linear, show, task

from neucocore.evaluation.nested_cv import NestedCVProtocol
from neucocore.evaluation.protocols import protocol

SIZES = [(n, d) for n in (200, 1000, 5000) for d in (1, 10, 50, 250, 1024)]


def ridge_theory(n, d, r2):
    """Return the R2 of the best ridge regression on isotropic rows (Dobriban and Wager, 2018)."""
    g, noise = d / n, 1 - r2
    a = g * noise / r2
    b = 1 - g + a
    return 1 - noise * (1 + g * (np.sqrt(b**2 + 4 * g * a) - b) / (2 * g * a))


def data_sets(n, d):
    return int(np.clip(4e6 / (n * d), 2, 60)) if d < 1024 else {200: 30, 1000: 12, 5000: 3}[n]


def known_and_random():
    rows = []
    for n, d in SIZES:
        known, random = [], []
        for seed in range(data_sets(n, d)):
            X, y = linear(n, d, 0.7, seed)
            noise = np.random.default_rng(1000 + seed).gamma(0.5, 1, n)
            scoring_input = inputs(X, task(y, "known"), task(noise, "random"))
            outcomes = NestedCVProtocol().score(
                scoring_input, protocol("nested-cv").values(), jobs=2
            )
            known.append(outcomes[0].score)
            random.append(outcomes[1].score)
        error = np.std(known) / np.sqrt(len(known))
        rows.append(
            (
                f"{n:,}",
                f"{d:,}",
                len(known),
                f"{np.mean(known):.3f} ({error:.3f})",
                f"{ridge_theory(0.9 * n, d, 0.7):.3f}",
                f"{np.mean(random):+.3f}",
                f"{min(random):+.3f} to {max(random):+.3f}",
            )
        )
    header = (
        "rows",
        "dimensions",
        "data sets",
        "mean R2, true value 0.7 (standard error)",
        "theory",
        "random labels, mean",
        "random labels, range",
    )
    show("Known truth and random labels", header, rows)


def oracle_and_constant():
    rows = []
    for n, d in ((200, 1), (200, 1024), (1000, 50), (5000, 250)):
        rng = np.random.default_rng(0)
        y = rng.gamma(0.5, 1, n)
        among = rng.standard_normal((n, d))
        among[:, 0] = y
        same = np.repeat(y[:, None], d, axis=1)
        constant = np.full((n, d), 2.5)
        scores = [by_nested_cv(X, y).score for X in (same, among, constant)]
        rows.append((f"{n:,}", f"{d:,}", *(f"{score:.4f}" for score in scores)))
    header = (
        "rows",
        "dimensions",
        "the label in every column",
        "the label among random columns",
        "constant",
    )
    show("The label itself as the embedding, and a constant embedding, R2", header, rows)


def maps():
    rows = []
    for n, d in ((200, 10), (1000, 50), (1000, 300), (200, 300)):
        for decay, signal in SIGNALS:
            rng = np.random.default_rng(0)
            Z = rng.standard_normal((n, d))
            X = Z * np.arange(1, d + 1) ** -decay
            y = (Z if signal == EQUALLY else X) @ rng.standard_normal(d)
            y = np.sqrt(0.7) * y / y.std() + rng.normal(0, np.sqrt(0.3), n)
            rotation, _ = np.linalg.qr(rng.standard_normal((d, d)))
            rescaled = X * 10 ** rng.uniform(-1, 1, d)
            scores = [by_nested_cv(M, y).score for M in (X, 1e4 * X, X @ rotation, rescaled)]
            shown = [f"{score:.3f}" for score in scores]
            rows.append((f"{n:,}", d, f"j^-{decay:g}", signal, *shown))
    header = (
        "rows",
        "dimensions",
        "std of column j",
        "signal in",
        "unchanged",
        "times 10,000",
        "rotated",
        "columns scaled by 0.1 to 10",
    )
    show("Linear maps of the embedding, R2", header, rows)


if __name__ == "__main__":
    known_and_random()
    oracle_and_constant()
    maps()
