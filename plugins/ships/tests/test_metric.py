import math

import numpy as np

from neuco_plugin_ships.metric import distance_metres


def test_the_distance_is_the_mean_over_ships_in_metres_of_10_m_pixels():
    true = np.array([[0.0, 0.0], [10.0, 10.0]])
    predicted = np.array([[3.0, 4.0], [10.0, 11.0]])

    assert distance_metres(true, predicted) == (50 + 10) / 2


def test_without_ships_there_is_no_distance():
    assert math.isnan(distance_metres(np.empty((0, 2)), np.empty((0, 2))))
