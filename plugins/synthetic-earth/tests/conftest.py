from __future__ import annotations

from pathlib import Path

import pytest

from neuco_plugin_synthetic_earth.make import make
from neuco_plugin_synthetic_earth.world.cubes import EarthCube, make_cubes


@pytest.fixture(scope="session")
def earth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten cubes of 32 pixels on disk: two whole places and a half."""
    return make(tmp_path_factory.mktemp("earth") / "ten", cubes=10, size=32, seed=3)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty-eight cubes of the default Earth on disk, enough for every label file."""
    return make(tmp_path_factory.mktemp("world") / "many", cubes=48, size=64)


@pytest.fixture(scope="session")
def cubes() -> list[EarthCube]:
    """The first 160 cubes of the default Earth, in memory."""
    return [cube for place in range(40) for cube in make_cubes(0, 64, place)]
