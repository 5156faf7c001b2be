"""From label files and task plugins to the tasks a protocol scores."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from neucocore.components.catalogue import known_plugins
from neucocore.components.discovery import Component, PluginRecord, installation
from neucocore.components.lookup import find
from neucocore.components.sources import CORE
from neucocore.components.specs import Problem, TaskSpec
from neucocore.data.labels.label_file import LabelFile, is_label_file_name
from neucocore.data.labels.label_set import UnusableLabels
from neucocore.data.labels.subset import subset_files
from neucocore.errors import (
    AmbiguousComponentError,
    UnknownComponentError,
)
from neucocore.evaluation.inputs import ScoringTask
from neucocore.evaluation.task_labels import labels_of
from neucocore.files.findings import Finding, messages
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
    left_out
        Tasks that no row of the subset belongs to, each with the reason.
    counts
        For each task, how many rows of its label files were left out: ``rows_without_label`` and
        ``rows_outside_subset``.
    """

    tasks: tuple[ScoringTask, ...]
    labelled_ids: frozenset[str]
    warnings: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


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
    warnings = [f"{file.name}: {text}" for file in files for text in messages(file.findings)]
    left_out = []
    total = {file.name: len(file.ids) for file in files}
    if subset is not None:
        files = subset_files(files, subset)
        left_out = [(file.stem, f"no row in the subset {subset}") for file in files if not file.ids]
        warnings += [f"{name} is left out: {reason}" for name, reason in left_out]
        files = [file for file in files if file.ids]
    labelled = frozenset(cube for file in files for cube in file.ids)
    claims = _claims(files, dataset, patterns)
    unclaimed = [file for claim in claims if claim.component is None for file in claim.files]
    warnings += lost_plugins(unclaimed, dataset)
    tasks = []
    for claim in _matching(claims, patterns, left_out):
        task, findings = _scoring_task(claim.component, claim.files)
        warnings += [f"{task.key}: {text}" for text in messages(findings)]
        tasks.append(task)
    counts = {claim.key: _row_counts(claim.files, total) for claim in claims}
    return TaskSelection(tuple(tasks), labelled, tuple(warnings), tuple(left_out), counts)


def _row_counts(files: Sequence[LabelFile], total: Mapping[str, int]) -> dict[str, int]:
    without_label = sum(
        finding.count
        for file in files
        for finding in file.findings
        if finding.code == "missing-labels"
    )
    outside = sum(total[file.name] - len(file.ids) for file in files)
    return {"rows_without_label": without_label, "rows_outside_subset": outside}


def tasks_of_stem(stem: str, dataset: str | None) -> list[Component]:
    """Return the installed tasks of a data set whose label files have this stem."""
    if dataset is None:
        return []
    components = []
    for component in installation().components("task"):
        spec = cast(TaskSpec, component.spec)
        of_dataset = dataset in (spec.dataset, *spec.other_datasets)
        if of_dataset and stem in (spec.name, *spec.aliases):
            components.append(component)
    return components


def may_be_selected(
    unusable: UnusableLabels,
    patterns: Sequence[str],
    dataset: str | None,
    *,
    all_label_files: bool,
) -> bool:
    """Return whether labels that cannot be used may be those of a selected task.

    Parameters
    ----------
    patterns
        Names or wildcards of the selected tasks; empty for all.
    all_label_files
        Whether scores depend on all label files, selected or not.
    """
    if not patterns or (all_label_files and is_label_file_name(unusable.path)):
        return True
    names = {unusable.stem, unusable.name, unusable.path.stem}
    for component in tasks_of_stem(unusable.stem, dataset):
        names |= {component.name, component.versioned_name}
    wanted = [pattern.rpartition("/")[2] for pattern in patterns]
    return any(fnmatch.fnmatchcase(name, pattern) for name in names for pattern in wanted)


def lost_plugins(unclaimed: Sequence[LabelFile], dataset: str | None) -> list[str]:
    """Report plugins that are not loaded although label files could be those of their tasks.

    A label file that no task claims is a task of its own, whose scores are in another table than
    those of the plugin's task.

    Parameters
    ----------
    unclaimed
        Label files that no installed task claims.
    """
    if dataset is None or not unclaimed:
        return []
    plugins = {plugin.name: plugin for plugin in installation().plugins}
    registry = {plugin.name: plugin.provides.get("tasks", ()) for plugin in known_plugins()}
    files_of_plugin: dict[str, list[str]] = {}
    for name, tasks in registry.items():
        if name in plugins and plugins[name].status == "loaded":
            continue
        files = [f.path.name for f in unclaimed if f.stem.replace("_", "-") in tasks]
        if files:
            files_of_plugin[name] = files
    for plugin in plugins.values():
        # A plugin of the registry without tasks cannot be missed here.
        if plugin.status == "failed" and registry.get(plugin.name) != ():
            files_of_plugin.setdefault(plugin.name, [file.path.name for file in unclaimed])
    return [
        f"the plugin {name} is {_state(plugins.get(name))}: label files that may belong to its "
        f"tasks are scored as tasks of their own, in other tables: {', '.join(files[:3])}"
        + (", ..." if len(files) > 3 else "")
        for name, files in sorted(files_of_plugin.items())
    ]


