"""Summer surface temperature from Landsat 8 Collection 2 Level 2 with its quality flags."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neucocore.plugin import (
    ConfigError,
    CubeGrid,
    DataError,
    Labels,
    MissingFileError,
    NoLabel,
    Raster,
    TruthLayer,
    grids_for,
    label_each,
    source_files,
    truth_folder,
)

SCALE, OFFSET = 0.00341802, 149.0
FILL = 0
# QA_PIXEL bits 0 to 4: fill, dilated cloud, cirrus, cloud, cloud shadow.
UNCLEAR = 0b11111
SCENE = re.compile(
    r"L[A-Z]\d\d_L2\w\w_\d{6}_\d{4}(?P<month>\d\d)\d\d_.*_ST_B10\.TIFF?", re.IGNORECASE
)

SCENES = ("*_ST_B10.TIF", "*_ST_B10.TIFF")
MONTHS = frozenset(map(str, range(1, 13)))

Kelvin = NDArray[np.float64]


def mean(ids: Sequence[str], sources: Sequence[Path], **params: object) -> Labels:
    """Label cubes with their mean surface temperature in kelvin.

    A pixel that is clear in several scenes counts once, with their mean.

    Parameters
    ----------
    ids
        Ids of the cubes.
    sources
        ``..._ST_B10.TIF`` files or folders of them, each with its ``..._QA_PIXEL.TIF`` in the same
        folder, or the folder of a data set with truth files.
    params
        ``cubes``: table of the cubes' grids, required for GeoTIFFs; ``months`` of the scenes;
        ``minimum``: minimum share of clear pixels.

    Raises
    ------
    DataError
        A file is not an ST_B10 scene, no scene is of these months, or no cube gets a label.
    """
    return _summaries(ids, sources, np.mean, **params)


def std(ids: Sequence[str], sources: Sequence[Path], **params: object) -> Labels:
    """Label cubes with the standard deviation (ddof 0) of surface temperature over their pixels.

    Parameters and errors are those of `mean`.
    """
    return _summaries(ids, sources, np.std, **params)


def kelvin(numbers: NDArray[np.uint16], quality: NDArray[np.uint16] | None = None) -> Kelvin:
    """Convert ST_B10 digital numbers to kelvin; NaN for fill and where the sky is not clear."""
    temperature = numbers.astype(np.float64) * SCALE + OFFSET
    temperature[numbers == FILL] = np.nan
    if quality is not None:
        temperature[(quality & UNCLEAR) != 0] = np.nan
    return temperature


def _summaries(
    ids: Sequence[str],
    sources: Sequence[Path],
    summary: Callable[[Kelvin], float],
    *,
    minimum: float,
    months: Sequence[str],
    cubes: str | None = None,
) -> Labels:
    temperatures = _source(sources, cubes, months)

    def label(cube: str) -> float:
        temperature = temperatures(cube)
        clear = np.isfinite(temperature)
        if not clear.any() or clear.mean() < minimum:
            raise NoLabel(f"less than {minimum:.0%} of the pixels are clear")
        return float(summary(temperature[clear]))

    return label_each(ids, label)


def _source(
    sources: Sequence[Path], cubes: str | None, months: Sequence[str]
) -> Callable[[str], Kelvin]:
    """Return a function: cube id to surface temperature in kelvin, (y, x)."""
    folder = truth_folder(sources)
    if folder is not None:
        layer = TruthLayer(folder, "st_b10")
        return lambda cube: kelvin(layer.array(cube))
    grids = grids_for(cubes, "Landsat scenes")
    scenes = _scenes(source_files(sources, SCENES), _months(months))

    def of_scenes(cube: str) -> Kelvin:
        if cube not in grids:
            raise NoLabel("no grid in the table of cubes")
        sampled = [_sample(path, grids[cube]) for path in scenes]
        overlapping = [scene for scene in sampled if scene is not None]
        if not overlapping:
            raise NoLabel("outside all scenes")
        return _mean_of_clear(np.stack(overlapping))

    return of_scenes


def _months(texts: Sequence[str]) -> set[int]:
    invalid = [text for text in texts if str(text).strip() not in MONTHS]
    if invalid or not texts:
        raise ConfigError(
            f"months={','.join(map(str, texts))} must be numbers from 1 to 12",
            hint="--set months=6,7,8",
        )
    return {int(text) for text in texts}


def _scenes(sources: Sequence[Path], months: set[int]) -> list[Path]:
    names = {path: SCENE.fullmatch(path.name) for path in sources}
    others = [path.name for path, match in names.items() if match is None]
    if others:
        raise DataError(
            f"{len(others)} sources are not Landsat ST_B10 files: {', '.join(others[:3])}",
            hint="specify only the files L..._ST_B10.TIF; their QA_PIXEL files are found by name",
        )
    in_months = [path for path, match in names.items() if match and int(match["month"]) in months]
    if not in_months:
        raise DataError(
            f"none of {len(sources)} scenes is of the months {', '.join(map(str, sorted(months)))}",
            hint="select other months: --set months=5,9",
        )
    return in_months


def _sample(path: Path, grid: CubeGrid) -> Kelvin | None:
    """Return kelvin on the grid; None if the scene does not overlap it."""
    scene, quality = _open(path)
    numbers = scene.sample(grid)
    if not numbers.covered.any():
        return None
    flags = quality.sample(grid)
    temperature = kelvin(numbers.values, flags.values)
    temperature[~(numbers.covered & flags.covered)] = np.nan
    return temperature


@lru_cache(maxsize=128)
def _open(path: Path) -> tuple[Raster, Raster]:
    name = re.sub("ST_B10", "QA_PIXEL", path.name, flags=re.IGNORECASE)
    quality = path.with_name(name)
    if not quality.is_file():
        raise MissingFileError(
            f"the quality flags of {path.name} are missing",
            hint=f"put {quality.name} into the same folder",
        )
    return Raster(path, scaling=(SCALE, OFFSET)), Raster(quality)


def _mean_of_clear(scenes: Kelvin) -> Kelvin:
    """Return the mean of the finite values over the first axis; NaN where there are none."""
    clear = np.isfinite(scenes)
    total = np.where(clear, scenes, 0.0).sum(axis=0)
    count = clear.sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
