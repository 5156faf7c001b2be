"""Maps whose truth is known: one cell of docs/simulations/places.py, with few maps."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).parents[3] / "docs" / "simulations" / "places.py"


@pytest.fixture(scope="module")
def values():
    spec = importlib.util.spec_from_file_location("places_simulation", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {name: np.array(v) for name, v in module.simulate(0.08, 3, seed=80).items()}


def test_random_folds_estimate_fresh_points_of_the_same_map(values):
    difference = values["random folds"] - values["fresh points of the map"]
    assert abs(difference.mean()) < 0.05


def test_blocks_cost_and_do_not_reach_a_new_map(values):
    assert values["blocks of 100 km"].mean() < values["random folds"].mean() - 0.01
    assert values["blocks of 100 km"].mean() > values["a new map"].mean() + 0.03


def test_nearest_places_rival_the_embedding_and_the_gain_is_what_it_adds(values):
    assert values["5 nearest places"].mean() > values["random folds"].mean() - 0.08
    gain = values["embedding and place"] - values["place alone"]
    assert values["gain over place"] == pytest.approx(gain)
    assert gain.mean() > 0.1


def test_the_range_is_that_of_the_residuals(values):
    assert 60 < np.median(values["range of the residuals (km)"]) < 300  # 3 x 80 km, and too short
