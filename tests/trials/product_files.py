"""Small files of the exact shapes of downloaded embedding products, with labels that they predict.

Containers, names, types and codes are those of the producers' documentation; nothing is written
with neuco. Every row's vector mixes four hidden numbers, and its label is a sum of them, so that a
file that is read as its producer means it scores an R2 of about 0.9, and one that is read by
another formula or with rows in another order does not.
"""

from __future__ import annotations

import csv
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

N = 160


@dataclass
class World:
    """Places with hidden numbers, embeddings of them, and labels."""

    ids: list[str]
    lon: np.ndarray
    lat: np.ndarray
    hidden: np.ndarray
    label: np.ndarray
    rng: np.random.Generator

    def vectors(self, d: int, *, unit: bool = False) -> np.ndarray:
        """Return (n, d) float32 embeddings, of length 1 if `unit`."""
        return embed(self.hidden, d, self.rng, unit=unit)


def embed(hidden: np.ndarray, d: int, rng: np.random.Generator, *, unit: bool = False):
    mixing = np.random.default_rng(d).normal(size=(hidden.shape[-1], d))
    x = hidden @ mixing + 0.3 * rng.normal(size=(*hidden.shape[:-1], d))
    x /= np.linalg.norm(x, axis=-1, keepdims=True) if unit else 4.0
    return x.astype(np.float32)


def world(seed: int = 0, n: int = N) -> World:
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(n, 4))
    hidden /= np.linalg.norm(hidden, axis=1, keepdims=True)  # so that unit vectors keep the scale
    label = 30 * hidden.sum(axis=1) + 2 * rng.normal(size=n) + 100
    lon, lat = rng.uniform(8, 9, n), rng.uniform(48, 49, n)
    return World([f"plot-{i:03d}" for i in range(n)], lon, lat, hidden, label, rng)


def write_labels(path: Path, world: World, ids: Sequence[str] | None = None) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "biomass [Mg/ha]"])
        writer.writerows(zip(ids or world.ids, world.label.tolist(), strict=True))
    return path


def write_points(path: Path, world: World, **columns: Sequence[Any]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "lon", "lat", *columns])
        writer.writerows(
            zip(world.ids, world.lon.tolist(), world.lat.tolist(), *columns.values(), strict=True)
        )
    return path


def wkb_points(world: World) -> list[bytes]:
    return [struct.pack("<BIdd", 1, 1, x, y) for x, y in zip(world.lon, world.lat, strict=True)]


def aef_codes(values: np.ndarray) -> np.ndarray:
    """Return int8 codes of AlphaEarth Foundations: the inverse of sign(v) (|v| / 127.5)^2."""
    codes = np.sign(values) * np.sqrt(np.abs(values)) * 127.5
    return np.clip(np.round(codes), -127, 127).astype(np.int8)


