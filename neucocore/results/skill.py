"""Ranks by mean skill, with their uncertainty, from the influence values of the runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.results.influence_file import read_ids, read_influence
from neucocore.results.reading import RunRecord
from neucocore.statistics.aggregate import (
    interval_of_mean,
    mean_skill,
    skill,
    skill_influence,
    source_means,
    source_weights,
)
from neucocore.statistics.influence import Array, Influence, Undefined
from neucocore.statistics.intervals import LEVEL, MIN_ROWS, Interval
from neucocore.statistics.ranks import (
    PairTests,
    Ranking,
    TaskInfluences,
    pair_tests,
    ranks_on_other_tasks,
    ranks_on_these_tasks,
)

MEAN_SKILL = "mean skill"
"""Name of the mean skill over label sources, next to names of tasks."""
Units = NDArray[np.int64]


@dataclass(frozen=True)
class Pair:
    """The difference of the mean skill of two methods.

    Attributes
    ----------
    p_value
        Two-sided, not adjusted for the other pairs; None if nothing can be told.
    adjusted_p_value
        Adjusted for all pairs of the table.
    """

    first: str
    second: str
    difference: float
    low: float | None
    high: float | None
    p_value: float | None
    adjusted_p_value: float | None


@dataclass(frozen=True, eq=False)
class SkillRanking:
    """Mean skill of M runs over the tasks that count, and how sure their order is.

    Attributes
    ----------
    tasks
        The tasks that count.
    skill
        (M,) mean skill; None if there is a `reason`.
    reason
        Why there is no mean skill; else empty.
    intervals
        95 % interval of each mean skill.
    by_problem
        Mean skill over the tasks of each kind, (M,).
    auc_skill
        (M,) mean of 2 AUC - 1 over binary tasks, None without one.
    ranks, other_tasks
        Ranks on these tasks with other cubes, and on other tasks like these.
    pairs
        All pairs of runs.
    not_counted
        Tasks that are shown but do not count, each with the reason.
    """

    tasks: tuple[str, ...]
    skill: Array | None = None
    reason: str = ""
    intervals: tuple[Interval, ...] = ()
    by_problem: dict[str, Array] = field(default_factory=dict)
    auc_skill: Array | None = None
    ranks: Ranking = field(default_factory=Ranking)
    other_tasks: Ranking = field(default_factory=Ranking)
    pairs: tuple[Pair, ...] = ()
    not_counted: tuple[tuple[str, str], ...] = ()


def rank_by_skill(runs: Sequence[RunRecord], tasks: Sequence[str]) -> SkillRanking:
    """Rank runs by their mean skill over label sources.

    Parameters
    ----------
    runs
        Runs with equal tasks, labels and protocol, and a score for every task.
    tasks
        The tasks of the table. Those with fewer than 50 rows do not count.
    """
    not_counted = tuple(
        (task, f"only {n} rows; a task needs {MIN_ROWS} to count")
        for task in tasks
        if (n := runs[0].tasks[task].n or 0) < MIN_ROWS
    )
    counted = counted_tasks(runs[0], tasks)
    if all(primary_metric(runs[0], task).get("chance") is None for task in tasks):
        return SkillRanking((), reason="scores of these runs have no chance level")
    if not counted:
        reason = f"no task has {MIN_ROWS} rows"
        return SkillRanking((), reason=reason, not_counted=not_counted)
    skills = [[skill_of(primary_metric(run, task)) for task in counted] for run in runs]
    sources = [source_of(runs[0], task) for task in counted]
    means = [mean_skill(row, sources) for row in skills]
    undefined = [
        f"{task}: {value.reason}"
        for row in skills
        for task, value in zip(counted, row, strict=True)
        if isinstance(value, Undefined)
    ]
    if undefined:
        reason = f"there is no mean skill: {'; '.join(dict.fromkeys(undefined))}"
        return SkillRanking(counted, reason=reason, not_counted=not_counted)
    merits = np.array(means, dtype=np.float64)
    table = np.array(skills, dtype=np.float64)
    problems = [str(runs[0].tasks[task].details.get("problem")) for task in counted]
    ranking = SkillRanking(
        counted,
        merits,
        by_problem=_by_problem(table, problems, sources),
        auc_skill=_auc_skill(runs, counted, problems),
        other_tasks=ranks_on_other_tasks(source_means(table, sources)),
        not_counted=not_counted,
    )
    influences = [skill_influences(run, counted) for run in runs]
    known = [row for row in influences if not isinstance(row, Undefined)]
    if not known:
        reasons = [row.reason for row in influences if isinstance(row, Undefined)]
        intervals = tuple(Interval(reason=reason) for reason in reasons)
        return replace(ranking, ranks=Ranking(reason=reasons[0]), intervals=intervals)
    # A run without influence values takes no interval and no pair from the others.
    tested = [i for i, row in enumerate(influences) if not isinstance(row, Undefined)]
    units = units_of(runs[tested[0]], counted, known[0])
    weights = source_weights(sources)
    intervals = tuple(
        Interval(reason=row.reason)
        if isinstance(row, Undefined)
        else interval_of_mean(row, units, weights)
        for row in influences
    )
    tests = pair_tests(merits[tested], task_influences(known, units, weights))
    generator = np.random.default_rng(seed_of(runs, counted))
    ranks = ranks_on_these_tasks(merits[tested], tests, generator)
    pairs = tuple(_pairs([runs[i] for i in tested], tests, ranks))
    if len(tested) < len(runs):
        ranks = Ranking(reason=next(i.reason for i in intervals if i.reason))
    return replace(ranking, ranks=ranks, intervals=intervals, pairs=pairs)


def counted_tasks(run: RunRecord, tasks: Sequence[str]) -> tuple[str, ...]:
    """Return the tasks with enough rows to count in the mean skill."""
    return tuple(task for task in tasks if (run.tasks[task].n or 0) >= MIN_ROWS)


def skill_notes(found: SkillRanking, n_runs: int) -> list[str]:
    """Return what a reader of a table by mean skill should know."""
    notes = [f"{task} does not count: {reason}" for task, reason in found.not_counted]
    if found.reason:
        return [*notes, f"not ranked: {found.reason}; --by mean ranks by the mean score"]
    reasons = {interval.reason for interval in found.intervals if interval.reason}
    notes += [f"no interval of the mean skill: {reason}" for reason in sorted(reasons)]
    if found.ranks.reason:
        notes.append(f"no rank intervals: {found.ranks.reason}")
    elif n_runs > 1:
        notes.append(
            "rank intervals and groups are for these tasks and other cubes, adjusted over all "
            "pairs: another run may change them, but no score, interval or pair difference"
        )
        notes.append(_other_tasks_note(found))
    return notes


def _other_tasks_note(found: SkillRanking) -> str:
    other = found.other_tasks
    if other.better is None:
        return f"nothing is said about other tasks like these: {other.reason}"
    count = int(other.better.sum())
    pairs = len(other.better) * (len(other.better) - 1) // 2
    return f"on other tasks like these, {count} of {pairs} pairs can be told apart"


def primary_metric(run: RunRecord, task: str) -> dict[str, Any]:
    """Return the primary metric as ``run.json`` records it; empty for runs without metrics."""
    metrics = run.tasks[task].details.get("metrics") or [{}]
    return dict(metrics[0])


def skill_of(record: dict[str, Any]) -> float | Undefined:
    """Return the skill of a recorded metric."""
    if not record:
        return Undefined("the runs record no chance level")
    return skill(record.get("score"), record.get("chance"), best_of(record))


def influence_of(run: RunRecord, task: str) -> Influence | Undefined:
    """Return the influence values of the primary metric of a task."""
    known = run.tasks[task].influence
    return read_influence(run.folder, run.tasks[task].details) if known is None else known


def ids_of(run: RunRecord, task: str) -> Sequence[str]:
    """Return the ids of a task's rows."""
    known: Sequence[str] = run.tasks[task].ids or read_ids(run.folder, task).tolist()
    return known


