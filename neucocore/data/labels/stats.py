"""Statistics of a label file: count, distribution, missing labels, phases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.data.labels.label_file import LabelFile, read_label_file
from neucocore.data.labels.values import flags
from neucocore.files.findings import messages

QUANTILES = {"p05": 0.05, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95}


def label_stats(file: LabelFile) -> dict[str, Any]:
    """Describe a label file in plain JSON values.

    Returns
    -------
    dict
        ``task`` (the stem), ``file``, ``problem``, ``count`` (labelled ids), ``missing`` (rows
        without a label), ``distribution`` (of the values or classes, or one per output),
        ``phases`` (number of ids per phase column), ``in_several_phases`` (number of ids that
        belong to more than one phase) and ``findings``.
    """
    phases = phases_of(file.extra)
    return {
        "task": file.stem,
        "file": file.name,
        "problem": file.problem,
        "count": len(file.ids),
        "missing": sum(f.count for f in file.findings if f.code == "missing-labels"),
        "distribution": _distribution(file),
        "phases": {name: int(mask.sum()) for name, mask in phases.items()},
        "in_several_phases": _in_several(list(phases.values())),
        "findings": [finding.as_json() for finding in file.findings],
    }


def describe_label_file(path: Path) -> dict[str, Any]:
    """Describe a label file for ``neuco inspect``: its statistics, classes and findings."""
    file = read_label_file(path)
    stats = label_stats(file)
    return {
        "kind": "labels",
        **stats,
        "file": str(path),
        "classes": list(file.classes),
        "outputs": list(file.outputs),
        "columns": list(file.extra),
        "findings": messages(file.findings),
    }


def phases_of(extra: Mapping[str, Sequence[str]]) -> dict[str, NDArray[np.bool_]]:
    """Return the extra columns that hold only true and false, as (n,) arrays."""
    masks = {name: flags(cells) for name, cells in extra.items() if any(cells)}
    return {name: np.array(mask) for name, mask in masks.items() if mask is not None}


def _distribution(file: LabelFile) -> dict[str, Any]:
    if file.classes:
        counts = np.bincount(file.y, minlength=len(file.classes))
        return {name: int(count) for name, count in zip(file.classes, counts, strict=True)}
    if file.outputs:
        columns = zip(file.outputs, file.y.T, strict=True)
        return {name: _summary(column) for name, column in columns}
    return _summary(file.y)


def _summary(values: NDArray[np.float64]) -> dict[str, Any]:
    """Describe the finite values: count, mean, standard deviation (ddof 0), range, quantiles."""
    known = values[np.isfinite(values)]
    if known.size == 0:
        return {"count": 0}
    quantiles = np.quantile(known, list(QUANTILES.values()))
    return {
        "count": int(known.size),
        "mean": float(known.mean()),
        "std": float(known.std()),
        "min": float(known.min()),
        **{name: float(value) for name, value in zip(QUANTILES, quantiles, strict=True)},
        "max": float(known.max()),
        "zeros": int((known == 0).sum()),
        "distinct": int(np.unique(known).size),
    }


def _in_several(phases: Sequence[NDArray[np.bool_]]) -> int:
    return int((np.sum(phases, axis=0) > 1).sum()) if len(phases) > 1 else 0
