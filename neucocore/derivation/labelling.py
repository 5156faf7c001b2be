"""One label a cube, with every cube that gets none named and counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from neucocore.data.labels.labels import Labels
from neucocore.errors import DataError
from neucocore.files.findings import Finding


class NoLabel(Exception):  # noqa: N818 - an ordinary outcome, not an error
    """One cube gets no label; the text says why and is the same for all cubes of that reason."""


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
        Called with an id; returns a value, a class code when there are `classes`, or one value
        an output. Raises `NoLabel` for a cube that cannot be labelled.
    outputs, classes
        As in `Labels`.

    Returns
    -------
    Labels
        The labelled cubes in the order of `ids`. ``findings`` counts the others by reason.

    Raises
    ------
    DataError
        When no cube gets a label: an empty set of labels is never what was asked for.
    """
    labelled: list[str] = []
    values: list[float | Sequence[float]] = []
    reasons: dict[str, list[str]] = {}
    for cube in ids:
        try:
            value = label(cube)
        except NoLabel as missing:
            reasons.setdefault(str(missing), []).append(cube)
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
            hint="check that the source covers the cubes in space and time; docs/tasks.md",
        )
    y = np.array(values, dtype=np.int64 if classes else np.float64)
    return Labels(tuple(labelled), y, classes=classes, outputs=outputs, findings=findings)
