import math

import numpy as np

from neuco_plugin_ships.metric import distance_metres


def test_the_distance_is_the_mean_in_metres_for_pixels_of_10_m():
    true = np.array([[0.0, 0.0], [10.0, 10.0]])
    predicted = np.array([[3.0, 4.0], [10.0, 11.0]])

    assert distance_metres(true, predicted) == (50 + 10) / 2


def test_the_distance_is_nan_without_rows():
    assert math.isnan(distance_metres(np.empty((0, 2)), np.empty((0, 2))))
