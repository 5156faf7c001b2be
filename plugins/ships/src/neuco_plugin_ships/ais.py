"""AIS fixes in the tables of NOAA MarineCadastre."""

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
# MMSI of ships have nine digits and start with 2 to 7; others are coast stations, buoys, aircraft.
VESSELS = (200_000_000, 799_999_999)


@dataclass(frozen=True, eq=False)
class Fixes:
    """Positions reported by vessels, sorted by time.

    Attributes
    ----------
    mmsi
        (n,) int64, identity of the vessel.
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
        """Return the fixes at most `window` seconds before or after a time."""
        at = time.timestamp()
        first = np.searchsorted(self.seconds, at - window, "left")
        last = np.searchsorted(self.seconds, at + window, "right")
        return self.select(slice(first, last))

    def select(self, rows: slice | NDArray[np.bool_]) -> Fixes:
        """Return the fixes of some rows."""
        return Fixes(self.mmsi[rows], self.seconds[rows], self.lon[rows], self.lat[rows])

    def vessels(self) -> Iterator[Fixes]:
        """Yield the fixes of each vessel, sorted by time."""
        for mmsi in np.unique(self.mmsi):
            yield self.select(self.mmsi == mmsi)


def read_fixes(paths: Sequence[Path]) -> Fixes:
    """Read AIS tables.

    Parameters
    ----------
    paths
        CSV or Parquet files with MMSI, BaseDateTime (UTC), LAT and LON. Stations that are not
        vessels, and positions marked "not available" (91, 181), are left out.

    Raises
    ------
    MissingFileError
        A file does not exist.
    DataError
        A file is not an AIS table, a time cannot be read, or no file has a vessel.
    """
    import pandas as pd

    fixes = pd.concat([_read(path) for path in paths], ignore_index=True)
    times = pd.to_datetime(fixes["BaseDateTime"], errors="coerce", utc=True, format="ISO8601")
    if times.isna().any():
        examples = fixes["BaseDateTime"][times.isna()].astype(str).head(3)
        raise DataError(
            f"{int(times.isna().sum())} of {len(fixes)} AIS fixes have no valid BaseDateTime: "
            f"{', '.join(examples)}",
            hint="BaseDateTime is a UTC time such as 2022-07-01T14:03:22",
        )
    mmsi = pd.to_numeric(fixes["MMSI"], errors="coerce").to_numpy(np.float64)
    lon, lat = (_degrees(fixes[name]) for name in ("LON", "LAT"))
    usable = (mmsi >= VESSELS[0]) & (mmsi <= VESSELS[1]) & (abs(lat) <= 90) & (abs(lon) <= 180)
    if not usable.any():
        raise DataError(
            f"none of {len(fixes)} AIS fixes is a position of a vessel",
            hint="the MMSI of vessels have nine digits and start with 2 to 7",
        )
    seconds = (times - pd.Timestamp(0, tz="UTC")).dt.total_seconds().to_numpy(np.float64)
    order = np.flatnonzero(usable)[np.argsort(seconds[usable], kind="stable")]
    return Fixes(mmsi[order].astype(np.int64), seconds[order], lon[order], lat[order])


def _degrees(column: Any) -> NDArray[np.float64]:
    """Return degrees, NaN for empty cells; a text such as 48.7N is an error."""
    import pandas as pd

    numbers = pd.to_numeric(column, errors="coerce")
    texts = column[numbers.isna() & column.notna()]
    if len(texts):
        raise DataError(
            f"{len(texts)} of {len(column)} AIS fixes have a {column.name} that is not a number: "
            f"{', '.join(map(str, texts.head(3)))}",
            hint=f"{column.name} is in decimal degrees, such as 48.71253",
        )
    return np.asarray(numbers, dtype=np.float64)


def _read(path: Path) -> object:
    import pandas as pd

    if not path.is_file():
        raise MissingFileError(
            f"the AIS table {path} does not exist", hint="check the path given with --source"
        )
    columns = list(COLUMNS)
    try:
        if path.suffix.lower() == ".parquet":
            return pd.read_parquet(path, columns=columns)
        return pd.read_csv(path, usecols=columns)
    except (ValueError, KeyError, OSError) as error:
        raise DataError(
            f"{path} is not an AIS table: {error}",
            hint=f"the columns must include {', '.join(columns)}",
        ) from error
