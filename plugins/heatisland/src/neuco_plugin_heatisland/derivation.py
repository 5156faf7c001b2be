"""Summer surface temperature from Landsat 8 Collection 2 Level 2, in its own numbers and flags."""

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

    Where several scenes see a pixel clearly, their mean counts once.

    Parameters
    ----------
    ids
        Ids of the cubes.
    sources
        ``..._ST_B10.TIF`` files or folders of them, each with its ``..._QA_PIXEL.TIF`` beside
        it, or a synthetic Earth's folder.
    params
        ``cubes``: table of the cubes' grids, for GeoTIFFs; ``months``: months of the scenes;
        ``minimum``: least share of clear pixels.

    Raises
    ------
    DataError
        A file is no ST_B10 scene, none is of the months asked for, or no cube gets a label.
    """
    return _summaries(ids, sources, np.mean, **params)


def std(ids: Sequence[str], sources: Sequence[Path], **params: object) -> Labels:
    """Label cubes with the standard deviation (ddof 0) of surface temperature over their pixels.

    Parameters and errors are those of `mean`.
    """
    return _summaries(ids, sources, np.std, **params)


def kelvin(numbers: NDArray[np.uint16], quality: NDArray[np.uint16] | None = None) -> Kelvin:
    """Turn ST_B10 digital numbers into kelvin, NaN where there is fill or the sky is not clear."""
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
            raise NoLabel(f"less than {minimum:.0%} of its pixels are seen clearly")
        return float(summary(temperature[clear]))

    return label_each(ids, label)


def _source(
    sources: Sequence[Path], cubes: str | None, months: Sequence[str]
) -> Callable[[str], Kelvin]:
    """Return a function from an id to kelvin (y, x)."""
    folder = truth_folder(sources)
    if folder is not None:
        layer = TruthLayer(folder, "st_b10")
        return lambda cube: kelvin(layer.array(cube))
    grids = grids_for(cubes, "Landsat scenes")
    scenes = _scenes(source_files(sources, SCENES), _months(months))

    def of_scenes(cube: str) -> Kelvin:
        if cube not in grids:
            raise NoLabel("no grid in the table of cubes")
        seen = [scene for path in scenes if (scene := _sample(path, grids[cube])) is not None]
        if not seen:
            raise NoLabel("outside all scenes")
        return _mean_of_clear(np.stack(seen))

    return of_scenes


def _months(texts: Sequence[str]) -> set[int]:
    wrong = [text for text in texts if str(text).strip() not in MONTHS]
    if wrong or not texts:
        raise ConfigError(
            f"no months: {', '.join(wrong) or 'none is named'}",
            hint="number them from 1 to 12: --set months=6,7,8",
        )
    return {int(text) for text in texts}


def _scenes(sources: Sequence[Path], months: set[int]) -> list[Path]:
    names = {path: SCENE.fullmatch(path.name) for path in sources}
    strangers = [path.name for path, match in names.items() if match is None]
    if strangers:
        raise DataError(
            f"{len(strangers)} sources are no Landsat ST_B10 files: {', '.join(strangers[:3])}",
            hint="name the files L..._ST_B10.TIF; their QA_PIXEL files are found beside them",
        )
    chosen = [path for path, match in names.items() if match and int(match["month"]) in months]
    if not chosen:
        raise DataError(
            f"none of {len(sources)} scenes is of the months {', '.join(map(str, sorted(months)))}",
            hint="choose other months with --set months=6,7,8",
        )
    return chosen


def _sample(path: Path, grid: CubeGrid) -> Kelvin | None:
    """Return kelvin on the grid, or None when the scene does not reach it."""
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
            f"{path.name} has no quality flags beside it", hint=f"download {quality.name} too"
        )
    return Raster(path), Raster(quality)


def _mean_of_clear(scenes: Kelvin) -> Kelvin:
    """Mean over the first axis of what is finite, NaN where nothing is."""
    clear = np.isfinite(scenes)
    total = np.where(clear, scenes, 0.0).sum(axis=0)
    count = clear.sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
