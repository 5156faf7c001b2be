"""Which installed task a label file belongs to.

A label file belongs to a task of its data set by its name, or because the user says so
(``--label-task``). What is selected comes first: a task that is not selected takes no file from
one that is.
"""

from __future__ import annotations

import fnmatch
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from neucocore.components.discovery import CORE, Component, installation
from neucocore.components.lookup import distinct_name, find, is_listed
from neucocore.components.specs import Problem, TaskSpec
from neucocore.data.labels.label_file import LabelFile, is_label_file_name
from neucocore.data.labels.label_set import UnusableLabels
from neucocore.errors import AmbiguousComponentError, ConfigError


@dataclass(frozen=True, eq=False)
class Claim:
    """Label files, and the installed task that they belong to; None for a task of its own.

    Attributes
    ----------
    contested
        Full names of several tasks of which none can be preferred; then `component` is None.
    hidden
        Full names of tasks to which the files belong as well, but which are not scored.
    qualified
        Whether the plugin is part of the name in tables, because the task's own name belongs to
        another plugin, or two of the tasks have it.
    """

    component: Component | None
    files: list[LabelFile]
    contested: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    qualified: bool = False

    @property
    def key(self) -> str:
        """The name in tables, which is the name of a folder too."""
        if self.component is None:
            return self.stem
        name = self.component.versioned_name
        return f"{self.component.plugin}.{name}" if self.qualified else name

    @property
    def stem(self) -> str:
        """The name of the first label file."""
        return self.files[0].stem

    @property
    def names(self) -> set[str]:
        """What ``--tasks`` may call it."""
        names = {name.rpartition("/")[2] for name in self.contested}
        if self.component is not None:
            names |= {self.component.name, self.component.versioned_name}
        return {self.key, self.stem} | names

    def matches(self, pattern: str) -> bool:
        """Return whether a pattern of ``--tasks`` selects it."""
        plugin, _, name = pattern.rpartition("/")
        if plugin and plugin != (CORE if self.component is None else self.component.plugin):
            return False
        return any(fnmatch.fnmatchcase(known, name) for known in self.names)


@dataclass(frozen=True)
class ClaimRules:
    """What determines the task of a label file.

    Attributes
    ----------
    dataset
        Name of the data set; None if it is unknown, and then no file belongs to a task by its name.
    patterns
        Names or wildcards of the selected tasks; empty for all.
    suite_plugin
        The plugin of the suite that names the tasks; None if the user does. A name that the user
        gives must be clear, one of a suite means the task of its own plugin first.
    assigned
        Stem to the task that the user says the label file has the labels of.
    """

    dataset: str | None = None
    patterns: tuple[str, ...] = ()
    suite_plugin: str | None = None
    assigned: Mapping[str, Component] | None = None

    def claims(self, files: Sequence[LabelFile]) -> list[Claim]:
        """Return the task of each label file; files of one task are one claim.

        Raises
        ------
        AmbiguousComponentError
            A name in `patterns` means tasks of several plugins.
        """
        claims: dict[str, Claim] = {}
        for file in files:
            claim = self._claim(file)
            key = file.stem if claim.component is None else claim.component.full_name
            claims.setdefault(key, claim)
            if claims[key] is not claim:
                claims[key].files.append(file)
        return _with_distinct_keys(list(claims.values()))

    def task_of(self, file: LabelFile) -> Component | None:
        """Return the task of a label file, or None."""
        return self._claim(file).component

    def _claim(self, file: LabelFile) -> Claim:
        if self.assigned and file.stem in self.assigned:
            return Claim(self.assigned[file.stem], [file])
        tasks = _claiming(file, self.dataset)
        selected = [c for c in tasks if any(_selects(p, c, file.stem) for p in self.patterns)]
        selected = selected or tasks
        # An exact version that is selected is not replaced by the newest one.
        exact = [c for c in selected if {c.versioned_name, _full(c)} & set(self.patterns)]
        exact = exact or [c for c in selected if c.full_name in self.patterns]
        remaining = self._preferred(exact or selected, file)
        names = tuple(dict.fromkeys(c.full_name for c in remaining))
        if len(names) > 1:
            return Claim(None, [file], contested=tuple(sorted(names)))
        task = max(remaining, key=lambda c: c.spec.version) if remaining else None
        hidden = {c.full_name for c in tasks} - set(names)
        return Claim(task, [file], hidden=tuple(sorted(hidden)))

    def _preferred(self, tasks: Sequence[Component], file: LabelFile) -> Sequence[Component]:
        """Return the tasks that remain after preferring some over others."""
        if len({c.full_name for c in tasks}) > 1 and self.suite_plugin is None:
            typed = [p for p in self.patterns if not set(p) & set("*?[") and "/" not in p]
            typed = [p for p in typed if sum(_selects(p, c, file.stem) for c in tasks) > 1]
            plugins = {c.full_name for c in tasks}
            if typed and len({name.partition("/")[0] for name in plugins}) > 1:
                raise AmbiguousComponentError(
                    f"several tasks claim the label file {file.path.name}: "
                    f"{', '.join(sorted(plugins))}",
                    hint=f"use --tasks {' or --tasks '.join(sorted(plugins))}",
                )
        preferences: tuple[Callable[[Component], bool], ...] = (
            lambda c: c.plugin == self.suite_plugin,
            is_listed,
            lambda c: c.name == file.stem.replace("_", "-"),
        )
        for preference in preferences:
            tasks = [c for c in tasks if preference(c)] or tasks
        return tasks


