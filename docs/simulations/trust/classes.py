"""Cells of classes: average precision, AUC, macro-F1 and accuracy of the logistic probe.

For two classes the log-odds are linear in 16 standard normal signal columns. A linear score and the
log-odds are then jointly normal, so what a model scores on new rows depends on their correlation
only, and is computed by numerical integration. For more classes new rows are drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from scipy.interpolate import RegularGridInterpolator
from scipy.special import expit
from scipy.stats import norm

from neucocore.evaluation.heldout.metrics import order_scores
from neucocore.evaluation.linear.probe import Target, fit_linear, held_out_fits
from neucocore.evaluation.linear.ridge import fit_ridge
from neucocore.statistics.metric_influence import (
    accuracy,
    average_precision,
    macro_f1,
    roc_auc,
)
from neucocore.statistics.training_noise import class_inflation, mean_held_out_noise
from trust.designs import SIGNALS, directions
from trust.fits import folds_of, training_parts
from trust.regression import coverage_of, differences, intervals, rejections_of

STRENGTH = 2.0
"""Standard deviation of the log-odds of two classes."""
SOFTMAX_STRENGTH = 3.0
SKEW = 0.4
"""By how much the constant of each class is lower than that of the one before."""
NEW_ROWS = 20_000


@dataclass(frozen=True)
class Classes:
    """A family of data sets with classes.

    Attributes
    ----------
    prevalence
        Share of the positive class of two; not used with more classes.
    probe
        ``logistic`` as in the protocol, or ``ridge`` fitted to 0 and 1.
    noise
        Standard deviation of the noise that each embedding adds to the signal columns.
    """

    n: int
    d: int
    prevalence: float = 0.5
    classes: int = 2
    probe: str = "logistic"
    noise: float = 0.0


class Truth:
    """What linear scores with a given correlation with the log-odds score on new rows."""

    def __init__(self, prevalence):
        z, weights = np.polynomial.hermite_e.hermegauss(81)
        weights = weights / weights.sum()
        low, high = -40.0, 40.0
        for _ in range(80):
            middle = (low + high) / 2
            below = weights @ expit(middle + STRENGTH * z) < prevalence
            low, high = (middle, high) if below else (low, middle)
        self.constant = (low + high) / 2
        self.correlations = np.linspace(-1, 1, 401)
        self.thresholds = np.linspace(-7, 7, 1401)
        mass = norm.pdf(self.thresholds)
        mass /= mass.sum()
        tables, ap, auc = [], [], []
        for r in self.correlations:
            mean = r * self.thresholds[:, None] + np.sqrt(1 - r**2) * z
            positive = mass * (expit(self.constant + STRENGTH * mean) @ weights)
            negative = mass - positive
            # Half of the mass of a cell is above its middle.
            found = np.cumsum(positive[::-1])[::-1] - positive / 2
            wrong = np.cumsum(negative[::-1])[::-1] - negative / 2
            share = positive.sum()
            ap.append(positive @ (found / (found + wrong)) / share)
            auc.append(positive @ (1 - wrong / negative.sum()) / share)
            tables.append(np.stack([found, wrong], axis=1))
        self.share = share
        self.ap, self.auc = np.array(ap), np.array(auc)
        self.above = RegularGridInterpolator(
            (self.correlations, self.thresholds), np.array(tables), bounds_error=False
        )

    def scores(self, correlation, threshold):
        """Return the mean scores of models; both parameters (models,)."""
        threshold = np.clip(threshold, -7, 7)
        found, wrong = self.above(np.stack([correlation, threshold], axis=1)).T
        missed, right = self.share - found, 1 - self.share - wrong
        f1 = [2 * hits / (2 * hits + missed + wrong) for hits in (found, right)]
        return {
            "average precision": np.interp(correlation, self.correlations, self.ap).mean(),
            "AUC": np.interp(correlation, self.correlations, self.auc).mean(),
            "accuracy": (found + right).mean(),
            "macro-F1": np.mean(f1),
        }


truth_of = cache(Truth)


def embeddings(cell, sides, rows, signal, rng):
    """Return embeddings with the signal columns, noise of their own, and junk of their own."""
    result = []
    for _ in range(sides):
        x = rng.standard_normal((rows, cell.d))
        x[:, :SIGNALS] = signal + cell.noise * x[:, :SIGNALS]
        result.append(x)
    return result


def data_sets(cell, sides, sets, labels, seed):
    """Yield per data set: its set of rows, influences of each embedding by metric, and truths."""
    for n_set in range(sets):
        rng = np.random.default_rng([*seed, n_set])
        signal = rng.standard_normal((cell.n, SIGNALS))
        xs = embeddings(cell, sides, cell.n, signal, rng)
        for label in range(labels):
            name = f"{seed}-{n_set}-{label}"
            found = (_binary if cell.classes == 2 else _several)(cell, xs, signal, name, rng)
            if found is not None:
                yield n_set, found


def _binary(cell, xs, signal, name, rng):
    truth = truth_of(cell.prevalence)
    b = directions(SIGNALS, 1, np.ones(SIGNALS), rng)[:, 0]
    odds = truth.constant + STRENGTH * signal @ b
    y = (rng.random(cell.n) < expit(odds)).astype(np.int64)
    if not 5 <= y.sum() <= cell.n - 5:
        return None
    folds = folds_of(name, cell.n, strata=y)
    deviations = np.ones(cell.d)
    deviations[:SIGNALS] = np.hypot(1, cell.noise)
    sides = []
    for x in xs:
        score, least_squares, base, noise, models = _binary_fits(cell, x, y, folds)
        kappa = class_inflation(y.astype(np.float64), least_squares, base, noise)
        if cell.probe == "logistic":
            order, decision = order_scores(score, base), (score > 0.5).astype(np.int64)
        else:
            order, decision = score - base, (score > 0.5).astype(np.int64)
        spread = np.array([np.linalg.norm(deviations * w) for w, _ in models])
        correlation = np.array([w[:SIGNALS] @ b for w, _ in models]) / np.maximum(spread, 1e-300)
        cut = 0.0 if cell.probe == "logistic" else 0.5
        threshold = np.array([cut - constant for _, constant in models])
        threshold = threshold / np.maximum(spread, 1e-12)
        of_metric = {
            "average precision": average_precision(y, order),
            "AUC": roc_auc(y, order),
            "accuracy": accuracy(y, decision),
            "macro-F1": macro_f1(y, decision),
        }
        sides.append((_inflated(of_metric, kappa), truth.scores(correlation, threshold)))
    return sides


def _binary_fits(cell, x, y, folds):
    """Return scores, ridge predictions and baselines (n,), lambda, and the models' weights."""
    n = len(y)
    score, least_squares, base = np.empty(n), np.empty(n), np.empty(n)
    noise, models = 0.0, []
    for part, train, out in training_parts(x, folds):
        target = y[train, None].astype(np.float64)
        base[out] = target.mean()
        if cell.probe == "logistic":
            model = fit_linear(part, [Target("binary", target)])[0]
            (fit,) = held_out_fits([model], x[out])
            score[out], least_squares[out] = model.predict(x[out])[:, 0], fit.least_squares[:, 0]
            noise += len(out) / n * float(fit.noise[0])
            models.append((model.weights[:, 0], model.intercept[0]))
            continue
        (ridge,) = fit_ridge(part, [target])
        score[out] = least_squares[out] = ridge.predict(x[out])[:, 0]
        squares = ridge.basis.mean_squares(x[out])
        one = mean_held_out_noise(squares, ridge.basis.eigenvalues, ridge.penalty, ridge.n)
        noise += len(out) / n * one
        weights = ridge.weights()[:, 0]
        models.append((weights, ridge.intercept[0] - ridge.basis.centre @ weights))
    return score, least_squares, base, noise, models


