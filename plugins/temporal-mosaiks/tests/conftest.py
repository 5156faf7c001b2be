"""Small cubes with the bands that the encoder needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest

from neucocore.plugin import BANDS, Cube


def make_cube(name: str, seasons: int = 2, size: int = 12) -> Cube:
    """Return a cube of noise that depends on its name."""
    rng = np.random.default_rng(list(name.encode()))
    arrays: dict[str, np.ndarray] = {
        modality: rng.integers(0, 5000, (seasons, len(bands), size, size)).astype(np.int16)
        for modality, bands in BANDS.items()
    }
    arrays["s1"] = rng.normal(-15, 5, (seasons, 2, size, size)).astype(np.float32)
    return Cube(name, arrays, BANDS)


class Source:
    """Cubes by id; records the ids in the order in which they are read."""

    def __init__(self, cubes: Sequence[Cube]) -> None:
        self.cubes = {cube.id: cube for cube in cubes}
        self.ids = list(self.cubes)
        self.read_ids: list[str] = []

    def read(self, ids: Sequence[str]) -> Iterator[Cube]:
        for name in ids:
            self.read_ids.append(name)
            yield self.cubes[name]


@pytest.fixture
def cube() -> Callable[..., Cube]:
    return make_cube


@pytest.fixture
def source_of() -> Callable[[Sequence[Cube]], Source]:
    return Source


@pytest.fixture
def cubes() -> list[Cube]:
    return [make_cube(f"cube-{i}") for i in range(6)]
