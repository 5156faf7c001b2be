"""Reading GEDI L4A granules: HDF5 files with one group per beam."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.plugin import DataError, MissingFileError

FILL = -9999.0
EPOCH = datetime(2018, 1, 1, tzinfo=UTC)
FIELDS = (
    "agbd",
    "l4_quality_flag",
    "degrade_flag",
    "sensitivity",
    "lat_lowestmode",
    "lon_lowestmode",
    "delta_time",
)


@dataclass(frozen=True, eq=False)
class Footprints:
    """Footprints of all beams and granules, sorted by latitude.

    Attributes
    ----------
    lon, lat
        (n,) position of the lowest mode in degrees, WGS 84.
    agbd
        (n,) above-ground biomass density in Mg/ha.
    good
        (n,) whether the footprint passes every filter.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    agbd: NDArray[np.float64]
    good: NDArray[np.bool_]


def read_granules(paths: Sequence[Path], *, year: int | None, sensitivity: float) -> Footprints:
    """Read granules and mark the good footprints.

    A footprint is good if its biomass is not the fill value, ``l4_quality_flag`` is 1,
    ``degrade_flag`` is 0, its beam has at least the given sensitivity, and it was acquired in the
    given year.

    Parameters
    ----------
    paths
        HDF5 files.
    year
        Year of the acquisition (UTC); None: all years.
    sensitivity
        Minimum beam sensitivity.

    Raises
    ------
    MissingFileError
        A file does not exist.
    DataError
        A file is not a GEDI L4A granule.
    """
    parts = [part for path in paths for part in _beams(path)]
    columns = [np.concatenate([part[name] for part in parts]) for name in FIELDS]
    agbd, quality, degraded, beam, lat, lon, seconds = columns
    good = (
        np.isfinite(agbd)
        & (agbd != FILL)
        & (quality == 1)
        & (degraded == 0)
        & (beam >= sensitivity)
    )
    if year is not None:
        start = (datetime(year, 1, 1, tzinfo=UTC) - EPOCH).total_seconds()
        end = (datetime(year + 1, 1, 1, tzinfo=UTC) - EPOCH).total_seconds()
        good &= (seconds >= start) & (seconds < end)
    order = np.argsort(lat, kind="stable")
    return Footprints(lon[order], lat[order], agbd[order], good[order])


def _beams(path: Path) -> list[dict[str, NDArray[np.float64]]]:
    # Imported here, because labels from a truth folder do not need h5py.
    import h5py

    if not path.is_file():
        raise MissingFileError(
            f"the granule {path} does not exist", hint="check the path given with --source"
        )
    try:
        with h5py.File(path) as file:
            beams = [file[name] for name in sorted(file) if name.startswith("BEAM")]
            if not beams:
                raise KeyError("no group BEAMxxxx")
            return [_columns(beam) for beam in beams]
    except (OSError, KeyError, ValueError) as error:
        raise DataError(
            f"{path} is not a GEDI L4A granule: {error}",
            hint=f"expected the fields BEAMxxxx/{FIELDS[0]}, BEAMxxxx/{FIELDS[1]} and others",
        ) from error


def _columns(beam: Any) -> dict[str, NDArray[np.float64]]:
    columns = {name: beam[name][:].astype(np.float64) for name in FIELDS}
    lengths = {name: column.shape for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"the fields of {beam.name} have different lengths: {lengths}")
    return columns