def _several(cell, xs, signal, name, rng):
    C = cell.classes
    B = rng.standard_normal((SIGNALS, C)) * SOFTMAX_STRENGTH / np.sqrt(SIGNALS)
    constants = -SKEW * np.arange(C)
    y = (constants + signal @ B + rng.gumbel(size=(cell.n, C))).argmax(axis=1)
    if np.bincount(y, minlength=C).min() < 3:
        return None
    folds = folds_of(name, cell.n, strata=y)
    new = rng.standard_normal((NEW_ROWS, SIGNALS))
    new_y = (constants + new @ B + rng.gumbel(size=(NEW_ROWS, C))).argmax(axis=1)
    new_xs = embeddings(cell, len(xs), NEW_ROWS, new, rng)
    one_hot = np.eye(C)[y]
    sides = []
    for x, new_x in zip(xs, new_xs, strict=True):
        decision = np.empty(cell.n, dtype=np.int64)
        least_squares, base = np.empty((cell.n, C)), np.empty((cell.n, C))
        noise, true = 0.0, {"accuracy": 0.0, "macro-F1": 0.0}
        for part, train, out in training_parts(x, folds):
            target = Target("multiclass", y[train, None].astype(np.float64), C)
            model = fit_linear(part, [target])[0]
            (fit,) = held_out_fits([model], x[out])
            decision[out] = model.predict(x[out]).argmax(axis=1)
            least_squares[out], base[out] = fit.least_squares, one_hot[train].mean(axis=0)
            share = len(out) / cell.n
            noise += share * float(fit.noise[0])
            predicted = (new_x @ model.weights + model.intercept).argmax(axis=1)
            true["accuracy"] += share * accuracy(new_y, predicted).estimate
            true["macro-F1"] += share * macro_f1(new_y, predicted).estimate
        kappa = class_inflation(one_hot, least_squares, base, noise)
        of_metric = {"accuracy": accuracy(y, decision), "macro-F1": macro_f1(y, decision)}
        sides.append((_inflated(of_metric, kappa), true))
    return sides


def _inflated(of_metric, kappa):
    return {metric: replace(found, inflation=kappa) for metric, found in of_metric.items()}


def single(cell, sets, labels, seed):
    """Return the coverage of the interval of each metric."""
    rows = {}
    for n_set, ((found, true),) in data_sets(cell, 1, sets, labels, seed):
        for metric, influence in found.items():
            rows.setdefault(metric, []).append(intervals(influence, true[metric], n_set))
    return {metric: coverage_of(r, one_expectation=True) for metric, r in rows.items()}


def paired(cell, sets, labels, seed):
    """Return how often two equal embeddings are called different, by metric."""
    rows = {}
    for n_set, (a, b) in data_sets(cell, 2, sets, labels, seed):
        for metric in a[0]:
            true = a[1][metric] - b[1][metric]
            row = differences(a[0][metric], b[0][metric], true, n_set)
            rows.setdefault(metric, []).append(row)
    return {metric: rejections_of(r) for metric, r in rows.items()}
