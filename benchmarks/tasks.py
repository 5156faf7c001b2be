"""Score controls and two methods on the thirteen tasks of the synthetic Earth.

    python benchmarks/tasks.py -o FOLDER [--cubes 500] [--size 64]

Generates the Earth, derives all labels from its truth, encodes, scores under ``nested-cv`` and
``neucobench-2026``, and prints the two tables of docs/tasks.md and the values for the field
``controls`` of the task specs. Files that exist already are used again.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from neucocore.components.factory import resolve
from neucocore.components.lookup import find
from neucocore.data.embeddings.embeddings import Embeddings
from neucocore.data.embeddings.formats import load_embeddings
from neucocore.data.labels.label_folder import read_label_folder
from neucocore.derivation.derive import derive_folder
from neucocore.evaluation.inputs import ScoringInput, ScoringTask
from neucocore.evaluation.protocols import protocol
from neucocore.evaluation.tasks import select_tasks

DATASET = "synthetic-earth"
ENCODERS = ("random", "constant", "mean", "temporal-mosaiks")
PROTOCOLS = ("nested-cv", "neucobench-2026")
BALANCED = "balanced-accuracy"
Scores = dict[str, float | None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--cubes", type=int, default=500)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    earth, labels = arguments.output / "earth", arguments.output / "labels"
    if not earth.exists():
        component = find("dataset", DATASET)
        generate = resolve(component, component.spec.generate)
        generate(earth, cubes=arguments.cubes, size=arguments.size, seed=0, jobs=arguments.jobs)
    derive_folder(DATASET, earth, labels)
    tasks = select_tasks(read_label_folder(labels), dataset=DATASET).tasks
    methods = {name: encoded(name, earth, arguments.output, arguments.jobs) for name in ENCODERS}
    for name in PROTOCOLS:
        columns = {method: scores(name, one, tasks) for method, one in methods.items()}
        columns["oracle"] = {}
        for task in tasks:
            columns["oracle"] |= scores(name, oracle(task), [task])
        show(name, tasks, columns)


def encoded(name: str, earth: Path, output: Path, jobs: int) -> Embeddings:
    file = output / f"{name}.npz"
    if not file.exists():
        command = [sys.executable, "-m", "neucocore", "encode", name, "--dataset", DATASET]
        command += ["--data", str(earth), "-o", str(file), "--jobs", str(jobs)]
        subprocess.run(command, check=True)
    return load_embeddings(file)


def oracle(task: ScoringTask) -> Embeddings:
    """Return the labels themselves as an embedding, standardised."""
    y = np.asarray(task.y, np.float64).reshape(len(task.ids), -1)
    matrix = ((y - y.mean(axis=0)) / y.std(axis=0)).astype(np.float32)
    return Embeddings(ids=tuple(task.ids), matrix=matrix, metadata={}, findings=())


def scores(name: str, embeddings: Embeddings, tasks: list[ScoringTask]) -> Scores:
    """Return the primary metric of each task under a protocol."""
    chosen = protocol(name)
    implementation = chosen.implementation()
    if hasattr(implementation, "task_name"):  # NeuCo-Bench's, whose probe has a single output
        single = [task for task in tasks if task.y.ndim == 1]
        tasks = [replace(task, key=implementation.task_name(task)) for task in single]
    if not tasks:
        return {}
    labelled = frozenset(cube for task in tasks for cube in task.ids)
    inputs = ScoringInput(embeddings.ids, embeddings.matrix, tuple(tasks), labelled)
    result: Scores = {}
    for outcome in implementation.score(inputs, chosen.values()):
        result[outcome.task.stem] = outcome.score
        result[f"{outcome.task.stem} {BALANCED}"] = outcome.extra.get(BALANCED)
    return result


def show(name: str, tasks: list[ScoringTask], columns: dict[str, Scores]) -> None:
    print(f"\n{name}\n\n| task | metric | n |", " | ".join(columns), "|")
    print("|---|---|---:|" + "---:|" * len(columns))
    for task in tasks:
        metric = task.metric
        if task.problem == "binary" and name == "nested-cv":
            metric += f" (prior {np.mean(task.y):.3f})"
        row(task, "f1" if task.problem == "binary" and name != "nested-cv" else metric, columns)
        if task.problem == "binary" and name == "nested-cv":
            row(task, BALANCED, columns, f" {BALANCED}")


def row(task: ScoringTask, metric: str, columns: dict[str, Scores], suffix: str = "") -> None:
    cells = [column.get(task.stem + suffix) for column in columns.values()]
    texts = ["-" if cell is None else f"{cell:.3f}".replace("-0.000", "0.000") for cell in cells]
    print(
        f"| `{task.key.partition('@')[0]}` | {metric} | {len(task.ids)} |", " | ".join(texts), "|"
    )


if __name__ == "__main__":
    main()