def assigned_tasks(names: Sequence[str], files: Sequence[LabelFile]) -> dict[str, Component]:
    """Return the task of each label file that the user names one for.

    Parameters
    ----------
    names
        ``TASK`` or ``STEM=TASK``. Without a stem it is that of the task's label files, or of the
        only label file.
    files
        All label files.

    Raises
    ------
    ComponentLookupError
        An unknown task, or an ambiguous name.
    ConfigError
        No label file has the stem.
    """
    assigned: dict[str, Component] = {}
    stems = [file.stem for file in files]
    problems = []
    for text in names:
        stem, separator, name = text.rpartition("=")
        component = find("task", name)
        spec = cast(TaskSpec, component.spec)
        known = (stem,) if separator else (spec.name, *spec.aliases)
        matching = [s for s in stems if s in known] or (stems if len(stems) == 1 else [])
        if separator and stem not in stems:
            matching = []
        if not matching:
            problems.append(f"{text}: no label file is named {' or '.join(known)}")
        assigned |= dict.fromkeys(matching, component)
    problems += [
        f"{assigned[file.stem].full_name} reads label files itself, and cannot read the column "
        f"{file.stem} of a table"
        for file in files
        if file.source_column is not None
        and file.stem in assigned
        and not _reads_columns(assigned[file.stem])
    ]
    if problems:
        raise ConfigError(
            "--label-task cannot be used",
            problems=problems,
            hint=f"the labels are {', '.join(stems)}; --label-task STEM=TASK names one of them",
        )
    return assigned


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


def dataset_hint(files: Sequence[LabelFile]) -> str:
    """Return which data sets label files look like they are of, and what to do; empty for none."""
    matching: dict[str, set[str]] = {}
    for component in installation().components("task"):
        spec = cast(TaskSpec, component.spec)
        found = {
            file.stem
            for file in files
            if file.stem in (spec.name, *spec.aliases) and _fits(file.problem, spec.problem)
        }
        for dataset in (spec.dataset, *spec.other_datasets):
            matching.setdefault(dataset, set()).update(found)
    most = max(map(len, matching.values()), default=0)
    if most == 0:
        return ""
    datasets = sorted(name for name, found in matching.items() if len(found) == most)
    looks = "1 label file looks like a task" if most == 1 else f"{most} label files look like tasks"
    options = " or ".join(f"--dataset {name}" for name in datasets)
    return (
        f"{looks} of {' and '.join(datasets)}; add {options}, or for labels of other ids "
        "--label-task TASK"
    )


def _fits(found: Problem, declared: Problem) -> bool:
    return found == declared or (found, declared) == ("binary", "multiclass")


def _with_distinct_keys(claims: Sequence[Claim]) -> list[Claim]:
    counts = Counter(claim.key for claim in claims)
    return [
        replace(claim, qualified=True)
        if claim.component is not None
        and (counts[claim.key] > 1 or distinct_name(claim.component) != claim.component.name)
        else claim
        for claim in claims
    ]


def _claiming(file: LabelFile, dataset: str | None) -> list[Component]:
    tasks = tasks_of_stem(file.stem, dataset)
    if file.source_column is not None:
        # A task that reads label files itself cannot read a column of a table.
        tasks = [c for c in tasks if _reads_columns(c)]
    return tasks


def _reads_columns(component: Component) -> bool:
    return cast(TaskSpec, component.spec).factory == ""


def _selects(pattern: str, component: Component, stem: str) -> bool:
    plugin, _, name = pattern.rpartition("/")
    known = (component.name, component.versioned_name, stem)
    return plugin in ("", component.plugin) and any(fnmatch.fnmatchcase(k, name) for k in known)


def _full(component: Component) -> str:
    return f"{component.plugin}/{component.versioned_name}"
