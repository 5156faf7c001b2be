"""Two cheap cells of the simulations: coverage of an interval, and a comparison of equals."""

from __future__ import annotations

import numpy as np

from neucocore.evaluation.linear.ridge import fit_ridge
from neucocore.evaluation.linear.training_part import TrainingPart
from neucocore.statistics.comparison import compare
from neucocore.statistics.influence import Influence
from neucocore.statistics.intervals import interval
from neucocore.statistics.metric_influence import r2
from neucocore.statistics.training_noise import held_out_noise, mean_noise

FOLDS = 10


def scored(X, Y, folds, covariance):
    """R2 with lambda of each label, and the exact mean R2 of the fitted models on new rows.

    X has independent columns with variance 1 and y variance 1; `covariance` (d, k) is that of x
    and y.
    """
    n, k = Y.shape
    predicted, baseline, noise = np.empty((n, k)), np.empty((n, k)), np.empty((n, k))
    true = np.zeros(k)
    for fold in range(FOLDS):
        out = folds == fold
        train = Y[~out]
        fits = fit_ridge(TrainingPart((X[~out],)), [train[:, [c]] for c in range(k)])
        for c, fit in enumerate(fits):
            predicted[out, c] = fit.predict(X[out])[:, 0]
            noise[out, c] = held_out_noise(
                fit.basis.coordinates(X[out]), fit.basis.eigenvalues, fit.penalty, fit.n
            )
            w = fit.weights()[:, 0]
            b = fit.intercept[0] - fit.basis.centre @ w
            error = 1 + b**2 - 2 * w @ covariance[:, c] + w @ w
            true[c] += (1 - error / (1 + train[:, c].mean() ** 2)) / FOLDS
        baseline[out] = train.mean(axis=0)
    influences = []
    for c in range(k):
        found = r2(Y[:, c], predicted[:, c], baseline[:, c])
        assert isinstance(found, Influence)
        fields = {**vars(found), "training_noise": mean_noise(noise[:, c])}
        influences.append(Influence(**fields))
    return influences, true


def directions(rng, d, k):
    B = rng.normal(size=(d, k))
    return B / np.linalg.norm(B, axis=0)


def test_intervals_of_r2_cover_the_truth():
    """300 rows, 16 dimensions, R2 0.5, 400 labels; STATISTICS: 0.962, Monte Carlo error 0.01."""
    rng = np.random.default_rng(7)
    covered, labels = 0, 0
    for _ in range(20):
        X, B = rng.normal(size=(300, 16)), directions(rng, 16, 20)
        Y = np.sqrt(0.5) * (X @ B + rng.normal(size=(300, 20)))
        influences, true = scored(X, Y, rng.permutation(300) % FOLDS, np.sqrt(0.5) * B)
        for influence, truth in zip(influences, true, strict=True):
            found = interval(influence)
            assert not found.reason
            covered += found.low <= truth <= found.high
            labels += 1
    assert 0.93 <= covered / labels <= 0.985


def test_equal_embeddings_are_rarely_called_different():
    """300 rows, 32 dimensions: half the noise of 16 signals, 16 columns of nothing, twice."""
    rng = np.random.default_rng(8)
    different, labels = 0, 0
    for _ in range(10):
        S, B = rng.normal(size=(300, 16)), directions(rng, 16, 20)
        Y = np.sqrt(0.6) * S @ B + np.sqrt(0.4) * rng.normal(size=(300, 20))
        folds = rng.permutation(300) % FOLDS
        sides = []
        for _ in range(2):
            X = rng.normal(size=(300, 32))
            X[:, :16] = S + 0.5 * X[:, :16]
            sides.append(scored(X, Y, folds, np.zeros((32, 20)))[0])
        for a, b in zip(*sides, strict=True):
            different += bool(compare(a, b).better)
            labels += 1
    assert different / labels <= 0.06
