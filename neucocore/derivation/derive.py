"""From an installed task and its source to labels and a label file."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from neucocore.components.discovery import Component, installation
from neucocore.components.factory import plugin_errors, resolve
from neucocore.components.lookup import find
from neucocore.components.specs import TaskSpec
from neucocore.data.cubes.folder import CubeFolder
from neucocore.data.labels.labels import Labels, read_label_file
from neucocore.data.labels.writing import label_file_name, write_label_file
from neucocore.errors import ComponentLoadError, ComponentOutputError, ConfigError, NeucoError
from neucocore.files.findings import Finding


def derive_labels(
    component: Component,
    ids: Sequence[str],
    sources: Sequence[Path],
    settings: Mapping[str, Any] | None = None,
) -> Labels:
    """Call a task's derivation and check what it returns.

    Parameters
    ----------
    component
        An installed task.
    ids
        Ids of the cubes to label.
    sources
        Files or folders of the task's source.
    settings
        Values of the derivation's parameters that differ from their defaults.

    Returns
    -------
    Labels
        Of a part of the ids; ``findings`` counts the others and values out of the task's range.

    Raises
    ------
    ConfigError
        The task cannot be derived.
    ComponentLoadError
        A package the derivation needs is not installed.
    ComponentOutputError
        The derivation breaks its contract.
    """
    spec = cast(TaskSpec, component.spec)
    if spec.derive is None:
        raise ConfigError(
            f"the labels of {component.versioned_name} cannot be derived: {spec.summary}",
            hint=f"neuco info {component.full_name}",
        )
    function = resolve(component, spec.derive)
    values = {param.name: param.default for param in spec.derive_params} | dict(settings or {})
    with plugin_errors(component):
        try:
            returned = function(tuple(ids), tuple(Path(path) for path in sources), **values)
        except ImportError as error:
            raise ComponentLoadError(
                f"deriving {component.name} needs a package that is not installed: {error}",
                hint=f"pip install '{component.distribution}[derive]'",
            ) from error
    labels = _checked(component, ids, returned)
    return replace(labels, findings=(*labels.findings, *_out_of_range(spec, labels)))


def derivable(patterns: Sequence[str]) -> list[Component]:
    """Return the installed tasks that names or wildcards mean, the newest version of each.

    Raises
    ------
    UnknownComponentError
        A name that is no task; a wildcard that matches none that can be derived.
    """
    chosen: dict[str, Component] = {}
    for pattern in patterns:
        matching = _with_derivation(pattern) if set(pattern) & set("*?[") else []
        found = matching or [find("task", pattern)]
        chosen |= {component.full_name: component for component in found}
    return list(chosen.values())


def _with_derivation(pattern: str) -> list[Component]:
    """Return the newest version of every task a wildcard matches, if it can be derived."""
    names = sorted({c.name for c in installation().components("task")})
    found = [find("task", name) for name in names if fnmatch.fnmatchcase(name, pattern)]
    return [component for component in found if cast(TaskSpec, component.spec).derive is not None]


def file_name(component: Component) -> str:
    """Return the label file's name by which the task's data sets know it."""
    spec = cast(TaskSpec, component.spec)
    return label_file_name((spec.aliases or (spec.name,))[0], spec.problem)


def cube_ids(data: Path) -> list[str]:
    """Return the ids of a folder of cubes, sorted."""
    return CubeFolder(data, incomplete="drop").ids()


def derive_folder(
    dataset: str, data: Path, out: Path, progress: Callable[[int, int, str], None] | None = None
) -> dict[str, Labels | NeucoError]:
    """Derive every installed task of a data set from what lies in its own folder.

    For data that carries its truth with it: the synthetic Earth.

    Parameters
    ----------
    dataset
        Name of the data set; tasks that name it (or have it in ``other_datasets``) are derived.
    data
        Its folder.
    out
        Folder the label files go to. Further columns (phases) of label files that are there
        already are kept.
    progress
        Called with the number of finished tasks, of all tasks, and the next one's name.

    Returns
    -------
    dict
        Task name to its labels, or to the error that says why no cube has one (a small Earth may
        have no city, a stranger's task another source); in the order of the names.
    """
    tasks = [task for task in _with_derivation("*") if dataset in _data_sets(task)]
    ids = cube_ids(data)
    further = _further_columns(out)
    derived: dict[str, Labels | NeucoError] = {}
    for done, component in enumerate(tasks):
        if progress is not None:
            progress(done, len(tasks), component.name)
        try:
            labels = derive_labels(component, ids, [data])
        except NeucoError as error:
            derived[component.name] = error
        else:
            extra = {
                name: [cells.get(cube, "") for cube in labels.ids]
                for name, cells in further.items()
            }
            write_label_file(out / file_name(component), labels, extra)
            derived[component.name] = labels
    return derived


def _further_columns(folder: Path) -> dict[str, dict[str, str]]:
    """Return the columns beside id and label of all label files, by name and id."""
    columns: dict[str, dict[str, str]] = {}
    for path in sorted(folder.glob("*.csv")):
        file = read_label_file(path)
        for name, cells in file.extra.items():
            columns.setdefault(name, {}).update(zip(file.ids, cells, strict=True))
    return columns


def _data_sets(component: Component) -> tuple[str, ...]:
    spec = cast(TaskSpec, component.spec)
    return (spec.dataset, *spec.other_datasets)


def _checked(component: Component, ids: Sequence[str], returned: Any) -> Labels:
    name = f"the derivation of {component.full_name}"
    if not isinstance(returned, Labels):
        raise ComponentOutputError(f"{name} returned {type(returned).__name__}, not Labels")
    labels = replace(returned, ids=tuple(returned.ids), y=np.asarray(returned.y))
    strangers = set(labels.ids) - set(ids)
    shape = (len(labels.ids), len(labels.outputs)) if labels.outputs else (len(labels.ids),)
    if strangers or len(set(labels.ids)) < len(labels.ids):
        raise ComponentOutputError(f"{name} returned ids it was not asked for, or one twice")
    numbers = labels.y.dtype.kind in "iufb"
    if not labels.ids or labels.y.shape != shape or not (numbers and np.isfinite(labels.y).all()):
        raise ComponentOutputError(
            f"{name} returned {len(labels.ids)} ids and labels of shape {labels.y.shape}, or "
            "labels that are not finite"
        )
    return labels


def _out_of_range(spec: TaskSpec, labels: Labels) -> list[Finding]:
    values = labels.y.reshape(len(labels.ids), -1)
    low = -np.inf if spec.low is None else spec.low
    high = np.inf if spec.high is None else spec.high
    outside = [
        cube
        for cube, row in zip(labels.ids, values, strict=True)
        if (row < low).any() or (row > high).any()
    ]
    if not outside:
        return []
    message = f"label outside the task's range of {low:g} to {high:g} {spec.unit}"
    return [Finding("out-of-range", "warning", message, len(outside), tuple(outside[:3]))]
