"""The decision between several embeddings, from their runs.

Errors share a budget of 5 %: half for the claim that the chosen embedding is close to the best,
half for the claim that a smaller size of it is close to the complete one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from neucocore.results.reading import RunRecord
from neucocore.results.skill import (
    MEAN_SKILL,
    influence_of,
    primary_metric,
    seed_of,
    skill_influences,
    source_of,
    task_influences,
    units_of,
)
from neucocore.statistics.aggregate import interval_of_mean, source_weights
from neucocore.statistics.comparison import POWER
from neucocore.statistics.influence import Array, Influence, Undefined, rescaled
from neucocore.statistics.intervals import Interval, interval, too_little_data
from neucocore.statistics.simultaneous import (
    ALPHA,
    CloseToBest,
    Simultaneous,
    Target,
    close_to_best,
    rows_needed,
    simultaneous_pairs,
)

SHARE = ALPHA / 2
"""Error probability of the choice of an embedding, and that of its size."""
Verdict = Literal["use", "cannot decide", "nothing is predicted"]


@dataclass(frozen=True, eq=False)
class Table:
    """M runs on T tasks, scored on the same rows.

    Attributes
    ----------
    runs
        The runs.
    tasks
        Names of the tasks that every run has a score for.
    main
        The task that decides; None for the mean skill over all.
    """

    runs: tuple[RunRecord, ...]
    tasks: tuple[str, ...]
    main: str | None

    @property
    def decides(self) -> str:
        """Name of what decides, for sentences."""
        if self.main is not None:
            return self.main
        return self.tasks[0] if len(self.tasks) == 1 else MEAN_SKILL

    @property
    def metric(self) -> str:
        """The metric that decides."""
        if self.decides == MEAN_SKILL:
            return MEAN_SKILL
        return str(primary_metric(self.runs[0], self.decides)["metric"])

    @cached_property
    def problem(self) -> str:
        """Why nothing can be tested; empty if it can."""
        for run in self.runs:
            for task in self.tasks:
                found = influence_of(run, task)
                reason = found.reason if isinstance(found, Undefined) else too_little_data(found)
                if reason:
                    return f"{task}: {reason}"
        if self.decides == MEAN_SKILL:
            for run in self.runs:
                found_row = skill_influences(run, self.tasks)
                if isinstance(found_row, Undefined):
                    return found_row.reason
        return ""

    def target(self, task: str) -> Target:
        """Return the runs on one task, or on the mean skill."""
        if task == MEAN_SKILL:
            rows = [self._skills(run) for run in self.runs]
            weights = self.weights
        else:
            rows = [[self._influence(run, task)] for run in self.runs]
            weights = np.ones(1)
        merits = [
            float(sum(w * i.estimate for w, i in zip(weights, row, strict=True))) for row in rows
        ]
        units = self.units if task == MEAN_SKILL else self.units[self.tasks.index(task) :][:1]
        return Target(np.array(merits), task_influences(rows, units, weights))

    def score(self, run: RunRecord, task: str) -> tuple[float | None, Interval]:
        """Return a score, or the mean skill, with its interval."""
        if task != MEAN_SKILL:
            record = primary_metric(run, task)
            found = influence_of(run, task)
            return record.get("score"), interval(found)
        skills = skill_influences(run, self.tasks)
        if isinstance(skills, Undefined):
            return None, Interval(reason=skills.reason)
        mean = float(sum(w * s.estimate for w, s in zip(self.weights, skills, strict=True)))
        reasons = [reason for skill in skills if (reason := too_little_data(skill))]
        if reasons:
            return mean, Interval(reason=reasons[0])
        return mean, interval_of_mean(skills, self.units, self.weights)

    def chance(self, task: str) -> float | None:
        """Return the score of a method that knows nothing."""
        chance = 0.0 if task == MEAN_SKILL else primary_metric(self.runs[0], task).get("chance")
        return None if chance is None else float(chance)

    @cached_property
    def weights(self) -> Array:
        """(T,) weight of each task in the mean skill."""
        return source_weights([source_of(self.runs[0], task) for task in self.tasks])

    @cached_property
    def units(self) -> tuple[NDArray[np.int64], ...]:
        """For each task the number of the cube or group of each row, over all tasks."""
        first = self.runs[0]
        return units_of(first, self.tasks, [self._influence(first, task) for task in self.tasks])

    @cached_property
    def n(self) -> int:
        """Number of rows of the task that decides; of the smallest task for the mean skill."""
        tasks = self.tasks if self.decides == MEAN_SKILL else (self.decides,)
        return min(int(self.runs[0].tasks[task].n or 0) for task in tasks)

    def seed(self, purpose: int) -> int:
        """Return a seed for one kind of draws of this table."""
        return seed_of(self.runs, self.tasks) + purpose

    def _skills(self, run: RunRecord) -> list[Influence]:
        found = skill_influences(run, self.tasks)
        if isinstance(found, Undefined):
            raise ValueError(found.reason)
        return found

    def _influence(self, run: RunRecord, task: str) -> Influence:
        found = influence_of(run, task)
        if isinstance(found, Undefined):
            raise ValueError(found.reason)
        # Differences are gains in any case.
        return found if found.greater_is_better else rescaled(found, 0.0, -1.0)


@dataclass(frozen=True, eq=False)
class Decision:
    """What is decided, and what it rests on.

    Attributes
    ----------
    chosen
        Index of the recommended run; None if there is none.
    leader
        Index of the run with the best score.
    close
        Which runs are close to the best; None if nothing can be tested.
    pairs
        All pairs on what decides and on every task, in the order of `targets`; None likewise.
    rows_needed
        About how many rows show, with 80 % power, that two equally good embeddings are close enough
        if they differ as much as the leader and its strongest rival do now; None if not known.
    detectable
        Smallest true difference between the leader and its strongest rival that would be found with
        80 % power.
    reason
        Why nothing can be tested.
    """

    verdict: Verdict
    margin: float
    leader: int
    chosen: int | None = None
    close: CloseToBest | None = None
    pairs: Simultaneous | None = None
    targets: tuple[str, ...] = ()
    rows_needed: float | None = None
    detectable: float | None = None
    reason: str = ""

    @property
    def smallest_margin(self) -> float | None:
        """The smallest margin with which some embedding would be recommended."""
        return None if self.close is None else float(max(self.close.losses.min(), 0.0))


def decide(table: Table, bytes_per_row: Sequence[float], margin: float) -> Decision:
    """Choose the cheapest embedding that is shown to be close to the best.

    Parameters
    ----------
    table
        The runs.
    bytes_per_row
        Bytes of a row of each embedding.
    margin
        Largest loss that does not matter.
    """
    scores = [table.score(run, table.decides)[0] for run in table.runs]
    leader = int(np.argmax([-np.inf if score is None else score for score in scores]))
    if table.problem:
        return Decision("cannot decide", margin, leader, reason=table.problem)
    target = table.target(table.decides)
    generator = np.random.default_rng(table.seed(0))
    close = close_to_best(target, margin, generator, alpha=SHARE)
    decision = Decision("cannot decide", margin, leader, close=close)
    if len(table.runs) > 1:
        several = table.decides == MEAN_SKILL
        names = (MEAN_SKILL, *table.tasks) if several else tuple(table.tasks)
        targets = [target if name == table.decides else table.target(name) for name in names]
        pairs = simultaneous_pairs(targets, np.random.default_rng(table.seed(1)))
        error = float(target.tests.standard_errors[leader, int(close.rivals[leader])])
        decision = replace(
            decision,
            pairs=pairs,
            targets=names,
            detectable=(pairs.critical + float(ndtri(POWER))) * error,
            rows_needed=rows_needed(table.n, error, close.critical, margin) if margin > 0 else None,
        )
    chance, sure = table.chance(table.decides), table.score(table.runs[leader], table.decides)[1]
    if chance is not None and sure.low is not None and sure.low <= chance:
        return replace(decision, verdict="nothing is predicted")
    allowed = np.flatnonzero(close.close)
    if not len(allowed):
        return decision
    chosen = min(map(int, allowed), key=lambda i: (bytes_per_row[i], -(scores[i] or 0.0), i))
    return replace(decision, verdict="use", chosen=chosen)
