"""From an installed task and its source to labels and a label file."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from neucocore.components.discovery import Component, installation
from neucocore.components.factory import plugin_errors, resolve
from neucocore.components.lookup import find
from neucocore.components.specs import TaskSpec
from neucocore.data.cubes.folder import CubeFolder
from neucocore.data.labels.checks import checked_labels
from neucocore.data.labels.label_file import read_label_file
from neucocore.data.labels.labels import Labels
from neucocore.data.labels.writing import label_file_name, write_label_file
from neucocore.errors import ComponentLoadError, ComponentOutputError, ConfigError, NeucoError


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
    source = f"the derivation of {component.full_name}"
    hint = f"neuco plugins check {component.plugin}"
    labels = checked_labels(returned, spec, source, error=ComponentOutputError, hint=hint)
    unexpected = sorted(set(labels.ids) - set(ids))
    if unexpected:
        raise ComponentOutputError(
            f"{source} returned {len(unexpected)} ids that were not asked for: "
            f"{', '.join(unexpected[:3])}",
            hint=hint,
        )
    return labels


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
