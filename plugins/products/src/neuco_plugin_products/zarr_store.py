"""Zarr stores of embeddings by the geoemb convention, and TESSERA's.

A group with an array that has the dimensions ``y``, ``x`` and one of vectors, and perhaps ``time``,
is one tile per time. Facts about the convention: https://github.com/geo-embeddings/embeddings-zarr-convention
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.errors import CRSError
from rasterio.transform import Affine

from neuco_plugin_products.raster import is_address, retried
from neuco_plugin_products.tiles import Block, Rule, Tile
from neucocore.plugin import ConfigError, DataError

PREFIX = "geoemb:"
CODES = "embeddings"
SCALES = "scales"
AXES_Y, AXES_X, AXES_TIME = ("y", "lat", "latitude"), ("x", "lon", "longitude"), ("time", "year")
LAYERS = ("d4", "d16", "full")
_ZONE = re.compile(r"utm_?(\d{1,2})([ns])?", re.IGNORECASE)
SPACING_TOLERANCE = 1e-3


def is_store(source: str) -> bool:
    """Return whether a path is a Zarr store."""
    if source.rstrip("/").lower().endswith((".zarr", ".zarr.zip")):
        return True
    return not is_address(source) and any(
        (Path(source) / name).exists() for name in ("zarr.json", ".zgroup", ".zmetadata")
    )


class StoreReader:
    """Reads rectangles of the arrays of one group at one time."""

    def __init__(self, array: _Array, scales: _Array | None, where: str) -> None:
        self.array, self.scales, self.where = array, scales, where

    def read(self, row: int, column: int, height: int, width: int) -> Block:
        """Return a rectangle."""
        codes = retried(lambda: self.array.read(row, column, height, width), self.where)
        scale = None
        if self.scales is not None:
            scales = self.scales
            scale = retried(lambda: scales.read(row, column, height, width), self.where)
        return Block(codes, None if scale is None else scale.astype(np.float32))

    def close(self) -> None:
        """Nothing is open."""


class _Array:
    """An array of a group, of which rectangles at one time are read with the vectors last."""

    def __init__(self, array: Any, axes: tuple[str, ...], time: int) -> None:
        self.array, self.axes, self.time = array, axes, time

    def read(self, row: int, column: int, height: int, width: int) -> NDArray[Any]:
        ranges = {"y": slice(row, row + height), "x": slice(column, column + width)}
        ranges["time"] = slice(self.time, self.time + 1)
        index = tuple(ranges.get(axis, slice(None)) for axis in self.axes)
        values = np.asarray(self.array[index])
        order = [axis for axis in ("time", "y", "x") if axis in self.axes]
        rest = [axis for axis in self.axes if axis not in order]
        values = values.transpose([self.axes.index(axis) for axis in (*order, *rest)])
        return values[0] if "time" in self.axes else values

    @property
    def block(self) -> tuple[int, int]:
        chunks = dict(zip(self.axes, self.array.chunks, strict=True))
        return int(chunks["y"]), int(chunks["x"])


def store_tiles(source: str, *, layer: str | None = None, tessera: bool = False) -> list[Tile]:
    """Return the tiles of a store: one per group and time.

    Parameters
    ----------
    layer
        Depth of a store with several (``d4``, ``d16``, ``full``), or the name of an array.
    tessera
        Whether the codes are TESSERA's, with its states of scales.

    Raises
    ------
    DataError
        The store cannot be opened, or does not say how its codes are scaled.
    """
    import zarr

    root = retried(lambda: _open(zarr, source), source)
    tiles: list[Tile] = []
    problems: list[str] = []
    hint = None
    for path, group in _groups(root):
        try:
            tiles += _tiles_of(path, group, dict(root.attrs), source, layer, tessera)
        except DataError as error:
            problems.append(f"{path or 'the root group'}: {error.message}")
            hint = error.hint
    if problems:
        raise DataError(f"{source} cannot be used", problems=problems[:10], hint=hint)
    if not tiles:
        raise DataError(
            f"{source} holds no array with the dimensions y, x and one of vectors",
            hint="neuco sample zarr reads stores of pixels with coordinates x and y",
        )
    return tiles


def _open(zarr: Any, source: str) -> Any:
    if not is_address(source):
        if not Path(source).exists():
            raise DataError(f"there is no store {source}")
        if source.endswith(".zip"):
            return zarr.open_group(zarr.storage.ZipStore(source, mode="r"), mode="r")
        return zarr.open_group(source, mode="r")
    try:
        return zarr.open_group(source, mode="r")
    except ImportError as error:
        raise ConfigError(
            f"reading {source} needs another package: {error}",
            hint="pip install 'neuco-plugin-products[http]'",
        ) from None


def _groups(root: Any) -> Iterator[tuple[str, Any]]:
    """Yield the root and its groups that hold arrays."""
    import zarr

    yield "", root
    for name, member in sorted(root.groups()):
        if isinstance(member, zarr.Group):
            yield name, member


def _declared(group: Any, inherited: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ``geoemb`` attributes of a group, else those of the root."""
    found: dict[str, Any] = {}
    for attributes in (inherited, dict(group.attrs)):
        nested = attributes.get("geoemb")
        if isinstance(nested, Mapping):
            found |= nested
        found |= {
            key.removeprefix(PREFIX): value
            for key, value in attributes.items()
            if key.startswith(PREFIX)
        }
    return found


