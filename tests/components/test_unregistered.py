"""Runs are marked unregistered exactly if code that is not installed made their numbers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import neucocore as nc
from neucocore.plugin import ReducerSpec
from neucocore.testing import make_cubes, write_cube_folder

IDEA = """
import numpy as np
from neucocore.plugin import (
    EncoderSpec, MetricSpec, ReducerSpec, TaskSpec, hookimpl,
)
NEUCO_API = 1

class Idea:
    def encode(self, cubes):
        rows = [cube.arrays["s1"].mean(axis=(2, 3)).ravel() for cube in cubes]
        return np.stack(rows).astype(np.float32)

def largest_error(y_true, y_pred):
    return float(np.abs(y_true - y_pred).max())

class Halves:
    bits = 32
    def __init__(self, dimension=1, seed=0):
        pass
    def fit(self, X):
        return self
    def apply(self, X):
        return np.asarray(X[:, :1], np.float32)
    def bytes_per_row(self):
        return 4
    def state(self):
        return {}

@hookimpl
def neuco_encoders():
    return [EncoderSpec(name="idea", summary="mean of radar", factory=Idea)]

@hookimpl
def neuco_metrics():
    return [MetricSpec(name="largest-error", summary="largest error", factory=largest_error,
                       problems=("regression",), greater_is_better=False)]

@hookimpl
def neuco_reducers():
    return [ReducerSpec(name="first-column", summary="one column", factory=Halves, needs_fit=False)]

@hookimpl
def neuco_tasks():
    return [TaskSpec(name="radar", summary="radar", dataset="folder", problem="regression",
                     primary_metric="r2")]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unregistered")
    (folder / "my_idea.py").write_text(IDEA)
    cubes = make_cubes(60, modalities=("s1",), seasons=1, size=4)
    labels = [(cube.id, float(cube.arrays["s1"][0, 0].mean())) for cube in cubes]
    write_cube_folder(folder / "data", cubes, {"radar__regr": labels})
    for encoder in ("my-idea/idea", "core/band-means"):
        name = encoder.rpartition("/")[2]
        neuco(folder, "encode", encoder, "--dataset", "folder", "--data", "data", "-o",
              f"{name}.parquet", idea=True)  # fmt: skip
    return folder


def neuco(folder: Path, *words: str, idea: bool) -> None:
    option = ["--plugin-path", "my_idea.py"] if idea else []
    command = [sys.executable, "-m", "neucocore", *option, *words]
    clean = {key: value for key, value in os.environ.items() if not key.startswith("NEUCO_")}
    done = subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def unregistered(folder: Path, embeddings: str, out: str, *options: str, idea: bool) -> bool:
    words = ("evaluate", embeddings, "--labels", "data/labels", "-o", out, *options)
    neuco(folder, *words, idea=idea)
    (run,) = (folder / out).glob("*/*/run.json")
    recorded = json.loads(run.read_text())["unregistered"]
    assert isinstance(recorded, bool)
    return recorded


def test_embeddings_made_with_the_file_are_marked_where_it_is_absent(folder):
    assert unregistered(folder, "idea.parquet", "encoded", idea=False)


def test_a_file_that_is_not_used_marks_nothing(folder):
    options = ("--dataset", "synthetic-earth")  # otherwise the task of the file claims the labels
    assert not unregistered(folder, "band-means.parquet", "unused", *options, idea=True)


def test_a_metric_of_the_file_marks_the_run(folder):
    options = ("--metric", "largest-error", "--dataset", "synthetic-earth")
    assert unregistered(folder, "band-means.parquet", "metric", *options, idea=True)


@pytest.mark.parametrize("suffix", ["csv"])
def test_conversion_keeps_the_mark(suffix, folder):
    neuco(folder, "convert", "idea.parquet", f"converted.{suffix}", idea=False)
    assert unregistered(folder, f"converted.{suffix}", f"converted-{suffix}", idea=False)


def test_a_reducer_of_the_file_marks_what_it_makes(folder):
    words = ("convert", "band-means.parquet", "reduced.parquet", "--reducer", "first-column")
    neuco(folder, *words, idea=True)
    assert unregistered(folder, "reduced.parquet", "reduced", idea=False)


def test_a_fusion_with_one_marked_part_is_marked(folder):
    words = ("fusion", "make", "idea.parquet", "band-means.parquet", "-o", "fused.parquet")
    neuco(folder, *words, "--dimension", "2", idea=False)
    assert unregistered(folder, "fused.parquet", "fused", idea=False)


def test_labels_of_a_task_of_the_file_mark_the_run(folder):
    options = ("--dataset", "folder")
    assert unregistered(folder, "band-means.parquet", "task", *options, idea=True)


def test_objects_of_a_notebook_mark_what_they_make(folder, tmp_path):
    class First:
        def __init__(self, dimension=1, seed=0):
            pass

        def fit(self, X):
            return self

        def apply(self, X):
            return X[:, :1]

        def bytes_per_row(self):
            return 4

        def state(self):
            return {}

    reducer = ReducerSpec(name="first", summary="first column", factory=First, needs_fit=False)
    report = nc.encode(
        "core/band-means", dataset="folder", data=folder / "data", output=tmp_path / "first.npz",
        reducer=reducer,
    )  # fmt: skip
    assert nc.load_embeddings(report.path).metadata["unregistered"] is True
