"""How often 95 % intervals covered the truth in the simulated case that is most similar.

The simulations (docs/simulations/uncertainty.py, which also writes the coverages below) draw data
sets from a known distribution, compute score and interval, and count how often the interval
contains the mean score of the ten fitted models on new rows. Coverage between 92 % and 98 % is
called right; outside, it is printed next to the interval.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neucocore.messages import pluralize
from neucocore.statistics.influence import Influence

RIGHT_COVERAGE = (0.92, 0.98)
"""Within these limits the coverage of a 95 % interval is not printed."""
HEAVY_SHARE = 0.05
"""Below this share of n_effective in n the tails of the errors are heavy, from `HEAVY_ROWS` on."""
HEAVY_ROWS = 300
MIN_N_EFFECTIVE = 10
"""Below this n_effective the tails of the errors count as heavy for every n."""
FEW_GROUPS = 30
"""Below this number of groups an interval is called rough."""
FEW_EVENTS = 60
"""Below this number of rows of the rarer class, the number is printed with a ranking score."""
FEW_ROWS = 100
"""The smallest number of rows that was simulated."""

Cells = Sequence[tuple[tuple[float, ...], float]]

# begin: uncertainty.py
# (rows, lambda, R2): coverage. Light-tailed or zero-inflated labels, without groups.
ERRORS: Cells = (
    ((100, 0.156, 0.41), 0.961),  # iso normal 100x16
    ((100, 0.265, 0.1), 0.987),  # iso normal 100x128
    ((100, 0.049, 0.01), 0.990),  # iso normal 100x1024
    ((300, 0.06, 0.47), 0.962),  # iso normal 300x16
    ((300, 0.241, 0.29), 0.985),  # iso normal 300x128
    ((300, 0.083, 0.05), 0.983),  # iso normal 300x1024
    ((1140, 0.017, 0.49), 0.947),  # iso normal 1140x16
    ((1140, 0.113, 0.44), 0.974),  # iso normal 1140x128
    ((4691, 0.004, 0.5), 0.940),  # iso normal 4691x16
    ((4691, 0.03, 0.48), 0.957),  # iso normal 4691x128
    ((1140, 0.172, 0.19), 0.990),  # iso normal 1140x1024
    ((4691, 0.145, 0.38), 0.975),  # iso normal 4691x1024
    ((100, 0.089, 0.43), 0.948),  # decay fraction 100x16
    ((100, 0.123, 0.4), 0.969),  # decay fraction 100x128
    ((100, 0.107, 0.4), 0.960),  # decay fraction 100x1024
    ((300, 0.04, 0.48), 0.962),  # decay fraction 300x16
    ((300, 0.052, 0.45), 0.955),  # decay fraction 300x128
    ((300, 0.051, 0.45), 0.959),  # decay fraction 300x1024
    ((1140, 0.014, 0.49), 0.941),  # decay fraction 1140x16
    ((1140, 0.025, 0.48), 0.953),  # decay fraction 1140x128
    ((4691, 0.004, 0.5), 0.948),  # decay fraction 4691x16
    ((4691, 0.011, 0.49), 0.947),  # decay fraction 4691x128
    ((1140, 0.025, 0.47), 0.945),  # decay fraction 1140x1024
    ((4691, 0.012, 0.49), 0.955),  # decay fraction 4691x1024
    ((200, 0.351, 0.57), 0.962),  # other: 200x64 normal, R2 0.7
    ((400, 0.069, 0.17), 0.962),  # other: 400x200 zero-inflated, R2 0.3
    ((300, 0.054, 0.35), 0.960),  # other: 300x48 correlated columns, fraction
    ((500, 0.112, 0.41), 0.990),  # other: 500x96 mean of 3 outputs
)
# (rows,): coverage. Lognormal labels, and errors with the t distribution with 3 degrees of freedom.
HEAVY_ERRORS: Cells = (
    ((100,), 0.877),  # decay lognormal 100x128
    ((300,), 0.817),  # decay lognormal 300x128
    ((1140,), 0.784),  # decay lognormal 1140x128
    ((4691,), 0.831),  # decay lognormal 4691x128
    ((100,), 0.908),  # iso t3 errors 100x16
    ((300,), 0.834),  # iso t3 errors 300x16
    ((1140,), 0.843),  # iso t3 errors 1140x16
    ((4691,), 0.843),  # iso t3 errors 4691x16
)
# (groups, rows): coverage.
GROUPED_ERRORS: Cells = (
    ((20, 300), 0.902),  # grouped 300x16 G20
    ((20, 300), 0.898),  # grouped 300x128 G20
    ((20, 1140), 0.898),  # grouped 1140x16 G20
    ((20, 1140), 0.891),  # grouped 1140x128 G20
    ((100, 300), 0.949),  # grouped 300x16 G100
    ((100, 300), 0.936),  # grouped 300x128 G100
    ((100, 1140), 0.912),  # grouped 1140x16 G100
    ((100, 1140), 0.922),  # grouped 1140x128 G100
    ((100, 600), 0.923),  # other: 600x32 zero-inflated G100
)
# (rows of the rarer class, rows): coverage. Average precision, AUC; logistic probe.
RANKING: Cells = (
    ((15, 300), 0.949),  # logistic 300x16, prevalence 0.05, average precision
    ((15, 300), 0.935),  # logistic 300x16, prevalence 0.05, AUC
    ((57, 1140), 0.967),  # logistic 1140x16, prevalence 0.05, average precision
    ((57, 1140), 0.967),  # logistic 1140x16, prevalence 0.05, AUC
    ((60, 300), 0.958),  # logistic 300x16, prevalence 0.2, average precision
    ((60, 300), 0.953),  # logistic 300x16, prevalence 0.2, AUC
    ((228, 1140), 0.960),  # logistic 1140x16, prevalence 0.2, average precision
    ((228, 1140), 0.933),  # logistic 1140x16, prevalence 0.2, AUC
    ((150, 300), 0.975),  # logistic 300x16, prevalence 0.5, average precision
    ((150, 300), 0.970),  # logistic 300x16, prevalence 0.5, AUC
    ((570, 1140), 0.940),  # logistic 1140x16, prevalence 0.5, average precision
    ((570, 1140), 0.967),  # logistic 1140x16, prevalence 0.5, AUC
)
# (n_effective, rows): coverage. Macro-F1 and accuracy, logistic probe.
DECISIONS: Cells = (
    ((16.6, 300), 0.970),  # logistic 300x16, prevalence 0.05, accuracy
    ((7.2, 300), 0.640),  # logistic 300x16, prevalence 0.05, macro-F1
    ((59.5, 1140), 0.953),  # logistic 1140x16, prevalence 0.05, accuracy
    ((9.8, 1140), 0.967),  # logistic 1140x16, prevalence 0.05, macro-F1
    ((67.6, 300), 0.943),  # logistic 300x16, prevalence 0.2, accuracy
    ((60, 300), 0.970),  # logistic 300x16, prevalence 0.2, macro-F1
    ((237.2, 1140), 0.947),  # logistic 1140x16, prevalence 0.2, accuracy
    ((247.9, 1140), 0.967),  # logistic 1140x16, prevalence 0.2, macro-F1
    ((120.8, 300), 0.968),  # logistic 300x16, prevalence 0.5, accuracy
    ((120.9, 300), 0.968),  # logistic 300x16, prevalence 0.5, macro-F1
    ((422.9, 1140), 0.953),  # logistic 1140x16, prevalence 0.5, accuracy
    ((424.9, 1140), 0.953),  # logistic 1140x16, prevalence 0.5, macro-F1
    ((179.1, 300), 0.970),  # logistic 300x16, 5 classes, accuracy
    ((142.5, 300), 0.980),  # logistic 300x16, 5 classes, macro-F1
)
# end: uncertainty.py


def heavy_tailed(influence: Influence) -> bool:
    """Return whether a few rows with extreme errors dominate the variance.

    It is a sign, not a cure: samples that happen to miss the extremes have intervals that cover
    worst, and a larger n_effective.
    """
    if influence.kind != "errors":
        return False
    few = influence.n_effective < HEAVY_SHARE * influence.n and influence.n >= HEAVY_ROWS
    return few or influence.n_effective < MIN_N_EFFECTIVE


def coverage(influence: Influence) -> float:
    """Return the coverage of 95 % intervals in the most similar simulated case.

    Several cases that are equally similar are averaged. Cases were simulated for R2, average
    precision, the area under the ROC curve, macro-F1 and accuracy; other scores are compared with
    those of their kind. With groups, only R2 was simulated.
    """
    n, groups = influence.n, influence.n_units
    if heavy_tailed(influence):
        return _nearest(HEAVY_ERRORS, n)
    if influence.groups is not None:
        return _nearest(GROUPED_ERRORS, groups, n)
    if influence.kind == "ranking":
        return _nearest(RANKING, influence.events or n, n)
    if influence.kind == "decisions":
        return _nearest(DECISIONS, max(influence.n_effective, 1.0), n)
    noise = max(influence.training_noise or 0.0, 1e-3)
    # Only for R2 is 1 - error_scale the score; other errors are compared with R2 of 0.5.
    explained = 1 - (influence.error_scale or 0.0)
    return _nearest(ERRORS, n, noise, max(explained, 0.01) if influence.bounds[1] == 1 else 0.5)


def remarks(influence: Influence) -> list[str]:
    """Return what a reader should know about an interval, each a short phrase; empty if nothing.

    Returns
    -------
    list of str
        For example ``covers about 82 %``, ``rests on about 31 rows``.
    """
    texts = []
    n_groups = influence.n_units
    if influence.groups is not None and n_groups < FEW_GROUPS:
        texts.append(f"rough: only {pluralize(n_groups, 'group')}")
    if influence.events is not None and influence.events < FEW_EVENTS:
        texts.append(f"only {pluralize(influence.events, 'row')} of the rarer class")
    if heavy_tailed(influence):
        texts.append(f"rests on about {pluralize(round(influence.n_effective), 'row')}")
    if influence.n < FEW_ROWS:
        texts.append(f"fewer rows than in any simulation ({FEW_ROWS})")
    if influence.training_term is None and influence.inflation is None:
        texts.append("without the noise of training, so it can be too short")
        return texts
    covered = coverage(influence)
    if not RIGHT_COVERAGE[0] <= covered <= RIGHT_COVERAGE[1]:
        texts.append(f"covers about {round(100 * covered)} %")
    return texts


def _nearest(cells: Cells, *point: float) -> float:
    """Return the mean coverage of the nearest cells, by the distance of the logarithms."""
    places = np.log(np.array([place for place, _ in cells], dtype=np.float64))
    covered = np.array([value for _, value in cells])
    distances = np.sum((places - np.log(point)) ** 2, axis=1)
    return float(np.mean(covered[distances <= distances.min() + 1e-12]))
