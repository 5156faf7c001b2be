from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from neucocore.statistics.comparison import (
    Comparison,
    TaskPair,
    compare,
    compare_over_tasks,
    non_inferiority,
)
from neucocore.statistics.influence import Influence, Undefined, sampling_variance


def pair(n=300, gain=0.05, **fields):
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(2, n))
    values = (a - a.mean(), (a + b) / 2 - (a + b).mean() / 2)
    return (
        Influence(values[0], 0.5 + gain, **fields),
        Influence(values[1], 0.5, **fields),
    )


def test_independent_rows_without_training_noise_are_a_paired_t_test():
    """With training noise 0 the formula is the t test of the row differences."""
    a, b = pair(training_noise=0.0, error_scale=0.5)
    found = compare(a, b)
    row_values = a.values - b.values + a.estimate - b.estimate
    reference = stats.ttest_1samp(row_values, 0)
    # The t test divides by n - 1 where influence values divide by n.
    ratio = np.sqrt(300 / 299)
    assert found.difference / found.standard_error == pytest.approx(
        reference.statistic * ratio, rel=1e-9
    )
    expected = 2 * stats.t.sf(reference.statistic * ratio, 299)
    assert found.p_value == pytest.approx(expected, rel=1e-8)
    assert found.degrees_of_freedom == 299


def test_the_pair_formula_by_hand():
    a, b = pair(training_noise=0.001, error_scale=0.4)
    b = replace(b, training_noise=0.003, error_scale=0.6)
    own = sampling_variance(a.values - b.values)
    added = 4 * 0.004 * 0.5**2 / 300
    assert added < own
    assert compare(a, b).standard_error == pytest.approx(np.sqrt(own + added))
    assert compare(a, b).doubled_error == pytest.approx(np.sqrt(2 * own))


def test_training_noise_at_most_doubles_the_variance():
    a, b = pair(training_noise=50.0, error_scale=0.5)
    own = sampling_variance(a.values - b.values)
    assert compare(a, b).standard_error == pytest.approx(np.sqrt(2 * own))


@pytest.mark.parametrize("fields", [{}, {"training_noise": 0.1}, {"inflation": 0.3}])
def test_without_training_noise_of_errors_the_variance_is_doubled(fields):
    a, b = pair(**fields)
    own = sampling_variance(a.values - b.values)
    found = compare(a, b)
    assert found.standard_error == pytest.approx(np.sqrt(2 * own))
    assert found.high - found.low == pytest.approx(
        2 * stats.t.ppf(0.975, 299) * np.sqrt(2 * own), rel=1e-9
    )


def test_with_groups_the_variance_of_their_sums_is_doubled():
    groups = np.arange(300) % 30
    a, b = pair(groups=groups, training_noise=0.001, error_scale=0.5)
    own = sampling_variance(a.values - b.values, groups)
    found = compare(a, b)
    assert found.standard_error == pytest.approx(np.sqrt(2 * own))
    assert found.degrees_of_freedom == 29


def test_the_detectable_difference_is_found_in_80_percent():
    a, b = pair(n=2000)
    found = compare(a, b)
    assert found.detectable == pytest.approx(2.80 * found.standard_error, rel=0.002)
    power = stats.nct.sf(stats.t.ppf(0.975, 1999), 1999, found.detectable / found.standard_error)
    assert power == pytest.approx(0.8, abs=0.001)


def test_the_better_one_is_named_by_the_direction_of_the_score():
    assert compare(*pair(gain=5.0)).better == "A"
    assert compare(*pair(gain=5.0, greater_is_better=False)).better == "B"
    assert compare(*pair(gain=0.0001)).better == ""


A, B = pair()


