"""Small outcomes and runs to write and to rank."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from neucocore import evaluate
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


class NeuCoBench:
    """Writes runs as NeuCo-Bench does: a summary with its configuration, and files per task."""

    CONFIG: ClassVar[dict[str, Any]] = {
        "k_folds": 40,
        "probe_type": "linear",
        "probe_params": {"batch_size": 64, "epochs": 10, "learning_rate": 0.001},
        "embedding_dim": None,
        "standardize_embeddings": True,
        "normalize_labels": True,
        "task_filter": None,
    }

    def __init__(self, output: Path) -> None:
        self.output = output
        self.minutes = 0

    def add(
        self,
        method: str,
        phase: str = "dev",
        *,
        config: Any = CONFIG,
        files: dict[str, dict[str, Any]] | None = None,
        **q: float,
    ) -> Path:
        """Write one run; `files` are additional keys of the files of tasks."""
        self.minutes += 1
        folder = self.output / phase / f"{method}_20260701_{self.minutes:06d}"
        folder.mkdir(parents=True)
        summary: dict[str, Any] = {
            "experiment": folder.name,
            "overall_q_score": float(np.mean(list(q.values()))),
            "overall_acc_score": 0.5,
            "task_q_scores": q,
            "task_acc_scores": dict.fromkeys(q, 0.5),
        }
        if config is not None:
            summary["config"] = config
        (folder / "results_summary.json").write_text(json.dumps(summary))
        for task, value in q.items():
            (folder / task).mkdir()
            content = {"q_stat": value, "mean_score": 0.5, **(files or {}).get(task, {})}
            (folder / task / f"{task}_result.json").write_text(json.dumps(content))
        return folder


class Results:
    """A results folder to which runs are written, one minute apart."""

    def __init__(self, output: Path) -> None:
        self.output = output
        self.minutes = 0

    def add(self, method: str, *outcomes: TaskOutcome, **more: Any) -> Path:
        self.minutes += 1
        now = FIRST + timedelta(minutes=self.minutes)
        costs = {"started": now.isoformat(timespec="microseconds")}
        embeddings = more.pop("embeddings", {})
        provenance = {"costs": costs, "embeddings": embeddings}
        run = make_run(method, *outcomes, provenance=provenance, **more)
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


@pytest.fixture
def neuco_bench(results: Results) -> NeuCoBench:
    return NeuCoBench(results.output)


def write_csv(path: Path, header: str, ids: list[str], columns: Any) -> None:
    rows = [",".join([name, *map(str, row)]) for name, row in zip(ids, columns, strict=True)]
    path.write_text("\n".join([header, *rows, ""]))


@pytest.fixture(scope="session")
def scored_methods(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four methods of different noise, the first of them twice, on four tasks."""
    folder = tmp_path_factory.mktemp("skill")
    rng = np.random.default_rng(5)
    n = 240
    X = rng.normal(size=(n, 8)).round(5)
    ids = [f"s{row:03d}" for row in range(n)]
    labels = folder / "labels"
    labels.mkdir()
    for name, values, rows in (
        ("height__regr", X[:, 0] + rng.normal(size=n).round(5), n),
        ("ship__cls", (X[:, 1] + rng.normal(size=n) > 0.6).astype(int), n),
        ("kind__cls", np.digitize(X[:, 2] + rng.normal(size=n), [-0.5, 0.5]), 200),
        ("small__regr", X[:, 3].round(5), 40),
    ):
        write_csv(labels / f"{name}.csv", "id,label", ids[:rows], values[:rows, None])
    header = ",".join(["id", *map(str, range(8))])
    noise = rng.normal(size=(4, n, 8))
    for method, scale in (("best", 0.2), ("copy", 0.2), ("good", 0.6), ("bad", 3.0)):
        which = {"best": 0, "copy": 0, "good": 1, "bad": 2}[method]
        matrix = (X + scale * noise[which]).round(5)
        write_csv(folder / f"{method}.csv", header, ids, matrix)
        evaluate(folder / f"{method}.csv", labels=labels, output=folder / "out")
    return folder
