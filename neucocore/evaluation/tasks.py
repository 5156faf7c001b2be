"""From label files and task plugins to the tasks a protocol scores."""

from __future__ import annotations

import fnmatch
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from typing import cast

from neucocore.components.catalogue import known_plugins
from neucocore.components.discovery import PluginRecord, installation
from neucocore.components.factory import create
from neucocore.components.lookup import find, find_for_spec
from neucocore.components.process_state import unchanged_process
from neucocore.components.sources import CORE
from neucocore.components.specs import MetricSpec, Problem, TaskSpec
from neucocore.data.labels.label_file import LabelFile
from neucocore.data.labels.subset import subset_files
from neucocore.errors import (
    AmbiguousComponentError,
    ConfigError,
    NeucoError,
    RunError,
    UnknownComponentError,
)
from neucocore.evaluation.claims import Claim, ClaimRules, assigned_tasks, dataset_hint
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


@dataclass(frozen=True, slots=True)
class FailedTask:
    """A selected task that cannot be scored, because its plugin fails; the others are scored.

    Attributes
    ----------
    key
        The name in tables.
    metric
        Its primary metric, empty if it is not known.
    reason
        Why it cannot be scored, in one line.
    """

    key: str
    metric: str
    problem: Problem
    reason: str


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
    failed
        Selected tasks whose plugin fails.
    counts
        For each task, how many rows of its label files were left out: ``rows_without_label`` and
        ``rows_outside_subset``.
    """

    tasks: tuple[ScoringTask, ...]
    labelled_ids: frozenset[str]
    warnings: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    failed: tuple[FailedTask, ...] = ()
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def select_tasks(
    files: Sequence[LabelFile],
    *,
    dataset: str | None = None,
    patterns: Sequence[str] = (),
    subset: str | None = None,
    suite_plugin: str | None = None,
    label_tasks: Sequence[str] = (),
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
    suite_plugin
        As in `ClaimRules`.
    label_tasks
        Tasks that the user names for label files, as in `assigned_tasks`.

    Raises
    ------
    UnknownComponentError
        A pattern that matches no task.
    AmbiguousComponentError
        A pattern that is the name of tasks of several plugins.
    ConfigError
        Tasks for label files that do not exist.
    NeucoError
        The only selected task fails.
    RunError
        All selected tasks fail.
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
    assigned = assigned_tasks(label_tasks, files)
    claims = ClaimRules(dataset, tuple(patterns), suite_plugin, assigned).claims(files)
    unclaimed = [file for claim in claims if claim.component is None for file in claim.files]
    warnings += lost_plugins(unclaimed, dataset)
    if dataset is None and (hint := dataset_hint(unclaimed)):
        warnings.append(hint)
    tasks: list[ScoringTask] = []
    failed: list[FailedTask] = []
    errors: list[NeucoError | OSError] = []
    for claim in _matching(claims, patterns, left_out):
        warnings += _hidden(claim)
        try:
            task, findings = _scoring_task(claim)
        except (NeucoError, OSError) as error:
            if claim.component is None and not claim.contested:
                raise  # the user's own labels are taken strictly
            failed.append(_failed(claim, error))
            errors.append(error)
            continue
        warnings += [f"{task.key}: {text}" for text in messages(findings)]
        tasks.append(task)
    if errors and not tasks:
        _raise_all(failed, errors)
    counts = {claim.key: _row_counts(claim.files, total) for claim in claims}
    return TaskSelection(
        tuple(tasks), labelled, tuple(warnings), tuple(left_out), tuple(failed), counts
    )


def _failed(claim: Claim, error: NeucoError | OSError) -> FailedTask:
    component = claim.component
    problem, metric = claim.files[0].problem, ""
    if component is not None:
        spec = cast(TaskSpec, component.spec)
        problem, metric = spec.problem, spec.primary_metric
    return FailedTask(claim.key, metric, problem, one_line(error))


def one_line(error: NeucoError | OSError) -> str:
    """Return the message of an error with its problems."""
    if isinstance(error, OSError):
        return f"{error.strerror or error}: {error.filename}" if error.filename else str(error)
    problems = "; ".join(error.problems)
    return f"{error.message}: {problems}" if problems else error.message


def _raise_all(failed: Sequence[FailedTask], errors: Sequence[NeucoError | OSError]) -> None:
    if len(errors) == 1:
        raise errors[0]
    raise RunError(
        f"all {len(failed)} selected tasks fail",
        problems=[f"{task.key}: {task.reason}" for task in failed],
        hint="choose other tasks with --tasks, or block a plugin with NEUCO_DISABLE_PLUGINS",
    )


def _hidden(claim: Claim) -> list[str]:
    """Report the tasks that a label file belongs to as well, but that are not scored."""
    if not claim.hidden:
        return []
    names = ", ".join(file.path.name for file in claim.files)
    return [
        f"{names}: scored as {claim.key}; {', '.join(claim.hidden)} "
        f"{'claims' if len(claim.hidden) == 1 else 'claim'} it too: choose with --tasks PLUGIN/NAME"
    ]


def _row_counts(files: Sequence[LabelFile], total: Mapping[str, int]) -> dict[str, int]:
    without_label = sum(
        finding.count
        for file in files
        for finding in file.findings
        if finding.code == "missing-labels"
    )
    outside = sum(total[file.name] - len(file.ids) for file in files)
    return {"rows_without_label": without_label, "rows_outside_subset": outside}


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


def _scoring_task(claim: Claim) -> tuple[ScoringTask, Sequence[Finding]]:
    """Return a task, and what its plugin reports about the labels.

    Raises
    ------
    AmbiguousComponentError
        Several tasks claim the label file.
    NeucoError, OSError
        What the plugin raises, or what is wrong with its labels or metrics.
    """
    component, files = claim.component, claim.files
    file = files[0]
    if claim.contested:
        raise AmbiguousComponentError(
            f"several tasks claim the label file {file.path.name}: {', '.join(claim.contested)}",
            hint=f"choose one with --tasks {claim.contested[0]}, or block a plugin with "
            "NEUCO_DISABLE_PLUGINS",
        )
    if component is None:
        labels, problem = file.labels(), file.problem
        key, metric = file.stem, DEFAULT_METRIC[file.problem]
        secondary: tuple[str, ...] = ()
        source, unit = "", file.unit
    else:
        spec = cast(TaskSpec, component.spec)
        # stdout carries the data of the command
        with unchanged_process(), redirect_stdout(sys.stderr):
            labels = labels_of(component, files)
            _check_metrics(spec, component.plugin)
        key, metric, problem = claim.key, spec.primary_metric, spec.problem
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


def _check_metrics(spec: TaskSpec, plugin: str) -> None:
    """Check that the metrics of a task can be used.

    Raises
    ------
    UnknownComponentError, ComponentLoadError
        A metric is not installed, or cannot be imported.
    ConfigError
        The primary metric is not for problems of this kind.
    """
    for name in (spec.primary_metric, *spec.metrics):
        component = find_for_spec("metric", name, plugin=plugin)
        create(component)
        problems = cast(MetricSpec, component.spec).problems
        if name == spec.primary_metric and spec.problem not in problems:
            raise ConfigError(
                f"the task is {spec.problem}; its metric {name} is for {' and '.join(problems)}",
                hint="neuco list metrics",
            )


def _matching(
    claims: Sequence[Claim], patterns: Sequence[str], left_out: Sequence[tuple[str, str]]
) -> list[Claim]:
    """Return the claims any pattern matches, sorted by name; every pattern must match one.

    Parameters
    ----------
    left_out
        Tasks without rows, each with the reason.
    """
    if not patterns:
        return sorted(claims, key=lambda claim: claim.key)
    selected: dict[str, Claim] = {}
    problems = []
    hint = None
    for pattern in patterns:
        name = pattern.rpartition("/")[2]
        matching = [claim for claim in claims if claim.matches(pattern)]
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
        failures = [plugin.failure for plugin in installation().failed]
        raise UnknownComponentError(
            problems[0] if len(problems) == 1 else f"{len(problems)} tasks cannot be selected",
            problems=[*(problems if len(problems) > 1 else ()), *failures],
            hint=hint,
        )
    return sorted(selected.values(), key=lambda claim: claim.key)


def _hint_for(pattern: str, claims: Sequence[Claim]) -> str:
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
