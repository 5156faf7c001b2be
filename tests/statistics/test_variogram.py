"""The range of residuals, on fields whose range is known."""

from __future__ import annotations

import numpy as np
import pytest

from neucocore.statistics.sphere import unit_vectors
from neucocore.statistics.variogram import practical_range


def field(range_km, seed, n=500, nugget=0.2, extent_km=600):
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, extent_km, (2, n))
    h = np.hypot(x[:, None] - x, y[:, None] - y)
    smooth = np.linalg.cholesky(np.exp(-h / range_km) + 1e-8 * np.eye(n)) @ rng.normal(size=n)
    values = np.sqrt(1 - nugget) * smooth + np.sqrt(nugget) * rng.normal(size=n)
    lat = y / 111.195
    return unit_vectors(x / 111.195 / np.cos(np.radians(lat)), lat), values[:, None]


@pytest.mark.parametrize("range_km", [10, 30])
def test_the_practical_range_is_three_times_the_parameter(range_km):
    found = [practical_range(*field(range_km, seed)) for seed in range(6)]
    assert np.median(found) == pytest.approx(3 * range_km, rel=0.45)


def test_noise_has_no_range_and_a_trend_a_long_one():
    rng = np.random.default_rng(1)
    points, _ = field(10, 0)
    found = [practical_range(points, rng.normal(size=(500, 4))) for _ in range(5)]
    assert min(found) <= 20
    trend = practical_range(points, points[:, :1] * 1e3)
    assert trend > 500


def test_outputs_are_pooled_and_missing_values_left_out():
    points, values = field(30, 3)
    both = np.hstack([values, 1000 * values])
    assert practical_range(points, both) == pytest.approx(practical_range(points, values), rel=1e-6)
    both[::3, 1] = np.nan
    assert practical_range(points, both) == pytest.approx(practical_range(points, values), rel=0.3)


def test_without_enough_points_or_variation():
    points, values = field(30, 3)
    assert practical_range(points[:20], values[:20]) is None
    assert practical_range(points, np.ones((500, 1))) is None
    assert practical_range(np.repeat(points[:1], 500, axis=0), values) is None
