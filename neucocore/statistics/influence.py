"""Influence values: how much each row moves a score.

A score is a function of weights w on the n rows, all 1. The influence value of row i is n times the
derivative of the score with respect to w_i. Influence values sum to 0, and the variance of the
score, with the fitted models taken as given, is about the sum of their squares divided by n^2
(Hampel, JASA 69, 1974; for cross-validated scores Bayle et al., NeurIPS 2020, and LeDell, Petersen
and van der Laan, Electronic Journal of Statistics 9, 2015).

Nothing in this folder knows a metric by its name. Intervals, comparisons and ranks use only what is
in an `Influence`, so they also hold for the metrics of plugins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

Kind = Literal["errors", "ranking", "decisions"]
"""What a score summarises, which determines the simulations that its interval is compared with.

``errors``
    Numerical errors: R2, RMSE, MAE, mean distance.
``ranking``
    The order of the rows: average precision, area under the ROC curve.
``decisions``
    Predicted classes or their probabilities: accuracies, F1, log-loss.
"""
Scale = Literal["linear", "logit"]
"""The scale on which an interval is symmetric."""


@dataclass(frozen=True)
class Undefined:
    """The reason why there are no influence values."""

    reason: str


@dataclass(frozen=True, eq=False)
class Influence:
    """A score with the influence of each row.

    Attributes
    ----------
    values
        (n,) influence values, in the unit of the score.
    estimate
        The score.
    kind
        See `Kind`.
    scale
        See `Scale`.
    greater_is_better
        Direction of the score.
    bounds
        Smallest and largest possible score.
    groups
        (n,) group of each row if rows of a group are not independent, else None.
    training_noise
        Lambda of `training_noise.mean_noise`: the variance that unit noise in the training labels
        causes in a held-out prediction. None if the probe does not provide it.
    error_scale
        Absolute derivative of the score with respect to the logarithm of the mean squared error,
        in the unit of the score: 1 - R2 for R2, half the value for RMSE and MAE. None if the score
        is not one of errors.
    inflation
        Kappa of `training_noise.class_inflation`, or a jackknife ratio minus 1: the relative
        increase of the variance due to training. None if unknown.
    events
        Number of rows of the rarer class on which a ranking rests, else None.
    repeats
        Number of partitions into folds that `values` and `estimate` are averaged over.
    """

    values: Array
    estimate: float
    kind: Kind = "errors"
    scale: Scale = "linear"
    greater_is_better: bool = True
    bounds: tuple[float, float] = (-np.inf, np.inf)
    groups: NDArray[np.int64] | None = None
    training_noise: float | None = None
    error_scale: float | None = None
    inflation: float | None = None
    events: int | None = None
    repeats: int = 1

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.values)

    @property
    def n_units(self) -> int:
        """Number of independent units: groups, or rows without groups."""
        return self.n if self.groups is None else len(np.unique(self.groups))

    @property
    def unit(self) -> Literal["row", "group"]:
        """What is counted by `n_units`."""
        return "row" if self.groups is None else "group"

    @property
    def variance(self) -> float:
        """Variance of the score with the fitted models taken as given."""
        return sampling_variance(self.values, self.groups)

    @property
    def training_term(self) -> float | None:
        """Lambda * error_scale^2 / n, or None if it is not known."""
        if self.training_noise is None or self.error_scale is None:
            return None
        return self.training_noise * self.error_scale**2 / self.n

    @property
    def n_effective(self) -> float:
        """Number of rows on which the variance rests: (sum psi^2)^2 / sum psi^4; 0 if all are 0.

        It is 0.12 to 0.15 n for the R2 of light-tailed labels, and below 0.05 n where a few extreme
        rows dominate.
        """
        largest = float(np.max(np.abs(self.values), initial=0.0))
        if largest == 0:
            return 0.0
        squares = (self.values / largest) ** 2
        return float(squares.sum() ** 2 / np.sum(squares**2))


def given_values(
    values: NDArray[Any], estimate: float, n: int, **fields: Any
) -> Influence | Undefined:
    """Check influence values that another package computed.

    Parameters
    ----------
    values
        Should be (n,), finite, with mean 0.
    estimate
        The score.
    n
        Number of rows.
    **fields
        Other fields of `Influence`.

    Returns
    -------
    Influence or Undefined
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        return Undefined("the influence values are not numbers")
    influence = checked(Influence(array, float(estimate), **fields), n)
    if isinstance(influence, Undefined):
        return influence
    spread = float(np.sqrt(np.mean(array**2)))
    if abs(float(np.mean(array))) > 1e-6 * spread:
        return Undefined("the influence values do not sum to 0")
    return influence


def checked(influence: Influence, n: int) -> Influence | Undefined:
    """Return the influence of n rows, or why it cannot be used: its shape, or numbers."""
    values = np.asarray(influence.values)
    if values.shape != (n,):
        return Undefined(f"the influence values have the shape {values.shape}, expected ({n},)")
    if values.dtype.kind not in "iuf":
        return Undefined("the influence values are not numbers")
    if not (np.isfinite(values).all() and np.isfinite(influence.estimate)):
        return Undefined("the score or its influence values are not finite numbers")
    return influence


