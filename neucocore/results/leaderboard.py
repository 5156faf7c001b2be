"""Tables of comparable runs.

Runs share a table only with the same phase, protocol identity, tasks and labels. What a table
leaves out it names, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.errors import ResultsError
from neucocore.evaluation.protocols import DEFAULT_PROTOCOL
from neucocore.results.ranking import By, merits, moved_by, ranks, weighted_scores
from neucocore.results.reading import RunRecord

FEW_TASKS = 2

Signature = tuple[tuple[str, str], ...]
"""The tasks of a run with the digests of their labels."""


@dataclass(frozen=True)
class Row:
    """One ranked run; ``q`` and ``acc`` by task."""

    method: str
    experiment: str
    mean_score: float
    weighted_score: float
    aggregated_rank: int
    q: Mapping[str, float]
    acc: Mapping[str, float | None]


@dataclass(frozen=True)
class Table:
    """Comparable runs, best first.

    Attributes
    ----------
    left_out
        Experiments that are not ranked here, each with the reason.
    notes
        What a reader should know before believing the order.
    """

    phase: str
    protocol: str
    by: By
    tasks: tuple[str, ...]
    rows: tuple[Row, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

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
    """The runs of one phase and protocol with the same tasks and labels."""

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
    """Rank runs, in as many tables as are needed to compare only what can be compared.

    Parameters
    ----------
    protocol
        Only this one: an identity, ``name@version`` or a name.
    all_runs
        Keep older runs of a method; else the newest complete one counts.

    Raises
    ------
    ResultsError
        No run was made under `protocol`.
    """
    known = list(runs)
    chosen = [run for run in known if protocol is None or _is_of(run.protocol, protocol)]
    if known and not chosen:
        there = ", ".join(sorted({run.protocol for run in known}))
        raise ResultsError(
            f"no run was made under the protocol {protocol}", hint=f"there are runs under {there}"
        )
    places: dict[tuple[str, str], list[RunRecord]] = {}
    for run in chosen:
        places.setdefault((run.phase, run.protocol), []).append(run)
    return [
        _table(group, phase, identity, by, all_runs)
        for (phase, identity), together in sorted(places.items(), key=lambda item: _order(*item[0]))
        for group in _groups(together)
    ]


def _order(phase: str, identity: str) -> tuple[str, bool, str]:
    """Sort the default protocol's tables before the others of a phase."""
    return phase, identity.partition("@")[0] != DEFAULT_PROTOCOL, identity


def _is_of(identity: str, wanted: str) -> bool:
    return wanted in (identity, identity.partition("+")[0], identity.partition("@")[0])


def _groups(runs: Sequence[RunRecord]) -> list[_Group]:
    """Group runs by tasks and labels, the largest group first.

    Runs that lack some tasks of a group at least as large are no group but its incomplete runs.
    """
    signatures: dict[Signature, list[RunRecord]] = {}
    for run in runs:
        signature = tuple((task, run.tasks[task].labels) for task in sorted(run.tasks))
        signatures.setdefault(signature, []).append(run)
    groups: list[_Group] = []
    for signature in sorted(signatures, key=lambda s: (-len(signatures[s]), -len(s), s)):
        whole = next((group for group in groups if set(signature) < set(group.signature)), None)
        if whole is not None:
            lacking = "incomplete: no " + _listed(set(whole.signature) - set(signature))
            whole.left_out += [(run.experiment, lacking) for run in signatures[signature]]
            continue
        groups.append(_Group(signature, signatures[signature]))
        if len(groups) > 1:
            groups[-1].notes.append(_difference(signature, groups[0].signature))
    return groups


def _difference(signature: Signature, first: Signature) -> str:
    """Say why two groups of one phase and protocol have tables of their own."""
    mine, theirs = dict(signature), dict(first)
    other = [task for task in mine if task in theirs and mine[task] != theirs[task]]
    if other:
        tasks = ", ".join(other)
        return f"a table of its own: other labels or groups for {tasks} than in the first"
    more = set(signature) - set(first)
    less = set(first) - set(signature)
    said = [f"with {_listed(more)}"] * bool(more) + [f"without {_listed(less)}"] * bool(less)
    return f"a table of its own: other tasks than in the first, {' and '.join(said)}"


def _listed(tasks: Iterable[tuple[str, str]]) -> str:
    return ", ".join(sorted(task for task, _ in tasks))


def _table(group: _Group, phase: str, protocol: str, by: By, all_runs: bool) -> Table:
    names = [task for task, _ in group.signature]
    ranked = [run for run in group.runs if not run.partial]
    left_out = [*group.left_out]
    left_out += [(r.experiment, "partial: ids without embeddings") for r in group.runs if r.partial]
    tasks = tuple(t for t in names if not ranked or any(r.tasks[t].q is not None for r in ranked))
    notes = [*group.notes]
    notes += [
        f"{task} is undefined in every run, so no column" for task in names if task not in tasks
    ]
    ranked = _complete(ranked, tasks, left_out)
    if not all_runs:
        ranked = _newest(ranked, left_out)
    notes += _cautions(ranked, tasks, by)
    rows = _rows(ranked, tasks, by)
    return Table(phase, protocol, by, tasks, rows, tuple(sorted(left_out)), tuple(notes))


def _complete(
    runs: Sequence[RunRecord], tasks: Sequence[str], left_out: list[tuple[str, str]]
) -> list[RunRecord]:
    complete = []
    for run in runs:
        undefined = [task for task in tasks if run.tasks[task].q is None]
        if undefined:
            reason = run.tasks[undefined[0]].reason
            said = f"no score for {', '.join(undefined)}" + (f" ({reason})" if reason else "")
            left_out.append((run.experiment, said))
        else:
            complete.append(run)
    return complete


def _newest(runs: Sequence[RunRecord], left_out: list[tuple[str, str]]) -> list[RunRecord]:
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
        )
        for row in order
    )


def _cautions(runs: Sequence[RunRecord], tasks: tuple[str, ...], by: By) -> list[str]:
    """Say what speaks against reading much into the order."""
    cautions = [f"{run.experiment}: {remark}" for run in runs for remark in run.remarks]
    cautions += [note for task in tasks if (note := _unequal_rows(runs, task))]
    if len(runs) == 1:
        cautions.append("one run: nothing to compare it with")
    if runs and len(tasks) <= FEW_TASKS:
        cautions.append(f"tasks: {len(tasks)}; too few to say which method is better in general")
    if len(runs) > 1 and tasks:
        newest = max(range(len(runs)), key=lambda row: _age(runs[row]))
        moved = moved_by(_scores(runs, tasks), newest, by)
        if moved:
            names = ", ".join(runs[row].experiment for row in moved)
            newcomer = runs[newest].experiment
            cautions.append(f"the newest run, {newcomer}, moved the ranks of others: {names}")
    return cautions


def _unequal_rows(runs: Sequence[RunRecord], task: str) -> str:
    """Say so when runs had embeddings for different rows of the same labels (drop-in mode)."""
    counts = {run.experiment: n for run in runs if (n := run.tasks[task].n) is not None}
    most = max(counts.values(), default=0)
    fewer = [f"{name} {n}" for name, n in sorted(counts.items()) if n != most]
    return f"{task} was scored on {most} rows, but {', '.join(fewer)}" if fewer else ""
