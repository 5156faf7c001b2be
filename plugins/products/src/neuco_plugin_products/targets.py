"""Where to sample: points or polygons of a table, each with an id and, optionally, a year."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from neucocore import read_table
from neucocore.plugin import DataError

LONGITUDES = ("lon", "longitude", "lng", "long", "centre_lon", "center_lon")
LATITUDES = ("lat", "latitude", "centre_lat", "center_lat")
GEOMETRIES = ("geometry", "wkt", "geom", ".geo")
YEAR = "year"
SHOWN = 3
_YEAR = re.compile(r"((?:19|20|21)\d\d)(\.0+)?(-\d\d.*)?")


@dataclass(frozen=True, eq=False)
class Target:
    """One point or polygon.

    Attributes
    ----------
    id
        Its id in the table.
    lon, lat
        Degrees (WGS 84); of a polygon, a point inside it.
    year
        The year asked for, or None.
    polygon
        The polygon in longitude and latitude, or None.
    """

    id: str
    lon: float
    lat: float
    year: int | None = None
    polygon: BaseGeometry | None = None


def read_targets(path: Path, *, id_column: str | None = None) -> list[Target]:
    """Read the table of points (CSV or Parquet), or a GeoJSON file.

    Raises
    ------
    DataError
        Columns are missing, or rows cannot be used; all problems are reported together.
    """
    if path.suffix.lower() in (".geojson", ".json"):
        rows = _geojson_rows(path, id_column)
    else:
        rows = _table_rows(path, id_column)
    problems: dict[str, list[str]] = {}
    targets = []
    for where, values in rows:
        target = _target(values)
        if isinstance(target, Target):
            targets.append(target)
        else:
            problems.setdefault(target, []).append(where)
    keys = Counter((target.id, target.year) for target in targets)
    repeated = [f"{name}" for (name, _), count in keys.items() if count > 1]
    if repeated:
        problems["the id (and year) occurs more than once"] = repeated
    if len({target.year is None for target in targets}) > 1:
        problems["rows with and without a year"] = [t.id for t in targets if t.year is None]
    if not targets and not problems:
        problems["the table has no row"] = [path.name]
    if problems:
        raise DataError(
            f"{path} cannot be used: {len(problems)} problem{'s' if len(problems) > 1 else ''}",
            problems=[
                f"{text} ({len(places)} times): {', '.join(places[:SHOWN])}"
                for text, places in problems.items()
            ],
            hint="the table needs id, lon and lat in degrees (WGS 84) or a column of WKT polygons, "
            "and optionally year",
        )
    return targets


def _table_rows(path: Path, id_column: str | None) -> list[tuple[str, dict[str, Any]]]:
    table = read_table(path)
    errors = [str(finding) for finding in table.findings if finding.level == "error"]
    if errors:
        raise DataError(f"{path} cannot be used", problems=errors)
    lower = {name.lower(): name for name in table.columns}
    name = id_column or lower.get("id")
    lon = next((lower[text] for text in LONGITUDES if text in lower), None)
    lat = next((lower[text] for text in LATITUDES if text in lower), None)
    geometry = next((lower[text] for text in GEOMETRIES if text in lower), None)
    missing = [] if name in table.columns else [f"the ids ({id_column or 'id'})"]
    if (lon is None or lat is None) and geometry is None:
        missing.append("lon and lat, or polygons (geometry or wkt)")
    if missing:
        raise DataError(
            f"{path} has no column for {' and for '.join(missing)}",
            hint=f"its columns are {', '.join(table.columns)}; --id names the column of the ids",
        )
    columns = {"id": name, "year": lower.get(YEAR), "geometry": geometry}
    if lon is not None and lat is not None:
        columns |= {"lon": lon, "lat": lat}
    cells = {key: table.column(column) for key, column in columns.items() if column is not None}
    return [
        (table.place(row), {key: column[row] for key, column in cells.items()})
        for row in range(len(table.rows))
    ]


def _geojson_rows(path: Path, id_column: str | None) -> list[tuple[str, dict[str, Any]]]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        features = content["features"]
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{path} is not a GeoJSON FeatureCollection: {error}",
            hint="points and polygons are features with the property 'id'",
        ) from None
    rows = []
    for number, feature in enumerate(features, start=1):
        properties = feature.get("properties") or {}
        rows.append(
            (
                f"feature {number}",
                {
                    "id": properties.get(id_column or "id", feature.get("id")),
                    "year": properties.get(YEAR),
                    "geometry": feature.get("geometry"),
                },
            )
        )
    return rows


def _target(values: Mapping[str, Any]) -> Target | str:
    """Return the target of a row, or what is wrong with it."""
    name = "" if values.get("id") is None else str(values["id"]).strip()
    if not name:
        return "the id is empty"
    year_text = "" if values.get("year") is None else str(values["year"]).strip()
    match = _YEAR.fullmatch(year_text)
    if year_text and match is None:
        return f"the year is not a year such as 2021 ({year_text!r})"
    year = None if match is None else int(match[1])
    geometry = values.get("geometry")
    if geometry not in (None, ""):
        shape = _geometry(geometry)
        if isinstance(shape, str):
            return shape
        if shape.geom_type == "Point":
            return _point(name, shape.x, shape.y, year)
        inside = shape.representative_point()
        found = _point(name, inside.x, inside.y, year)
        return found if isinstance(found, str) else Target(name, inside.x, inside.y, year, shape)
    try:
        return _point(name, float(values["lon"]), float(values["lat"]), year)
    except (KeyError, ValueError, TypeError):
        return "lon or lat is empty or not a number"


def _geometry(value: Any) -> BaseGeometry | str:
    try:
        if isinstance(value, str) and not value.lstrip().startswith("{"):
            shape = shapely.from_wkt(value)
        else:
            shape = shapely.from_geojson(value if isinstance(value, str) else json.dumps(value))
    except (shapely.errors.ShapelyError, ValueError, TypeError):
        return "the geometry is neither WKT nor GeoJSON"
    if shape is None or shape.is_empty:
        return "the geometry is empty"
    if shape.geom_type not in ("Point", "Polygon", "MultiPolygon"):
        return f"the geometry is a {shape.geom_type}, not a point or a polygon"
    return shape if shape.is_valid else shapely.make_valid(shape)


def _point(name: str, lon: float, lat: float, year: int | None) -> Target | str:
    if not (np.isfinite(lon) and np.isfinite(lat)):
        return "lon or lat is empty or not a number"
    if not (-180 <= lon <= 360 and -90 <= lat <= 90):
        swapped = -90 <= lon <= 90 and -180 <= lat <= 360
        return "lon and lat seem to be swapped" if swapped else "lon or lat is out of range"
    return Target(name, lon - 360 if lon > 180 else lon, lat, year)


def years_asked(targets: Sequence[Target]) -> list[int]:
    """Return the years that the table asks for, sorted."""
    return sorted({target.year for target in targets if target.year is not None})
