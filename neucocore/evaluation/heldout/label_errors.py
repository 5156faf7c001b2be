"""Errors of held-out predictions in label units: overall, and per fifth of the labels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from neucocore.evaluation.heldout.figures import Values, Weights, figures_of
from neucocore.evaluation.heldout.influence import TaskInfluence
from neucocore.evaluation.heldout.outputs import output_names
from neucocore.evaluation.linear.matrix import Matrix
from neucocore.statistics.influence import Undefined
from neucocore.statistics.ratios import one_minus, square_root, weighted_ratio

FIFTHS = 5


def output_errors(influence: TaskInfluence, weights: Weights | None) -> list[dict[str, Any]]:
    """Return R2, RMSE, MAE and bias of each output of a regression, overall and per fifth.

    The bias is the mean of prediction minus label. Parameters as in `figures_of`; `weights` (n,) in
    the order of the rows of the joined task, or None.
    """
    joined, scores = influence.joined, influence.result.scores
    names = output_names(joined.task) if joined.several_outputs else ("",)
    labels = joined.label_matrix.astype(np.float64)
    outputs = []
    for column, name in enumerate(names):
        y = labels[:, column]
        rows = np.flatnonzero(~(np.isnan(y) | np.isnan(scores[:, :, column]).any(axis=0)))
        if not len(rows):
            continue
        # An area-weighted R2 compares with the area-weighted mean; else a sample that prefers
        # extreme labels would look better than the map is.
        all_means = joined.training_means if weights is None else joined.weighted_training_means
        means = all_means[:, rows, column]
        w = None if weights is None else weights[rows]
        y, predicted = y[rows], scores[:, rows, column]
        figures = figures_of(
            influence,
            {
                "r2": [
                    one_minus(_ratio_of_squares(y - p, y - mean, w))
                    if np.ptp(y) > 0
                    else Undefined("the labels are constant")
                    for p, mean in zip(predicted, means, strict=True)
                ],
                "rmse": [square_root(_mean_square(p - y, w)) for p in predicted],
                "mae": [_mean_error(np.abs(p - y), w, share=0.5) for p in predicted],
                "bias": [_mean_error(p - y, w, share=0.0) for p in predicted],
            },
            column,
            rows,
        )
        if figures["rmse"] is None:  # all predictions are exact
            figures["rmse"] = 0.0
        outputs.append(
            {"output": name, "n": len(rows), **figures, "fifths": _fifths(y, predicted, w)}
        )
    return outputs


def _mean_square(errors: Weights, w: Weights | None) -> Values:
    mean = weighted_ratio(errors**2, None, w, greater_is_better=False, bounds=(0.0, np.inf))
    return _with_error_scale(mean, 1.0)


def _mean_error(errors: Weights, w: Weights | None, share: float) -> Values:
    """Return a mean error; `share` is its derivative by the logarithm of the mean square."""
    bounds = (0.0, np.inf) if share else (-np.inf, np.inf)
    mean = weighted_ratio(errors, None, w, greater_is_better=False, bounds=bounds)
    return _with_error_scale(mean, share)


def _ratio_of_squares(errors: Weights, baseline: Weights, w: Weights | None) -> Values:
    ratio = weighted_ratio(
        errors**2, baseline**2, w, greater_is_better=False, bounds=(-np.inf, 1.0)
    )
    return _with_error_scale(ratio, 1.0)


def _with_error_scale(influence: Values, share: float) -> Values:
    if isinstance(influence, Undefined):
        return influence
    return replace(influence, error_scale=share * abs(influence.estimate))


def _fifths(y: Weights, predicted: Matrix, w: Weights | None) -> list[dict[str, Any]]:
    """Return the errors of the rows in each fifth of the labels; equal edges are one.

    A label on an edge belongs to the upper fifth.
    """
    edges = np.unique(np.quantile(y, np.linspace(0, 1, FIFTHS + 1)))
    if len(edges) < 2:
        return []
    fifth = np.clip(np.searchsorted(edges, y, side="right") - 1, 0, len(edges) - 2)
    result = []
    for number, (low, high) in enumerate(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)):
        rows = fifth == number
        if not rows.any():
            continue
        errors = predicted[:, rows] - y[rows]
        part = None if w is None else w[rows]
        result.append(
            {
                "low": low,
                "high": high,
                "n": int(rows.sum()),
                "rmse": float(np.mean(np.sqrt(np.average(errors**2, axis=1, weights=part)))),
                "mae": float(np.mean(np.average(np.abs(errors), axis=1, weights=part))),
                "bias": float(np.mean(np.average(errors, axis=1, weights=part))),
            }
        )
    return result
