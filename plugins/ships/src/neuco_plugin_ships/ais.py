"""AIS fixes as NOAA MarineCadastre publishes them, and vessels between two fixes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.plugin import DataError, MissingFileError

COLUMNS = ("MMSI", "BaseDateTime", "LAT", "LON")
# Ship stations have nine digits and begin with 2 to 7; others are coast stations, buoys, aircraft.
VESSELS = (200_000_000, 799_999_999)


@dataclass(frozen=True, eq=False)
class Fixes:
    """Positions that vessels reported, sorted by time.

    Attributes
    ----------
    mmsi
        (n,) int64, the vessel's number.
    seconds
        (n,) float64, UTC seconds since 1970.
    lon, lat
        (n,) float64, degrees, WGS 84.
    """

    mmsi: NDArray[np.int64]
    seconds: NDArray[np.float64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]

    def around(self, time: datetime, window: float) -> Fixes:
        """Return the fixes at most `window` seconds from a time."""
        at = time.timestamp()
        first = np.searchsorted(self.seconds, at - window, "left")
        last = np.searchsorted(self.seconds, at + window, "right")
        return self.choose(slice(first, last))

    def choose(self, rows: slice | NDArray[np.bool_]) -> Fixes:
        """Return some of the fixes."""
        return Fixes(self.mmsi[rows], self.seconds[rows], self.lon[rows], self.lat[rows])

    def vessels(self) -> Iterator[Fixes]:
        """Yield the fixes of one vessel after the other, each sorted by time."""
        for mmsi in np.unique(self.mmsi):
            yield self.choose(self.mmsi == mmsi)


def read_fixes(paths: Sequence[Path]) -> Fixes:
    """Read AIS tables.

    Parameters
    ----------
    paths
        CSV or Parquet files with MMSI, BaseDateTime (UTC), LAT and LON. Other stations than
        vessels and positions that are "not available" (91, 181) are left out.

    Raises
    ------
    MissingFileError
        A file does not exist.
    DataError
        A file is no AIS table, has times that are none, or no file holds a vessel.
    """
    import pandas as pd

    fixes = pd.concat([_read(path) for path in paths], ignore_index=True)
    times = pd.to_datetime(fixes["BaseDateTime"], errors="coerce", utc=True, format="ISO8601")
    if times.isna().any():
        examples = fixes["BaseDateTime"][times.isna()].astype(str).head(3)
        raise DataError(
            f"{int(times.isna().sum())} of {len(fixes)} AIS fixes have no time: "
            f"{', '.join(examples)}",
            hint="BaseDateTime is written like 2022-07-01T14:03:22, in UTC",
        )
    mmsi = pd.to_numeric(fixes["MMSI"], errors="coerce").to_numpy(np.float64)
    lon, lat = (_degrees(fixes[name]) for name in ("LON", "LAT"))
    usable = (mmsi >= VESSELS[0]) & (mmsi <= VESSELS[1]) & (abs(lat) <= 90) & (abs(lon) <= 180)
    if not usable.any():
        raise DataError(f"none of {len(fixes)} AIS fixes is a vessel's with a position")
    seconds = (times - pd.Timestamp(0, tz="UTC")).dt.total_seconds().to_numpy(np.float64)
    order = np.flatnonzero(usable)[np.argsort(seconds[usable], kind="stable")]
    return Fixes(mmsi[order].astype(np.int64), seconds[order], lon[order], lat[order])


def _degrees(column: Any) -> NDArray[np.float64]:
    """Return numbers, NaN for empty cells; a text such as 48.7N is an error."""
    import pandas as pd

    numbers = pd.to_numeric(column, errors="coerce")
    texts = column[numbers.isna() & column.notna()]
    if len(texts):
        raise DataError(
            f"{len(texts)} of {len(column)} AIS fixes have a {column.name} that is no number: "
            f"{', '.join(map(str, texts.head(3)))}",
            hint=f"{column.name} is written in degrees, like 48.71253",
        )
    return np.asarray(numbers, dtype=np.float64)


def _read(path: Path) -> object:
    import pandas as pd

    if not path.is_file():
        raise MissingFileError(f"there is no AIS table {path}")
    columns = list(COLUMNS)
    try:
        if path.suffix.lower() == ".parquet":
            return pd.read_parquet(path, columns=columns)
        return pd.read_csv(path, usecols=columns)
    except (ValueError, KeyError, OSError) as error:
        raise DataError(
            f"{path} is no AIS table: {error}",
            hint=f"its columns must include {', '.join(columns)}",
        ) from error
