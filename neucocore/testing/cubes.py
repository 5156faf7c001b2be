"""Generate cubes that resemble Sentinel data, to test encoders and data sets."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.data.cubes.bands import BANDS
from neucocore.data.cubes.cube import Cube
from neucocore.data.cubes.writing import write_modality

OTHER_BANDS = ("b1", "b2", "b3")
"""Bands of a modality that is not one of those above."""
SEASONS = ("spring", "summer", "fall", "winter")
CIRRUS = "B10"


def make_cubes(
    count: int = 5,
    *,
    modalities: Sequence[str] = tuple(BANDS),
    bands: Mapping[str, tuple[str, ...]] | None = None,
    seasons: int = 4,
    size: int = 32,
    seed: int = 0,
) -> list[Cube]:
    """Generate cubes in the units of Sentinel products, each a smooth scene with texture.

    Parameters
    ----------
    count
        Number of cubes. The first cubes do not depend on it.
    modalities
        ``s1`` is in dB as float32; all others are reflectance times 10,000 as int16, without
        digital-number offset.
    bands
        Maps further modalities to the names of their bands.
    seasons, size
        The shape of every array is (seasons, bands, size, size).
    seed
        Another seed gives other cubes with other ids.

    Returns
    -------
    list of Cube
        Equal arguments give equal cubes.
    """
    known = {**BANDS, **(bands or {})}
    selected = {name: known.get(name, OTHER_BANDS) for name in modalities}
    return [_cube(number, selected, seasons, size, seed) for number in range(count)]


def _cube(
    number: int, bands: Mapping[str, tuple[str, ...]], seasons: int, size: int, seed: int
) -> Cube:
    rng = np.random.default_rng([seed, number])
    arrays = {name: _scene(rng, name, names, seasons, size) for name, names in bands.items()}
    return Cube(
        # A hash, as in published data sets, so that the sorted order is not the order of the cubes.
        id=hashlib.sha256(f"{seed}/{number}".encode()).hexdigest(),
        arrays=arrays,
        bands=dict(bands),
        offset={name: 0 for name in bands if name != "s1"},
        nodata={name: None if name == "s1" else 0.0 for name in bands},
        season_names=SEASONS if seasons == len(SEASONS) else (),
    )


def _scene(
    rng: np.random.Generator, modality: str, bands: tuple[str, ...], seasons: int, size: int
) -> NDArray[Any]:
    coarse = rng.normal(size=(seasons, len(bands), 4, 4))
    smooth = np.kron(coarse, np.ones((1, 1, -(-size // 4), -(-size // 4))))[..., :size, :size]
    values = smooth + 0.3 * rng.normal(size=smooth.shape)
    if modality == "s1":
        return np.asarray(-12 + 3 * values, dtype=np.float32)
    level = np.array([20.0 if band == CIRRUS else 1500.0 for band in bands])[:, None, None]
    return np.clip(np.round(level * (1 + 0.25 * values)), 1, 10000).astype(np.int16)


def write_cube_folder(
    folder: str | Path,
    cubes: Sequence[Cube],
    labels: Mapping[str, Sequence[tuple[str, object]]] | None = None,
) -> Path:
    """Write cubes in the layout of SSL4EO-S12-downstream.

    Parameters
    ----------
    folder
        Receives ``data/<modality>/part-000000/<id>.zarr.zip`` and ``labels/<stem>__<type>.csv``.
    labels
        Maps the stem of a label file with its type, such as ``mine__regr``, to (id, label) pairs.

    Returns
    -------
    Path
        The folder.
    """
    root = Path(folder)
    for cube in cubes:
        for modality, array in cube.arrays.items():
            part = root / "data" / modality / "part-000000"
            write_modality(part / f"{cube.id}.zarr.zip", array, cube.bands[modality])
    for stem, pairs in (labels or {}).items():
        lines = ["id,label", *(f"{sample},{label}" for sample, label in pairs)]
        (root / "labels").mkdir(parents=True, exist_ok=True)
        (root / "labels" / f"{stem}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return root
