"""Labelling cubes one by one, and counting the cubes without a label by reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from neucocore.data.labels.labels import Labels
from neucocore.errors import DataError
from neucocore.files.findings import Finding
from neucocore.messages import DOCUMENTATION


class NoLabel(Exception):  # noqa: N818  not an error
    """A cube gets no label; the text is the reason, equal for all cubes with this reason."""


def label_each(
    ids: Sequence[str],
    label: Callable[[str], float | Sequence[float]],
    *,
    outputs: tuple[str, ...] = (),
    classes: tuple[str, ...] = (),
) -> Labels:
    """Label cubes one by one.

    Parameters
    ----------
    ids
        Ids of the cubes.
    label
        Called with an id; returns a value, a class code if there are `classes`, or one value per
        output. Raises `NoLabel` for a cube that gets no label.
    outputs, classes
        As in `Labels`.

    Returns
    -------
    Labels
        The labelled cubes in the order of `ids`; ``findings`` counts the others by reason.

    Raises
    ------
    DataError
        No cube gets a label.
    """
    labelled: list[str] = []
    values: list[float | Sequence[float]] = []
    reasons: dict[str, list[str]] = {}
    for cube in ids:
        try:
            value = label(cube)
        except NoLabel as reason:
            reasons.setdefault(str(reason), []).append(cube)
        else:
            labelled.append(cube)
            values.append(value)
    findings = tuple(
        Finding(
            "no-label", "warning", f"cube without a label: {reason}", len(cubes), tuple(cubes[:3])
        )
        for reason, cubes in reasons.items()
    )
    if not labelled:
        raise DataError(
            f"none of {len(ids)} cubes gets a label",
            problems=[str(finding) for finding in findings],
            hint="check that the source covers the cubes in space and time: "
            f"{DOCUMENTATION}/tasks.md",
        )
    y = np.array(values, dtype=np.int64 if classes else np.float64)
    return Labels(tuple(labelled), y, classes=classes, outputs=outputs, findings=findings)