def _tiles_of(
    path: str,
    group: Any,
    inherited: Mapping[str, Any],
    source: str,
    layer: str | None,
    tessera: bool,
) -> list[Tile]:
    arrays = {name: array for name, array in group.arrays() if len(_axes(array)) >= 3}
    arrays = {name: array for name, array in arrays.items() if {"y", "x"} <= {*_axes(array)}}
    rule_of_arrays = {SCALES, *_scale_names(_declared(group, inherited))}
    arrays = {name: array for name, array in arrays.items() if name not in rule_of_arrays}
    if not arrays:
        return []
    declared = _declared(group, inherited)
    if declared.get("type") not in (None, "pixel", "chip"):
        raise DataError(f"unknown geoemb type {declared['type']!r}; known: pixel, chip")
    name = _chosen_array([*arrays], layer, declared)
    array = arrays[name]
    axes = _axes(array)
    transform = _transform(group)
    crs = _crs(path, group, inherited)
    rule, scales = _rule(group, array, declared, tessera)
    times = _times(group, axes, array)
    tiles = []
    for number, year in enumerate(times):
        codes = _Array(array, axes, number)
        scale = None if scales is None else _Array(scales, _axes(scales), number)
        shape = dict(zip(axes, array.shape, strict=True))
        tiles.append(
            Tile(
                name="/".join(filter(None, [path, name])),
                year=year,
                crs=crs,
                transform=transform,
                height=int(shape["y"]),
                width=int(shape["x"]),
                block=codes.block,
                rule=rule,
                open=lambda codes=codes, scale=scale: StoreReader(codes, scale, source),  # type: ignore[misc]
            )
        )
    return tiles


def _axes(array: Any) -> tuple[str, ...]:
    """Return the names of the dimensions, with ``y``, ``x`` and ``time`` under these names."""
    names = getattr(array.metadata, "dimension_names", None) or array.attrs.get("_ARRAY_DIMENSIONS")
    if not names:
        return ()
    canonical = dict.fromkeys(AXES_Y, "y") | dict.fromkeys(AXES_X, "x")
    canonical |= dict.fromkeys(AXES_TIME, "time")
    return tuple(canonical.get(str(name).lower(), str(name)) for name in names)


def _chosen_array(names: list[str], layer: str | None, declared: Mapping[str, Any]) -> str:
    """Return the array of a layer, or the only one."""
    depths = declared.get("depths")
    if layer is not None:
        wanted = CODES if layer == "full" else f"{CODES}_{layer}" if layer in LAYERS else layer
        if wanted in names:
            return wanted
        if layer in LAYERS and not depths and layer != "full":
            raise DataError(
                f"there is no depth {layer}: the store declares no depths, and the first numbers "
                "of an embedding that was not trained for it mean nothing",
                hint="leave out --layer",
            )
        raise DataError(
            f"there is no array {wanted!r}; arrays: {', '.join(names)}",
            hint=f"--layer {names[0]}",
        )
    if CODES in names:
        return CODES
    if len(names) > 1:
        raise DataError(
            f"several arrays may be the embedding: {', '.join(names)}",
            hint=f"--layer {names[0]}",
        )
    return names[0]


def _transform(group: Any) -> Affine:
    """Return the transform of pixel centres at even distances."""
    coordinates = {}
    for axis, names in (("x", AXES_X), ("y", AXES_Y)):
        name = next((n for n in names if n in group), None)
        if name is None:
            raise DataError(f"no coordinates {axis!r}", hint="the store needs arrays x and y")
        values = np.asarray(group[name][:], dtype=np.float64)
        if len(values) < 2:
            raise DataError(f"the coordinates {axis!r} have fewer than two values")
        steps = np.diff(values)
        if np.abs(steps - steps.mean()).max() > SPACING_TOLERANCE * abs(steps.mean()):
            raise DataError(f"the coordinates {axis!r} are not evenly spaced")
        coordinates[axis] = values[0], float(steps.mean())
    (x0, dx), (y0, dy) = coordinates["x"], coordinates["y"]
    return Affine(dx, 0, x0 - dx / 2, 0, dy, y0 - dy / 2)


