"""What is enough: an embedding at all its sizes, and the smallest that is within a margin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from neucocore.curves.gains import curves_of
from neucocore.curves.sweep import PreparedEmbedding, SizedRun, TrainedRun
from neucocore.results.compare import compare_overall, compare_task
from neucocore.results.reading import RunRecord
from neucocore.results.skill import MEAN_SKILL
from neucocore.statistics.comparison import Comparison
from neucocore.statistics.margins import Within, within_margin


@dataclass(frozen=True, eq=False)
class Swept:
    """One embedding at all sizes.

    Attributes
    ----------
    complete
        The run of the complete embedding.
    """

    embedding: PreparedEmbedding
    complete: RunRecord
    sizes: tuple[SizedRun, ...]
    trained: tuple[TrainedRun, ...]

    @property
    def method(self) -> str:
        """Name of the method."""
        return self.embedding.method

    @property
    def tasks(self) -> list[str]:
        """The tasks with a score at every size."""
        runs = [self.complete, *(one.run for one in self.sizes), *(t.run for t in self.trained)]
        return [
            task
            for task in self.complete.tasks
            if all(task in run.tasks and run.tasks[task].score is not None for run in runs)
        ]

    @property
    def left_out(self) -> list[tuple[str, str]]:
        """The tasks that have no score at some size, or whose plugin fails, with the reasons."""
        runs = [self.complete, *(one.run for one in self.sizes), *(t.run for t in self.trained)]
        found = [(one.key, one.reason) for one in self.embedding.prepared.selection.failed]
        for task in self.complete.tasks.keys() - {*self.tasks}:
            record = next(
                (r.tasks[task] for r in runs if task in r.tasks and r.tasks[task].score is None),
                None,
            )
            found.append((task, (record and record.reason) or "no score at some size"))
        return sorted(found)

    @property
    def targets(self) -> list[str]:
        """The tasks, and the mean skill if there are several."""
        return [*self.tasks, *([MEAN_SKILL] if len(self.tasks) > 1 else [])]

    def loss(self, run: RunRecord, target: str) -> Comparison:
        """Return the complete embedding minus another run."""
        if target == MEAN_SKILL:
            return compare_overall(self.complete, run, self.tasks)
        return compare_task(self.complete, run, target).comparison


@dataclass(frozen=True, eq=False)
class Enough:
    """What is enough for one target within one family.

    Attributes
    ----------
    labels
        The sizes or numbers of training rows, in words, the largest first.
    amounts
        Their bytes, or their training rows.
    losses
        The complete embedding with all training rows minus each.
    """

    embedding: str
    target: str
    family: str
    labels: tuple[str, ...]
    amounts: tuple[int, ...]
    losses: tuple[Comparison, ...]
    within: Within
    margin: float

    def record(self) -> dict[str, Any]:
        """Return plain JSON values."""
        within = self.within
        return {
            "embedding": self.embedding,
            "target": self.target,
            "family": self.family,
            "margin": self.margin,
            "enough": None if within.enough is None else self.labels[within.enough],
            "undecided": [self.labels[i] for i in within.undecided],
            "too_small": [self.labels[i] for i in within.too_small],
            "bounds": dict(zip(self.labels, within.bounds, strict=True)),
        }


def fewest_bytes(swept: Swept, margin: float) -> list[Enough]:
    """Test the sizes of every family, for each task and the mean skill."""
    curves = curves_of(swept.method, swept.sizes)
    return [
        _enough(
            swept,
            target,
            curve.name,
            [point.size.name for point in curve.points],
            [point.size.bytes_per_row for point in curve.points],
            [point.run for point in curve.points],
            margin,
            len(curves),
        )
        for target in swept.targets
        for curve in curves
    ]


def fewest_labels(swept: Swept, margin: float) -> list[Enough]:
    """Test the numbers of training rows, for each task and the mean skill."""
    if not swept.trained:
        return []
    trained = swept.trained[::-1]
    return [
        _enough(
            swept,
            target,
            "training rows",
            [f"{one.rows} rows" for one in trained],
            [one.rows for one in trained],
            [one.run for one in trained],
            margin,
            1,
        )
        for target in swept.targets
    ]


def trained_rows(swept: Swept, target: str) -> int:
    """Return about how many rows each split trains on, of the smallest task for the mean skill."""
    tasks = swept.tasks if target == MEAN_SKILL else [target]
    return min(swept.embedding.trained_of(swept.complete.tasks[t].n or 0) for t in tasks)


def _enough(
    swept: Swept,
    target: str,
    family: str,
    labels: Sequence[str],
    amounts: Sequence[int],
    runs: Sequence[RunRecord],
    margin: float,
    families: int,
) -> Enough:
    losses = [swept.loss(run, target) for run in runs]
    within = within_margin(losses, margin, families=families)
    return Enough(
        swept.method, target, family, tuple(labels), tuple(amounts), tuple(losses), within, margin
    )
