"""The smallest size, or number of labels, whose loss is within a margin.

Sizes of one family are tested in a fixed order, so no correction for their number is needed
(Maurer, Hothorn and Lehmacher 1995): from the largest down, until the first size whose loss is not
shown to be within the margin; and from the smallest up, until the first whose loss is not shown to
exceed it. Taking the smallest size whose measured loss is within the margin instead is wrong in
22 % of cases in simulations (margin 0.01, 600 rows).

The variance of a loss is 2 V_d (`comparison`), because a smaller size is fitted to the training
rows as well as the probe. A loss that is measured too small also has too small a standard error
(their correlation is about 0.85), so t tests at the boundary err more often than their level. They
are therefore made at a quarter of the stated level; with it, simulations stayed near or below the
stated one (docs/choosing.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import stdtrit

from neucocore.statistics.comparison import Comparison

CAUTION = 4
"""The stated level divided by the level of the t tests."""


@dataclass(frozen=True)
class Within:
    """Which of J sizes, largest first, are within a margin of a reference.

    Attributes
    ----------
    enough
        Index of the smallest size that is shown to be within the margin, as all larger ones are;
        None if not even the largest is.
    too_small
        Indices of the sizes that are shown to lose more than the margin.
    undecided
        Indices of the sizes between.
    bounds
        Upper confidence bound of the loss of each size; None where there is none.
    """

    enough: int | None
    too_small: tuple[int, ...]
    undecided: tuple[int, ...]
    bounds: tuple[float | None, ...]


def within_margin(
    losses: Sequence[Comparison], margin: float, *, alpha: float = 0.05, families: int = 1
) -> Within:
    """Test sizes in a fixed order.

    Parameters
    ----------
    losses
        For each size in the order of its test, largest first, the reference minus the size, higher
        is worse. A difference
        of 0 between equal predictions is a loss of 0.
    margin
        Largest loss that does not matter.
    alpha
        Bound of the probability that the size that is called enough is not, and of the probability
        that one that is called too small is enough.
    families
        Number of families of sizes among which `alpha` is divided.
    """
    ends = [_ends(loss, alpha / families / CAUTION) for loss in losses]
    enough = None
    for index, (_, upper) in enumerate(ends):
        if upper is None or upper > margin:
            break
        enough = index
    too_small: list[int] = []
    first_tested = 0 if enough is None else enough + 1
    for index in range(len(ends) - 1, first_tested - 1, -1):
        lower = ends[index][0]
        if lower is None or lower <= margin:
            break
        too_small.append(index)
    undecided = range(first_tested, len(ends) - len(too_small))
    return Within(
        enough, tuple(too_small[::-1]), tuple(undecided), tuple(upper for _, upper in ends)
    )


def _ends(loss: Comparison, alpha: float) -> tuple[float | None, float | None]:
    """Return one-sided lower and upper bounds of a loss."""
    if loss.difference is None:
        return None, None
    if loss.doubled_error is None or loss.degrees_of_freedom is None:
        return (0.0, 0.0) if loss.difference == 0 and loss.same_predictions else (None, None)
    reach = float(stdtrit(loss.degrees_of_freedom, 1 - alpha)) * loss.doubled_error
    return loss.difference - reach, loss.difference + reach
