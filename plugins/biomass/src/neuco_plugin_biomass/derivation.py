"""Biomass of a cube from GEDI L4A footprints, filtered by their quality flags."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_biomass.granules import FILL, Footprints, read_granules
from neucocore.plugin import (
    ConfigError,
    CubeGrid,
    Labels,
    NoLabel,
    TruthLayer,
    grids_for,
    label_each,
    project,
    source_files,
    truth_folder,
)

Biomass = NDArray[np.float64]
GRANULES = ("*.h5", "*.hdf5", "*.he5")


def mean(ids: Sequence[str], sources: Sequence[Path], **params: object) -> Labels:
    """Label cubes with the mean biomass density of their good footprints, in Mg/ha.

    Parameters
    ----------
    ids
        Ids of the cubes.
    sources
        GEDI L4A granules (HDF5) or folders of them, or the folder of a data set with truth files.
    params
        ``cubes``: table of the cubes' grids, required for granules; ``year`` of the footprints,
        None: all years; ``sensitivity``: minimum beam sensitivity; ``minimum``: minimum number of
        good footprints.

    Raises
    ------
    DataError
        A file is not a granule, or no cube gets a label.
    """
    return _summaries(ids, sources, np.mean, **params)


def std(ids: Sequence[str], sources: Sequence[Path], *, minimum: int, **params: object) -> Labels:
    """Label cubes with the standard deviation (ddof 1) of biomass density, in Mg/ha.

    Parameters and errors are those of `mean`; `minimum` is at least 2.
    """
    if minimum < 2:
        raise ConfigError(
            f"minimum={minimum}: a standard deviation needs at least 2 footprints",
            hint="--set minimum=20",
        )
    spread = partial(np.std, ddof=1)
    return _summaries(ids, sources, spread, minimum=minimum, **params)


def _summaries(
    ids: Sequence[str],
    sources: Sequence[Path],
    summary: Callable[[Biomass], float],
    *,
    minimum: int,
    cubes: str | None = None,
    year: int | None = None,
    sensitivity: float = 0.95,
) -> Labels:
    footprints = _source(sources, cubes, year, sensitivity)

    def label(cube: str) -> float:
        biomass, filtered = footprints(cube)
        if len(biomass) == 0 and filtered:
            raise NoLabel("all footprints are excluded by quality flags, sensitivity or year")
        if len(biomass) == 0:
            raise NoLabel("no footprint inside the cube")
        if len(biomass) < minimum:
            raise NoLabel(f"fewer than {minimum} good footprints")
        return float(summary(biomass))

    return label_each(ids, label)


def _source(
    sources: Sequence[Path], cubes: str | None, year: int | None, sensitivity: float
) -> Callable[[str], tuple[Biomass, int]]:
    """Return a function: cube id to biomass of the good footprints and number of the others."""
    folder = truth_folder(sources)
    if folder is not None:
        layer = TruthLayer(folder, "agbd")

        def of_truth(cube: str) -> tuple[Biomass, int]:
            values = layer.array(cube).ravel()
            return values[values != FILL].astype(np.float64), 0

        return of_truth

    grids = grids_for(cubes, "footprints")
    granules = source_files(sources, GRANULES)
    footprints = read_granules(granules, year=year, sensitivity=sensitivity)

    def of_granules(cube: str) -> tuple[Biomass, int]:
        if cube not in grids:
            raise NoLabel("no grid in the table of cubes")
        inside = _inside(grids[cube], footprints)
        good = footprints.good[inside]
        return footprints.agbd[inside][good], int((~good).sum())

    return of_granules


def _inside(grid: CubeGrid, footprints: Footprints) -> NDArray[np.intp]:
    """Return the positions of the footprints whose centre lies inside the cube."""
    # A box in degrees around the corners is cheap to test; edges are curved, hence the margin.
    x, y = grid.centres()
    edge = (slice(None, None, max(grid.height - 1, 1)), slice(None, None, max(grid.width - 1, 1)))
    lon, lat = project(grid.crs, "EPSG:4326", x[edge], y[edge])
    margin = 0.01 + 0.1 * max(np.ptp(lon), np.ptp(lat))
    south, north = np.searchsorted(footprints.lat, [lat.min() - margin, lat.max() + margin])
    east = footprints.lon[south:north]
    near = south + np.flatnonzero((east >= lon.min() - margin) & (east <= lon.max() + margin))
    x, y = project("EPSG:4326", grid.crs, footprints.lon[near], footprints.lat[near])
    return near[grid.contains(*grid.pixels(x, y))]
