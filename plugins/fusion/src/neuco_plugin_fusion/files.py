"""Several embeddings files as one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from neuco_plugin_fusion.scaling import Moments, check_scaling, factors, read_weights, scaled
from neucocore import Embeddings, create, find, load_embeddings
from neucocore.plugin import ConfigError, IdError


def fuse(
    files: Sequence[Path],
    *,
    weights: Sequence[str | float] = (),
    scaling: str = "block",
    reducer: str | None = "pca",
    dimension: int | None = 1024,
) -> Embeddings:
    """Read embeddings files of the same cubes and put their columns side by side.

    Parameters
    ----------
    files
        Two or more, in any format.
    weights
        One positive number each; none for equal weights.
    scaling
        ``block``, ``column`` or ``none``, see `neuco_plugin_fusion.scaling.factors`.
    reducer
        Name of an installed reducer, fitted on all rows; None for none.
    dimension
        The most columns of the reducer.

    Returns
    -------
    Embeddings
        Ids sorted; the metadata name the parts and the digests of their numbers.

    Raises
    ------
    ConfigError
        Fewer than two files, wrong weights, an unknown scaling.
    IdError
        The files hold different ids.
    """
    chosen = check_scaling(scaling)
    if len(files) < 2:
        raise ConfigError(f"fusing needs two embeddings files or more, not {len(files)}")
    numbers = read_weights(weights, len(files))
    parts = [load_embeddings(file) for file in files]
    ids = common_ids(files, parts)
    columns, described = [], []
    for file, part, weight in zip(files, parts, numbers, strict=True):
        row_of = {name: row for row, name in enumerate(part.ids)}
        matrix = part.matrix[[row_of[name] for name in ids]]
        moments = Moments()
        moments.add(matrix)
        columns.append(scaled(matrix, moments.mean, factors(moments, chosen, weight)))
        described.append(_description(file, part, matrix, weight))
    matrix = np.concatenate(columns, axis=1)
    metadata: dict[str, Any] = {"fusion": {"parts": described, "scaling": scaling}}
    if dataset := _dataset(parts):
        metadata["dataset"] = dataset
    if reducer is not None:
        fitted = create(find("reducer", reducer), dimension=dimension).fit(matrix)
        metadata["fusion"] |= {"reducer": reducer, "fit": "transductive"}
        matrix = fitted.apply(matrix)
    return Embeddings(tuple(ids), matrix, metadata)


def common_ids(files: Sequence[Path], parts: Sequence[Embeddings]) -> list[str]:
    """Return the ids all parts share, sorted.

    Raises
    ------
    IdError
        A part lacks ids that another has.
    """
    everything = sorted(set().union(*(part.ids for part in parts)))
    problems = []
    for file, part in zip(files, parts, strict=True):
        held = set(part.ids)
        missing = [name for name in everything if name not in held]
        if missing:
            shown = ", ".join(missing[:3]) + (", ..." if len(missing) > 3 else "")
            problems.append(f"{file.name} lacks {len(missing)} of {len(everything)}: {shown}")
    if problems:
        raise IdError(
            "the embeddings files hold different ids",
            problems=problems,
            hint="encode the same cubes with each encoder",
        )
    return everything


def _description(file: Path, part: Embeddings, matrix: Any, weight: float) -> dict[str, Any]:
    return {
        "name": file.name.partition(".")[0],
        "dimension": part.dimension,
        "weight": weight,
        "sha256": hashlib.sha256(np.ascontiguousarray(matrix, "<f4").tobytes()).hexdigest(),
    }


def _dataset(parts: Sequence[Embeddings]) -> Any:
    """Return the data set all parts say they are of, or None."""
    said = [part.metadata.get("dataset") for part in parts]
    return said[0] if all(one == said[0] for one in said) else None
