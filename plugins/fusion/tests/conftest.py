"""Embeddings with known content, labels computed from them, and cubes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from neucocore import Embeddings, save_embeddings
from neucocore.plugin import BANDS, Cube

IDS = tuple(f"cube-{i:03}" for i in range(120))


@pytest.fixture
def signals() -> np.ndarray:
    """Return two independent signals per cube, (120, 2)."""
    return np.random.default_rng(0).standard_normal((120, 2))


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a matrix as an embeddings file."""

    def write(name: str, matrix: np.ndarray, ids: Sequence[str] = IDS) -> Path:
        file = tmp_path / f"{name}.npz"
        save_embeddings(Embeddings(tuple(ids), matrix.astype(np.float32)), file)
        return file

    return write


@pytest.fixture
def labels(tmp_path: Path, signals: np.ndarray) -> Path:
    """Return a folder of label files with one task: the sum of both signals."""
    folder = tmp_path / "labels"
    folder.mkdir()
    rows = [f"{name},{a + b:.6f}" for name, (a, b) in zip(IDS, signals, strict=True)]
    (folder / "sum__regr.csv").write_text("\n".join(["id,label", *rows]) + "\n")
    return folder


class Source:
    """Cubes by id."""

    def __init__(self, cubes: Sequence[Cube]) -> None:
        self.cubes = {cube.id: cube for cube in cubes}
        self.ids = list(self.cubes)

    def read(self, ids: Sequence[str]) -> Iterator[Cube]:
        yield from (self.cubes[name] for name in ids)


@pytest.fixture
def source() -> Source:
    """Return five small cubes of noise."""
    rng = np.random.default_rng(1)
    return Source(
        [
            Cube(
                f"cube-{i}",
                {m: rng.normal(1000, 300, (1, len(b), 8, 8)) for m, b in BANDS.items()},
                BANDS,
            )
            for i in range(5)
        ]
    )
