from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from neucocore.statistics.influence import Influence, Undefined, sampling_variance
from neucocore.statistics.intervals import Interval, interval, total_variance


def influence(n=400, *, estimate=0.5, heavy=False, **fields):
    rng = np.random.default_rng(0)
    values = rng.standard_t(2, n) ** 3 if heavy else rng.normal(size=n)
    return Influence(values - values.mean(), estimate, **fields)


def half_width(found):
    return (found.high - found.low) / 2


def test_the_linear_interval_uses_the_t_quantile_of_scipy():
    found = influence(n=60)
    error = np.sqrt(np.sum(found.values**2)) / 60
    expected = stats.t.ppf(0.975, 59) * error
    result = interval(found)
    assert half_width(result) == pytest.approx(expected, rel=1e-9)
    assert result.standard_error == pytest.approx(error)
    assert (result.low + result.high) / 2 == pytest.approx(0.5)
    assert half_width(interval(found, 0.8)) == pytest.approx(stats.t.ppf(0.9, 59) * error, rel=1e-9)


def test_groups_use_their_sums_and_their_number():
    groups = np.arange(400) % 40
    found = influence(groups=groups)
    error = np.sqrt(sampling_variance(found.values, groups))
    result = interval(found)
    assert half_width(result) == pytest.approx(stats.t.ppf(0.975, 39) * error, rel=1e-9)
    assert (result.unit, result.n_units) == ("group", 40)


def test_training_noise_adds_eight_lambda():
    found = influence(training_noise=0.1, error_scale=0.5)
    added = 8 * 0.1 * 0.5**2 / 400
    assert total_variance(found) == pytest.approx(found.variance + added)
    assert interval(found).standard_error == pytest.approx(np.sqrt(found.variance + added))


def test_inflation_multiplies_the_variance():
    found = influence(inflation=0.44)
    assert interval(found).standard_error == pytest.approx(1.2 * np.sqrt(found.variance))


def test_the_logit_interval_stays_between_0_and_1():
    found = influence(estimate=0.97, scale="logit", kind="ranking", events=100, inflation=0.3)
    result = interval(found)
    reach = stats.t.ppf(0.975, 399) * np.sqrt(1.3 * found.variance) / (0.97 * 0.03)
    centre = np.log(0.97 / 0.03)
    assert result.low == pytest.approx(1 / (1 + np.exp(-centre + reach)), rel=1e-9)
    assert result.high == pytest.approx(1 / (1 + np.exp(-centre - reach)), rel=1e-9)


def test_a_linear_interval_ends_at_the_bounds_of_the_score():
    found = influence(estimate=0.99, bounds=(0.0, 1.0))
    assert interval(found).high == 1.0


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (Undefined("constant label"), "constant label"),
        (influence(n=49), "only 49 rows; an interval needs 50"),
        (
            influence(groups=np.arange(400) % 9),
            "only 9 groups; an interval needs 10",
        ),
        (
            influence(groups=np.zeros(400, dtype=int)),
            "only 1 group; an interval needs 10",
        ),
        (
            influence(kind="ranking", events=9),
            "only 9 rows of the rarer class; an interval needs 10",
        ),
        (
            Influence(np.zeros(100), 0.5),
            "no row changes the score, so its uncertainty cannot be estimated",
        ),
        (
            influence(estimate=1.0, scale="logit", kind="ranking", events=50),
            "the score is exactly 1",
        ),
        (
            replace(influence(), values=np.full(400, np.nan)),
            "the score or its influence values are not finite numbers",
        ),
        (
            influence(estimate=np.nan),
            "the score or its influence values are not finite numbers",
        ),
        (
            replace(influence(groups=np.arange(400) % 2), groups=np.arange(400) // 399),
            "only 2 groups; an interval needs 10",
        ),
    ],
)
def test_without_an_interval_there_is_a_reason(found, reason):
    result = interval(found)
    assert result.reason == reason
    assert (result.low, result.high, result.standard_error) == (None, None, None)


def test_an_interval_that_is_right_has_no_remarks():
    found = influence(training_noise=0.06, error_scale=0.5, bounds=(-np.inf, 1.0))
    assert interval(found).remarks == ()


def test_heavy_tails_are_named_with_rows_and_coverage():
    found = influence(heavy=True, training_noise=0.06, error_scale=0.5)
    rows = round(found.n_effective)
    unit = "row" if rows == 1 else "rows"
    assert interval(found).remarks == (f"rests on about {rows} {unit}", "covers about 83 %")


def test_few_groups_are_called_rough_with_their_coverage():
    found = influence(groups=np.arange(400) % 20, training_noise=0.06, error_scale=0.5)
    assert interval(found).remarks == ("rough: only 20 groups", "covers about 90 %")


def test_few_positive_rows_are_named():
    found = influence(kind="ranking", scale="logit", events=15, inflation=0.5)
    assert interval(found).remarks == ("only 15 rows of the rarer class",)


def test_decisions_that_rest_on_few_rows_have_the_coverage_of_those():
    few = np.zeros(300)
    few[:8] = [1.0, -1.0] * 4
    found = replace(influence(kind="decisions", inflation=0.5), values=few)
    assert interval(found).remarks == ("covers about 64 %",)
    many = replace(found, values=np.tile([1.0, -1.0], 150))
    assert interval(many).remarks == ()


def test_unknown_training_noise_is_named():
    assert interval(influence()).remarks == (
        "without the noise of training, so it can be too short",
    )


def test_too_wide_intervals_are_named():
    found = influence(training_noise=0.08, error_scale=0.95, estimate=0.05, bounds=(-np.inf, 1.0))
    assert interval(found).remarks == ("covers about 98 %",)


def test_fewer_rows_than_simulated_are_named():
    found = influence(n=60, training_noise=0.15, error_scale=0.6, bounds=(-np.inf, 1.0))
    assert "fewer rows than in any simulation (100)" in interval(found).remarks


def test_an_interval_without_anything_is_a_reason():
    assert interval(Undefined("why")) == Interval(reason="why")
