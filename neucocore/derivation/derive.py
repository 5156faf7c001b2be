"""Deriving the labels of installed tasks from their sources."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from neucocore.components.discovery import Component, installation
from neucocore.components.factory import plugin_errors, resolve
from neucocore.components.lookup import find, is_listed
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
    """Call the derivation of a task and check the labels that it returns.

    Parameters
    ----------
    component
        An installed task.
    ids
        Ids of the cubes to label.
    sources
        Files or folders of the source of the task.
    settings
        Parameters of the derivation; the others have their defaults.

    Returns
    -------
    Labels
        Labels of all or some of the ids; ``findings`` counts the ids without a label and the labels
        outside of the task's range.

    Raises
    ------
    ConfigError
        The task has no derivation.
    ComponentLoadError
        A package that the derivation needs is not installed.
    ComponentOutputError
        The derivation raises, or returns labels that its contract forbids.
    """
    spec = cast(TaskSpec, component.spec)
    if spec.derive is None:
        raise ConfigError(
            f"the labels of {component.versioned_name} cannot be derived",
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
    """Return the installed tasks that match names or wildcards, in their newest versions.

    Raises
    ------
    UnknownComponentError
        A name is not a task, or a wildcard matches no task with a derivation.
    """
    tasks: dict[str, Component] = {}
    for pattern in patterns:
        matching = _with_derivation(pattern) if set(pattern) & set("*?[") else []
        matching = matching or [find("task", pattern)]
        tasks |= {component.full_name: component for component in matching}
    return list(tasks.values())


def _with_derivation(pattern: str) -> list[Component]:
    """Return the newest versions of the tasks with a derivation that match a wildcard.

    Of tasks that would write the same label file, those of the registry count.
    """
    newest = {c.full_name: c for c in installation().components("task")}  # sorted by version
    tasks = [
        component
        for component in newest.values()
        if fnmatch.fnmatchcase(component.name, pattern)
        and cast(TaskSpec, component.spec).derive is not None
    ]
    listed = {file_name(c) for c in tasks if is_listed(c)}
    return [c for c in tasks if is_listed(c) or file_name(c) not in listed]


def file_name(component: Component) -> str:
    """Return the name of the label file that the task claims in its data sets."""
    spec = cast(TaskSpec, component.spec)
    return label_file_name((spec.aliases or (spec.name,))[0], spec.problem)


def cube_ids(data: Path) -> list[str]:
    """Return the ids of a folder of cubes, sorted."""
    return CubeFolder(data, incomplete="drop").ids()


def derive_folder(
    dataset: str, data: Path, out: Path, progress: Callable[[int, int, str], None] | None = None
) -> dict[str, Labels | NeucoError]:
    """Derive every installed task of a data set that holds its own truth, as synthetic ones do.

    Parameters
    ----------
    dataset
        Name of the data set; tasks with it as ``dataset`` or in ``other_datasets`` are derived.
    data
        Its folder.
    out
        Folder of the label files. Further columns (phases) of existing label files are kept.
    progress
        Called with (finished tasks, total number of tasks, name of the next task).

    Returns
    -------
    dict
        Task name to its labels, or to the error that explains why it has none (a small data set
        may have no city, and a task may need another source); in the order of the names.
    """
    tasks = [task for task in _with_derivation("*") if dataset in _data_sets(task)]
    ids = cube_ids(data)
    further_columns = _further_columns(out)
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
                for name, cells in further_columns.items()
            }
            write_label_file(out / file_name(component), labels, extra)
            derived[component.name] = labels
    return derived


def _further_columns(folder: Path) -> dict[str, dict[str, str]]:
    """Return the further columns of all label files: name to id to cell."""
    columns: dict[str, dict[str, str]] = {}
    for path in sorted(folder.glob("*.csv")):
        file = read_label_file(path)
        for name, cells in file.extra.items():
            columns.setdefault(name, {}).update(zip(file.ids, cells, strict=True))
    return columns


def _data_sets(component: Component) -> tuple[str, ...]:
    spec = cast(TaskSpec, component.spec)
    return (spec.dataset, *spec.other_datasets)