def scaled_codes(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return int8 codes and a float32 scale per row, as TESSERA stores them."""
    scale = (np.abs(values).max(axis=-1, keepdims=True) / 127).astype(np.float32)
    return np.round(values / scale).astype(np.int8), scale[..., 0]


def _lists(x: np.ndarray) -> pa.Array:
    return pa.array(list(x), pa.list_(pa.float32()))


def _table(path: Path, columns: Mapping[str, Any], footer: Mapping[str, Any] | None = None) -> Path:
    table = pa.table(dict(columns))
    metadata = {key: json.dumps(value) for key, value in (footer or {}).items()}
    pq.write_table(table.replace_schema_metadata(metadata), path)
    return path


def _geo() -> dict[str, Any]:
    return {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Point"]}},
    }


def earth_index(folder: Path, world: World) -> Path:
    return _table(
        folder / "32UPU_2024.parquet",
        {
            "id": world.ids,
            "embedding": _lists(world.vectors(384)),
            "geometry": pa.array(wkb_points(world), pa.binary()),
        },
        {"emb": {"version": "0.0.1", "embedding_dim": 384}, "geo": _geo()},
    )


def major_tom(folder: Path, world: World) -> Path:
    n = len(world.ids)
    return _table(
        folder / "part_00001.parquet",
        {
            "unique_id": world.ids,
            "embedding": _lists(world.vectors(1024)),
            "grid_cell": [f"{i}U_{i}R" for i in range(n)],
            "grid_row_u": pa.array(range(n), pa.int16()),
            "grid_col_r": pa.array(range(n), pa.int16()),
            "product_id": [f"S2B_MSIL2A_{i}" for i in range(n)],
            "timestamp": ["20200101T000000"] * n,
            "centre_lat": pa.array(world.lat, pa.float32()),
            "centre_lon": pa.array(world.lon, pa.float32()),
            "geometry": pa.array(wkb_points(world), pa.binary()),
            "utm_footprint": ["POLYGON((0 0,1 0,1 1,0 0))"] * n,
            "utm_crs": ["EPSG:32632"] * n,
            "pixel_bbox": pa.array([[0, 0, 384, 384]] * n, pa.list_(pa.int32())),
        },
    )


def clay(folder: Path, world: World, *, version: str = "v1.5") -> Path:
    n = len(world.ids)
    d, suffix = {"v1.5": (1024, "parquet"), "v0": (768, "gpq")}[version]
    return _table(
        folder / f"clay.{suffix}",
        {
            "source_url": [f"s3://clay-tiles/02/{name}.tif" for name in world.ids],
            "date": ["2021-06-01"] * n,
            "embeddings": _lists(world.vectors(d)),
            "bbox": pa.array(np.random.default_rng(1).uniform(size=(n, 4)).tolist()),
            "geometry": pa.array(wkb_points(world), pa.binary()),
        },
        {"geo": _geo()},
    )


def mindset(folder: Path, world: World) -> Path:
    x = world.vectors(64)
    columns: dict[str, Any] = {"cell_id": world.ids, "lat": world.lat, "lon": world.lon}
    columns |= {f"emb_{k}": x[:, k] for k in range(64)}
    columns["spatial_fold"] = [i % 5 for i in range(len(world.ids))]
    return _table(folder / "mindset.parquet", columns)


def _csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    return path


def lightly(folder: Path, world: World) -> Path:
    x = world.vectors(128)
    rows = [[f"{name}.jpg", *vector.tolist(), 0] for name, vector in zip(world.ids, x, strict=True)]
    header = ["filenames", *(f"embedding_{k}" for k in range(128)), "labels"]
    return _csv(folder / "embeddings.csv", header, rows)


def terratorch(folder: Path, world: World) -> Path:
    """Two parts in the folder of one layer."""
    layer = folder / "embeddings" / "layer_11"
    layer.mkdir(parents=True)
    x = world.vectors(768)
    half = len(world.ids) // 2
    for part, rows in enumerate((slice(0, half), slice(half, None))):
        columns = {"file_id": world.ids[rows], "embedding": _lists(x[rows])}
        _table(layer / f"embeddings_{part:04d}.parquet", columns)
    return folder / "embeddings"


def earth_engine(folder: Path, world: World) -> Path:
    """The CSV export of the Satellite Embedding asset: float64, of length 1."""
    x = world.vectors(64, unit=True).astype(np.float64)
    codes = aef_codes(x).astype(np.float64)
    x = np.sign(codes) * np.square(np.abs(codes) / 127.5)
    header = ["system:index", *(f"A{k:02d}" for k in range(64)), "plot", ".geo"]
    rows = [
        [f"{i:020x}", *vector.tolist(), name, '{"type":"MultiPoint","coordinates":[]}']
        for i, (name, vector) in enumerate(zip(world.ids, x, strict=True))
    ]
    return _csv(folder / "ee-chart.csv", header, rows)


def patches(folder: Path, world: World, product: str, *, side: int = 12) -> Path:
    """One row per patch of raw bytes: a label per patch, vectors of its pixels around one mean."""
    n = len(world.ids)
    d = {"aef": 64, "tessera": 128}[product]
    columns: dict[str, Any] = {"embedding": [], "scale": [], "valid_fraction": []}
    for row in range(n):
        hidden = np.broadcast_to(world.hidden[row], (side, side, 4))
        x = embed(hidden, d, world.rng, unit=product == "aef")
        missing = world.rng.random((side, side)) < 0.1
        if product == "aef":
            codes = aef_codes(x)
            codes[missing] = -128
        else:
            codes, scale = scaled_codes(x)
            scale[missing] = np.nan
            columns["scale"].append(scale.astype("<f4").tobytes())
        columns["embedding"].append(codes.tobytes())
        columns["valid_fraction"].append(float(1 - missing.mean()))
    if product == "aef":
        del columns["scale"]
    columns |= {
        "crs": ["EPSG:32632"] * n,
        "transform": pa.array([[10.0, 0.0, 5e5, 0.0, -10.0, 5e6]] * n),
        "height": [side] * n,
        "width": [side] * n,
        "product_year": [2020] * n,
        "observation_year": [2020] * n,
        "label": [bytes(side * side)] * n,
        "__index_level_0__": world.ids,
    }
    return _table(folder / f"{product}.parquet", columns)
