"""Cloud cover from CloudSEN12 label rasters and their class codes."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neucocore.plugin import (
    ConfigError,
    DataError,
    Labels,
    NoLabel,
    Raster,
    TruthLayer,
    grids_for,
    label_each,
    share_of,
    truth_folder,
)

# Codes of thick and thin cloud, and all codes. Scribbles distinguish centre and edge of clouds.
CLOUD = {"classes": (1, 2), "scribble": (1, 2, 3, 4)}
CODES = {"classes": range(4), "scribble": range(7)}
UNLABELLED = {"classes": (), "scribble": (99,)}
PATCH, PADDED = 509, (512, 512)
COVERED = 0.5  # minimum share of the cube that the raster of each season must cover

Codes = NDArray[np.uint8]
Edges = tuple[int, int, int, int]


def cover(
    ids: Sequence[str],
    sources: Sequence[Path],
    *,
    cubes: str | None = None,
    seasons: int = 4,
    labels: str = "classes",
    padding: Sequence[str] = (),
) -> Labels:
    """Label cubes with their cloud cover in percent, mean over the seasons.

    Parameters
    ----------
    ids
        Ids of the cubes.
    sources
        A CSV file with ``id``, ``season`` and ``file`` (path of a label raster, relative to the CSV
        file), or the folder of a data set with truth files.
    cubes
        Table of the cubes' grids, on which the rasters are sampled; None: each raster covers
        exactly its cube.
    seasons
        Number of seasons that must be labelled.
    labels
        ``classes`` (0 clear, 1 thick, 2 thin, 3 shadow) or ``scribble`` (0-6, 99 unlabelled).
    padding
        Width in pixels of the padding at the top, bottom, left and right, which is cut off.

    Raises
    ------
    ConfigError
        The source is neither of these, or the padding is not four numbers.
    DataError
        A raster has unknown codes or undeclared padding, or no cube gets a label.
    """
    if seasons < 1:
        raise ConfigError(f"seasons={seasons} is less than 1", hint="--set seasons=4")
    rasters = _source(sources, cubes, _edges(padding))

    def label(cube: str) -> float:
        by_season = rasters(cube)
        if len(by_season) != seasons:
            raise NoLabel(f"fewer or more than {seasons} labelled seasons")
        return 100.0 * float(np.mean([_share(codes, labels) for codes in by_season]))

    return label_each(ids, label)


def _share(codes: Codes, labels: str) -> float:
    unknown = sorted(set(np.unique(codes).tolist()) - set(CODES[labels]) - set(UNLABELLED[labels]))
    if unknown:
        raise DataError(
            f"a label raster has codes that are not CloudSEN12 {labels}: {unknown[:3]}",
            hint="for scribble labels, whose codes are 0-6: --set labels=scribble",
        )
    labelled = codes[~np.isin(codes, UNLABELLED[labels])]
    if labelled.size == 0:
        raise NoLabel("no labelled pixel in a season")
    return share_of(labelled, CLOUD[labels])


def _source(
    sources: Sequence[Path], cubes: str | None, edges: Edges
) -> Callable[[str], list[Codes]]:
    """Return a function: cube id to class codes, one array per season."""
    folder = truth_folder(sources)
    if folder is not None:
        layer = TruthLayer(folder, "clouds")
        return lambda cube: list(layer.array(cube))
    if len(sources) != 1 or sources[0].suffix.lower() != ".csv":
        raise ConfigError(
            "the source of cloud labels must be one CSV table of label rasters",
            hint="--source TABLE.csv with the columns id, season, file",
        )
    files = _read_table(sources[0])
    grids = None if cubes is None else grids_for(cubes, "label rasters")

    def of_files(cube: str) -> list[Codes]:
        rasters = [_open(path, edges) for _, path in sorted(files.get(cube, {}).items())]
        if grids is None:
            patches = [raster.read() for raster in rasters]
        elif cube not in grids:
            raise NoLabel("no grid in the table of cubes")
        else:
            patches = [raster.sample(grids[cube]) for raster in rasters]
        if any(patch.covered.mean() < COVERED for patch in patches):
            raise NoLabel(f"the raster of a season covers less than {COVERED:.0%} of the cube")
        return [patch.values[patch.covered] for patch in patches]

    return of_files


def _read_table(path: Path) -> dict[str, dict[str, Path]]:
    """Return the label rasters by cube and season."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is not encoded as UTF-8 (byte {error.start})",
            hint="save the table as UTF-8",
        ) from error
    with io.StringIO(text, newline="") as table:
        rows = csv.DictReader(table)
        missing = {"id", "season", "file"} - set(rows.fieldnames or ())
        if missing:
            raise DataError(
                f"{path} has no column {', '.join(sorted(missing))}",
                hint="the columns are id, season and file",
            )
        files: dict[str, dict[str, Path]] = {}
        for row in rows:
            where = f"{path} line {rows.line_num}"
            if not (row["id"] and row["season"] and row["file"]):
                raise DataError(
                    f"{where}: id, season or file is empty", hint="fill in all three columns"
                )
            seasons = files.setdefault(row["id"], {})
            if row["season"] in seasons:
                raise DataError(
                    f"{where}: season {row['season']!r} of {row['id']} occurs twice",
                    hint="keep one row for each cube and season",
                )
            seasons[row["season"]] = path.parent / row["file"]
    return files


def _open(path: Path, edges: Edges) -> Raster:
    """Open a label raster; undeclared padding is an error."""
    raster = Raster(path, padding=edges)
    shape = raster.rows[1] - raster.rows[0], raster.cols[1] - raster.cols[0]
    if shape == PADDED:
        raise DataError(
            f"{path.name} has {shape[0]} x {shape[1]} pixels but CloudSEN12 patches have {PATCH} x "
            f"{PATCH}: the raster is padded, and padding looks like clear sky",
            hint="state the width of the padding: --set padding=top,bottom,left,right",
        )
    return raster


def _edges(padding: Sequence[str]) -> Edges:
    if not padding:
        return 0, 0, 0, 0
    try:
        top, bottom, left, right = (int(text) for text in padding)
    except ValueError:
        text = ",".join(map(str, padding))
        raise ConfigError(
            f"padding={text} is not four integers", hint="--set padding=top,bottom,left,right"
        ) from None
    if min(top, bottom, left, right) < 0:
        raise ConfigError("padding must not be negative", hint="--set padding=1,2,1,2")
    return top, bottom, left, right
