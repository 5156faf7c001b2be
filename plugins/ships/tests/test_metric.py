import math

import numpy as np

from neuco_plugin_ships.metric import chance, distance_metres, influence
from neucocore.plugin import Undefined


def test_the_distance_is_the_mean_in_metres_for_pixels_of_10_m():
    true = np.array([[0.0, 0.0], [10.0, 10.0]])
    predicted = np.array([[3.0, 4.0], [10.0, 11.0]])

    assert distance_metres(true, predicted) == (50 + 10) / 2


def test_the_distance_is_nan_without_rows():
    assert math.isnan(distance_metres(np.empty((0, 2)), np.empty((0, 2))))


def test_chance_is_the_distance_from_the_mean_position():
    assert chance(np.array([[0.0, 0.0], [6.0, 8.0]])) == 50
    assert math.isnan(chance(np.empty((0, 2))))


def test_a_row_with_a_larger_distance_has_more_influence():
    true = np.zeros((3, 2))
    predicted = np.array([[3.0, 4.0], [0.0, 1.0], [0.0, 0.0]])

    values = influence(true, predicted)

    assert values.estimate == distance_metres(true, predicted) == 20
    np.testing.assert_allclose(values.values, [30, -10, -20])
    assert influence(true[:0], predicted[:0]) == Undefined("there are no rows")
