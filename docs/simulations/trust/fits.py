"""Held-out predictions by neucocore's own ridge regression, of many labels on the same rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from neucocore.evaluation.heldout.splits import assign_folds
from neucocore.evaluation.linear.matrix import column_mean
from neucocore.evaluation.linear.ridge import fit_ridge
from neucocore.evaluation.linear.sufficient_statistics import SufficientStatistics
from neucocore.evaluation.linear.training_part import TrainingPart
from neucocore.statistics.influence import mean_of_columns
from neucocore.statistics.metric_influence import r2
from neucocore.statistics.training_noise import mean_held_out_noise

FOLDS = 10
PROTOCOL = "simulation@1"


def folds_of(name, n, *, strata=None, groups=None):
    """Return the fold of each row, by the hashes that the protocol uses."""
    ids = [f"{name}-{row:05d}" for row in range(n)]
    names = None if groups is None else [f"{name}-{group}" for group in groups]
    return assign_folds(ids, folds=FOLDS, protocol=PROTOCOL, strata=strata, groups=names)


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Out-of-fold predictions of k labels.

    Attributes
    ----------
    prediction, baseline
        (n, k) predictions, and the mean label of the training part of each row.
    noise
        (k,) lambda.
    true
        (k,) mean R2 of the models on new rows, weighted by the size of their folds.
    """

    prediction: np.ndarray
    baseline: np.ndarray
    noise: np.ndarray
    true: np.ndarray


def training_parts(X, folds, *, grouped=False):
    """Yield fold by fold the training part, its rows and the held-out rows."""
    rows = [np.flatnonzero(folds == fold) for fold in range(folds.max() + 1)]
    slices = [X[r] for r in rows]
    sums = []
    if X.shape[0] > X.shape[1]:
        shift = column_mean((X,))
        sums = [SufficientStatistics.of(part, shift) for part in slices]
        total = reduce(SufficientStatistics.__add__, sums)
    for fold, held_out in enumerate(rows):
        others = tuple(part for other, part in enumerate(slices) if other != fold)
        train = np.concatenate([r for other, r in enumerate(rows) if other != fold])
        statistics = total - sums[fold] if sums else None
        yield TrainingPart(others, grouped, statistics), train, held_out


def held_out(data, folds):
    """Fit every label on the training part of each fold, and predict the rows held out."""
    n, k = data.Y.shape
    prediction, baseline = np.empty((n, k)), np.empty((n, k))
    noise, true = np.zeros(k), np.zeros(k)
    parts = training_parts(data.X, folds, grouped=data.groups is not None)
    for part, train, out in parts:
        Y = data.Y[train]
        fits = fit_ridge(part, [Y[:, [label]] for label in range(k)])
        share, means = len(out) / n, Y.mean(axis=0)
        baseline[out] = means
        for labels, basis in by_basis(fits):
            chosen = [fits[label] for label in labels]
            weights = basis.axes @ np.hstack([fit.coef for fit in chosen])
            intercepts = np.array([fit.intercept[0] for fit in chosen]) - basis.centre @ weights
            prediction[np.ix_(out, labels)] = data.X[out] @ weights + intercepts
            squares = basis.mean_squares(data.X[out])
            noise[labels] += share * np.array(
                [mean_held_out_noise(squares, basis.eigenvalues, f.penalty, f.n) for f in chosen]
            )
            of_labels = replace(data, covariance=data.covariance[:, labels])
            true[labels] += share * of_labels.true_r2(weights, intercepts, means[labels])
    return HeldOut(prediction, baseline, noise, true)


def by_basis(fits):
    """Yield the indices of the fits on each basis, and the basis."""
    bases = {id(fit.basis): fit.basis for fit in fits}
    for key, basis in bases.items():
        yield [index for index, fit in enumerate(fits) if id(fit.basis) == key], basis


def influences(data, found):
    """Return the influence of the R2 of each label, with its training noise."""
    return [
        replace(
            r2(data.Y[:, k], found.prediction[:, k], found.baseline[:, k]),
            training_noise=float(found.noise[k]),
            groups=data.groups,
        )
        for k in range(data.Y.shape[1])
    ]


def mean_of_outputs(columns, outputs, groups):
    """Return the influences of the mean of each `outputs` columns."""
    n = columns[0].n
    rows = [np.arange(n)] * outputs
    return [
        replace(mean_of_columns(columns[first : first + outputs], rows, n), groups=groups)
        for first in range(0, len(columns), outputs)
    ]
