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

from neucocore.errors import NeucoError, ResultsError
from neucocore.evaluation.protocols import DEFAULT_PROTOCOL
from neucocore.evaluation.protocols import protocol as find_protocol
from neucocore.files.html import html_table, interval_text
from neucocore.messages import pluralize
from neucocore.results.changed_options import ChangedOption
from neucocore.results.common_ids import on_common_ids
from neucocore.results.comparable import ComparableRuns, group_runs, matches, with_assumed_labels
from neucocore.results.copies import other_embeddings, same_embeddings, tasks_with_same_labels
from neucocore.results.ranking import By, merits, ranks, reranked_by, weighted_scores
from neucocore.results.reading import RunRecord
from neucocore.results.rows import Row, row_of, unranked_rows, with_skill
from neucocore.results.skill import (
    Pair,
    SkillRanking,
    counted_tasks,
    ids_of,
    influence_of,
    rank_by_skill,
    skill_notes,
)
from neucocore.statistics.influence import Undefined

FEW_TASKS = 2
"""Up to this number of tasks, a table has a note that the order is not conclusive."""


@dataclass(frozen=True, repr=False)
class Table:
    """Comparable runs, the best first; below them those that are not ranked.

    Attributes
    ----------
    left_out
        Experiments that are not ranked, each with the reason.
    notes
        What limits the conclusions that can be drawn from the order.
    suite
        ``name@version`` of the suite that every run is complete for; empty: ad hoc.
    pairs
        Differences of the mean skill of all pairs of ranked methods.
    metrics
        The metric of each column of scores, by task; a task whose metric is not recorded is absent.
    changed
        Options that differ from the defaults of the protocol, as `ChangedOption` describes them.
    number, of
        The number of the table, from 1, among those of its phase and protocol.
    """

    phase: str
    protocol: str
    by: By
    tasks: tuple[str, ...]
    rows: tuple[Row, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    suite: str = ""
    pairs: tuple[Pair, ...] = ()
    metrics: Mapping[str, str] = field(default_factory=dict)
    changed: tuple[ChangedOption, ...] = ()
    number: int = 1
    of: int = 1

    def __repr__(self) -> str:
        """Return phase, protocol and size: the rows would fill the screen."""
        size = f"{pluralize(len(self.rows), 'method')}, {pluralize(len(self.tasks), 'task')}"
        return f"<Table: {self.phase}, {self.protocol}, {size}>"

    def _repr_html_(self) -> str:
        """Return the table for notebooks: ranks, skill with interval, size, and scores."""
        rows = [
            {
                "rank": row.aggregated_rank,
                "method": f"{row.method} (control)" if row.control else row.method,
                "skill": row.skill,
                "95 % interval": interval_text(row.skill_low, row.skill_high),
                "group": row.group,
                "bytes": row.encoding.get("bytes_per_sample"),
                **row.acc,
            }
            for row in self.rows
        ]
        columns = ["rank", "method", "skill", "95 % interval", "group", "bytes", *self.tasks]
        kept = [name for name in columns if any(row.get(name) not in (None, "") for row in rows)]
        title = f"{self.phase}: {self.protocol}, {self.suite or 'ad hoc'}, by {self.by}"
        return html_table(title, kept, rows)

    @property
    def marks_labels(self) -> bool:
        """Whether runs with and without recorded labels are ranked together."""
        return len({row.labels_recorded for row in self.rows}) > 1

    @property
    def problems(self) -> tuple[str, ...]:
        """Kinds of the tasks that count in the mean skill."""
        return tuple(next((row.problem_skills for row in self.rows if row.problem_skills), ()))

    def records(self) -> list[dict[str, Any]]:
        """Return the rows with the column names that NeuCo-Bench has."""
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

    def uncertainty_records(self) -> list[dict[str, Any]]:
        """Return what the rows have in addition: intervals, ranks, and how they were encoded."""
        return [
            {
                "ranked": row.aggregated_rank is not None,
                "control": row.control,
                "skill": row.skill,
                "skill_low": row.skill_low,
                "skill_high": row.skill_high,
                "rank_low": row.rank_low,
                "rank_high": row.rank_high,
                "group": row.group,
                "auc_skill": row.auc_skill,
                "suite": self.suite,
                **{
                    name: row.encoding.get(name)
                    for name in ("fit", "dimension", "bytes_per_sample", "training_data")
                },
                **{f"skill::{problem}": value for problem, value in row.problem_skills.items()},
                **{f"metric::{task}": self.metrics.get(task) for task in self.tasks},
                **{f"low::{task}": row.intervals[task][0] for task in self.tasks},
                **{f"high::{task}": row.intervals[task][1] for task in self.tasks},
            }
            for row in self.rows
        ]


def leaderboards(
    runs: Iterable[RunRecord],
    *,
    by: By | None = None,
    protocol: str | None = None,
    all_runs: bool = False,
    common_ids: bool = False,
) -> list[Table]:
    """Rank runs, in one table per group of comparable runs.

    Parameters
    ----------
    by
        The ranking; by default the one that the protocol of the table declares.
    protocol
        Rank only runs of this protocol: an identity, ``name@version`` or a name.
    all_runs
        Rank all runs of a method instead of the newest complete one.
    common_ids
        Score all runs of a phase and protocol on the ids that they have in common, partial runs
        included.

    Raises
    ------
    ResultsError
        No run has the protocol.
    """
    runs = list(runs)
    selected = [run for run in runs if protocol is None or matches(run.protocol, protocol)]
    if runs and not selected:
        available = ", ".join(sorted({run.protocol for run in runs}))
        raise ResultsError(
            f"no run has the protocol {protocol}", hint=f"the runs have the protocols {available}"
        )
    runs_of: dict[tuple[str, str], list[RunRecord]] = {}
    for run in selected:
        runs_of.setdefault((run.phase, run.protocol), []).append(run)
    notes_of: dict[tuple[str, str], tuple[str, ...]] = {}
    if common_ids:
        for key, comparable in runs_of.items():
            common = on_common_ids(comparable)
            runs_of[key], notes_of[key] = list(common.runs), common.notes
    tables = []
    for phase, identity in sorted(runs_of, key=lambda key: _order(*key)):
        groups = group_runs(with_assumed_labels(runs_of[phase, identity]))
        for number, group in enumerate(groups, 1):
            table = _table(group, phase, identity, by or aggregate_of(identity), all_runs)
            notes = (*notes_of.get((phase, identity), ()), *table.notes)
            tables.append(replace(table, notes=notes, number=number, of=len(groups)))
    return tables


def aggregate_of(identity: str) -> By:
    """Return the ranking that a protocol declares; ``weighted`` if it is not installed."""
    try:
        return find_protocol(identity.partition("+")[0]).spec.aggregate
    except NeucoError:
        return "weighted"


def require_ranked(tables: Sequence[Table]) -> None:
    """Check that at least one run is shown.

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


def require_skill(tables: Sequence[Table]) -> None:
    """Check that a table has a mean skill, where it was asked for.

    Raises
    ------
    ResultsError
        No table has one; all reasons are reported.
    """
    if any(row.skill is not None for table in tables for row in table.rows):
        return
    raise ResultsError(
        "no table can be ranked by mean skill",
        problems=[
            f"{table.phase}, {table.protocol}: {note}"
            for table in tables
            for note in table.notes
            if note.startswith("not ranked")
        ],
        hint="leave out --by, and each table has the ranking of its protocol",
    )


def _order(phase: str, identity: str) -> tuple[str, bool, str]:
    """Return the sort key of a table: within a phase the default protocol comes first."""
    return phase, identity.partition("@")[0] != DEFAULT_PROTOCOL, identity


def _table(group: ComparableRuns, phase: str, protocol: str, by: By, all_runs: bool) -> Table:
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
        f"{task} has no column, since its score is undefined in every run" + _reasons(ranked, task)
        for task in names
        if task not in tasks
    ]
    ranked = _complete(ranked, tasks, left_out)
    notes += other_embeddings(group.runs)
    if not all_runs:
        ranked = _newest(ranked, left_out)
    suites = {run.suite for run in ranked}
    suite = suites.pop() if len(suites) == 1 else ""
    controls = [run for run in ranked if run.control and by == "skill"]
    ranked = [run for run in ranked if run not in controls]
    if by == "skill":
        ranked = _readable(ranked, tasks, left_out)
        controls = _readable(controls, tasks, left_out)
    notes += _cautions(ranked, tasks, by)
    rows, found = _rows(ranked, tasks, by)
    if found is not None:
        notes += skill_notes(found, len(ranked))
    others = unranked_rows(controls, tasks)
    notes += _controls_note(others)
    return Table(
        phase,
        protocol,
        by,
        tasks,
        (*rows, *others),
        tuple(sorted(left_out)),
        tuple(notes),
        suite,
        found.pairs if found else (),
        _metrics(group.runs, tasks),
        next((run.changed for run in group.runs if run.changed), ()),
    )


def _reasons(runs: Sequence[RunRecord], task: str) -> str:
    """Return why no run has a score for a task, each reason once, to append to a note."""
    reasons = dict.fromkeys(reason for run in runs if (reason := run.tasks[task].reason))
    return f" ({'; '.join(reasons)})" if reasons else ""


def _metrics(runs: Sequence[RunRecord], tasks: Sequence[str]) -> dict[str, str]:
    """Return the primary metric of each task, as far as a run records it."""
    recorded = [(task, run.tasks[task].details.get("metric")) for run in runs for task in tasks]
    found: dict[str, str] = {}
    for task, metric in recorded:
        if metric:
            found.setdefault(task, str(metric))
    return found


def _controls_note(controls: Sequence[Row]) -> list[str]:
    """Return whether the controls, which contain no information, score as if they did not."""
    known = [row for row in controls if row.skill_low is not None and row.skill_high is not None]
    if not known:
        return []
    above = [row for row in known if (row.skill_low or 0.0) > 0]
    if not above:
        return [f"controls at chance: ok ({', '.join(row.method for row in known)})"]
    return [
        f"the control {row.method} is above chance: mean skill {row.skill or 0.0:.3f} "
        f"({row.skill_low:.3f} to {row.skill_high:.3f}); the labels or splits give something away"
        for row in above
    ]


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


def _readable(
    runs: Sequence[RunRecord], tasks: Sequence[str], left_out: list[tuple[str, str]]
) -> list[RunRecord]:
    """Return the runs whose files can be read that a ranking reads; append others to `left_out`."""
    readable: list[RunRecord] = []
    ids_read = False
    for run in runs:
        try:
            counted = counted_tasks(run, tasks)
            influences = [influence_of(run, task) for task in counted]
            # The rows are the same in all runs; the ids are read from the first with intervals.
            if not ids_read and not any(isinstance(one, Undefined) for one in influences):
                for task in counted:
                    ids_of(run, task)
                ids_read = True
        except ResultsError as error:
            left_out.append((run.experiment, f"{error.message}; evaluate again with --force"))
        else:
            readable.append(run)
    return readable


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


def _rows(
    runs: Sequence[RunRecord], tasks: tuple[str, ...], by: By
) -> tuple[tuple[Row, ...], SkillRanking | None]:
    """Return the rows of the ranked runs, and their ranking if it is by skill."""
    if not runs or not tasks:
        return (), None
    q = _scores(runs, tasks)
    weighted = weighted_scores(q)
    rows = [
        replace(row_of(run, tasks), weighted_score=float(value))
        for run, value in zip(runs, weighted, strict=True)
    ]
    found = rank_by_skill(runs, tasks) if by == "skill" else None
    if found is not None and found.skill is None:
        return tuple(sorted(rows, key=lambda row: (-row.mean_score, row.experiment))), found
    merit = merits(q, by) if found is None or found.skill is None else found.skill
    rank = ranks(merit)
    rows = [replace(row, aggregated_rank=int(value)) for row, value in zip(rows, rank, strict=True)]
    if found is not None:
        rows = with_skill(rows, found)
    order = sorted(range(len(rows)), key=lambda row: (rank[row], rows[row].experiment))
    return tuple(rows[row] for row in order), found


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
    if len(runs) > 1 and tasks and by != "skill":
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
