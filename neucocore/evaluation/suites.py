"""A suite in an evaluation: what it fixes, and whether the labels are those it was published with.

The digests of a suite are compared before labels and embeddings are matched, so that wrong labels
are reported as such, and not as ids without an embedding.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from neucocore.components import catalogue
from neucocore.components.discovery import Component
from neucocore.components.lookup import find, find_for_spec
from neucocore.components.specs import IdSet, SuiteSpec, SuiteTask
from neucocore.data.labels.label_file import LabelFile
from neucocore.data.labels.labels import Labels, label_digest
from neucocore.errors import (
    ConfigError,
    DataError,
    MissingFileError,
    UnknownComponentError,
)
from neucocore.evaluation.claims import ClaimRules
from neucocore.evaluation.groups import Groups
from neucocore.evaluation.inputs import ScoringTask
from neucocore.evaluation.options import EvaluateOptions
from neucocore.evaluation.outcome import TaskOutcome
from neucocore.evaluation.protocols import DIGEST_LENGTH, ChosenProtocol, choose_protocols
from neucocore.evaluation.split_rule import parse_split
from neucocore.messages import pluralize

AD_HOC = "leave out --suite, and the result is ad hoc"


@dataclass(frozen=True, eq=False)
class ChosenSuite:
    """A suite whose tasks and protocol are installed.

    Attributes
    ----------
    component
        The suite that a plugin offers.
    protocol
        Its protocol, with its options.
    """

    component: Component
    protocol: ChosenProtocol

    @property
    def spec(self) -> SuiteSpec:
        """The description its plugin gives."""
        return cast(SuiteSpec, self.component.spec)

    @property
    def name(self) -> str:
        """``name@version``, by which it is cited."""
        return self.component.versioned_name

    @property
    def tasks(self) -> tuple[str, ...]:
        """Names and versions of its tasks."""
        return tuple(task.name for task in self.spec.tasks)

    def warnings(self) -> list[str]:
        """Return its errata, and what about the labels cannot be checked."""
        warnings = [
            f"erratum of {erratum.date} to the suite {self.name} "
            f"({', '.join(erratum.tasks) or 'all tasks'}): {erratum.text}"
            for erratum in self.spec.errata
        ]
        if unchecked := sum(not task.labels for task in self.spec.tasks):
            warnings.append(
                f"the suite {self.name} has no digest of the labels of {unchecked} of its "
                f"{len(self.tasks)} tasks: their values are not checked"
            )
        return warnings

    def record(self, outcomes: Sequence[TaskOutcome], *, partial: bool) -> dict[str, Any]:
        """Return what ``run.json`` records: which suite, and whether every task has a score."""
        complete = len(outcomes) == len(self.tasks) and all(o.score is not None for o in outcomes)
        return {
            "name": self.name,
            "plugin": self.component.plugin,
            "complete": complete and not partial,
        }


def choose_suite(
    options: EvaluateOptions, settings: Mapping[str, Any]
) -> tuple[ChosenSuite, EvaluateOptions]:
    """Look up the suite that the options name, and set the options that it fixes.

    Parameters
    ----------
    settings
        The options of the protocol that were set, by name.

    Returns
    -------
    suite, options
        The options contain the data set, the tasks and the split of the suite.

    Raises
    ------
    ComponentLookupError
        The suite, its protocol or its tasks are not installed, or several plugins offer the suite.
    ConfigError
        Other options ask for something that the suite fixes differently; all are listed.
    MissingFileError
        The table of groups is not next to the labels.
    """
    component = find("suite", str(options.suite))
    spec = cast(SuiteSpec, component.spec)
    protocol = ChosenProtocol(find_for_spec("protocol", spec.protocol, plugin=component.plugin))
    if spec.options:
        protocol = protocol.with_options(spec.options, plugin=component.plugin)
    suite = ChosenSuite(component, protocol)
    _require_tasks(suite)
    split = _split_next_to(spec.split, Path(options.labels), suite.name)
    if conflicts := list(_conflicts(options, settings, suite, split)):
        raise ConfigError(
            f"the suite {suite.name} fixes what other options would change",
            problems=conflicts,
            hint=f"leave out these options; or {AD_HOC}",
        )
    return suite, replace(options, dataset=spec.dataset, tasks=suite.tasks, split=split)


def _require_tasks(suite: ChosenSuite) -> None:
    problems: list[str] = []
    distributions: set[str] = set()
    for name in suite.tasks:
        try:
            find_for_spec("task", name, plugin=suite.component.plugin)
        except UnknownComponentError as error:
            problems.append(error.message)
            if provider := catalogue.provider_of("task", name.partition("@")[0]):
                distributions.add(provider.distribution)
    if problems:
        hint = f"pip install --upgrade {' '.join(sorted(distributions))}; " if distributions else ""
        raise UnknownComponentError(
            f"{len(problems)} of the {len(suite.tasks)} tasks of the suite {suite.name} are not "
            "installed",
            problems=problems,
            hint=f"{hint}neuco list suites shows the versions of the suite that are installed",
        )


def _split_next_to(rule: str, labels: Path, suite: str) -> str:
    """Return a suite's split with the path of its file: next to the label files, or one above."""
    split = parse_split(rule)
    if split.file is None:
        return rule
    folder = labels if labels.is_dir() else labels.parent
    candidates = [folder / split.file, folder.resolve().parent / split.file]
    for file in candidates:
        if file.is_file():
            return f"group:{file}:{split.column}"
    raise MissingFileError(
        f"the suite {suite} splits rows by the column {split.column!r} of {split.file}, which is "
        f"neither {candidates[0]} nor {candidates[1]}",
        hint=f"copy {split.file} of the data set next to the label files; or {AD_HOC}",
    )


