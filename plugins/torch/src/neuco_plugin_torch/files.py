"""Embeddings files through the autoencoder."""

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
        One or more, in any format; each is a source.
    targets
        Label files of numbers to tell from the bottleneck too; cubes may lack some.
    params
        Of `KthAutoencoder`, but ``sources``.

    Returns
    -------
    Embeddings
        Ids sorted; the metadata name sources, targets and their digests.

    Raises
    ------
    IdError
        The files hold different ids, or a target knows none of them.
    ConfigError
        Parameters that cannot be used.
    DataError
        A file that cannot be used, or a target that is a class.
    """
    parts = [load_embeddings(file) for file in files]
    ids = _shared_ids(files, parts)
    ordered = [part.matrix[_places(part.ids, ids)] for part in parts]
    known = [_target(file, ids) for file in targets]
    reducer = KthAutoencoder(sources=[part.dimension for part in parts], **params)
    matrix = np.concatenate(ordered, axis=1)
    reducer.fit(matrix, np.concatenate(known, axis=1) if known else None)
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
            for file, numbers in zip(targets, known, strict=True)
        ],
        "params": {name: value for name, value in sorted(params.items()) if name != "device"},
    }
    metadata: dict[str, Any] = {"autoencoder": described, "fit": "transductive"}
    said = [part.metadata.get("dataset") for part in parts]
    if said[0] is not None and all(one == said[0] for one in said):
        metadata["dataset"] = said[0]
    return Embeddings(tuple(ids), reducer.apply(matrix), metadata)


def _shared_ids(files: Sequence[Path], parts: Sequence[Embeddings]) -> list[str]:
    if not parts:
        raise ConfigError("there are no embeddings files to autoencode")
    everything = sorted(set().union(*(part.ids for part in parts)))
    problems = []
    for file, part in zip(files, parts, strict=True):
        missing = sorted(set(everything) - set(part.ids))
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


def _target(file: Path, ids: Sequence[str]) -> NDArray[np.float64]:
    """Return a label file's numbers for the ids, (n, outputs), NaN where there is none."""
    labels = read_label_file(file)
    if labels.problem != "regression":
        raise DataError(
            f"{file}: the autoencoder's targets are numbers; these are {labels.problem} labels",
            hint="a label file named <name>__regr.csv",
        )
    numbers = labels.y.reshape(len(labels.ids), -1).astype(np.float64)
    row_of = {name: row for row, name in enumerate(labels.ids)}
    found = [row for row, name in enumerate(ids) if name in row_of]
    if not found:
        raise IdError(f"{file} knows none of the {len(ids)} cubes", hint="are the ids the same?")
    target = np.full((len(ids), numbers.shape[1]), np.nan)
    target[found] = numbers[[row_of[ids[row]] for row in found]]
    return target


def _places(held: Sequence[str], wanted: Sequence[str]) -> list[int]:
    row_of = {name: row for row, name in enumerate(held)}
    return [row_of[name] for name in wanted]


def _name(file: Path) -> str:
    return file.name.partition(".")[0]


def _digest(array: NDArray[np.floating]) -> str:
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return hashlib.sha256(little.tobytes()).hexdigest()
