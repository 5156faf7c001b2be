"""Errors of an embedding on a map that gives no site away.

Sites are private unless their owner says otherwise: pages, packs and summaries hold the mean error
of cells of at least 10 km with at least 3 sites, and no ids. Sites in cells with fewer are counted,
not shown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from neucocore.data.coordinates import Places, read_place_table
from neucocore.errors import ResultsError
from neucocore.options import StrPath
from neucocore.results.influence_file import read_arrays
from neucocore.results.layout import PREDICTIONS
from neucocore.results.reading import read_run
from neucocore.statistics.sphere import cell_centres, grid_cells

MIN_SITES = 3
STEPS_KM = (10.0, 25.0, 50.0, 100.0, 250.0)
"""Sides that are tried in ascending order, until most sites are in a cell that can be shown."""
MOST = 0.8


def errors_of(folder: Path, task: str, problem: str) -> dict[str, float]:
    """Return the error of each id: absolute, or the share of wrong classes.

    Parameters
    ----------
    folder
        The run folder.
    problem
        The kind of the task: ``regression``, ``binary``, ``multiclass`` or ``multilabel``.

    Raises
    ------
    ResultsError
        The predictions are missing or damaged.
    """
    ids, truth, predicted = read_arrays(folder / task / PREDICTIONS, ("ids", "y_true", "y_pred"))
    if problem == "multiclass":
        errors = (predicted.argmax(axis=1) != truth).astype(np.float64)
    elif problem == "regression":
        errors = np.abs(predicted - truth)
    else:
        errors = np.where(np.isnan(truth), np.nan, (predicted > 0.5) != (truth > 0.5))
    errors = errors.reshape(len(ids), -1)
    known = ~np.isnan(errors)
    errors = np.where(known, errors, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    totals: dict[str, list[float]] = defaultdict(list)
    for name, error in zip(ids.tolist(), errors.tolist(), strict=True):
        totals[name].append(error)
    return {name: float(np.mean(values)) for name, values in totals.items()}


def cells(errors: dict[str, float], places: Places) -> dict[str, Any]:
    """Return the mean error in cells of a size at which most sites can be shown.

    Parameters
    ----------
    errors
        Error of each id.

    Returns
    -------
    dict
        ``km``, ``min_sites``, ``hidden_sites`` and ``cells``: centre, number of sites and mean
        error of each.
    """
    ids = [name for name in errors if name in places.of_id]
    for km in STEPS_KM:
        shown, hidden = _cells(ids, errors, places, km)
        if hidden <= (1 - MOST) * len(ids):
            break
    return {"km": km, "min_sites": MIN_SITES, "hidden_sites": hidden, "cells": shown}


def sites(errors: dict[str, float], places: Places) -> list[dict[str, Any]]:
    """Return every site with its error, for people who may see the locations."""
    return [
        {"id": name, "lon": places.of_id[name][0], "lat": places.of_id[name][1], "error": error}
        for name, error in errors.items()
        if name in places.of_id
    ]


def error_map(run: StrPath, places: StrPath, *, exact: bool = False) -> dict[str, Any]:
    """Return the errors of a run on a map, from its stored predictions.

    Parameters
    ----------
    run
        The run folder.
    places
        Table with the columns ``id``, ``lon`` and ``lat`` (degrees, WGS 84).
    exact
        Return sites instead of cells.

    Returns
    -------
    dict
        Maps each task with readable predictions and at least one place to its mean errors in cells
        (``km``, ``min_sites``, ``hidden_sites``, ``cells``), or to a list of its sites.

    Raises
    ------
    DataError
        The table cannot be used.
    ResultsError
        The folder holds no run.
    """
    located = read_place_table(Path(places))
    maps: dict[str, Any] = {}
    for task, result in read_run(Path(run)).tasks.items():
        if not (Path(run) / task / PREDICTIONS).is_file():
            continue
        try:
            errors = errors_of(Path(run), task, str(result.details.get("problem")))
        except ResultsError:
            continue
        if any(name in located.of_id for name in errors):
            maps[task] = sites(errors, located) if exact else cells(errors, located)
    return maps


def _cells(
    ids: Sequence[str], errors: dict[str, float], places: Places, km: float
) -> tuple[list[dict[str, Any]], int]:
    members: dict[tuple[int, int], list[str]] = defaultdict(list)
    for name, (band, cell) in zip(ids, grid_cells(*places.of(ids), km).tolist(), strict=True):
        members[band, cell].append(name)
    shown, hidden = [], 0
    for cell_key in sorted(members):
        names = members[cell_key]
        if len({places.of_id[name] for name in names}) < MIN_SITES:
            hidden += len(names)
            continue
        lon, lat = cell_centres(np.array([cell_key]), km)
        shown.append(
            {
                "lon": round(float(lon[0]), 2),
                "lat": round(float(lat[0]), 2),
                "sites": len(names),
                "error": float(np.mean([errors[name] for name in names])),
            }
        )
    return shown, hidden
