"""Write a synthetic Earth in the layout of SSL4EO-S12-downstream, with its truth beside it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from neuco_plugin_synthetic_earth.labels import LABELS, control, nodata
from neuco_plugin_synthetic_earth.world.cubes import EarthCube, make_cubes
from neuco_plugin_synthetic_earth.world.fields import generator
from neuco_plugin_synthetic_earth.world.places import CUBES_PER_PLACE
from neucocore.plugin import BANDS, ConfigError, DataError, replacing, write_modality, write_text

WORLD = 1  # a change of the world's looks for the same seed is a new number
FILES_PER_PART = 1000
SMALLEST, LARGEST = 16, 1024
MANIFEST = "synthetic-earth.json"
PHASES = ("cvpr_earthvision_phase_dev", "cvpr_earthvision_phase_eval")
SHARE_OF_DEV = 0.4
OUTPUTS = {"ships_position__regr": ("row", "col")}


class Row(NamedTuple):
    """What the tables say about one cube: its place, and its labels by label file."""

    id: str
    place: str
    lon: float
    lat: float
    row: int
    col: int
    dev: bool
    labels: dict[str, Any]


def make(
    out: str | Path,
    *,
    cubes: int = 500,
    size: int = 64,
    seed: int = 0,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Make `cubes` cubes with labels and truth in the folder `out`.

    The files depend on `cubes`, `size` and `seed` alone, byte for byte; the cubes of a smaller
    number are those of a larger one.

    Parameters
    ----------
    out
        A new or empty folder, or one with an earlier, not larger Earth of the same size and seed.
    cubes
        How many, four neighbours to a place.
    size
        Pixels along y and x, 10 m each.
    seed
        Which Earth.
    jobs
        Worker processes.
    progress
        Called with the cubes done and the cubes in all.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ConfigError
        A parameter out of range.
    DataError
        The folder holds something else.
    """
    _check(cubes, size, jobs)
    folder = Path(out)
    _claim(folder, {"world": WORLD, "size": size, "seed": seed, "cubes": cubes})
    rows: list[Row] = []
    for made in _places(folder, cubes, size, seed, jobs):
        rows += made
        if progress is not None:
            progress(len(rows), cubes)
    _write_tables(folder, rows)
    return folder


def example(folder: Path) -> None:
    """Make the smallest Earth worth reading, for trying the data set out."""
    make(folder, cubes=4, size=32)


def _check(cubes: int, size: int, jobs: int) -> None:
    if cubes < 1:
        raise ConfigError(f"an Earth of {cubes} cubes cannot be made", hint="--set cubes=500")
    if not SMALLEST <= size <= LARGEST:
        raise ConfigError(
            f"cubes of {size} pixels cannot be made; the size is {SMALLEST} to {LARGEST}",
            hint="--set size=64, or 264 as SSL4EO-S12",
        )
    if jobs < 1:
        raise ConfigError(f"{jobs} jobs cannot work", hint="--set jobs=1")


def _claim(folder: Path, wanted: dict[str, int]) -> None:
    """Say what the folder is going to hold, unless it holds something else."""
    manifest = folder / MANIFEST
    if not manifest.exists():
        if folder.exists() and any(folder.iterdir()):
            raise DataError(
                f"{folder} is not empty and holds no synthetic Earth", hint="name a new folder"
            )
    else:
        held = _manifest(manifest)
        other = {key for key in wanted if key != "cubes" and held.get(key) != wanted[key]}
        if other or held["cubes"] > wanted["cubes"]:
            raise DataError(
                f"{folder} holds another synthetic Earth: {_told(held)}; asked for {_told(wanted)}",
                hint="name a new folder",
            )
    write_text(manifest, json.dumps(wanted, indent=1, sort_keys=True) + "\n")


def _manifest(path: Path) -> dict[str, int]:
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(held, dict) and isinstance(held.get("cubes"), int):
            return held
        problem = "it names no number of cubes"
    except ValueError as error:
        problem = str(error)
    raise DataError(f"{path} cannot be read: {problem}", hint="name a new folder")


def _told(parameters: dict[str, int]) -> str:
    return ", ".join(f"{key} {value}" for key, value in sorted(parameters.items()))


def _places(folder: Path, cubes: int, size: int, seed: int, jobs: int) -> Iterator[list[Row]]:
    places = range(-(-cubes // CUBES_PER_PLACE))
    work = [
        (folder, seed, size, place, min(CUBES_PER_PLACE, cubes - place * CUBES_PER_PLACE))
        for place in places
    ]
    if jobs == 1:
        yield from map(_make_place, work)
        return
    with ProcessPoolExecutor(min(jobs, len(work)), mp_context=get_context("spawn")) as pool:
        yield from pool.map(_make_place, work, chunksize=4)


def _make_place(work: tuple[Path, int, int, int, int]) -> list[Row]:
    """Make and write one place's cubes; runs in a worker process."""
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
