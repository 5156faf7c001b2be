"""From label files and task plugins to the tasks a protocol scores."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from neucocore.components.discovery import Component, installation
from neucocore.components.lookup import find
from neucocore.components.sources import CORE
from neucocore.components.specs import Problem, TaskSpec
from neucocore.data.labels.label_file import LabelFile
from neucocore.data.labels.subset import subset_files
from neucocore.errors import (
    AmbiguousComponentError,
    UnknownComponentError,
)
from neucocore.evaluation.inputs import ScoringTask
from neucocore.evaluation.task_labels import labels_of
from neucocore.files.findings import messages
from neucocore.messages import did_you_mean

DEFAULT_METRIC: Mapping[Problem, str] = {
    "regression": "r2",
    "binary": "average-precision",
    "multiclass": "macro-f1",
    "multilabel": "average-precision",
}


@dataclass(frozen=True, eq=False)
class TaskSelection:
    """The tasks of a label folder after every filter.

    Attributes
    ----------
    labelled_ids
        Ids with a label in any file, after ``subset`` and before the task filter.
    warnings
        What was dropped or repaired while reading.
    """

    tasks: tuple[ScoringTask, ...]
    labelled_ids: frozenset[str]
    warnings: tuple[str, ...]


def select_tasks(
    files: Sequence[LabelFile],
    *,
    dataset: str | None = None,
    patterns: Sequence[str] = (),
    subset: str | None = None,
) -> TaskSelection:
    """Turn label files into scoring tasks.

    Parameters
    ----------
    files
        What `read_label_folder` returned.
    dataset
        The data set the labels belong to; a task plugin claims label files of its own data set
        only, so without it every file is a task of its own.
    patterns
        Names, stems or wildcards of the tasks wanted; all by default.
    subset
        ``COLUMN`` or ``COLUMN=VALUE``: keep only these rows, before anything else.

    Raises
    ------
    UnknownComponentError
        A pattern that matches no task.
    """
    warnings = [
        f"{file.path.name}: {text}"
        for file in files
        for text in messages(file.findings, "warning", "repaired")
    ]
    if subset is not None:
        files = subset_files(files, subset)
        empty = [file.path.name for file in files if not file.ids]
        warnings += [f"{name}: no row in subset {subset}; the task is left out" for name in empty]
        files = [file for file in files if file.ids]
    labelled = frozenset(cube for file in files for cube in file.ids)
    claims = _claims(files, dataset, patterns)
    chosen = _matching([_scoring_task(*claim) for claim in claims], patterns)
    return TaskSelection(tuple(chosen), labelled, tuple(warnings))


def task_for_file(
    file: LabelFile, dataset: str | None, patterns: Sequence[str] = ()
) -> Component | None:
    """Return the task that claims a label file of a data set, its newest version, or None.

    Raises
    ------
    AmbiguousComponentError
        Tasks of several plugins do, and no pattern names one of them.
    """
    if dataset is None:
        return None
    claiming = []
    for component in installation().components("task"):
        spec = cast(TaskSpec, component.spec)
        if dataset in (spec.dataset, *spec.other_datasets) and file.stem in (
            spec.name,
            *spec.aliases,
        ):
            claiming.append(component)
    if not claiming:
        return None
    named = [c for c in claiming if c.full_name in patterns or c.versioned_name in patterns]
    claiming = named or claiming
    if len({c.plugin for c in claiming}) > 1:
        names = sorted({c.full_name for c in claiming})
        raise AmbiguousComponentError(
            f"several tasks claim the label file {file.path.name}: {', '.join(names)}",
            hint=f"choose one with --tasks {names[0]}, or block a plugin with "
            "NEUCO_DISABLE_PLUGINS",
        )
    return max(claiming, key=lambda c: c.spec.version)


def _claims(
    files: Sequence[LabelFile], dataset: str | None, patterns: Sequence[str]
) -> list[tuple[Component | None, list[LabelFile]]]:
    """Give each label file to the task that claims it, or leave it a task of its own."""
    by_component: dict[str, tuple[Component | None, list[LabelFile]]] = {}
    for file in files:
        component = task_for_file(file, dataset, patterns)
        key = file.stem if component is None else component.full_name
        by_component.setdefault(key, (component, []))[1].append(file)
    return list(by_component.values())


def _scoring_task(component: Component | None, files: Sequence[LabelFile]) -> ScoringTask:
    file = files[0]
    if component is None:
        labels, problem = file.labels(), file.problem
        key, metric = file.stem, DEFAULT_METRIC[file.problem]
        secondary: tuple[str, ...] = ()
    else:
        spec = cast(TaskSpec, component.spec)
        labels = labels_of(component, files)
        key, metric, problem = component.versioned_name, spec.primary_metric, spec.problem
        secondary = spec.metrics
    return ScoringTask(
        key=key,
        stem=file.stem,
        problem=problem,
        ids=tuple(labels.ids),
        y=labels.y,
        metric=metric,
        classes=tuple(labels.classes),
        outputs=tuple(labels.outputs),
        secondary_metrics=secondary,
        groups=labels.groups,
        plugin=CORE if component is None else component.plugin,
    )


def _matching(tasks: Sequence[ScoringTask], patterns: Sequence[str]) -> list[ScoringTask]:
    """Return the tasks any pattern matches, sorted by name; every pattern must match one."""
    if not patterns:
        return sorted(tasks, key=lambda task: task.key)
    chosen: dict[str, ScoringTask] = {}
    problems = []
    hint = None
    for pattern in patterns:
        wanted = pattern.rpartition("/")[2]
        matching = [task for task in tasks if _matches(task, wanted)]
        for task in matching:
            chosen[task.key] = task
        if not matching:
            known = {name for task in tasks for name in _names(task)}
            near = did_you_mean(wanted, known)
            problems.append(f"unknown task {pattern!r}" + (f"; {near}" if near else ""))
            hint = hint or _hint_for(pattern, tasks)
    if problems:
        raise UnknownComponentError(
            problems[0] if len(problems) == 1 else f"{len(problems)} tasks are unknown",
            problems=problems if len(problems) > 1 else (),
            hint=hint,
        )
    return sorted(chosen.values(), key=lambda task: task.key)


def _names(task: ScoringTask) -> set[str]:
    return {task.key, task.key.partition("@")[0], task.stem}


def _matches(task: ScoringTask, pattern: str) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for name in _names(task))


def _hint_for(pattern: str, tasks: Sequence[ScoringTask]) -> str:
    labelled = f"the label files hold {', '.join(sorted(task.key for task in tasks))}"
    try:
        component = find("task", pattern)
    except UnknownComponentError as error:
        return error.hint if error.hint and error.hint.startswith("pip install") else labelled
    except AmbiguousComponentError:
        return labelled
    spec = cast(TaskSpec, component.spec)
    return (
        f"{component.full_name} is installed, but no label file here is one of its data set "
        f"{spec.dataset}; name the data set with --dataset; {labelled}"
    )
