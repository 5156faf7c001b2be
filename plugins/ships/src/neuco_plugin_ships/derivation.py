"""Ships of a scene from AIS, at the positions where the radar images them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_ships.ais import Fixes, read_fixes
from neuco_plugin_ships.radar import azimuth_shift
from neucocore.plugin import (
    ConfigError,
    CubeGrid,
    Labels,
    NoLabel,
    TruthLayer,
    grids_for,
    in_metres,
    label_each,
    project,
    source_files,
    truth_folder,
)

Positions = NDArray[np.float64]
TABLES = ("*.csv", "*.parquet")
MARGIN = 0.1
"""Degrees around a scene in which a vessel may be and still appear inside the scene."""
SEA, COASTAL = 44, 0.2
"""CORINE grid code of the sea, and its minimum share of a scene labelled from truth files."""


def position(ids: Sequence[str], sources: Sequence[Path], **params: object) -> Labels:
    """Label scenes with the row and column of the centroid of their only ship.

    Positions are in pixels; the centre of the first pixel is (0, 0). Scenes without a ship or with
    several ships get no label.

    Parameters
    ----------
    ids
        Ids of the cubes.
    sources
        AIS tables (CSV or Parquet) or folders of them, or the folder of a data set with truth
        files.
    params
        ``cubes``: table of the scenes' grids with ``time`` and ``heading``, required for AIS;
        ``date``: which of a cube's times; ``window``: maximum gap in minutes between the
        acquisition and the fixes before and after it; ``displacement``: whether to shift ships in
        azimuth; ``incidence`` and ``range_over_speed``: see
        `neuco_plugin_ships.radar.azimuth_shift`.

    Raises
    ------
    ConfigError
        The table of cubes has no usable time, heading or projection.
    DataError
        A source is not an AIS table, or no scene gets a label.
    """
    ships = _source(ids, sources, **params)

    def label(cube: str) -> Sequence[float]:
        positions = ships(cube)
        if len(positions) == 0:
            raise NoLabel("no vessel")
        if len(positions) > 1:
            raise NoLabel("several vessels")
        row, col = positions[0]
        return float(row), float(col)

    return label_each(ids, label, outputs=("row", "col"))


def detection(ids: Sequence[str], sources: Sequence[Path], **params: object) -> Labels:
    """Label scenes with whether there is a vessel (1) or not (0).

    Parameters and errors are those of `position`.
    """
    ships = _source(ids, sources, **params)
    return label_each(ids, lambda cube: float(len(ships(cube)) > 0), classes=("0", "1"))


def _source(
    ids: Sequence[str],
    sources: Sequence[Path],
    *,
    cubes: str | None = None,
    date: int = 0,
    window: float = 10.0,
    displacement: bool = True,
    incidence: float = 39.0,
    range_over_speed: float = 110.0,
) -> Callable[[str], Positions]:
    """Return a function: cube id to the rows and columns of its ships, (k, 2)."""
    folder = truth_folder(sources)
    if folder is not None:
        return _of_truth(folder)
    grids = grids_for(cubes, "vessels")
    _check(grids, ids, date, displacement)
    fixes = read_fixes(source_files(sources, TABLES))
    radar = (incidence, range_over_speed) if displacement else None

    def of_fixes(cube: str) -> Positions:
        if cube not in grids:
            raise NoLabel("no grid in the table of cubes")
        grid = grids[cube]
        around = fixes.around(grid.times[date], window * 60.0)
        if around.mmsi.size == 0:
            raise NoLabel(f"no AIS fix of any vessel within {window:g} minutes of the acquisition")
        return _imaged(grid, _near(grid, around), grid.times[date].timestamp(), radar)

    return of_fixes


def _of_truth(folder: Path) -> Callable[[str], Positions]:
    cover, ships = TruthLayer(folder, "corine"), TruthLayer(folder, "ships")

    def of_cube(cube: str) -> Positions:
        if (cover.array(cube) == SEA).mean() < COASTAL:
            raise NoLabel(f"less than {COASTAL:.0%} of the cube is sea")
        return ships.array(cube)

    return of_cube


def _check(grids: dict[str, CubeGrid], ids: Sequence[str], date: int, displaced: bool) -> None:
    known = [grids[cube] for cube in ids if cube in grids]
    no_time = [grid.id for grid in known if not 0 <= date < len(grid.times)]
    if no_time:
        raise ConfigError(
            f"{len(no_time)} cubes have no time number {date}: {', '.join(no_time[:3])}",
            hint="add a column time to the table of cubes, or select another one: --set date=0",
        )
    degrees = [grid.id for grid in known if not in_metres(grid.crs)]
    if degrees:
        raise ConfigError(
            f"the grids of {len(degrees)} cubes are not in metres: {', '.join(degrees[:3])}",
            hint="give a projected coordinate system (such as UTM) in the column crs",
        )
    no_heading = [grid.id for grid in known if grid.heading is None]
    if displaced and no_heading:
        raise ConfigError(
            f"{len(no_heading)} cubes have no flight direction: {', '.join(no_heading[:3])}",
            hint="add a column heading to the table of cubes, or --set displacement=false",
        )


def _near(grid: CubeGrid, fixes: Fixes) -> Fixes:
    """Return all fixes of the vessels that have one near the scene."""
    x, y = grid.centres()
    edge = slice(None, None, max(grid.height - 1, 1))
    lon, lat = project(grid.crs, "EPSG:4326", x[edge], y[edge])
    close = (fixes.lon > lon.min() - MARGIN) & (fixes.lon < lon.max() + MARGIN)
    close &= (fixes.lat > lat.min() - MARGIN) & (fixes.lat < lat.max() + MARGIN)
    return fixes.select(np.isin(fixes.mmsi, fixes.mmsi[close]))


def _imaged(
    grid: CubeGrid, fixes: Fixes, time: float, radar: tuple[float, float] | None
) -> Positions:
    """Return rows and columns (k, 2) of the vessels inside the scene."""
    positions = []
    for vessel in fixes.vessels():
        x, y = project("EPSG:4326", grid.crs, vessel.lon, vessel.lat)
        if vessel.seconds[0] > time or vessel.seconds[-1] < time:
            if grid.contains(*grid.pixels(x, y)).any():
                raise NoLabel("a vessel without fixes both before and after the acquisition")
            continue
        east, north = (np.interp(time, vessel.seconds, axis) for axis in (x, y))
        if radar is not None:
            shift = azimuth_shift(
                *_speed(vessel.seconds, x, y, time),
                grid.heading or 0.0,
                incidence=radar[0],
                range_over_speed=radar[1],
            )
            east, north = east + shift[0], north + shift[1]
        row, col = grid.pixels(east, north)
        if grid.contains(row, col):
            positions.append((row - 0.5, col - 0.5))
    return np.array(positions, dtype=np.float64).reshape(-1, 2)


def _speed(
    seconds: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64], time: float
) -> tuple[float, float]:
    """Return the speed (m/s) along x and y between the fixes before and after a time."""
    if len(seconds) == 1:
        return 0.0, 0.0
    after = int(np.clip(np.searchsorted(seconds, time), 1, len(seconds) - 1))
    step = seconds[after] - seconds[after - 1]
    if step == 0:
        return 0.0, 0.0
    return (x[after] - x[after - 1]) / step, (y[after] - y[after - 1]) / step
