"""Adjustment of tests for their number: Holm, and max-t step-down for correlated statistics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neucocore.statistics.influence import Array

DRAWS = 2000
"""Number of multiplier draws."""


def holm(p_values: NDArray[np.float64]) -> Array:
    """Return p values adjusted by Holm's step-down method (Scandinavian Journal of Statistics 6).

    Parameters
    ----------
    p_values
        (H,) unadjusted p values, in any order.

    Returns
    -------
    (H,) array
        Rejecting what is at most alpha keeps the probability of any wrong rejection below alpha,
        however the tests depend on each other.

    Raises
    ------
    ValueError
        A value is not between 0 and 1. Leave out tests without a p value.
    """
    p = np.asarray(p_values, dtype=np.float64)
    if not np.all((p >= 0) & (p <= 1)):
        raise ValueError("p values must be numbers between 0 and 1")
    order = np.argsort(p, kind="stable")
    scaled = p[order] * np.arange(len(p), 0, -1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return adjusted


@dataclass(frozen=True, eq=False)
class StepDown:
    """Result of a step-down test of H hypotheses.

    Attributes
    ----------
    rejected
        (H,) whether each hypothesis is rejected.
    p_values
        (H,) adjusted p values, at least 1 / (draws + 1).
    """

    rejected: NDArray[np.bool_]
    p_values: Array


def multiplier_draws(
    covariance: Array, generator: np.random.Generator, draws: int = DRAWS
) -> Array:
    """Return draws of M estimates under normal multipliers, (draws, M).

    The multiplier bootstrap draws sum_u g_u Psi_u with independent standard normal g_u for each
    unit u, a cube or a group (Chernozhukov, Chetverikov and Kato, Annals of Statistics 41, 2013).
    Given Psi these sums are exactly normal with covariance Psi'Psi. They are drawn from it
    directly, which costs nothing per unit.

    Parameters
    ----------
    covariance
        (M, M) Psi'Psi, of influence values Psi (units, M) of all methods.
    generator
        Source of random numbers.
    draws
        Number of draws.
    """
    eigenvalues, vectors = np.linalg.eigh(covariance)
    # The symmetric root does not depend on the arbitrary signs of the eigenvectors.
    root = (vectors * np.sqrt(np.maximum(eigenvalues, 0.0))) @ vectors.T
    normal: Array = generator.standard_normal((draws, len(covariance))) @ root
    return normal


def max_t_step_down(statistics: Array, draws: Array, alpha: float = 0.05) -> StepDown:
    """Test correlated hypotheses together, rejecting the largest statistics first.

    Romano and Wolf (Econometrica 73, 2005): a hypothesis is rejected if its statistic exceeds the
    1 - alpha quantile of the maximum over all hypotheses that are not rejected yet. The adjusted p
    values are those of the same procedure (Romano and Wolf, Statistics and Probability Letters
    113, 2016).

    Parameters
    ----------
    statistics
        (H,) absolute standardised differences.
    draws
        (B, H) the same statistics under the hypotheses, drawn together.
    alpha
        Bound of the probability of any wrong rejection.
    """
    values, drawn = np.abs(statistics), np.abs(draws)
    order = np.argsort(-values, kind="stable")
    p_values = np.empty(len(values))
    running = np.zeros(len(drawn))
    p_sorted = np.empty(len(values))
    # From the smallest statistic up: the maximum over this hypothesis and all smaller ones.
    for position in range(len(order) - 1, -1, -1):
        index = order[position]
        np.maximum(running, drawn[:, index], out=running)
        p_sorted[position] = (1 + np.sum(running >= values[index])) / (1 + len(drawn))
    p_values[order] = np.maximum.accumulate(p_sorted)
    return StepDown(p_values <= alpha, p_values)
