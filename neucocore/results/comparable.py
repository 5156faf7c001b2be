"""Which runs can be compared: those with the same tasks, labels, phase and protocol."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from neucocore.results.reading import RunRecord, TaskRecord

LABELS_NOT_RECORDED = "labels not recorded"

Signature = tuple[tuple[str, str], ...]
"""The tasks of a run, each with the digest of its labels."""


@dataclass
class ComparableRuns:
    """The runs of one phase and protocol that have the same tasks and labels."""

    signature: Signature
    runs: list[RunRecord]
    left_out: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def matches(identity: str, protocol: str) -> bool:
    """Return whether a protocol, as an identity, ``name@version`` or a name, is that of a run."""
    return protocol in (identity, identity.partition("+")[0], identity.partition("@")[0])


def group_runs(runs: Sequence[RunRecord]) -> list[ComparableRuns]:
    """Group runs by tasks and labels, the largest group first.

    Runs that have only some of the tasks of a group at least as large do not form a group: they are
    left out of that group's table as incomplete.
    """
    runs_of: dict[Signature, list[RunRecord]] = {}
    for run in runs:
        signature = tuple((task, run.tasks[task].labels) for task in sorted(run.tasks))
        runs_of.setdefault(signature, []).append(run)
    groups: list[ComparableRuns] = []
    for signature in sorted(runs_of, key=lambda s: (-len(runs_of[s]), -len(s), s)):
        containing = next(
            (group for group in groups if set(signature) < set(group.signature)), None
        )
        if containing is not None:
            missing = _task_names(set(containing.signature) - set(signature))
            containing.left_out += [
                (run.experiment, f"incomplete: {missing} missing") for run in runs_of[signature]
            ]
            continue
        groups.append(ComparableRuns(signature, runs_of[signature]))
        if len(groups) > 1:
            groups[-1].notes.append(_difference(signature, groups[0].signature))
    return groups


def _difference(signature: Signature, first: Signature) -> str:
    """Describe why two groups of one phase and protocol have separate tables."""
    labels, labels_of_first = dict(signature), dict(first)
    changed = [
        task for task in labels if task in labels_of_first and labels[task] != labels_of_first[task]
    ]
    if changed and not all(labels[task] and labels_of_first[task] for task in changed):
        return f"separate table: {LABELS_NOT_RECORDED} for {', '.join(changed)}"
    if changed:
        names = ", ".join(changed)
        return f"separate table: labels or groups of {names} differ from those in the first table"
    added, removed = set(signature) - set(first), set(first) - set(signature)
    parts = []
    if added:
        parts.append(f"has {_task_names(added)}")
    if removed:
        parts.append(f"does not have {_task_names(removed)}")
    return f"separate table: unlike the first table, it {' and '.join(parts)}"


def with_assumed_labels(runs: Sequence[RunRecord]) -> list[RunRecord]:
    """Give runs of NeuCo-Bench, which record no labels, those of runs they agree with.

    A task of such a run gets the labels of the task of the same name if all runs that record their
    labels have the same, and if the numbers of rows and classes agree where both are known.

    Parameters
    ----------
    runs
        Runs of one phase and protocol.
    """
    recorded: dict[str, dict[str, TaskRecord]] = {}
    for run in runs:
        for name, task in run.tasks.items():
            if task.labels:
                recorded.setdefault(name, {})[task.labels] = task
    result = []
    for run in runs:
        if run.labels_recorded:
            result.append(run)
            continue
        tasks = dict(run.tasks)
        problems = []
        for name, task in run.tasks.items():
            known = list(recorded.get(name, {}).values())
            problem = _disagreement(task, known)
            if problem:
                problems.append(f"{name} {problem}")
            elif known:
                tasks[name] = replace(task, labels=known[0].labels, values=known[0].values)
        if problems:
            remark = f"{LABELS_NOT_RECORDED}, and not assumed: {'; '.join(problems)}"
            result.append(replace(run, remarks=(*run.remarks, remark)))
        elif tasks != run.tasks:
            remark = (
                f"{LABELS_NOT_RECORDED}; configuration and tasks agree with those of the other runs"
            )
            result.append(replace(run, tasks=tasks, remarks=(*run.remarks, remark)))
        else:
            result.append(run)
    return result


def _disagreement(task: TaskRecord, recorded: Sequence[TaskRecord]) -> str:
    """Return why a task without recorded labels may have others; empty if nothing speaks for it."""
    if len(recorded) > 1:
        return f"has {len(recorded)} different sets of labels in the other runs"
    for other in recorded:
        for kind, count, expected in (
            ("rows", task.n, other.n),
            ("classes", task.classes, other.classes),
        ):
            if count is not None and expected is not None and count != expected:
                return f"has {count} {kind}, but {expected} in the other runs"
    return ""


def _task_names(tasks: Iterable[tuple[str, str]]) -> str:
    return ", ".join(sorted(task for task, _ in tasks))