def _state(plugin: PluginRecord | None) -> str:
    if plugin is None:
        return "not installed"
    return "blocked" if plugin.status == "blocked" else f"not loaded ({plugin.reason})"


def task_for_file(
    file: LabelFile, dataset: str | None, patterns: Sequence[str] = ()
) -> Component | None:
    """Return the task that claims a label file of a data set, its newest version, or None.

    Raises
    ------
    AmbiguousComponentError
        Tasks of several plugins do, and no pattern names one of them.
    """
    claiming = tasks_of_stem(file.stem, dataset)
    if file.source_column is not None:
        # A task that reads label files itself cannot read a column of a table.
        claiming = [c for c in claiming if cast(TaskSpec, c.spec).factory == ""]
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


@dataclass(frozen=True, eq=False)
class _Claim:
    """Label files, and the installed task that claims them; None for a task of its own."""

    component: Component | None
    files: list[LabelFile]

    @property
    def key(self) -> str:
        """The name in tables."""
        return self.stem if self.component is None else self.component.versioned_name

    @property
    def stem(self) -> str:
        return self.files[0].stem

    @property
    def names(self) -> set[str]:
        """What ``--tasks`` may call it."""
        return {self.key, self.key.partition("@")[0], self.stem}


def _claims(
    files: Sequence[LabelFile], dataset: str | None, patterns: Sequence[str]
) -> list[_Claim]:
    """Give each label file to the task that claims it, or leave it a task of its own."""
    claims: dict[str, _Claim] = {}
    for file in files:
        component = task_for_file(file, dataset, patterns)
        key = file.stem if component is None else component.full_name
        claims.setdefault(key, _Claim(component, [])).files.append(file)
    return list(claims.values())


def _scoring_task(
    component: Component | None, files: Sequence[LabelFile]
) -> tuple[ScoringTask, Sequence[Finding]]:
    """Return a task, and what its plugin reports about the labels."""
    file = files[0]
    if component is None:
        labels, problem = file.labels(), file.problem
        key, metric = file.stem, DEFAULT_METRIC[file.problem]
        secondary: tuple[str, ...] = ()
        source, unit = "", file.unit
    else:
        spec = cast(TaskSpec, component.spec)
        labels = labels_of(component, files)
        key, metric, problem = component.versioned_name, spec.primary_metric, spec.problem
        secondary = spec.metrics
        source, unit = spec.source.name if spec.source else "", spec.unit
    task = ScoringTask(
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
        source=source,
        unit=unit,
        label_sd=labels.label_sd,
    )
    return task, labels.findings


def _matching(
    claims: Sequence[_Claim], patterns: Sequence[str], left_out: Sequence[tuple[str, str]]
) -> list[_Claim]:
    """Return the claims any pattern matches, sorted by name; every pattern must match one.

    Parameters
    ----------
    left_out
        Tasks without rows, each with the reason.
    """
    if not patterns:
        return sorted(claims, key=lambda claim: claim.key)
    selected: dict[str, _Claim] = {}
    problems = []
    hint = None
    for pattern in patterns:
        name = pattern.rpartition("/")[2]
        matching = [c for c in claims if any(fnmatch.fnmatchcase(n, name) for n in c.names)]
        for claim in matching:
            selected[claim.key] = claim
        reasons = [reason for stem, reason in left_out if fnmatch.fnmatchcase(stem, name)]
        if not matching and reasons:
            problems.append(f"task {pattern!r} has {reasons[0]}")
        elif not matching:
            near = did_you_mean(name, {known for claim in claims for known in claim.names})
            problems.append(f"unknown task {pattern!r}" + (f"; {near}" if near else ""))
            hint = hint or _hint_for(pattern, claims)
    if problems:
        raise UnknownComponentError(
            problems[0] if len(problems) == 1 else f"{len(problems)} tasks cannot be selected",
            problems=problems if len(problems) > 1 else (),
            hint=hint,
        )
    return sorted(selected.values(), key=lambda claim: claim.key)


def _hint_for(pattern: str, claims: Sequence[_Claim]) -> str:
    labelled = f"the label files hold {', '.join(sorted(claim.key for claim in claims))}"
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
