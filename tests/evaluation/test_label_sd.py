"""Standard deviations of labels, from a file to what a protocol scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neucocore.components import discovery
from neucocore.data.labels.label_folder import read_label_folder
from neucocore.evaluation.options import EvaluateOptions
from neucocore.evaluation.prepare import prepare
from neucocore.evaluation.protocols import protocol
from neucocore.evaluation.request import evaluate_request
from neucocore.evaluation.tasks import select_tasks

PLUGIN = """
from neucocore.plugin import Labels, TaskSpec, hookimpl, read_label_file
NEUCO_API = 1

class Halved:
    def labels(self, files):
        file = read_label_file(files[0])
        return Labels(file.ids, file.y / 2, label_sd=file.label_sd / 2)

@hookimpl
def neuco_tasks():
    common = {"dataset": "toy-data", "problem": "regression", "primary_metric": "r2"}
    return [
        TaskSpec(name="halved", summary="s", factory=f"{__name__}:Halved", **common),
        TaskSpec(name="same", summary="s", **common),
    ]
"""
ROWS = [(f"c{row:02d}", 10.0 * row, row / 10, row % 2) for row in range(20)]


def write_labels(path: Path, rows, *, with_sd: bool = True) -> None:
    columns = 4 if with_sd else 3
    lines = ["id,label,dev,label_sd" if with_sd else "id,label,dev"]
    cells = [(sample, label, dev, sd) for sample, label, sd, dev in rows]
    lines += [",".join(map(str, row[:columns])) for row in cells]
    path.write_text("\n".join(lines) + "\n")


@pytest.fixture
def prepared(tmp_path: Path):
    """Return a function that prepares an evaluation of the labels in ``labels``."""
    (tmp_path / "labels").mkdir()
    embeddings = "".join(f"{sample},{label}\n" for sample, label, *_ in reversed(ROWS))
    (tmp_path / "e.csv").write_text("id,0\n" + embeddings)

    def make(labels="labels", **options):
        values = {"embeddings": tmp_path / "e.csv", "labels": str(tmp_path / labels)}
        return prepare(
            evaluate_request(EvaluateOptions(**values, output=tmp_path / "out", **options))
        )

    return make


def scored_task(evaluation):
    (task,) = evaluation.for_protocol(protocol("nested-cv")).scoring.tasks
    return task


def test_they_belong_to_the_rows_that_are_scored(prepared, tmp_path):
    write_labels(tmp_path / "labels/height__regr.csv", [*ROWS[::-1], ("absent", 1, 99, 1)])
    (tmp_path / "left-out.txt").write_text("c03\n")
    task = scored_task(
        prepared(subset="dev", allow_missing=True, exclude_file=tmp_path / "left-out.txt")
    )
    expected = {sample: sd for sample, _, sd, dev in ROWS if dev and sample != "c03"}
    assert dict(zip(task.ids, task.label_sd.tolist(), strict=True)) == expected


def test_those_of_a_table_reach_the_task_too(prepared, tmp_path):
    lines = [f"{sample},{label},{sd}" for sample, label, sd, _ in ROWS]
    (tmp_path / "survey.csv").write_text("\n".join(["id,height,label_sd:height", *lines]) + "\n")
    task = scored_task(prepared("survey.csv:height"))
    assert task.label_sd.tolist() == [row[2] for row in ROWS]
    task = scored_task(prepared("survey.csv"))
    assert task.key == "height"


def test_only_the_key_of_a_run_depends_on_them(prepared, tmp_path):
    def identity(rows, **how):
        write_labels(tmp_path / "labels/height__regr.csv", rows, **how)
        evaluation = prepared()
        return scored_task(evaluation).digest, evaluation.for_protocol(protocol("nested-cv")).key

    digest, key = identity(ROWS)
    other = [(sample, label, sd + 1, dev) for sample, label, sd, dev in ROWS]
    assert identity(ROWS[::-1]) == (digest, key)
    assert identity(other)[0] == digest
    assert identity(other)[1] != key
    assert identity(ROWS, with_sd=False)[0] == digest
    assert identity(ROWS, with_sd=False)[1] != key
    assert identity([(*row[:2], "", row[3]) for row in ROWS]) == identity(ROWS, with_sd=False)


def test_those_that_a_plugin_returns_reach_the_task(tmp_path, monkeypatch):
    plugin = tmp_path / "sd_plugin.py"
    plugin.write_text(PLUGIN)
    labels = tmp_path / "labels"
    labels.mkdir()
    for name in ("halved", "same"):
        write_labels(labels / f"{name}__regr.csv", ROWS)
    monkeypatch.setenv(discovery.PATH_VARIABLE, str(plugin))
    discovery.forget()
    files = read_label_folder(labels)
    halved, same = select_tasks(files, dataset="toy-data", subset="dev=0").tasks
    monkeypatch.undo()
    discovery.forget()
    expected = np.array([row[2] for row in ROWS[::2]])
    np.testing.assert_array_equal(halved.label_sd, expected / 2)
    np.testing.assert_array_equal(same.label_sd, expected)