def _crs(path: str, group: Any, inherited: Mapping[str, Any]) -> str:
    """Return the coordinate reference system: declared, or that of a UTM zone in the name."""
    attributes = {**inherited, **dict(group.attrs)}
    for key in ("proj:code", "proj:epsg", "crs", "crs_wkt", "proj:wkt2"):
        value = attributes.get(key)
        if value is not None:
            text = f"EPSG:{value}" if isinstance(value, int) else str(value)
            try:
                return str(CRS.from_user_input(text).to_string())
            except CRSError:
                raise DataError(f"the coordinate reference system {value!r} is unknown") from None
    match = _ZONE.fullmatch(path.rpartition("/")[2])
    if match is None:
        raise DataError(
            "no coordinate reference system", hint="the group needs an attribute proj:code"
        )
    south = (match[2] or "n").lower() == "s"
    return f"EPSG:{(32700 if south else 32600) + int(match[1])}"


def _times(group: Any, axes: tuple[str, ...], array: Any) -> list[int | None]:
    """Return the year of each time."""
    if "time" not in axes:
        year = group.attrs.get("year")
        return [int(year) if year is not None else None]
    count = array.shape[axes.index("time")]
    name = next((n for n in AXES_TIME if n in group), None)
    if name is None:
        raise DataError(f"{count} times without years", hint="the group needs an array 'time'")
    values = np.asarray(group[name][:])
    if np.issubdtype(values.dtype, np.datetime64):
        return [int(str(value)[:4]) for value in values]
    if values.dtype.kind in "iu" and ((values > 1900) & (values < 2200)).all():
        return [int(value) for value in values]
    units = str(group[name].attrs.get("units", ""))
    match = re.match(r"(days|years|hours|seconds) since (\d{4}-\d\d-\d\d)", units)
    if match is None:
        raise DataError(
            f"the times {values[:3].tolist()} are not years", hint="store years such as 2024"
        )
    unit = {"days": "D", "years": "Y", "hours": "h", "seconds": "s"}[match[1]]
    start = np.datetime64(match[2], unit)
    return [int(str(start + np.timedelta64(int(value), unit))[:4]) for value in values]


def _scale_names(declared: Mapping[str, Any]) -> set[str]:
    scale = (declared.get("quantization") or {}).get("scale")
    if isinstance(scale, Mapping) and "array_name" in scale:
        return {str(scale["array_name"])}
    return set()


def _rule(group: Any, array: Any, declared: Mapping[str, Any], tessera: bool) -> tuple[Rule, Any]:
    """Return the rule of the codes, and the array of scales if there is one per pixel."""
    fill = array.metadata.fill_value
    integer = np.issubdtype(array.dtype, np.integer)
    record = declared.get("quantization")
    if array.dtype == np.uint8 and tessera:
        raise DataError(
            "uint8 values are those of the viewer, and they are no embedding",
            hint="use the store with int8 embeddings and scales",
        )
    if not integer:
        return Rule("none", nodata=None if fill is None or np.isnan(fill) else float(fill)), None
    if tessera or (record is None and SCALES in group and array.dtype == np.int8):
        if SCALES not in group:
            raise DataError("int8 codes without the array 'scales'", hint="download it too")
        return Rule("tessera"), group[SCALES]
    if record is None:
        raise DataError(
            f"values are stored as {array.dtype}, and the store does not say how they are scaled",
            hint="the group needs the attribute geoemb:quantization",
        )
    method = str(record.get("method", "linear")).lower()
    unknown = {*record} - {"method", "original_dtype", "quantized_dtype", "scale"}
    if method not in ("linear", "scalar", "affine") or unknown:
        what = f"the key {sorted(unknown)[0]!r}" if unknown else f"the method {method!r}"
        raise DataError(
            f"unknown quantization: {what}; known is linear with a scale",
            hint="values that are not linear in their codes are never read as if they were",
        )
    scale = record.get("scale")
    if not isinstance(scale, Mapping):
        raise DataError("the quantization has no scale", hint="add the scale to the attributes")
    if scale.get("type") == "array":
        name = str(scale.get("array_name"))
        if name not in group:
            raise DataError(f"there is no array {name!r} of scales", hint="download it too")
        return Rule("linear", scale_nodata=scale.get("nodata")), group[name]
    if scale.get("type", "scalar") != "scalar" or "scale" not in scale:
        raise DataError(f"unknown type of scale {scale.get('type')!r}; known: scalar, array")
    return Rule(
        "linear", scale=float(scale["scale"]), offset=float(scale.get("offset") or 0.0)
    ), None
