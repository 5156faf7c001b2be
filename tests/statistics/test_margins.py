"""The smallest size within a margin, in a fixed order."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from neucocore.statistics.comparison import SAME_PREDICTIONS, Comparison
from neucocore.statistics.margins import within_margin


def losses(*values, error=0.004, df=500):
    return [
        Comparison(v, degrees_of_freedom=df, standard_error=error / 2, doubled_error=error)
        for v in values
    ]


def test_sizes_are_tested_from_both_ends():
    found = within_margin(losses(0.0, 0.005, 0.016, 0.018, 0.05, 0.2), 0.02)
    assert found.enough == 1
    assert found.undecided == (2, 3)
    assert found.too_small == (4, 5)
    reach = stats.t.ppf(1 - 0.05 / 4, 500) * 0.004
    assert found.bounds[1] == pytest.approx(0.005 + reach)


def test_the_first_size_that_is_not_shown_stops_the_test():
    found = within_margin(losses(0.0, 0.019, 0.0, 0.0), 0.02)
    assert found.enough == 0
    assert found.undecided == (1, 2, 3)


def test_the_first_size_that_is_not_too_small_stops_the_test_from_below():
    found = within_margin(losses(0.0, 0.2, 0.02, 0.2), 0.02)
    assert (found.enough, found.undecided, found.too_small) == (0, (1, 2), (3,))


def test_none_is_enough():
    found = within_margin(losses(0.1, 0.2), 0.02)
    assert (found.enough, found.undecided, found.too_small) == (None, (), (0, 1))


def test_families_divide_the_error():
    one, four = (within_margin(losses(0.0105), 0.02, families=n) for n in (1, 4))
    assert (one.enough, four.enough) == (0, None)


def test_equal_predictions_lose_nothing_and_a_missing_test_shows_nothing():
    same = Comparison(0.0, reason=SAME_PREDICTIONS)
    assert within_margin([same], 0.0).enough == 0
    unknown = Comparison(0.0, reason="only 30 rows; an interval needs 50")
    found = within_margin([unknown], 0.5)
    assert (found.enough, found.undecided, found.bounds) == (None, (0,), (None,))


def test_the_answer_is_wrong_in_at_most_the_stated_share():
    """Ten sizes whose true losses cross the margin; errors of the sizes are correlated."""
    rng = np.random.default_rng(3)
    truth = np.array([0.0, 0.004, 0.008, 0.012, 0.019, 0.0201, 0.024, 0.04, 0.08, 0.2])
    root = np.linalg.cholesky(0.004**2 * (0.7 + 0.3 * np.eye(10)))
    wrong_enough = wrong_small = 0
    for _ in range(2000):
        measured = truth + root @ rng.standard_normal(10)
        found = within_margin(losses(*measured), 0.02)
        wrong_enough += found.enough is not None and truth[found.enough] > 0.02
        wrong_small += any(truth[index] <= 0.02 for index in found.too_small)
    assert wrong_enough / 2000 < 0.025 + 0.01
    assert wrong_small / 2000 < 0.025 + 0.01
    assert wrong_enough + wrong_small > 0  # the case is one in which errors are possible
