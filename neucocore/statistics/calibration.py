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
# (rows, lambda, R2): coverage. Light-tailed and zero-inflated labels, without groups.
ERRORS: Cells = (
    ((100, 0.154, 0.40), 0.960),
    ((100, 0.255, 0.10), 0.985),
    ((100, 0.050, 0.01), 0.988),
    ((300, 0.060, 0.47), 0.962),
    ((300, 0.239, 0.28), 0.973),
    ((300, 0.082, 0.05), 0.993),
    ((1140, 0.017, 0.49), 0.952),
    ((1140, 0.113, 0.44), 0.950),
    ((1140, 0.171, 0.19), 0.983),
    ((4691, 0.004, 0.50), 0.948),
    ((4691, 0.030, 0.48), 0.950),
    ((4691, 0.145, 0.38), 0.969),
    ((100, 0.086, 0.44), 0.944),
    ((100, 0.122, 0.39), 0.955),
    ((100, 0.105, 0.39), 0.963),
    ((300, 0.041, 0.47), 0.948),
    ((300, 0.052, 0.45), 0.943),
    ((300, 0.051, 0.45), 0.955),
    ((1140, 0.014, 0.49), 0.964),
    ((1140, 0.025, 0.48), 0.943),
    ((1140, 0.025, 0.48), 0.961),
    ((4691, 0.004, 0.50), 0.955),
    ((4691, 0.011, 0.49), 0.963),
    ((4691, 0.014, 0.49), 0.944),
)
# (rows,): coverage. Lognormal labels, and errors with the t distribution with 3 degrees of freedom.
HEAVY_ERRORS: Cells = (
    ((100,), 0.910),
    ((300,), 0.795),
    ((1140,), 0.845),
    ((4691,), 0.820),
    ((100,), 0.890),
    ((300,), 0.804),
    ((1140,), 0.856),
    ((4691,), 0.834),
)
# (groups, rows): coverage.
GROUPED_ERRORS: Cells = (
    ((20, 300), 0.873),
    ((20, 300), 0.938),
    ((20, 1140), 0.915),
    ((20, 1140), 0.905),
    ((100, 300), 0.943),
    ((100, 300), 0.943),
    ((100, 1140), 0.943),
    ((100, 1140), 0.930),
)
# (positive rows, rows): coverage. Average precision.
RANKING: Cells = (
    ((15, 300), 0.885),
    ((15, 300), 0.867),
    ((60, 300), 0.955),
    ((60, 300), 0.942),
    ((150, 300), 0.963),
    ((150, 300), 0.961),
    ((20, 100), 0.933),
    ((50, 100), 0.947),
    ((57, 1140), 0.928),
    ((57, 1140), 0.897),
    ((228, 1140), 0.950),
    ((228, 1140), 0.947),
    ((570, 1140), 0.925),
)
# (rows,): coverage. Macro-F1.
DECISIONS: Cells = (((100,), 0.958), ((300,), 0.935), ((300,), 0.969), ((1140,), 0.938))
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
