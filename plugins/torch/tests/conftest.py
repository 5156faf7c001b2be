"""Small cubes. Without torch no tests are collected; `make test-torch` installs it."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence

import pytest

from neucocore.plugin import Cube, make_cubes

if not all(importlib.util.find_spec(name) for name in ("torch", "neuco_plugin_torch")):
    collect_ignore_glob = ["test_*.py"]


class Source:
    """Cubes by id, for `prepare`."""

    def __init__(self, cubes: Sequence[Cube]) -> None:
        self.cubes = {cube.id: cube for cube in cubes}
        self.ids = list(self.cubes)

    def read(self, ids: Sequence[str]) -> Iterator[Cube]:
        return (self.cubes[name] for name in ids)


@pytest.fixture
def source_of() -> type[Source]:
    return Source


@pytest.fixture
def cubes() -> list[Cube]:
    """Return five cubes with two seasons and 16 x 16 pixels."""
    return make_cubes(5, seasons=2, size=16)