def best_of(record: dict[str, Any]) -> float:
    """Return the best possible score of a recorded metric; infinite if it is unbounded."""
    best = record.get("best")
    return float("inf") if best is None else float(best)


def source_of(run: RunRecord, task: str) -> str:
    """Return the label source by which a task counts in a mean; the task itself if unknown."""
    return str(run.tasks[task].details.get("source") or task)


def _by_problem(table: Array, problems: Sequence[str], sources: Sequence[str]) -> dict[str, Array]:
    result = {}
    for problem in dict.fromkeys(problems):
        columns = [column for column, other in enumerate(problems) if other == problem]
        weights = source_weights([sources[column] for column in columns])
        result[problem] = table[:, columns] @ weights
    return result


def _auc_skill(
    runs: Sequence[RunRecord], tasks: Sequence[str], problems: Sequence[str]
) -> Array | None:
    binary = [task for task, problem in zip(tasks, problems, strict=True) if problem == "binary"]
    values = [
        [
            metric.get("score")
            for task in binary
            for metric in run.tasks[task].details.get("metrics") or ()
            if metric["metric"] == "roc-auc"
        ]
        for run in runs
    ]
    if not binary or any(len(row) < len(binary) or None in row for row in values):
        return None
    means: Array = 2 * np.array(values, dtype=np.float64).mean(axis=1) - 1
    return means


