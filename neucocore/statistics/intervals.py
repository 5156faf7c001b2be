"""95 % intervals of a score, from its influence values.

    V = sum psi^2 / n^2 + 8 lambda s^2 / n     scores of errors, s the error scale (1 - R2 for R2)
    V = (1 + kappa) sum psi^2 / n^2            rankings, decisions, and jackknife ratios

    score +- t sqrt(V)                         t with n - 1 degrees of freedom
    logit(score) +- t sqrt(V) / (score (1 - score))      on the logit scale (Boyd, Eng and Page,
                                               ECML PKDD 2013, for average precision)

With groups, influence values are summed within each group first, and t has G - 1 degrees of freedom
(see `influence.sampling_variance`). Lambda and kappa are explained in `training_noise`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.special import expit, logit, stdtrit

from neucocore.messages import pluralize
from neucocore.statistics.calibration import remarks
from neucocore.statistics.influence import Influence, Undefined

SINGLE_FACTOR = 8.0
"""Factor of lambda in the variance of one score."""
MIN_ROWS = 50
"""With fewer rows there is no interval."""
MIN_GROUPS = 10
"""With fewer groups there is no interval."""
MIN_EVENTS = 10
"""With fewer rows of the rarer class, a ranking has no interval."""
LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """An interval, or the reason why there is none.

    Attributes
    ----------
    low, high
        Its ends; None if there is no interval.
    standard_error
        Standard error of the score, on the linear scale; None as `low`.
    reason
        Why there is no interval; else empty.
    unit, n_units
        Whether rows or groups are independent, and their number.
    n_effective
        Number of rows on which the variance rests; None if there are no influence values.
    remarks
        What a reader should know, short phrases such as ``covers about 82 %``.
    """

    low: float | None = None
    high: float | None = None
    standard_error: float | None = None
    reason: str = ""
    unit: Literal["row", "group"] = "row"
    n_units: int = 0
    n_effective: float | None = None
    remarks: tuple[str, ...] = ()


def interval(influence: Influence | Undefined, level: float = LEVEL) -> Interval:
    """Return the interval of a score.

    Parameters
    ----------
    influence
        The score and its influence values.
    level
        Nominal coverage. Remarks on the measured coverage are for 0.95.

    Returns
    -------
    Interval
        Never NaN: without an interval, `Interval.reason` says why.
    """
    if isinstance(influence, Undefined):
        return Interval(reason=influence.reason)
    facts = Interval(
        unit=influence.unit, n_units=influence.n_units, n_effective=influence.n_effective
    )
    if reason := too_little_data(influence) or _degenerate(influence):
        return replace(facts, reason=reason)
    standard_error = float(np.sqrt(total_variance(influence)))
    reach = float(stdtrit(influence.n_units - 1, (1 + level) / 2)) * standard_error
    estimate = influence.estimate
    if influence.scale == "logit":
        centre, reach = float(logit(estimate)), reach / (estimate * (1 - estimate))
        low, high = float(expit(centre - reach)), float(expit(centre + reach))
    else:
        lowest, highest = influence.bounds
        low, high = max(estimate - reach, lowest), min(estimate + reach, highest)
    return replace(
        facts,
        low=low,
        high=high,
        standard_error=standard_error,
        remarks=tuple(remarks(influence)),
    )


def total_variance(influence: Influence) -> float:
    """Return the variance of a score, with the noise of training as far as it is known."""
    variance = influence.variance
    term = influence.training_term
    if term is not None:
        return variance + SINGLE_FACTOR * term
    return variance * (1 + (influence.inflation or 0.0))


def too_little_data(influence: Influence) -> str:
    """Return why there are too few rows, groups or events for an interval or a test; else empty."""
    if influence.n < MIN_ROWS:
        return f"only {pluralize(influence.n, 'row')}; an interval needs {MIN_ROWS}"
    if influence.groups is not None and influence.n_units < MIN_GROUPS:
        return f"only {pluralize(influence.n_units, 'group')}; an interval needs {MIN_GROUPS}"
    if influence.events is not None and influence.events < MIN_EVENTS:
        return (
            f"only {pluralize(influence.events, 'row')} of the rarer class; "
            f"an interval needs {MIN_EVENTS}"
        )
    return ""


def _degenerate(influence: Influence) -> str:
    if not np.isfinite(influence.values).all() or not np.isfinite(influence.estimate):
        return "the score or its influence values are not finite numbers"
    if influence.variance == 0:
        return "no row changes the score, so its uncertainty cannot be estimated"
    if influence.scale == "logit" and not 0 < influence.estimate < 1:
        return f"the score is exactly {influence.estimate:g}"
    return ""
