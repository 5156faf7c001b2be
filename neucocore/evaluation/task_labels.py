"""What a task makes of its label files, checked against what tasks promise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from neucocore.components.discovery import Component
from neucocore.components.factory import create, plugin_errors
from neucocore.components.specs import TaskSpec
from neucocore.data.labels.labels import LabelFile, Labels
from neucocore.errors import ComponentOutputError, DataError

SHOWN = 3


def labels_of(component: Component, files: Sequence[LabelFile]) -> Labels:
    """Return the labels that a task makes of its label files, without rows the files dropped.

    Raises
    ------
    DataError
        A task that reads its file as it is has several, or one of another problem.
    ComponentOutputError
        The task raises, or returns what its contract forbids: every problem is listed.
    """
    spec = cast(TaskSpec, component.spec)
    if spec.factory == "":
        return _as_they_are(component.full_name, spec, files)
    with plugin_errors(component):
        returned = create(component).labels([file.path for file in files])
    labels = _checked(component.full_name, spec, returned)
    kept = {cube for file in files for cube in file.ids}
    rows = [row for row, cube in enumerate(labels.ids) if cube in kept]
    return replace(
        labels,
        ids=tuple(labels.ids[row] for row in rows),
        y=labels.y[rows],
        groups=None if labels.groups is None else labels.groups[rows],
    )


def _as_they_are(name: str, spec: TaskSpec, files: Sequence[LabelFile]) -> Labels:
    if len(files) > 1:
        raise DataError(
            f"several files hold the labels of {name}: "
            f"{', '.join(file.path.name for file in files)}",
            hint="keep one of them",
        )
    labels, found = files[0].labels(), files[0].problem
    if found != spec.problem and not (found == "binary" and spec.problem == "multiclass"):
        raise DataError(
            f"{files[0].path} holds {found} labels; the task {name} is {spec.problem}",
            hint="see neuco info " + name,
        )
    return labels


def _checked(name: str, spec: TaskSpec, returned: Any) -> Labels:
    """Return labels as arrays of the promised types, or an error with all that is wrong."""
    if not isinstance(returned, Labels):
        raise ComponentOutputError(
            f"the task {name} did not return Labels but {type(returned).__name__}",
            hint=f"neuco plugins check {name.partition('/')[0]}",
        )
    labels = replace(
        returned,
        ids=tuple(returned.ids),
        y=np.asarray(returned.y),
        groups=None if returned.groups is None else np.asarray(returned.groups),
    )
    problems = [*_of_ids(labels), *_of_values(labels, spec)]
    if problems:
        raise ComponentOutputError(
            f"the task {name} did not return Labels as promised",
            problems=problems,
            hint=f"neuco plugins check {name.partition('/')[0]}",
        )
    whole = spec.problem in ("binary", "multiclass")
    return replace(labels, y=labels.y.astype(np.int64 if whole else np.float64))


def _of_ids(labels: Labels) -> Iterator[str]:
    n = len(labels.ids)
    odd = [sample for sample in labels.ids if not isinstance(sample, str)]
    if odd:
        yield f"{len(odd)} ids are not texts: {odd[:SHOWN]!r}"
    elif len(set(labels.ids)) < n:
        twice = sorted(sample for sample, count in Counter(labels.ids).items() if count > 1)
        yield f"{len(twice)} samples come twice: {', '.join(twice[:SHOWN])}"
    if labels.y.ndim == 0 or len(labels.y) != n:
        yield f"y has shape {labels.y.shape} for {n} ids"
    if labels.groups is not None and labels.groups.shape != (n,):
        yield f"groups have shape {labels.groups.shape} for {n} ids"


def _of_values(labels: Labels, spec: TaskSpec) -> Iterator[str]:
    y = labels.y
    if tuple(labels.outputs) != spec.outputs and (spec.outputs or spec.problem != "multilabel"):
        yield f"outputs are {tuple(labels.outputs)}; the spec says {spec.outputs}"
    if y.dtype.kind not in "iufb":
        yield f"y holds {y.dtype}, not numbers"
    elif spec.problem in ("binary", "multiclass"):
        most = 2 if spec.problem == "binary" else len(labels.classes) or np.inf
        wrong = _other(y, ~((y >= 0) & (y < most) & (y == np.floor(y))))
        if wrong:
            said = "0 and 1" if spec.problem == "binary" else f"whole numbers below {most:g}"
            yield f"class codes are {said}; found {wrong}"
    else:
        # NaN marks a missing output, of which several must be there.
        missing = np.isnan(y) if y.ndim == 2 else np.zeros(y.shape, dtype=bool)
        wrong = _other(y, ~(np.isfinite(y) | missing))
        if wrong:
            yield f"{int(np.sum(~(np.isfinite(y) | missing)))} labels are not finite: {wrong}"


def _other(y: NDArray[Any], wrong: NDArray[np.bool_]) -> str:
    """Name the first different values that are wrong, or none."""
    return ", ".join(f"{value:g}" for value in np.unique(y[wrong].astype(np.float64))[:SHOWN])