def group_sums(values: Array, groups: NDArray[Any]) -> Array:
    """Return the sum of the values (n,) or (n, k) of each group, (G,) or (G, k)."""
    _, member = np.unique(groups, return_inverse=True)
    return unit_sums(values, member, int(member.max(initial=-1)) + 1)


def unit_sums(values: Array, units: NDArray[np.int64], n_units: int) -> Array:
    """Return the sums of values (n,) or (n, M) by unit from 0, (n_units,) or (n_units, M)."""
    sums = np.zeros((n_units, *values.shape[1:]))
    np.add.at(sums, units, values)
    return sums


def sampling_variance(values: Array, groups: NDArray[Any] | None = None) -> float:
    """Return sum psi^2 / n^2, or with groups G / (G - 1) * sum psi_g^2 / n^2.

    psi_g is the sum of the influence values of a group (Liang and Zeger, Biometrika 73, 1986).
    Infinite with a single group.
    """
    n = len(values)
    if groups is None:
        return float(np.sum(values**2)) / n**2
    sums = group_sums(values, groups)
    G = len(sums)
    return float(np.sum(sums**2)) / n**2 * G / (G - 1) if G > 1 else float("inf")


def mean_of_columns(
    columns: Sequence[Influence | Undefined],
    rows: Sequence[NDArray[Any]],
    n: int,
) -> Influence | Undefined:
    """Return the influence of the mean score of several outputs or labels.

    The influence value of a row is the mean over the columns; a column counts 0 in rows without a
    label, and n / n_known times its influence elsewhere.

    Parameters
    ----------
    columns
        One per output; those that are undefined are not averaged.
    rows
        For each output the indices of the rows in which it is known, as `columns`.
    n
        Number of rows of the task.

    Returns
    -------
    Influence or Undefined
        Training noise: the square root of the training term is the mean over the columns, as if
        their training noise were fully correlated, which is the largest it can be. Inflation: the
        mean weighted by variance. Events: those of the rarest label.
    """
    defined = [
        (column, positions)
        for column, positions in zip(columns, rows, strict=True)
        if isinstance(column, Influence)
    ]
    if not defined:
        reasons = dict.fromkeys(c.reason for c in columns if isinstance(c, Undefined))
        return Undefined("; ".join(reasons) or "no output has a score")
    values = np.zeros(n)
    for column, positions in defined:
        values[positions] += column.values * (n / column.n / len(defined))
    influences = [column for column, _ in defined]
    first = influences[0]
    terms = [c.training_term for c in influences]
    known_terms = [term for term in terms if term is not None]
    noise = scale = None
    if len(known_terms) == len(terms):
        noise = float(np.mean([c.training_noise for c in influences]))
        root = float(np.mean(np.sqrt(known_terms)))
        scale = root * np.sqrt(n / noise) if noise > 0 else 0.0
    return replace(
        first,
        values=values,
        estimate=float(np.mean([c.estimate for c in influences])),
        groups=None,
        training_noise=noise,
        error_scale=scale,
        inflation=_mean_inflation(influences),
        events=_smallest([c.events for c in influences]),
    )


def mean_of_repeats(repeats: Sequence[Influence | Undefined]) -> Influence | Undefined:
    """Average influence values, row by row, over several partitions of the rows into folds.

    Undefined if the score is undefined in one of them.
    """
    defined = [repeat for repeat in repeats if isinstance(repeat, Influence)]
    undefined = [repeat for repeat in repeats if isinstance(repeat, Undefined)]
    if undefined or not defined:
        return undefined[0] if undefined else Undefined("no repeat has a score")
    return replace(
        defined[0],
        values=np.mean([repeat.values for repeat in defined], axis=0),
        estimate=float(np.mean([repeat.estimate for repeat in defined])),
        training_noise=_mean_or_none([repeat.training_noise for repeat in defined]),
        error_scale=_mean_or_none([repeat.error_scale for repeat in defined]),
        inflation=_mean_or_none([repeat.inflation for repeat in defined]),
        events=_smallest([repeat.events for repeat in defined]),
        repeats=len(defined),
    )


def rescaled(influence: Influence, offset: float, factor: float) -> Influence:
    """Return the influence of the score (estimate - offset) * factor, on the linear scale."""
    low, high = sorted((bound - offset) * factor for bound in influence.bounds)
    scale = influence.error_scale
    return replace(
        influence,
        values=influence.values * factor,
        estimate=(influence.estimate - offset) * factor,
        scale="linear",
        greater_is_better=influence.greater_is_better == (factor > 0),
        bounds=(low, high),
        error_scale=None if scale is None else scale * abs(factor),
    )


def _mean_or_none(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known and len(known) == len(values) else None


def _smallest(values: Sequence[int | None]) -> int | None:
    return min((value for value in values if value is not None), default=None)


def _mean_inflation(influences: Sequence[Influence]) -> float | None:
    inflations = [c.inflation for c in influences]
    known = [inflation for inflation in inflations if inflation is not None]
    if len(known) < len(inflations):
        return None
    variances = np.array([c.variance for c in influences])
    if variances.sum() == 0:
        return float(np.mean(known))
    return float(np.average(known, weights=variances))
