"""Write a synthetic Earth in the layout of SSL4EO-S12-downstream, with its truth."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from neuco_plugin_synthetic_earth.labels import LABELS, control, nodata
from neuco_plugin_synthetic_earth.world.cubes import EarthCube, make_cubes
from neuco_plugin_synthetic_earth.world.fields import generator
from neuco_plugin_synthetic_earth.world.places import CUBES_PER_PLACE
from neucocore.plugin import (
    BANDS,
    ConfigError,
    DataError,
    WorkerPool,
    replacing,
    write_modality,
    write_text,
)

WORLD = 1  # increased when the same seed gives different cubes
FILES_PER_PART = 1000
MIN_SIZE, MAX_SIZE = 16, 1024
MANIFEST = "synthetic-earth.json"
PHASES = ("cvpr_earthvision_phase_dev", "cvpr_earthvision_phase_eval")
SHARE_OF_DEV = 0.4
OUTPUTS = {"ships_position__regr": ("row", "col")}


class Row(NamedTuple):
    """The entries of one cube in the tables: its location, and its labels by label file."""

    id: str
    place: str
    lon: float
    lat: float
    row: int
    col: int
    dev: bool
    labels: dict[str, Any]


def generate(
    out: str | Path,
    *,
    cubes: int = 500,
    size: int = 64,
    seed: int = 0,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write `cubes` cubes with labels and truth to the folder `out`.

    The bytes of the files depend only on `cubes`, `size` and `seed`; the first cubes are the same
    for every number of cubes.

    Parameters
    ----------
    out
        A new or empty folder, or one with an Earth of the same size and seed, and no more cubes.
    cubes
        Number of cubes; four neighbouring cubes form a place.
    size
        Pixels of 10 m along y and x.
    seed
        Random seed.
    jobs
        Number of worker processes.
    progress
        Called with the number of finished cubes and the number of all cubes.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ConfigError
        A parameter out of range.
    DataError
        The folder contains something else.
    """
    _check(cubes, size, jobs)
    folder = Path(out)
    _write_manifest(folder, {"world": WORLD, "size": size, "seed": seed, "cubes": cubes})
    rows: list[Row] = []
    for place_rows in _places(folder, cubes, size, seed, jobs):
        rows += place_rows
        if progress is not None:
            progress(len(rows), cubes)
    _write_tables(folder, rows)
    return folder


def example(folder: Path) -> None:
    """Write a small Earth, the example for the conformance kit."""
    generate(folder, cubes=4, size=32)


def _check(cubes: int, size: int, jobs: int) -> None:
    if cubes < 1:
        raise ConfigError(f"cubes={cubes} is less than 1", hint="--set cubes=500")
    if not MIN_SIZE <= size <= MAX_SIZE:
        raise ConfigError(
            f"size={size} is not between {MIN_SIZE} and {MAX_SIZE} pixels",
            hint="--set size=64",
        )
    if jobs < 1:
        raise ConfigError(f"jobs={jobs} is less than 1", hint="--set jobs=1")


def _write_manifest(folder: Path, parameters: dict[str, int]) -> None:
    """Record the parameters in the folder; an error if it contains something else."""
    manifest = folder / MANIFEST
    if not manifest.exists():
        if folder.exists() and any(folder.iterdir()):
            raise DataError(
                f"{folder} is not empty and is not a synthetic Earth",
                hint="write to a new folder: --output DIR",
            )
    else:
        existing = _read_manifest(manifest)
        differ = any(
            existing.get(key) != value for key, value in parameters.items() if key != "cubes"
        )
        if differ or existing["cubes"] > parameters["cubes"]:
            raise DataError(
                f"{folder} contains another synthetic Earth: {_described(existing)} instead of "
                f"{_described(parameters)}",
                hint="write to a new folder: --output DIR",
            )
    write_text(manifest, json.dumps(parameters, indent=1, sort_keys=True) + "\n")


def _read_manifest(path: Path) -> dict[str, int]:
    try:
        parameters = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(parameters, dict) and isinstance(parameters.get("cubes"), int):
            return parameters
        problem = "it has no number of cubes"
    except ValueError as error:
        problem = str(error)
    raise DataError(f"{path} cannot be read: {problem}", hint="write to a new folder: --output DIR")


def _described(parameters: dict[str, int]) -> str:
    return ", ".join(f"{key} {value}" for key, value in sorted(parameters.items()))


def _places(folder: Path, cubes: int, size: int, seed: int, jobs: int) -> Iterator[list[Row]]:
    places = range(-(-cubes // CUBES_PER_PLACE))
    work = [
        (folder, seed, size, place, min(CUBES_PER_PLACE, cubes - place * CUBES_PER_PLACE))
        for place in places
    ]
    if jobs == 1:
        yield from map(_write_place, work)
        return
    with WorkerPool(min(jobs, len(work))) as pool:
        yield from pool.map(_write_place, work, chunksize=4)


def _write_place(work: tuple[Path, int, int, int, int]) -> list[Row]:
    """Generate and write the cubes of one place; runs in a worker process."""
    folder, seed, size, place, count = work
    dev = bool(generator(seed, "phase", place).random() < SHARE_OF_DEV)
    rows = []
    for number, cube in enumerate(make_cubes(seed, size, place, count)):
        index = place * CUBES_PER_PLACE + number
        _write_cube(folder, cube, index // FILES_PER_PART)
        labels: dict[str, Any] = {name: label(cube.truth) for name, label in LABELS.items()}
        labels["nodata__regr"] = nodata(cube.s2l2a)
        labels |= control(cube.id)
        rows.append(
            Row(cube.id, cube.place.name, cube.lon, cube.lat, cube.row, cube.col, dev, labels)
        )
    return rows


def _write_cube(folder: Path, cube: EarthCube, part: int) -> None:
    for modality, bands in BANDS.items():
        path = folder / "data" / modality / f"part-{part:06d}" / f"{cube.id}.zarr.zip"
        write_modality(path, getattr(cube, modality), bands)
    with replacing(folder / "truth" / f"{cube.id}.npz", durable=False) as file:
        np.savez_compressed(file, **cube.truth)


def _write_tables(folder: Path, rows: list[Row]) -> None:
    places = [[r.id, r.place, f"{r.lon:.6f}", f"{r.lat:.6f}", r.row, r.col] for r in rows]
    _write_table(folder / "locations.csv", ["id", "place", "lon", "lat", "row", "col"], places)
    for name in sorted(rows[0].labels):
        columns = [f"label:{output}" for output in OUTPUTS.get(name, ())] or ["label"]
        labelled = [
            row for row in sorted(rows, key=lambda row: row.id) if row.labels[name] is not None
        ]
        cells = [
            [row.id, *_cells(row.labels[name], name), row.dev, not row.dev] for row in labelled
        ]
        if cells:
            _write_table(folder / "labels" / f"{name}.csv", ["id", *columns, *PHASES], cells)


def _cells(label: float | tuple[float, ...], name: str) -> list[str]:
    values = label if isinstance(label, tuple) else (label,)
    return [f"{value:.0f}" if name.endswith("__cls") else f"{value:.6f}" for value in values]


def _write_table(path: Path, header: list[str], rows: list[list[Any]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    write_text(path, text.getvalue())