def skill_influences(run: RunRecord, tasks: Sequence[str]) -> list[Influence] | Undefined:
    """Return the influence of each skill of a run."""
    row = []
    for task in tasks:
        record = primary_metric(run, task)
        values = skill_influence(influence_of(run, task), record.get("chance"), best_of(record))
        if isinstance(values, Undefined):
            return Undefined(f"{run.method}, {task}: {values.reason}")
        row.append(values)
    return row


def units_of(
    run: RunRecord, tasks: Sequence[str], influences: Sequence[Influence]
) -> tuple[Units, ...]:
    """Return for each task the number of the cube or group of each row, over all tasks.

    Groups are numbered by task in the files; the same ids have the same group in every task.
    """
    unit_of: dict[str, int] = {}
    result = []
    count = 0
    for task, influence in zip(tasks, influences, strict=True):
        ids = ids_of(run, task)
        codes = range(len(ids)) if influence.groups is None else influence.groups.tolist()
        unit_of_code: dict[int, int] = {}
        for name, code in zip(ids, codes, strict=True):
            if name in unit_of:
                unit_of_code.setdefault(code, unit_of[name])
        units = np.empty(len(ids), dtype=np.int64)
        for row, (name, code) in enumerate(zip(ids, codes, strict=True)):
            if code not in unit_of_code:
                unit_of_code[code] = count
                count += 1
            units[row] = unit_of[name] = unit_of_code[code]
        result.append(units)
    return tuple(result)


def task_influences(
    influences: Sequence[Sequence[Influence]], units: Sequence[Units], weights: Array
) -> list[TaskInfluences]:
    """Return the influence values of several runs, task by task.

    Parameters
    ----------
    influences
        For each run the influence of each task, on a scale on which the tasks can be averaged.
    units
        For each task the number of the cube or group of each row, over all tasks.
    weights
        (T,) weight of each task in the mean.
    """
    tasks = []
    for column, (unit, weight) in enumerate(zip(units, weights, strict=True)):
        of_task = [row[column] for row in influences]
        noises = [influence.training_noise for influence in of_task]
        scales = [influence.error_scale for influence in of_task]
        known = None not in noises and None not in scales
        tasks.append(
            TaskInfluences(
                values=np.stack([influence.values for influence in of_task], axis=1),
                units=unit,
                weight=float(weight),
                training_noise=np.array(noises, dtype=np.float64) if known else None,
                error_scale=np.array(scales, dtype=np.float64) if known else None,
                grouped=of_task[0].groups is not None,
            )
        )
    return tasks


def seed_of(runs: Sequence[RunRecord], tasks: Sequence[str]) -> int:
    """Return a seed that depends on the methods and tasks of a table only.

    Scores are no part of it: their last bit depends on the processor, and another seed would give
    other draws and other rank intervals.
    """
    content = [sorted(run.method for run in runs), list(tasks)]
    return int.from_bytes(hashlib.sha256(json.dumps(content).encode()).digest()[:8], "big")


def _pairs(runs: Sequence[RunRecord], tests: PairTests, ranks: Ranking) -> list[Pair]:
    from scipy.special import stdtrit

    quantile = float(stdtrit(max(tests.n_units - 1, 1), (1 + LEVEL) / 2))
    pairs = []
    for i in range(len(runs)):
        for j in range(i + 1, len(runs)):
            difference, error = float(tests.differences[i, j]), float(tests.standard_errors[i, j])
            told = error > 0
            pairs.append(
                Pair(
                    runs[i].method,
                    runs[j].method,
                    difference,
                    difference - quantile * error if told else None,
                    difference + quantile * error if told else None,
                    float(tests.p_values[i, j]) if told else None,
                    float(ranks.p_values[i, j]) if told and ranks.p_values is not None else None,
                )
            )
    return pairs
