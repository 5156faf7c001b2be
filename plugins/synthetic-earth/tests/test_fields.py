from __future__ import annotations

import numpy as np
import pytest

from neuco_plugin_synthetic_earth.world.fields import (
    blurred,
    fractal,
    generator,
    logistic,
    smooth,
    spread,
)

SHAPE = (192, 192)


def correlation(field: np.ndarray, rows: int, cols: int) -> float:
    shifted = np.roll(field, (rows, cols), (0, 1))
    return float(np.corrcoef(field.ravel(), shifted.ravel())[0, 1])


def test_a_generator_depends_on_seed_and_purpose_only() -> None:
    first = generator(1, "cube", 2).random(3)
    generator(9, "other").random(100)
    assert np.array_equal(first, generator(1, "cube", 2).random(3))
    for other in (generator(2, "cube", 2), generator(1, "cube", 3), generator(1, "place", 2)):
        assert not np.array_equal(first, other.random(3))


def test_the_numbers_of_a_generator_never_change() -> None:
    assert generator(0, "place", 0).integers(0, 1000, 4).tolist() == [384, 589, 372, 463]


def test_a_smooth_field_has_unit_variance_and_the_expected_correlation() -> None:
    fields = [smooth(generator(0, "test", n), SHAPE, 4.0) for n in range(8)]
    assert np.mean([np.mean(field**2) for field in fields]) == pytest.approx(1.0, abs=0.1)
    # White noise blurred by s has the correlation exp(-d**2 / (4 s**2)) at distance d.
    near = np.mean([correlation(field, 0, 4) for field in fields])
    assert near == pytest.approx(np.exp(-0.25), abs=0.05)
    assert abs(np.mean([correlation(field, 30, 30) for field in fields])) < 0.1


def test_a_fractal_field_is_smoother_with_a_higher_exponent() -> None:
    rough, even = (fractal(generator(0, "test"), SHAPE, 60.0, e) for e in (2.0, 4.0))
    assert correlation(rough, 0, 1) < correlation(even, 0, 1)


def test_a_stretched_field_is_longer_along_its_angle() -> None:
    field = fractal(generator(0, "test"), SHAPE, 20.0, angle=0.0, stretch=4.0)
    assert correlation(field, 0, 8) > correlation(field, 8, 0) + 0.2


def test_a_blurred_point_is_a_gaussian() -> None:
    point = np.zeros((64, 64), np.float32)
    point[32, 32] = 1.0
    image = blurred(point, 3.0)
    assert image.sum() == pytest.approx(1.0, rel=1e-4)
    assert image[32, 35] / image[32, 32] == pytest.approx(np.exp(-0.5), rel=1e-3)


def test_spreading_moves_a_share_to_each_neighbour_and_keeps_the_sum() -> None:
    point = np.zeros((5, 5), np.float32)
    point[2, 2] = 1.0
    image = spread(point, 0.1)
    assert image[2, 2] == pytest.approx(0.64)
    assert image[2, 3] == image[1, 2] == pytest.approx(0.08)
    assert image.sum() == pytest.approx(1.0)
    assert spread(np.ones((2, 4, 4), np.float32), 0.2) == pytest.approx(1.0)


def test_logistic_does_not_overflow() -> None:
    assert logistic(np.array([-1e6, 0.0, 1e6])).tolist() == [0.0, 0.5, 1.0]
