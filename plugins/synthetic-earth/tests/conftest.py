from __future__ import annotations

from pathlib import Path

import pytest

from neuco_plugin_synthetic_earth.generate import generate
from neuco_plugin_synthetic_earth.world.cubes import EarthCube, make_cubes


@pytest.fixture(scope="session")
def earth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write ten cubes of 32 pixels: two and a half places."""
    return generate(tmp_path_factory.mktemp("earth") / "ten", cubes=10, size=32, seed=3)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write 48 cubes of the default Earth, enough for every label file."""
    return generate(tmp_path_factory.mktemp("world") / "many", cubes=48, size=64)


@pytest.fixture(scope="session")
def cubes() -> list[EarthCube]:
    """Return the first 160 cubes of the default Earth."""
    return [cube for place in range(40) for cube in make_cubes(0, 64, place)]
