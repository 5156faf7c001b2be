from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from neucocore.statistics.multiple_testing import holm, max_t_step_down, multiplier_draws


def test_holm_by_hand():
    """5 * 0.005, 4 * 0.011, 3 * 0.02, 2 * 0.04, 1 * 0.13."""
    p = np.array([0.005, 0.011, 0.02, 0.04, 0.13])
    np.testing.assert_allclose(holm(p), [0.025, 0.044, 0.06, 0.08, 0.13])
    np.testing.assert_allclose(holm(p[[3, 0, 4, 2, 1]]), [0.08, 0.025, 0.13, 0.06, 0.044])


def test_holm_never_falls_and_never_exceeds_1():
    np.testing.assert_allclose(holm(np.array([0.01, 0.011, 0.6, 0.7])), [0.04, 0.04, 1, 1])
    assert holm(np.empty(0)).shape == (0,)


@pytest.mark.parametrize("p", [[0.1, np.nan], [1.2], [-0.1]])
def test_holm_refuses_what_is_not_a_probability(p):
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm(np.array(p))


def test_draws_have_the_covariance_of_multipliers():
    rng = np.random.default_rng(0)
    influences = rng.normal(size=(500, 4)) @ rng.normal(size=(4, 4))
    influences[:, 3] = influences[:, 0] + influences[:, 1]  # singular
    covariance = influences.T @ influences
    drawn = multiplier_draws(covariance, rng, 40_000)
    by_units = rng.normal(size=(40_000, 500)) @ influences
    scale = np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    for sample in (drawn, by_units):
        np.testing.assert_allclose(np.cov(sample.T) / scale, covariance / scale, atol=0.03)
    np.testing.assert_allclose(drawn[:, 3], drawn[:, 0] + drawn[:, 1], atol=1e-6 * scale.max())


def test_draws_depend_on_the_generator_only():
    covariance = np.array([[2.0, 1.0], [1.0, 2.0]])
    one, two = (multiplier_draws(covariance, np.random.default_rng(5), 10) for _ in range(2))
    np.testing.assert_array_equal(one, two)


def test_step_down_by_hand():
    """Three hypotheses and four draws."""
    draws = np.array([[1.0, 2.0, 0.5], [3.0, 1.0, 0.2], [0.1, 0.3, 2.5], [0.2, 0.1, 0.4]])
    found = max_t_step_down(np.array([2.9, 0.3, -2.2]), draws, alpha=0.5)
    # Largest 2.9: maxima 2, 3, 2.5, 0.4 -> 1 of 4. Then 2.2: maxima of the others 2, 1, 2.5, 0.4
    # -> 1 of 4. Then 0.3: 2, 1, 0.3, 0.1 -> 3 of 4.
    np.testing.assert_allclose(found.p_values, [2 / 5, 4 / 5, 2 / 5])
    np.testing.assert_array_equal(found.rejected, [True, False, True])


def test_a_single_hypothesis_has_the_normal_p_value():
    rng = np.random.default_rng(1)
    found = max_t_step_down(np.array([1.7]), rng.normal(size=(100_000, 1)))
    assert found.p_values[0] == pytest.approx(2 * stats.norm.sf(1.7), abs=0.003)


def test_the_maximum_of_independent_statistics_is_sidak():
    rng = np.random.default_rng(2)
    found = max_t_step_down(np.array([2.5, 0, 0, 0, 0]), rng.normal(size=(100_000, 5)))
    sidak = 1 - (1 - 2 * stats.norm.sf(2.5)) ** 5
    assert found.p_values[0] == pytest.approx(sidak, abs=0.003)


def test_equal_statistics_are_counted_once():
    rng = np.random.default_rng(3)
    draws = np.repeat(rng.normal(size=(100_000, 1)), 10, axis=1)
    found = max_t_step_down(np.full(10, 1.7), draws)
    np.testing.assert_allclose(found.p_values, 2 * stats.norm.sf(1.7), atol=0.003)


def test_no_hypotheses():
    found = max_t_step_down(np.empty(0), np.empty((10, 0)))
    assert found.rejected.shape == (0,)
