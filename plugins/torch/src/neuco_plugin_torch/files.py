"""Reducing embeddings files by the autoencoder."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_torch.autoencoder import KthAutoencoder
from neucocore import Embeddings, load_embeddings, read_label_file
from neucocore.plugin import ConfigError, DataError, IdError


def autoencode(files: Sequence[Path], targets: Sequence[Path] = (), **params: Any) -> Embeddings:
    """Train the autoencoder on embeddings files of the same cubes, and return its bottleneck.

    Parameters
    ----------
    files
        One or more files of any format; each is a source.
    targets
        Label files of auxiliary targets; cubes without a label are allowed.
    params
        Parameters of `KthAutoencoder` except ``sources``.

    Returns
    -------
    Embeddings
        Ids are sorted; the metadata list sources and targets with their digests.

    Raises
    ------
    IdError
        The files have different ids, or a target has none of them.
    ConfigError
        Invalid parameters.
    DataError
        An invalid file, or a target that is a class.
    """
    parts = [load_embeddings(file) for file in files]
    ids = _shared_ids(files, parts)
    ordered = [part.matrix[_rows(part.ids, ids)] for part in parts]
    target_columns = [_target(file, ids) for file in targets]
    reducer = KthAutoencoder(sources=[part.dimension for part in parts], **params)
    matrix = np.concatenate(ordered, axis=1)
    reducer.fit(matrix, np.concatenate(target_columns, axis=1) if target_columns else None)
    described = {
        "sources": [
            {"name": _name(file), "dimension": rows.shape[1], "sha256": _digest(rows)}
            for file, rows in zip(files, ordered, strict=True)
        ],
        "targets": [
            {
                "name": _name(file),
                "known": int(np.isfinite(numbers).all(axis=1).sum()),
                "sha256": _digest(numbers),
            }
            for file, numbers in zip(targets, target_columns, strict=True)
        ],
        "params": {name: value for name, value in sorted(params.items()) if name != "device"},
    }
    metadata: dict[str, Any] = {"autoencoder": described, "fit": "transductive"}
    dataset, *others = (part.metadata.get("dataset") for part in parts)
    if dataset is not None and all(other == dataset for other in others):
        metadata["dataset"] = dataset
    return Embeddings(tuple(ids), reducer.apply(matrix), metadata)


def _shared_ids(files: Sequence[Path], parts: Sequence[Embeddings]) -> list[str]:
    if not parts:
        raise ConfigError(
            "there are no embeddings files", hint="neuco autoencode FILE FILE -o FILE"
        )
    all_ids = sorted(set().union(*(part.ids for part in parts)))
    problems = []
    for file, part in zip(files, parts, strict=True):
        missing = sorted(set(all_ids) - set(part.ids))
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


def _target(file: Path, ids: Sequence[str]) -> NDArray[np.float64]:
    """Return the labels of the ids, (n, outputs), NaN where there is none."""
    labels = read_label_file(file)
    if labels.problem != "regression":
        raise DataError(
            f"{file}: targets must be regression labels, not {labels.problem} labels",
            hint="use a label file named <name>__regr.csv",
        )
    numbers = labels.y.reshape(len(labels.ids), -1).astype(np.float64)
    row_of = {name: row for row, name in enumerate(labels.ids)}
    labelled = [row for row, name in enumerate(ids) if name in row_of]
    if not labelled:
        raise IdError(
            f"{file} has a label for none of the {len(ids)} cubes",
            hint="check that labels and embeddings use the same ids",
        )
    target = np.full((len(ids), numbers.shape[1]), np.nan)
    target[labelled] = numbers[[row_of[ids[row]] for row in labelled]]
    return target


def _rows(part_ids: Sequence[str], ids: Sequence[str]) -> list[int]:
    row_of = {name: row for row, name in enumerate(part_ids)}
    return [row_of[name] for name in ids]


def _name(file: Path) -> str:
    return file.name.partition(".")[0]


def _digest(array: NDArray[np.floating]) -> str:
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return hashlib.sha256(little.tobytes()).hexdigest()
