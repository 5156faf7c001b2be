"""Fusing several embeddings files."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from neuco_plugin_fusion.scaling import (
    ColumnStatistics,
    check_scaling,
    read_weights,
    scale,
    scale_factors,
)
from neucocore import Embeddings, combined_fit, create, find, load_embeddings
from neucocore.plugin import ConfigError, IdError

SUFFIXES = (".csv.gz", ".csv", ".parquet", ".npz")


def fuse(
    files: Sequence[Path],
    *,
    weights: Sequence[str | float] = (),
    scaling: str = "block",
    reducer: str | None = "pca",
    dimension: int | None = 1024,
) -> Embeddings:
    """Read embeddings files of the same cubes, and concatenate their scaled columns.

    Parameters
    ----------
    files
        Two or more files of any format.
    weights
        One positive number per file; empty for equal weights.
    scaling
        ``block``, ``column`` or ``none``, see `neuco_plugin_fusion.scaling.scale_factors`.
    reducer
        Name of an installed reducer, fitted on all rows; None: no reduction.
    dimension
        Maximum number of columns of the reducer.

    Returns
    -------
    Embeddings
        Ids are sorted; the metadata list the parts with the digests of their numbers.

    Raises
    ------
    ConfigError
        Fewer than two files, invalid weights, or an unknown scaling.
    IdError
        The files have different ids.
    """
    checked_scaling = check_scaling(scaling)
    if len(files) < 2:
        raise ConfigError(
            f"a fusion needs two or more embeddings files, not {len(files)}",
            hint="neuco fusion make FILE FILE -o FILE",
        )
    numbers = read_weights(weights, len(files))
    parts = [load_embeddings(file) for file in files]
    ids = common_ids(files, parts)
    columns, described = [], []
    for file, part, weight in zip(files, parts, numbers, strict=True):
        row_of = {name: row for row, name in enumerate(part.ids)}
        matrix = part.matrix[[row_of[name] for name in ids]]
        statistics = ColumnStatistics()
        statistics.add(matrix)
        factors = scale_factors(statistics, checked_scaling, weight)
        columns.append(scale(matrix, statistics.mean, factors))
        described.append(_description(file, part, matrix, weight))
    matrix = np.concatenate(columns, axis=1)
    metadata: dict[str, Any] = {"fusion": {"parts": described, "scaling": scaling}}
    if dataset := _dataset(parts):
        metadata["dataset"] = dataset
    if any(part.metadata.get("unregistered") for part in parts):
        metadata["unregistered"] = True
    # Every scaling but none divides by statistics of these rows.
    fits = [*(part.metadata.get("fit") for part in parts)]
    fits.append("none" if checked_scaling == "none" else "transductive")
    if reducer is not None:
        component = find("reducer", reducer)
        fitted = create(component, dimension=dimension).fit(matrix)
        metadata["fusion"]["reducer"] = reducer
        if not component.registered:
            metadata["unregistered"] = True
        fits.append("transductive" if getattr(component.spec, "needs_fit", True) else "none")
        matrix = fitted.apply(matrix)
    if fit := combined_fit(fits):
        metadata["fit"] = fit
    return Embeddings(tuple(ids), matrix, metadata)


def common_ids(files: Sequence[Path], parts: Sequence[Embeddings]) -> list[str]:
    """Return the ids, which must be the same in all parts, sorted.

    Raises
    ------
    IdError
        An id is missing in one of the parts.
    """
    all_ids = sorted(set().union(*(part.ids for part in parts)))
    problems = []
    for file, part in zip(files, parts, strict=True):
        present = set(part.ids)
        missing = [name for name in all_ids if name not in present]
        if missing:
            examples = ", ".join(missing[:3]) + (", ..." if len(missing) > 3 else "")
            problems.append(
                f"{len(missing)} of {len(all_ids)} ids are missing in {file.name}: {examples}"
            )
    if problems:
        raise IdError(
            "the embeddings files have different ids",
            problems=problems,
            hint="encode the same cubes with each encoder",
        )
    return all_ids


def name_of(file: Path) -> str:
    """Return the name of a file without the suffix of its format; other dots stay."""
    for suffix in SUFFIXES:
        if file.name.lower().endswith(suffix):
            return file.name[: -len(suffix)]
    return file.name


def _description(file: Path, part: Embeddings, matrix: Any, weight: float) -> dict[str, Any]:
    return {
        "name": name_of(file),
        "dimension": part.dimension,
        "weight": weight,
        "sha256": hashlib.sha256(np.ascontiguousarray(matrix, "<f4").tobytes()).hexdigest(),
    }


def _dataset(parts: Sequence[Embeddings]) -> Any:
    """Return the recorded data set if it is the same for all parts, else None."""
    first, *others = (part.metadata.get("dataset") for part in parts)
    return first if all(other == first for other in others) else None
