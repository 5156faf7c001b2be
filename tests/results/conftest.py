"""Small outcomes and runs to write and to rank."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neucocore.evaluation.inputs import ScoringTask
from neucocore.evaluation.outcome import SplitScore, TaskOutcome
from neucocore.evaluation.protocols import protocol
from neucocore.results.run_folder import Run, write_run

FIRST = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def make_outcome(
    name: str = "crops",
    folds: tuple[float | None, ...] = (0.5, 0.7),
    *,
    digest: str = "d1",
    problem: Any = "regression",
    **more: Any,
) -> TaskOutcome:
    task = ScoringTask(
        name, name, problem, ("a", "b", "c"), np.array([0.0, 1.0, 2.0]), "r2", digest
    )
    known = [value for value in folds if value is not None]
    complete = len(known) == len(folds)
    mean, std = (
        float(np.mean(known)) if complete else None,
        float(np.std(known)) if complete else None,
    )
    return TaskOutcome(
        task,
        n=3,
        d=4,
        status="ok" if complete else "undefined",
        q=None if mean is None or std is None else 2 * mean / (0.02 + std),
        score=mean,
        std=std,
        reason="" if complete else "all 3 labels are 1",
        splits=tuple(
            SplitScore(n, "r2", value)
            if value is not None
            else SplitScore(n, "r2", None, "undefined", "none")
            for n, value in enumerate(folds)
        ),
        hyperparameters={"epochs": 10},
        **more,
    )


def make_run(method: str = "mean", *outcomes: TaskOutcome, **more: Any) -> Run:
    values: dict[str, Any] = {
        "phase": "dev",
        "protocol": protocol("neucobench-2026"),
        "key": f"key of {method}",
        **more,
    }
    return Run(method=method, outcomes=outcomes or (make_outcome(),), **values)


class Results:
    """A results folder to which runs are written, one minute apart."""

    def __init__(self, output: Path) -> None:
        self.output = output
        self.minutes = 0

    def add(self, method: str, *outcomes: TaskOutcome, **more: Any) -> Path:
        self.minutes += 1
        now = FIRST + timedelta(minutes=self.minutes)
        costs = {"started": now.isoformat(timespec="microseconds")}
        run = make_run(method, *outcomes, provenance={"costs": costs}, **more)
        return write_run(self.output, run, now)


@pytest.fixture
def outcome() -> Callable[..., TaskOutcome]:
    return make_outcome


@pytest.fixture
def run() -> Callable[..., Run]:
    return make_run


@pytest.fixture
def results(tmp_path: Path) -> Results:
    return Results(tmp_path / "results")
