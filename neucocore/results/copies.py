"""Methods and tasks that are in a table twice, under two names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neucocore.evaluation.same_labels import join_names
from neucocore.results.ranking import By, merits, ranks
from neucocore.results.reading import RunRecord


def other_embeddings(runs: Sequence[RunRecord]) -> list[str]:
    """Report methods whose runs have different embeddings, of which a table shows the newest.

    Parameters
    ----------
    runs
        Runs of one phase and protocol with the same tasks and labels.
    """
    runs_of: dict[str, list[RunRecord]] = {}
    for run in runs:
        if run.embeddings:
            runs_of.setdefault(run.method, []).append(run)
    return [
        f"the runs of the method {method} have different embeddings: "
        f"{', '.join(run.experiment for run in same)}; give each embedding a name of its own with "
        "--method"
        for method, same in sorted(runs_of.items())
        if len(_sets(same)) > 1
    ]


def same_embeddings(runs: Sequence[RunRecord], tasks: Sequence[str], by: By) -> list[str]:
    """Report methods of different names with equal embeddings, and the ranks that they change.

    Parameters
    ----------
    runs
        The ranked runs.
    tasks
        The tasks of the table.
    """
    notes = []
    for same in _sets(runs):
        methods = sorted({runs[row].method for row in same})
        if len(methods) < 2:
            continue
        kept = [row for row in range(len(runs)) if row not in same[1:]]
        q = _values(runs, tasks)
        effect = _effect(
            runs,
            kept,
            before=ranks(merits(q, by))[kept] if len(tasks) and by != "skill" else None,
            after=ranks(merits(q[kept], by)) if len(tasks) and by != "skill" else None,
            without="as one method",
        )
        notes.append(f"{join_names(methods)} have the same embeddings{effect}")
    return notes


def tasks_with_same_labels(runs: Sequence[RunRecord], tasks: Sequence[str], by: By) -> list[str]:
    """Report tasks of different names with equal labels, and the ranks that they change.

    Parameters
    ----------
    runs
        The ranked runs.
    tasks
        The tasks of the table.
    """
    if not runs:
        return []
    tasks_of: dict[str, list[str]] = {}
    for task in tasks:
        records = [run.tasks[task] for run in runs]
        record = next((r for r in records if r.values), records[0])
        if digest := record.values or record.labels:
            tasks_of.setdefault(digest, []).append(task)
    notes = []
    for same in tasks_of.values():
        if len(same) < 2:
            continue
        kept = [task for task in tasks if task not in same[1:]]
        effect = _effect(
            runs,
            list(range(len(runs))),
            before=None if by == "skill" else ranks(merits(_values(runs, tasks), by)),
            after=None if by == "skill" else ranks(merits(_values(runs, kept), by)),
            without="counted once",
        )
        notes.append(f"the tasks {join_names(same)} have the same labels{effect}")
    return notes


def _sets(runs: Sequence[RunRecord]) -> list[list[int]]:
    """Return the indices of the runs of each embedding; a shared digest makes embeddings equal."""
    sets: list[tuple[set[str], list[int]]] = []
    for row, run in enumerate(runs):
        if not run.embeddings:
            continue
        joined = [entry for entry in sets if entry[0] & run.embeddings]
        digests = set(run.embeddings).union(*(entry[0] for entry in joined))
        rows = sorted([row, *(index for entry in joined for index in entry[1])])
        sets = [entry for entry in sets if entry not in joined]
        sets.append((digests, rows))
    return [rows for _, rows in sets]


def _effect(
    runs: Sequence[RunRecord],
    rows: Sequence[int],
    *,
    before: NDArray[np.int64] | None,
    after: NDArray[np.int64] | None,
    without: str,
) -> str:
    """Describe which ranks would be others."""
    if before is None or after is None:
        return ""
    changed = [
        f"{runs[row].method} {new} instead of {old}"
        for row, old, new in zip(rows, before.tolist(), after.tolist(), strict=True)
        if old != new
    ]
    return f"; {without}, ranks change: {', '.join(changed)}" if changed else ""


def _values(runs: Sequence[RunRecord], tasks: Sequence[str]) -> NDArray[np.float64]:
    values = [[run.tasks[task].q for task in tasks] for run in runs]
    return np.array(values, dtype=np.float64).reshape(len(runs), len(tasks))
