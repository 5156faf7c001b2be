"""Small cubes with realistic values, and ways to break their files."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from neucocore.data.cubes.writing import write_modality

S2L2A = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12")
BANDS = {
    "s1": ("vv", "vh"),
    "s2l1c": (*S2L2A[:10], "B10", *S2L2A[10:]),
    "s2l2a": S2L2A,
}


def realistic(modality: str, seasons: int = 4, size: int = 16, seed: int = 0) -> NDArray[Any]:
    """Return values near the means of real cubes, without offset, (season, band, y, x)."""
    rng = np.random.default_rng(seed)
    shape = (seasons, len(BANDS[modality]), size, size)
    if modality == "s1":
        return rng.normal(-15, 3, shape).astype(np.float16)
    values = rng.normal(1500, 300, shape).clip(40, None)
    values[:, :, 0] = 60  # deep shadow: the darkest thousandth is near zero in real scenes
    if modality == "s2l1c":
        values[:, BANDS[modality].index("B10")] = rng.normal(20, 4, (seasons, size, size))
    return values.round().astype(np.int16)


@pytest.fixture(name="values")
def fixture_values() -> Callable[..., NDArray[Any]]:
    return realistic


@pytest.fixture(name="bands")
def fixture_bands() -> Mapping[str, tuple[str, ...]]:
    return BANDS


@pytest.fixture(name="cube_file")
def fixture_cube_file(tmp_path: Path) -> Path:
    """One valid L2A file of two seasons."""
    path = tmp_path / "valid.zarr.zip"
    write_modality(path, realistic("s2l2a", seasons=2, size=8), BANDS["s2l2a"])
    return path


def write_folder(root: Path, count: int = 3, **form: int) -> list[str]:
    """Write cubes in the current layout, and return their ids."""
    ids = [f"{number:064x}" for number in range(count)]
    for seed, name in enumerate(ids):
        for modality, bands in BANDS.items():
            path = root / "data" / modality / "part-000000" / f"{name}.zarr.zip"
            write_modality(path, realistic(modality, seed=seed, **form), bands)
    return ids


@pytest.fixture(name="write_folder")
def fixture_write_folder() -> Callable[..., list[str]]:
    return write_folder


def rezip(path: Path, changes: Mapping[str, bytes | None], *, prefix: str = "") -> None:
    """Rewrite a zip with some members replaced, added, or (None) removed."""
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    members |= changes
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            if content is not None:
                archive.writestr(prefix + name, content)


@pytest.fixture(name="rezip")
def fixture_rezip() -> Callable[..., None]:
    return rezip
