"""Labels of samples, in memory."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.files.findings import Finding


@dataclass(frozen=True, eq=False)
class Labels:
    """Labels of samples: what a task returns.

    Attributes
    ----------
    ids
        Sample ids; each occurs once.
    y
        (n,) float64 values for regression, (n,) int64 class codes for binary and multiclass;
        (n, k) float64 for several outputs or multilabel (0 and 1), NaN where a label is missing.
    groups
        (n,) group of each sample, for grouped splits, or None.
    classes
        Names of the class codes; empty for other problems.
    outputs
        Names of the k columns of `y`; empty if `y` has one dimension.
    findings
        Warnings and repairs, such as samples without a label.
    label_sd
        Standard deviation of the error of each label, as `y`, in label units; NaN where it is not
        known. None if no label has one. Regression only.
    """

    ids: tuple[str, ...]
    y: NDArray[Any]
    groups: NDArray[Any] | None = None
    classes: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    label_sd: NDArray[np.float64] | None = None


def label_digest(labels: Labels) -> str:
    """Return the sha256 (hex) of ids in order, labels as float64, classes, outputs and groups.

    Scores do not depend on ``label_sd``, so it is not part of the digest.
    """
    digest = hashlib.sha256()
    groups = () if labels.groups is None else tuple(map(str, labels.groups))
    for part in (labels.ids, labels.classes, labels.outputs, *([groups] if groups else [])):
        digest.update("\x1f".join(part).encode() + b"\x1e")
    digest.update(np.ascontiguousarray(labels.y, dtype="<f8").tobytes())
    return digest.hexdigest()
