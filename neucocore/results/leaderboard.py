"""Tables of comparable runs.

Runs are in one table only if they have the same phase, protocol identity, tasks and labels. Each
table names the runs that it leaves out, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.errors import ResultsError
from neucocore.evaluation.protocols import DEFAULT_PROTOCOL
from neucocore.messages import pluralize
from neucocore.results.copies import other_embeddings, same_embeddings, tasks_with_same_labels
from neucocore.results.ranking import By, merits, ranks, reranked_by, weighted_scores
from neucocore.results.reading import RunRecord, TaskRecord

FEW_TASKS = 2
"""Up to this number of tasks, a table has a note that the order is not conclusive."""

Signature = tuple[tuple[str, str], ...]
"""The tasks of a run, each with the digest of its labels."""


@dataclass(frozen=True)
class Row:
    """One ranked run, with ``q`` (the ranking value) and ``acc`` (the primary metric) by task.

    Attributes
    ----------
    labels_recorded
        Whether the run records its labels; NeuCo-Bench's runs do not.
    """

    method: str
    experiment: str
    mean_score: float
    weighted_score: float
    aggregated_rank: int
    q: Mapping[str, float]
    acc: Mapping[str, float | None]
    labels_recorded: bool = True


@dataclass(frozen=True)
class Table:
    """Comparable runs, the best first.

    Attributes
    ----------
    left_out
        Experiments that are not ranked, each with the reason.
    notes
        What limits the conclusions that can be drawn from the order.
    """

    phase: str
    protocol: str
    by: By
    tasks: tuple[str, ...]
    rows: tuple[Row, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def marks_labels(self) -> bool:
        """Whether runs with and without recorded labels are ranked together."""
        return len({row.labels_recorded for row in self.rows}) > 1

    def records(self) -> list[dict[str, Any]]:
        """Return the rows with the column names of CSV and JSON."""
        return [
            {
                "method": row.method,
                "experiment": row.experiment,
                "mean_score": row.mean_score,
                "weighted_score": row.weighted_score,
                "aggregated_rank": row.aggregated_rank,
                **{f"q::{task}": row.q[task] for task in self.tasks},
                **{f"acc::{task}": row.acc[task] for task in self.tasks},
            }
            for row in self.rows
        ]


@dataclass
class _Group:
    """The runs of one phase and protocol that have the same tasks and labels."""

    signature: Signature
    runs: list[RunRecord]
    left_out: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def leaderboards(
    runs: Iterable[RunRecord],
    *,
    by: By = "weighted",
    protocol: str | None = None,
    all_runs: bool = False,
) -> list[Table]:
    """Rank runs, in one table per group of comparable runs.

    Parameters
    ----------
    by
        The ranking.
    protocol
        Rank only runs of this protocol: an identity, ``name@version`` or a name.
    all_runs
        Rank all runs of a method instead of the newest complete one.

    Raises
    ------
    ResultsError
        No run has the protocol.
    """
    runs = list(runs)
    selected = [run for run in runs if protocol is None or _matches(run.protocol, protocol)]
    if runs and not selected:
        available = ", ".join(sorted({run.protocol for run in runs}))
        raise ResultsError(
            f"no run has the protocol {protocol}", hint=f"the runs have the protocols {available}"
        )
    runs_of: dict[tuple[str, str], list[RunRecord]] = {}
    for run in selected:
        runs_of.setdefault((run.phase, run.protocol), []).append(run)
    return [
        _table(group, phase, identity, by, all_runs)
        for (phase, identity), comparable in sorted(
            runs_of.items(), key=lambda item: _order(*item[0])
        )
        for group in _groups(with_assumed_labels(comparable))
    ]


def require_ranked(tables: Sequence[Table]) -> None:
    """Check that at least one run is ranked.

    Raises
    ------
    ResultsError
        Every run was left out; all reasons are reported.
    """
    if any(table.rows for table in tables):
        return
    left_out = [f"{name}: {reason}" for table in tables for name, reason in table.left_out]
    raise ResultsError(
        f"no run can be ranked: {pluralize(len(left_out), 'run')} left out",
        problems=[*left_out, *(note for table in tables for note in table.notes)],
        hint="evaluate embeddings of all labelled ids, without --allow-missing",
    )


def _order(phase: str, identity: str) -> tuple[str, bool, str]:
    """Return the sort key of a table: within a phase the default protocol comes first."""
    return phase, identity.partition("@")[0] != DEFAULT_PROTOCOL, identity


def _matches(identity: str, protocol: str) -> bool:
    return protocol in (identity, identity.partition("+")[0], identity.partition("@")[0])


def _groups(runs: Sequence[RunRecord]) -> list[_Group]:
    """Group runs by tasks and labels, the largest group first.

    Runs that have only some of the tasks of a group at least as large do not form a group: they are
    left out of that group's table as incomplete.
    """
    runs_of: dict[Signature, list[RunRecord]] = {}
    for run in runs:
        signature = tuple((task, run.tasks[task].labels) for task in sorted(run.tasks))
        runs_of.setdefault(signature, []).append(run)
    groups: list[_Group] = []
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
        groups.append(_Group(signature, runs_of[signature]))
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


LABELS_NOT_RECORDED = "labels not recorded"


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


def _table(group: _Group, phase: str, protocol: str, by: By, all_runs: bool) -> Table:
    names = [task for task, _ in group.signature]
    ranked = [run for run in group.runs if not run.partial]
    left_out = [
        *group.left_out,
        *(
            (run.experiment, "partial: labelled ids without embeddings")
            for run in group.runs
            if run.partial
        ),
    ]
    tasks = tuple(t for t in names if not ranked or any(r.tasks[t].q is not None for r in ranked))
    notes = [*group.notes]
    notes += [
        f"{task} has no column, since its score is undefined in every run"
        for task in names
        if task not in tasks
    ]
    ranked = _complete(ranked, tasks, left_out)
    notes += other_embeddings(group.runs)
    if not all_runs:
        ranked = _newest(ranked, left_out)
    notes += _cautions(ranked, tasks, by)
    rows = _rows(ranked, tasks, by)
    return Table(phase, protocol, by, tasks, rows, tuple(sorted(left_out)), tuple(notes))


def _complete(
    runs: Sequence[RunRecord], tasks: Sequence[str], left_out: list[tuple[str, str]]
) -> list[RunRecord]:
    """Return the runs with a score for every task; append the others to `left_out`."""
    complete = []
    for run in runs:
        undefined = [task for task in tasks if run.tasks[task].q is None]
        if undefined:
            reason = run.tasks[undefined[0]].reason
            text = f"no score for {', '.join(undefined)}" + (f" ({reason})" if reason else "")
            left_out.append((run.experiment, text))
        else:
            complete.append(run)
    return complete


def _newest(runs: Sequence[RunRecord], left_out: list[tuple[str, str]]) -> list[RunRecord]:
    """Return the newest run of each method; append the others to `left_out`."""
    newest: dict[str, RunRecord] = {}
    for run in sorted(runs, key=_age):
        newest[run.method] = run
    left_out += [
        (run.experiment, f"older than {newest[run.method].experiment}; --all-runs shows it")
        for run in runs
        if newest[run.method] is not run
    ]
    return [run for run in runs if newest[run.method] is run]


def _age(run: RunRecord) -> tuple[str, str]:
    return run.started, run.experiment


def _scores(runs: Sequence[RunRecord], tasks: Sequence[str]) -> NDArray[np.float64]:
    """Return the ranking values, (runs, tasks)."""
    values = [[run.tasks[task].q for task in tasks] for run in runs]
    return np.array(values, dtype=np.float64).reshape(len(runs), len(tasks))


def _rows(runs: Sequence[RunRecord], tasks: tuple[str, ...], by: By) -> tuple[Row, ...]:
    if not runs or not tasks:
        return ()
    q = _scores(runs, tasks)
    merit, weighted = merits(q, by), weighted_scores(q)
    rank = ranks(merit)
    order = sorted(range(len(runs)), key=lambda row: (rank[row], runs[row].experiment))
    return tuple(
        Row(
            method=runs[row].method,
            experiment=runs[row].experiment,
            mean_score=float(q[row].mean()),
            weighted_score=float(weighted[row]),
            aggregated_rank=int(rank[row]),
            q=dict(zip(tasks, q[row].tolist(), strict=True)),
            acc={task: runs[row].tasks[task].score for task in tasks},
            labels_recorded=runs[row].labels_recorded,
        )
        for row in order
    )


def _cautions(runs: Sequence[RunRecord], tasks: tuple[str, ...], by: By) -> list[str]:
    """Return what limits the conclusions that can be drawn from the order."""
    cautions = [f"{run.experiment}: {remark}" for run in runs for remark in run.remarks]
    cautions += [note for task in tasks if (note := _unequal_rows(runs, task))]
    cautions += same_embeddings(runs, tasks, by)
    cautions += tasks_with_same_labels(runs, tasks, by)
    if len(runs) == 1:
        cautions.append("only one run, so there is nothing to compare")
    if runs and len(tasks) <= FEW_TASKS:
        cautions.append(
            f"only {pluralize(len(tasks), 'task')}: too few to tell which method is better in "
            "general"
        )
    if len(runs) > 1 and tasks:
        newest = max(range(len(runs)), key=lambda row: _age(runs[row]))
        if reranked := reranked_by(_scores(runs, tasks), newest, by):
            names = ", ".join(runs[row].experiment for row in reranked)
            cautions.append(
                f"the newest run, {runs[newest].experiment}, changed the ranks of other runs: "
                f"{names}"
            )
    return cautions


def _unequal_rows(runs: Sequence[RunRecord], task: str) -> str:
    """Return a note if runs were scored on different numbers of rows of the same labels.

    This happens if NeuCo-Bench's configuration is used, which ignores missing embeddings.
    """
    counts = {run.experiment: n for run in runs if (n := run.tasks[task].n) is not None}
    most = max(counts.values(), default=0)
    fewer = [f"{name} ({n})" for name, n in sorted(counts.items()) if n != most]
    if not fewer:
        return ""
    return f"{task} was scored on {most} rows, but on fewer rows in {', '.join(fewer)}"