def _conflicts(
    options: EvaluateOptions, settings: Mapping[str, Any], suite: ChosenSuite, split: str
) -> Iterator[str]:
    """Yield the options that ask for something else than the suite."""
    spec = suite.spec
    for flag, value, reason in (
        ("--config", options.config, f"the suite has the protocol {spec.protocol}"),
        ("--subset", options.subset, "the suite has no subset"),
        ("--exclude-file", options.exclude_file, "the suite leaves out no id"),
    ):
        if value is not None:
            yield f"{flag} {value}: {reason}"
    if options.allow_missing:
        yield "--allow-missing: the suite is scored on all its ids"
    if options.dataset not in (None, spec.dataset):
        yield f"--dataset {options.dataset}: the suite has {spec.dataset}"
    if options.tasks and not _are_all(options.tasks, suite.tasks):
        yield f"--tasks {','.join(options.tasks)}: the suite has {','.join(suite.tasks)}"
    if options.split not in (None, spec.split, split):
        yield f"--split {options.split}: the suite has {spec.split}"
    own = suite.protocol.component
    if other := [name for name in options.protocol if find("protocol", name) != own]:
        yield f"--protocol {', '.join(other)}: the suite has {spec.protocol}"
        names = [name for name in ("probe", "metric") if getattr(options, name) is not None]
        if names := [*names, *settings]:
            yield f"{', '.join(names)}: the suite has the options of {spec.protocol}"
    elif settings or options.probe is not None or options.metric is not None:
        yield from _option_conflicts(options, settings, suite)


def _are_all(patterns: Iterable[str], tasks: Sequence[str]) -> bool:
    """Return whether names of tasks, with or without version, are all tasks of a suite."""
    names = {pattern.rpartition("/")[2] for pattern in patterns}
    known = {known for task in tasks for known in (task, task.partition("@")[0])}
    return names <= known and all({task, task.partition("@")[0]} & names for task in tasks)


def _option_conflicts(
    options: EvaluateOptions, settings: Mapping[str, Any], suite: ChosenSuite
) -> Iterator[str]:
    """Yield the options of the protocol whose values would differ from those of the suite."""
    own = suite.protocol
    (asked,) = choose_protocols(
        (f"{own.component.full_name}@{own.spec.version}",),
        probe=own.options.get("probe") if options.probe is None else options.probe,
        metric=options.metric,
        options={**own.options, **settings},
    )
    values = own.values()
    for name, value in asked.values().items():
        if value != values[name]:
            yield f"{name}={_option_text(value)}: the suite has {name}={_option_text(values[name])}"


def _option_text(value: Any) -> str:
    if isinstance(value, Mapping):
        parts = [
            f"{name}={item}" for name, item in value.items() if name not in ("name", "version")
        ]
        return f"{value['name']}@{value['version']}" + (f" ({', '.join(parts)})" if parts else "")
    return str(value)


