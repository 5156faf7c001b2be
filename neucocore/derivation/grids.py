"""The location of the pixels of cubes on the Earth, read from a table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neucocore.errors import ConfigError, DataError
from neucocore.files.cells import is_number, number_problem
from neucocore.files.text_table import read_text_table
from neucocore.messages import DOCUMENTATION

Transform = tuple[float, float, float, float, float, float]
BOUNDS = ("west", "south", "east", "north")


@dataclass(frozen=True)
class CubeGrid:
    """The pixel grid of one cube.

    Attributes
    ----------
    id
        Id of the cube.
    crs
        Coordinate reference system, such as ``EPSG:32633``.
    transform
        ``(a, b, c, d, e, f)``: the corner of pixel (row, col) is at x = a col + b row + c,
        y = d col + e row + f, in units of `crs`.
    height, width
        Number of rows and columns.
    times
        Acquisition times in UTC, in the order of the seasons.
    heading
        Flight direction of the satellite in degrees clockwise from north, or None.
    """

    id: str
    crs: str
    transform: Transform
    height: int
    width: int
    times: tuple[datetime, ...] = ()
    heading: float | None = None

    def centres(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return x and y of all pixel centres, each (height, width), in units of `crs`."""
        a, b, c, d, e, f = self.transform
        rows, cols = np.mgrid[0 : self.height, 0 : self.width] + 0.5
        return a * cols + b * rows + c, d * cols + e * rows + f

    def pixels(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the fractional rows and columns of points in `crs`.

        Pixel (0, 0) extends from 0 to 1 along both axes, so its centre is (0.5, 0.5).
        """
        a, b, c, d, e, f = self.transform
        east, north = np.asarray(x) - c, np.asarray(y) - f
        determinant = a * e - b * d
        return (a * north - d * east) / determinant, (e * east - b * north) / determinant

    def contains(self, rows: NDArray[np.float64], cols: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which fractional positions are on the grid."""
        return (rows >= 0) & (rows < self.height) & (cols >= 0) & (cols < self.width)


def read_grids(path: str | Path) -> dict[str, CubeGrid]:
    """Read a table of cube grids.

    Parameters
    ----------
    path
        A CSV file with ``id``, ``crs``, ``height``, ``width`` and either ``west``, ``south``,
        ``east``, ``north`` or ``transform`` (six numbers ``a b c d e f``). Optional columns are
        ``time`` (ISO 8601, several separated by ``;``, UTC by default) and ``heading``.

    Returns
    -------
    dict
        Id to grid, in the order of the file.

    Raises
    ------
    DataError
        With all rows that cannot be used.
    """
    table = read_text_table(Path(path))
    missing = {"id", "crs", "height", "width"} - set(table.columns)
    if "transform" not in table.columns:
        missing |= set(BOUNDS) - set(table.columns)
    if missing:
        raise DataError(
            f"{path} lacks the columns {', '.join(sorted(missing))}",
            hint="needed: id, crs, height, width and either west, south, east, north or transform",
        )
    grids: dict[str, CubeGrid] = {}
    problems = [str(finding) for finding in table.findings if finding.level == "error"]
    for cells, line in zip(table.rows, table.lines, strict=True):
        try:
            grid = _grid(dict(zip(table.columns, cells, strict=True)))
            if grid.id in grids:
                raise ValueError(f"the id {grid.id!r} occurs more than once")
            grids[grid.id] = grid
        except ValueError as error:
            problems.append(f"line {line}: {error}")
    if problems or not grids:
        raise DataError(
            f"{path} is not a table of cube grids",
            problems=problems or ["it has no row"],
            hint=f"{DOCUMENTATION}/tasks.md describes the columns",
        )
    return grids


def grids_for(cubes: str | Path | None, source: str) -> dict[str, CubeGrid]:
    """Read the grids that a derivation requires.

    Parameters
    ----------
    cubes
        The table of the grids, if the user passed one.
    source
        What needs the grids, for the message, such as ``footprints``.

    Raises
    ------
    ConfigError
        `cubes` is None.
    """
    if cubes is None:
        raise ConfigError(
            f"{source} can only be assigned to cubes with known grids",
            hint="pass a table of the grids: --set cubes=cubes.csv; its columns are described in "
            f"{DOCUMENTATION}/tasks.md",
        )
    return read_grids(cubes)


def _grid(row: dict[str, str]) -> CubeGrid:
    height, width = int(row["height"]), int(row["width"])
    if min(height, width) < 1:
        raise ValueError(f"the size {height} x {width} is not positive")
    heading = _number(row["heading"]) if row.get("heading") else None
    times = tuple(_time(text) for text in row.get("time", "").split(";") if text.strip())
    transform = _transform(row, height, width)
    return CubeGrid(row["id"], row["crs"], transform, height, width, times, heading)


def _transform(row: dict[str, str], height: int, width: int) -> Transform:
    if row.get("transform"):
        numbers = [_number(text) for text in row["transform"].replace(",", " ").split()]
        if len(numbers) != 6:
            raise ValueError(f"the transform has {len(numbers)} numbers, not six")
        a, b, c, d, e, f = numbers
        if a * e == b * d:
            raise ValueError("the transform maps all pixels to one line")
        return a, b, c, d, e, f
    west, south, east, north = (_number(row[name]) for name in BOUNDS)
    if west >= east or south >= north:
        raise ValueError(
            f"the bounds enclose no area: west {west:g}, south {south:g}, east {east:g}, "
            f"north {north:g}"
        )
    return (east - west) / width, 0.0, west, 0.0, (south - north) / height, north


def _number(text: str) -> float:
    if not is_number(text):
        reason = number_problem(text)[1]
        raise ValueError(f"{text!r} is not a number" + (f": {reason}" if reason else ""))
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is not finite")
    return value


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text.strip())
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
