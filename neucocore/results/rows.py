"""Rows of a leaderboard: what is shown about one run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from string import ascii_letters
from typing import Any

import numpy as np

from neucocore.results.reading import RunRecord, TaskRecord
from neucocore.results.skill import SkillRanking, rank_by_skill


@dataclass(frozen=True)
class Row:
    """One run, with ``q`` (the ranking value) and ``acc`` (the primary metric) by task.

    Attributes
    ----------
    aggregated_rank
        None if the run is shown, but not ranked.
    labels_recorded
        Whether the run records its labels; NeuCo-Bench's runs do not.
    control
        Whether it is a control, which contains no information.
    intervals
        95 % interval of each primary metric, (None, None) where there is none.
    encoding
        As `RunRecord.encoding`.
    skill, skill_low, skill_high
        Mean skill with its interval; None if the table is not ranked by skill.
    rank_low, rank_high
        Rank interval on these tasks, with other cubes.
    group
        Letters of its groups: two methods have a letter in common exactly if they cannot be told
        apart.
    problem_skills
        Mean skill by kind of task.
    auc_skill
        Mean of 2 AUC - 1 over binary tasks.
    metrics
        All metrics of each task as ``run.json`` records them, the primary one first.
    problems, units, n
        Kind, unit of the labels, and number of samples of each task; empty where not recorded.
    """

    method: str
    experiment: str
    mean_score: float
    weighted_score: float | None
    aggregated_rank: int | None
    q: Mapping[str, float]
    acc: Mapping[str, float | None]
    labels_recorded: bool = True
    control: bool = False
    intervals: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    encoding: Mapping[str, Any] = field(default_factory=dict)
    skill: float | None = None
    skill_low: float | None = None
    skill_high: float | None = None
    rank_low: int | None = None
    rank_high: int | None = None
    group: str = ""
    problem_skills: Mapping[str, float] = field(default_factory=dict)
    auc_skill: float | None = None
    metrics: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    n: Mapping[str, int | None] = field(default_factory=dict)


def row_of(run: RunRecord, tasks: Sequence[str]) -> Row:
    """Return the row of a run that has a score for every task, without a rank."""
    q = {task: float(run.tasks[task].q or 0.0) for task in tasks}
    return Row(
        method=run.method,
        experiment=run.experiment,
        mean_score=float(np.mean(list(q.values()))),
        weighted_score=None,
        aggregated_rank=None,
        q=q,
        acc={task: run.tasks[task].score for task in tasks},
        labels_recorded=run.labels_recorded,
        control=run.control,
        intervals={task: _interval(run.tasks[task]) for task in tasks},
        encoding=run.encoding,
        metrics={task: tuple(run.tasks[task].details.get("metrics") or ()) for task in tasks},
        problems={task: str(run.tasks[task].details.get("problem") or "") for task in tasks},
        units={task: str(run.tasks[task].details.get("unit") or "") for task in tasks},
        n={task: run.tasks[task].n for task in tasks},
    )


def _interval(task: TaskRecord) -> tuple[float | None, float | None]:
    metrics = task.details.get("metrics") or ()
    return (metrics[0]["low"], metrics[0]["high"]) if metrics else (None, None)


def unranked_rows(controls: Sequence[RunRecord], tasks: tuple[str, ...]) -> list[Row]:
    """Return the rows of controls, each with the skill that it has on its own."""
    rows = []
    for run in controls:
        found = rank_by_skill([run], tasks)
        row = row_of(run, tasks)
        rows.append(row if found.skill is None else with_skill([row], found, ranked=False)[0])
    return sorted(rows, key=lambda row: (-(row.skill or 0.0), row.experiment))


def with_skill(rows: Sequence[Row], found: SkillRanking, *, ranked: bool = True) -> list[Row]:
    """Add the mean skill of each row and, if the rows are ranked together, their rank intervals."""
    groups = found.ranks.groups
    short = len(groups) <= len(ascii_letters)
    names = ascii_letters if short else [str(number) for number in range(1, len(groups) + 1)]
    letters = [
        ("" if short else ",").join(
            name for name, group in zip(names, groups, strict=False) if index in group
        )
        for index in range(len(rows))
    ]
    low, high = found.ranks.low, found.ranks.high
    result = []
    for index, row in enumerate(rows):
        interval = found.intervals[index]
        more: dict[str, Any] = {}
        if ranked and low is not None and high is not None:
            more = {
                "rank_low": int(low[index]),
                "rank_high": int(high[index]),
                "group": letters[index],
            }
        result.append(
            replace(
                row,
                skill=None if found.skill is None else float(found.skill[index]),
                skill_low=interval.low,
                skill_high=interval.high,
                problem_skills={
                    problem: float(values[index]) for problem, values in found.by_problem.items()
                },
                auc_skill=None if found.auc_skill is None else float(found.auc_skill[index]),
                **more,
            )
        )
    return result