def require_label_files(suite: ChosenSuite, files: Sequence[LabelFile], labels: str | Path) -> None:
    """Check that there are label files of every task of a suite.

    Raises
    ------
    DataError
        Tasks without label file; all are listed.
    """
    rules = ClaimRules(suite.spec.dataset, suite.tasks, suite.component.plugin)
    claimed = {
        component.versioned_name for file in files if (component := rules.task_of(file)) is not None
    }
    if missing := [name for name in suite.tasks if name not in claimed]:
        raise DataError(
            f"{labels} has no label file of {len(missing)} of the {len(suite.tasks)} tasks of the "
            f"suite {suite.name}",
            problems=missing,
            hint=f"use the labels of the data set {suite.spec.dataset}; or {AD_HOC}",
        )


def check_labels(
    suite: ChosenSuite, tasks: Sequence[ScoringTask], groups: Groups | None, labels: str | Path
) -> None:
    """Check labels, ids and groups against the digests of a suite.

    Parameters
    ----------
    tasks
        The tasks of the suite with all their labels, not yet matched to embeddings.
    groups
        The groups of the suite's split; None for a random split.
    labels
        The folder or table of the labels, for messages.

    Raises
    ------
    DataError
        What differs, for each task.
    """
    by_name = {task.key.removeprefix(f"{task.plugin}."): task for task in tasks}
    problems = [
        f"{declared.name}: {problem}"
        for declared in suite.spec.tasks
        for problem in _label_problems(declared, by_name[declared.name])
    ]
    ids = sorted({sample for task in tasks for sample in task.ids})
    if suite.spec.ids is not None:
        problems += [f"all tasks: {text}" for text in _id_problems(suite.spec.ids, ids, groups)]
    if problems:
        raise DataError(
            f"the labels in {labels} are not those of the suite {suite.name}",
            problems=problems,
            hint=f"use the labels that the suite was published with: neuco info {suite.name}; or "
            f"{AD_HOC}",
        )


def _label_problems(declared: SuiteTask, task: ScoringTask) -> Iterator[str]:
    count = len(task.ids)
    if count == 0:
        yield "no labelled id"
        return
    if declared.rows is not None and declared.rows != count:
        yield _count_problem(count, declared.rows)
    found = digest_of_labels(task)
    if declared.labels and declared.labels != found:
        yield _digest_problem("ids or labels", found, declared.labels)


def _id_problems(declared: IdSet, ids: Sequence[str], groups: Groups | None) -> Iterator[str]:
    if declared.count != len(ids):
        yield _count_problem(len(ids), declared.count)
    found = digest_of_ids(ids)
    if declared.sha256 and declared.sha256 != found:
        yield _digest_problem("ids", found, declared.sha256)
    if declared.groups and groups is not None:
        without = sum(sample not in groups.of_id for sample in ids)
        if without:
            yield f"{pluralize(without, 'id')} without a group in the column {groups.column!r}"
        elif (found := digest_of_groups(ids, groups)) != declared.groups:
            yield _digest_problem(f"groups (column {groups.column!r})", found, declared.groups)


def _count_problem(found: int, declared: int) -> str:
    difference = f"{abs(found - declared)} {'missing' if found < declared else 'too many'}"
    return f"{pluralize(found, 'labelled id')}, the suite has {declared}: {difference}"


def _digest_problem(what: str, found: str, declared: str) -> str:
    return f"other {what}: digest {found[:DIGEST_LENGTH]}, the suite has {declared[:DIGEST_LENGTH]}"


def digest_of_labels(task: ScoringTask) -> str:
    """Return the sha256 (hex) of a task's ids and labels, sorted by id, without groups."""
    order = sorted(range(len(task.ids)), key=task.ids.__getitem__)
    ids = tuple(task.ids[row] for row in order)
    return label_digest(Labels(ids, task.y[order], None, task.classes, task.outputs))


def digest_of_ids(ids: Iterable[str]) -> str:
    """Return the sha256 (hex) of the sorted ids, joined by newlines."""
    return hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()


def digest_of_groups(ids: Iterable[str], groups: Groups) -> str:
    """Return the sha256 (hex) of the lines ``id,group``, sorted by id and joined by newlines."""
    lines = (f"{sample},{groups.of_id[sample]}" for sample in sorted(ids))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
