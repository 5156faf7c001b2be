"""A task while it is checked: its label files, and the scores of embeddings under ``nested-cv``."""

from __future__ import annotations

import csv
from functools import cached_property
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from neucocore.components.factory import create, resolve
from neucocore.components.lookup import find_for_spec
from neucocore.components.specs import MetricSpec, TaskSpec
from neucocore.data.labels.label_file import read_label_file
from neucocore.data.labels.label_folder import read_label_folder
from neucocore.data.labels.labels import Labels
from neucocore.evaluation.inputs import ScoringInput, ScoringTask
from neucocore.evaluation.outcome import TaskOutcome
from neucocore.evaluation.protocols import protocol
from neucocore.evaluation.tasks import select_tasks
from neucocore.testing.cubes import make_cubes
from neucocore.testing.declarations import ComponentContext
from neucocore.testing.records import require

GENERATED_CUBES = 120
DIMENSION = 8
CLASSES = ("low", "middle", "high")


class TaskContext(ComponentContext):
    """A task, and label files: its own example, or generated within the bounds of its spec."""

    @property
    def task(self) -> TaskSpec:
        """The spec."""
        return cast(TaskSpec, self.spec)

    @cached_property
    def files(self) -> list[Path]:
        """The label files."""
        if self.task.example is not None:
            resolve(self.component, self.task.example)(self.scratch)
        else:
            generate_labels(self.task, self.scratch)
        files = sorted(self.scratch.rglob("*__*.csv"))
        require(files, "the example wrote no label file <stem>__<type>.csv")
        return files

    @cached_property
    def labels(self) -> Labels:
        """The labels that the task reads from its files."""
        return self.read()

    def read(self) -> Labels:
        """Read the label files with the task."""
        if self.task.factory == "":
            return read_label_file(self.files[0]).labels()
        labels = create(self.component).labels(self.files)
        require(
            isinstance(labels, Labels), f"labels() returned {type(labels).__name__}, not Labels"
        )
        return cast(Labels, labels)

    @cached_property
    def scoring(self) -> ScoringTask:
        """The task in the form in which ``neuco evaluate`` scores it."""
        selection = select_tasks(
            read_label_folder(self.files[0].parent),
            dataset=self.task.dataset,
            patterns=[f"{self.component.full_name}@{self.component.spec.version}"],
        )
        (task,) = selection.tasks
        return task

    @cached_property
    def metric(self) -> MetricSpec:
        """The primary metric."""
        return self.find_metric(self.task.primary_metric)

    def find_metric(self, name: str) -> MetricSpec:
        """Return the metric that a name in the spec means."""
        return cast(MetricSpec, find_for_spec("metric", name, plugin=self.plugin.name).spec)

    def outcome(self, matrix: NDArray[np.float64], task: ScoringTask | None = None) -> TaskOutcome:
        """Score embeddings, with rows in the order of the task's ids, under ``nested-cv``."""
        scored = self.scoring if task is None else task
        inputs = ScoringInput(
            ids=scored.ids,
            matrix=matrix.astype(np.float32),
            tasks=(scored,),
            labelled_ids=frozenset(scored.ids),
        )
        nested_cv = protocol("nested-cv")
        outcomes: list[TaskOutcome] = nested_cv.implementation().score(inputs, nested_cv.values())
        return outcomes[0]

    @cached_property
    def oracle(self) -> NDArray[np.float64]:
        """The labels as an embedding: values, or one column per class."""
        y = np.asarray(self.scoring.y)
        if self.scoring.problem == "multiclass":
            return np.eye(int(y.max()) + 1)[y.astype(np.int64)]
        return np.nan_to_num(y.reshape(len(y), -1).astype(np.float64))

    @cached_property
    def constant_score(self) -> float:
        """The score of a constant embedding, which carries no information."""
        outcome = self.outcome(np.ones((len(self.scoring.ids), DIMENSION)))
        return 0.0 if outcome.score is None else outcome.score

    def skill(self, outcome: TaskOutcome) -> float:
        """Return a score rescaled to 0 for a constant embedding and 1 for the best value."""
        if outcome.score is None:
            return 0.0
        best = self.metric.high if self.metric.greater_is_better else self.metric.low
        if best is None:
            best = self.outcome(self.oracle).score or 0.0
        span = float(best) - self.constant_score
        return (float(outcome.score) - self.constant_score) / span if span else 0.0

    @property
    def chance(self) -> float:
        """The largest skill that can be due to chance, for this number of labels."""
        return float(0.15 + 1.5 / np.sqrt(len(self.scoring.ids)))


def generate_labels(spec: TaskSpec, folder: Path) -> Path:
    """Write a label file with a name of the task, and labels within its bounds."""
    rng = np.random.default_rng(0)
    ids = [cube.id for cube in make_cubes(GENERATED_CUBES, modalities=("s1",), seasons=1, size=4)]
    kind = "regr" if spec.problem == "regression" else "cls"
    stem = spec.aliases[0] if spec.aliases else spec.name
    names = [f"label:{output}" for output in spec.outputs] or ["label"]
    if spec.problem == "multilabel" and not spec.outputs:
        names = [f"label:{name}" for name in CLASSES]
    columns = [_generate_column(spec, rng) for _ in names]
    file = folder / f"{stem}__{kind}.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", *names])
        writer.writerows(zip(ids, *columns, strict=True))
    return file


def _generate_column(spec: TaskSpec, rng: np.random.Generator) -> list[object]:
    if spec.problem == "multiclass":
        return [CLASSES[code] for code in rng.integers(0, len(CLASSES), GENERATED_CUBES)]
    if spec.problem != "regression":
        return list(map(int, rng.random(GENERATED_CUBES) < 0.4))
    low = spec.low if spec.low is not None else (spec.high or 0.0) - 1
    high = spec.high if spec.high is not None else low + 1
    return list(map(float, low + (high - low) * rng.beta(2, 3, GENERATED_CUBES)))
