"""The labels of a task: its label file as it is, or what the task plugin makes of its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from neucocore.components.discovery import Component
from neucocore.components.factory import create, plugin_errors
from neucocore.components.specs import TaskSpec
from neucocore.data.labels.checks import checked_labels
from neucocore.data.labels.label_file import LabelFile
from neucocore.data.labels.labels import Labels
from neucocore.errors import ComponentOutputError, DataError


def labels_of(component: Component, files: Sequence[LabelFile]) -> Labels:
    """Return the labels of a task, without the rows that are not in its label files.

    Parameters
    ----------
    component
        An installed task.
    files
        The label files that it claims, perhaps reduced to a subset.

    Raises
    ------
    DataError
        A task that reads its label file as it is claims several files, or one with the labels of
        another problem.
    ComponentOutputError
        The task raises, or returns labels that its contract forbids; every problem is listed.
    """
    spec = cast(TaskSpec, component.spec)
    if spec.factory == "":
        return _labels_of_file(component.full_name, spec, files)
    if in_memory := [file.name for file in files if file.sha256 is not None]:
        raise DataError(
            f"the task {component.full_name} reads its label files itself; {in_memory[0]} is no "
            "file",
            hint="write the labels to a file <name>__<type>.csv, or leave dataset out, so that "
            "they are taken as they are",
        )
    with plugin_errors(component):
        returned = create(component).labels([file.path for file in files])
    labels = checked_labels(
        returned,
        spec,
        f"the task {component.full_name}",
        error=ComponentOutputError,
        hint=f"neuco plugins check {component.plugin}",
    )
    kept = {cube for file in files for cube in file.ids}
    rows = [row for row, cube in enumerate(labels.ids) if cube in kept]
    return replace(
        labels,
        ids=tuple(labels.ids[row] for row in rows),
        y=labels.y[rows],
        groups=None if labels.groups is None else labels.groups[rows],
        label_sd=None if labels.label_sd is None else labels.label_sd[rows],
    )


def _labels_of_file(name: str, spec: TaskSpec, files: Sequence[LabelFile]) -> Labels:
    if len(files) > 1:
        raise DataError(
            f"several files hold the labels of {name}: "
            f"{', '.join(file.path.name for file in files)}",
            hint="keep one of them",
        )
    (file,) = files
    if file.problem != spec.problem and (file.problem, spec.problem) != ("binary", "multiclass"):
        raise DataError(
            f"{file.path} holds {file.problem} labels; the task {name} is {spec.problem}",
            hint=f"neuco info {name}",
        )
    return checked_labels(
        file.labels(), spec, f"{file.path}", error=DataError, hint=f"neuco info {name}"
    )