@pytest.mark.parametrize(
    ("a", "b", "reason"),
    [
        (Undefined("constant"), B, "A has no score: constant"),
        (A, Undefined("constant"), "B has no score: constant"),
        (A, pair(n=200)[1], "A has 300 rows and B 200"),
        (A, replace(B, groups=np.arange(300)), "A and B have different groups"),
        (
            replace(A, groups=np.arange(300)),
            replace(B, groups=np.arange(300) // 2),
            "A and B have different groups",
        ),
        (A, replace(B, repeats=3), "A has 1 repeats and B 3"),
        (
            A,
            replace(B, greater_is_better=False),
            "A and B have different scores: of one, lower is better",
        ),
        (A, A, "both have the same influence values, so no difference can be tested"),
        (
            replace(A, values=np.full(300, np.nan)),
            B,
            "a score or its influence values are not finite numbers",
        ),
        (*pair(n=30), "only 30 rows; an interval needs 50"),
        (*pair(groups=np.arange(300) % 5), "only 5 groups; an interval needs 10"),
        (*pair(events=9), "only 9 rows of the rarer class; an interval needs 10"),
    ],
)
def test_what_cannot_be_compared_has_a_reason(a, b, reason):
    found = compare(a, b)
    assert found.reason == reason
    assert (found.low, found.p_value, found.better) == (None, None, "")


def test_a_single_task_is_compared_as_without_the_mean_over_tasks():
    a, b = pair(training_noise=0.01, error_scale=0.5)
    one, several = compare(a, b), compare_over_tasks([TaskPair(a, b, np.arange(300), 1.0)])
    for name, value in vars(one).items():
        assert getattr(several, name) == pytest.approx(value), name
    groups = np.arange(300) % 30
    a, b = pair(groups=groups)
    one, several = compare(a, b), compare_over_tasks([TaskPair(a, b, groups, 1.0)])
    assert several.standard_error == pytest.approx(one.standard_error)


def test_tasks_on_the_same_cubes_are_correlated_and_on_others_independent():
    a, b = pair(training_noise=0.0, error_scale=0.5)
    error = compare(a, b).standard_error
    rows = np.arange(300)
    same = compare_over_tasks([TaskPair(a, b, rows, 0.5), TaskPair(a, b, rows, 0.5)])
    other = compare_over_tasks([TaskPair(a, b, rows, 0.5), TaskPair(a, b, rows + 300, 0.5)])
    assert same.standard_error == pytest.approx(error)
    assert other.standard_error == pytest.approx(error / np.sqrt(2))
    assert (same.degrees_of_freedom, other.degrees_of_freedom) == (299, 599)


def test_the_mean_over_tasks_has_reasons():
    assert compare_over_tasks([]).reason == "there is no common task"
    a, b = pair()
    falling = pair(greater_is_better=False)
    rows = np.arange(300)
    assert (
        compare_over_tasks([TaskPair(a, b, rows, 0.5), TaskPair(*falling, rows, 0.5)]).reason
        == "in some tasks higher is better, in others lower"
    )
    assert compare_over_tasks([TaskPair(a, pair(n=200)[1], rows, 1.0)]).reason
    assert compare_over_tasks([TaskPair(*pair(n=30), np.arange(30), 1.0)]).reason
    assert compare_over_tasks([TaskPair(a, b, np.zeros(300, int), 1.0)]).reason


def test_non_inferiority_by_hand():
    found = compare(*pair(gain=-0.01))
    result = non_inferiority(found, 0.2)
    error = found.standard_error
    assert result.p_value == pytest.approx(stats.t.sf((found.difference + 0.2) / error, 299))
    assert result.worst == pytest.approx(-found.difference + stats.t.ppf(0.95, 299) * error)
    assert result.shown == (result.worst < 0.2)
    lower = non_inferiority(found, 0.2, greater_is_better=False)
    assert lower.worst == pytest.approx(found.difference + stats.t.ppf(0.95, 299) * error)


def test_non_inferiority_without_a_comparison_is_unknown():
    assert non_inferiority(Comparison(reason="why"), 0.1).shown is None
    with pytest.raises(ValueError, match="positive"):
        non_inferiority(compare(*pair()), 0.0)
