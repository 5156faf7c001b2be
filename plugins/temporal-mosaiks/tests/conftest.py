"""Small cubes of the layout the encoder expects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest

from neucocore.plugin import Cube

_L2A = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12")
BANDS = {"s1": ("vv", "vh"), "s2l1c": (*_L2A[:10], "B10", *_L2A[10:]), "s2l2a": _L2A}


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
    """Cubes by id that counts how often each is read."""

    def __init__(self, cubes: Sequence[Cube]) -> None:
        self.cubes = {cube.id: cube for cube in cubes}
        self.ids = list(self.cubes)
        self.served: list[str] = []

    def read(self, ids: Sequence[str]) -> Iterator[Cube]:
        for name in ids:
            self.served.append(name)
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
