"""The coordinates of rows, found by the names of columns of the labels or the embeddings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.data.embeddings.embeddings import Embeddings
from neucocore.data.labels.label_file import LabelFile
from neucocore.errors import DataError
from neucocore.files.cells import is_missing, is_number
from neucocore.files.findings import raise_for_findings
from neucocore.files.text_table import read_table
from neucocore.messages import pluralize

PREFIXES = ("", "centre_", "center_", "center-", "centroid_")
LONGITUDES = ("lon", "longitude", "long", "lng")
LATITUDES = ("lat", "latitude")
SAME_PLACE = 1e-3
"""Degrees up to which two tables give an id the same place."""
DECIMALS = 5
"""Decimals of degrees (about 1 m) to which equal places are rounded: neighbouring pixels differ."""


@dataclass(frozen=True, eq=False)
class Places:
    """Longitude and latitude of ids, in degrees (WGS 84).

    Attributes
    ----------
    of_id
        (longitude from -180 to 180, latitude) of each id.
    columns
        Names of the columns.
    warnings
        What was noticed: empty cells, different places of one id.
    problem
        Why the columns are not coordinates; empty if they are.
    """

    of_id: Mapping[str, tuple[float, float]]
    columns: tuple[str, str]
    warnings: tuple[str, ...] = ()
    problem: str = ""

    def of(self, ids: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return longitudes and latitudes, both (n,), of ids that all have a place."""
        pairs = np.array([self.of_id[sample] for sample in ids], dtype=np.float64).reshape(-1, 2)
        return pairs[:, 0], pairs[:, 1]

    def with_values(self, of_id: Mapping[str, tuple[float, float]]) -> Places:
        """Return the same columns with other ids."""
        return replace(self, of_id=of_id)


def coordinate_columns(names: Iterable[str]) -> tuple[str, str] | None:
    """Return the columns of longitude and latitude among some names, or None."""
    by_name = {name.strip().lower(): name for name in names}
    for prefix in PREFIXES:
        lon = next(
            (by_name[prefix + text] for text in LONGITUDES if prefix + text in by_name), None
        )
        lat = next((by_name[prefix + text] for text in LATITUDES if prefix + text in by_name), None)
        if lon is not None and lat is not None:
            return lon, lat
    return None


def read_places(label_files: Sequence[LabelFile], embeddings: Embeddings | None) -> Places | None:
    """Return the places of the rows of labels and embeddings; None without coordinates.

    Where both tables have coordinates, those of the labels are used.
    """
    tables: list[tuple[Sequence[str], Mapping[str, Sequence[Any]]]] = [
        (file.ids, file.extra) for file in label_files
    ]
    if embeddings is not None:
        tables.append((embeddings.ids, embeddings.extra))
    found: dict[str, tuple[float, float]] = {}
    columns = None
    empty: set[str] = set()
    different: set[str] = set()
    for ids, extra in tables:
        names = coordinate_columns(extra)
        if names is None:
            continue
        columns = columns or names
        for sample, lon, lat in zip(ids, extra[names[0]], extra[names[1]], strict=True):
            _add(sample, lon, lat, found, empty, different)
    if columns is None:
        return None
    return _checked(found, columns, empty - found.keys(), different)


def read_place_table(path: Path) -> Places:
    """Return the places of a table with a column ``id`` and columns of longitude and latitude.

    Raises
    ------
    DataError
        The table cannot be read, or its columns are not ids and coordinates.
    """
    table = read_table(path)
    raise_for_findings(path, table.findings)
    names = coordinate_columns(table.columns)
    if names is None or "id" not in table.columns:
        raise DataError(
            f"{path} has no columns of ids and coordinates, found {', '.join(table.columns)}",
            hint="name them id, lon and lat",
        )
    found: dict[str, tuple[float, float]] = {}
    empty: set[str] = set()
    different: set[str] = set()
    cells = zip(*(table.column(name) for name in ("id", *names)), strict=True)
    for sample, lon, lat in cells:
        _add(sample, lon, lat, found, empty, different)
    places = _checked(found, names, empty - found.keys(), different)
    if places.problem:
        raise DataError(f"{path}: {places.problem}", hint="coordinates are degrees, WGS 84")
    return places


def _add(
    sample: str,
    lon: Any,
    lat: Any,
    found: dict[str, tuple[float, float]],
    empty: set[str],
    different: set[str],
) -> None:
    """Add the place of an id; the first one counts."""
    place = _number(lon), _number(lat)
    if np.isnan(place).any():
        empty.add(sample)
    elif np.abs(np.subtract(found.setdefault(sample, place), place)).max() > SAME_PLACE:
        different.add(sample)


def _checked(
    found: Mapping[str, tuple[float, float]],
    columns: tuple[str, str],
    empty: set[str],
    different: set[str],
) -> Places:
    warnings = []
    names = f"columns {columns[0]!r} and {columns[1]!r}"
    if empty:
        shown = ", ".join(sorted(empty)[:3])
        warnings.append(f"{pluralize(len(empty), 'id')} without a place in {names}: {shown}")
    if different:
        shown = ", ".join(sorted(different)[:3])
        warnings.append(
            f"{pluralize(len(different), 'id')} with several places; the first one is used: {shown}"
        )
    values = np.array([*found.values()], dtype=np.float64).reshape(-1, 2)
    problem = _problem(values, names)
    wrapped = {
        sample: (float((lon + 180) % 360 - 180) if lon != 180 else 180.0, lat)
        for sample, (lon, lat) in found.items()
    }
    return Places(wrapped, columns, tuple(warnings), problem)


def _problem(values: NDArray[np.float64], names: str) -> str:
    if not len(values):
        return f"{names} hold no number"
    lon, lat = np.abs(values).T
    if lat.max() > 90:
        if lat.max() <= 360 and lon.max() <= 90:
            return f"{names} seem to be swapped: the latitudes reach {lat.max():g} degrees"
        return f"{names} are not degrees: the latitudes reach {lat.max():g}"
    if lon.max() > 360:
        return f"{names} are not degrees: the longitudes reach {lon.max():g}"
    return ""


def _number(cell: Any) -> float:
    text = "" if cell is None else str(cell).strip()
    return float(text) if not is_missing(text) and is_number(text) else float("nan")


def same_places(places: Places, ids: Sequence[str]) -> dict[tuple[float, float], list[str]]:
    """Return the places, rounded to about 1 m, that several of some ids share."""
    rows: dict[tuple[float, float], list[str]] = {}
    for sample in ids:
        if sample in places.of_id:
            lon, lat = places.of_id[sample]
            lon, lat = round(lon, DECIMALS), round(lat, DECIMALS)
            rows.setdefault((-180.0 if lon == 180 else lon, lat), []).append(sample)
    return {place: samples for place, samples in rows.items() if len(samples) > 1}
