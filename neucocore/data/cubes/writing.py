"""Writing cube files: Zarr format 2 in an uncompressed zip; equal input gives equal bytes."""

from __future__ import annotations

import itertools
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.data.cubes.chunks import encode_chunk
from neucocore.data.cubes.codecs import Blosc
from neucocore.errors import ShapeError
from neucocore.files.atomic import replacing

DIMENSIONS = ("sample", "time", "band", "y", "x")
# Members of a zip always have a time; this is the earliest one.
NO_TIME = (1980, 1, 1, 0, 0, 0)
READABLE_FILE = 0o644 << 16
UNIX = 3
VALUES_CODEC = Blosc(cname="zstd", clevel=5, shuffle=Blosc.SHUFFLE)
COORDINATE_CODEC = Blosc(cname="lz4", clevel=5, shuffle=Blosc.SHUFFLE)


def write_modality(
    path: str | Path,
    array: NDArray[Any],
    bands: Sequence[str],
    *,
    coordinates: Mapping[str, tuple[Sequence[str], NDArray[Any]]] | None = None,
    durable: bool = False,
) -> None:
    """Write one modality as a cube file, in the format of SSL4EO-S12-downstream.

    Every season is one chunk. All chunks are written, also those of zeros only.

    Parameters
    ----------
    path
        The file to write, ``<id>.zarr.zip``; missing folders are created.
    array
        (season, band, y, x), or (sample, season, band, y, x) for several samples; any integer or
        float type, which is kept.
    bands
        Names of the bands, in array order.
    coordinates
        Further arrays: name to (names of the dimensions, array).
    durable
        Wait for the disk; not needed by default because reading detects damaged cubes.

    Raises
    ------
    ShapeError
        The array has a wrong number of dimensions or bands, or no numbers.
    """
    values = np.asarray(array)
    values = values[np.newaxis] if values.ndim == 4 else values
    if values.ndim != len(DIMENSIONS) or values.shape[2] != len(bands):
        raise ShapeError(
            f"an array of shape {np.shape(array)} is not a cube of {len(bands)} bands",
            hint="pass (season, band, y, x), or (sample, season, band, y, x) for several samples",
        )
    if values.dtype.kind not in "iuf":
        raise ShapeError(
            f"a cube holds integers or floats, not {values.dtype}",
            hint="convert the array, for example to int16 or float32",
        )
    members = _array_members("bands", values, DIMENSIONS, (1, 1, *values.shape[2:]), VALUES_CODEC)
    named = {"band": (("band",), np.array(list(bands), dtype=np.str_)), **(coordinates or {})}
    for name, (dimensions, coordinate) in named.items():
        coordinate = np.asarray(coordinate)
        members |= _array_members(name, coordinate, dimensions, coordinate.shape, COORDINATE_CODEC)
    descriptions: dict[str, Any] = {".zgroup": {"zarr_format": 2}, ".zattrs": {}}
    descriptions |= {name: item for name, item in members.items() if isinstance(item, dict)}
    descriptions[".zmetadata"] = {
        "metadata": dict(descriptions),
        "zarr_consolidated_format": 1,
    }
    contents = members | {name: _json(item) for name, item in descriptions.items()}
    _write_zip(path, contents, durable)


def _array_members(
    name: str,
    array: NDArray[Any],
    dimensions: Sequence[str],
    chunks: Sequence[int],
    codec: Any,
) -> dict[str, Any]:
    """Return the members of one array by name: descriptions as dicts, chunks as bytes."""
    array = array.astype(array.dtype.newbyteorder("<"), copy=False)
    members: dict[str, Any] = {
        f"{name}/.zarray": {
            "chunks": list(chunks),
            "compressor": codec.get_config(),
            "dtype": array.dtype.str,
            "fill_value": "NaN" if array.dtype.kind == "f" else None,
            "filters": None,
            "order": "C",
            "shape": list(array.shape),
            "zarr_format": 2,
        },
        f"{name}/.zattrs": {"_ARRAY_DIMENSIONS": list(dimensions)},
    }
    counts = [length // chunk for length, chunk in zip(array.shape, chunks, strict=True)]
    for index in itertools.product(*map(range, counts)):
        part = tuple(slice(i * c, (i + 1) * c) for i, c in zip(index, chunks, strict=True))
        members[f"{name}/{'.'.join(map(str, index)) or '0'}"] = encode_chunk(array[part], codec)
    return members


def _json(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, indent=4, sort_keys=True, ensure_ascii=True).encode()


def _write_zip(path: str | Path, contents: Mapping[str, bytes], durable: bool) -> None:
    with (
        replacing(path, durable=durable) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive,
    ):
        for name in sorted(contents):
            info = zipfile.ZipInfo(name, NO_TIME)
            info.create_system = UNIX
            info.external_attr = READABLE_FILE
            archive.writestr(info, contents[name])
