"""What a run shows of tasks whose plugin has a metric that fails, or labels without a split."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import neucocore as nc

PLUGIN = """
import numpy as np
from neucocore.plugin import Labels, MetricSpec, TaskSpec, hookimpl, read_label_file

NEUCO_API = 1

def raises(y_true, y_pred):
    return {}["bias"]

def text(y_true, y_pred):
    return "0.5"

def infinite(y_true, y_pred):
    return float("inf")

def infinite_half(y_true, y_pred):
    return float("inf") if len(y_true) < 40 else 0.5

class OneClass:
    def labels(self, files):
        file = read_label_file(files[0])
        return Labels(file.ids, np.ones(len(file.ids), int), classes=("no", "yes"))

class OneGroup:
    def labels(self, files):
        file = read_label_file(files[0])
        return Labels(file.ids, file.y, groups=np.full(len(file.ids), "here"))

class Broken:
    def labels(self, files):
        raise ZeroDivisionError("no labels")

@hookimpl
def neuco_metrics():
    return [
        MetricSpec(name=function.__name__.replace("_", "-"), summary="s", factory=function,
                   problems=("regression",), greater_is_better=True)
        for function in (raises, text, infinite, infinite_half)
    ]

@hookimpl
def neuco_tasks():
    common = {"summary": "s", "dataset": "toy"}
    regression = {**common, "problem": "regression"}
    return [
        *[TaskSpec(name=name, primary_metric=name, **regression)
          for name in ("raises", "text", "infinite", "infinite-half")],
        TaskSpec(name="second", primary_metric="r2", metrics=("raises",), **regression),
        TaskSpec(name="second-infinite", primary_metric="r2", metrics=("infinite",), **regression),
        TaskSpec(name="one-class", primary_metric="f1", problem="binary", factory=OneClass,
                 **common),
        TaskSpec(name="one-group", primary_metric="r2", factory=OneGroup, **regression),
        TaskSpec(name="broken", primary_metric="r2", factory=Broken, **regression),
        TaskSpec(name="good", primary_metric="r2", **regression),
    ]
"""
TASKS = ("raises", "text", "infinite", "infinite-half", "second", "second-infinite", "one-group",
         "broken", "good")  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("metrics-that-fail")
    (folder / "strange.py").write_text(PLUGIN)
    rows = np.random.default_rng(0).standard_normal((60, 3))
    ids = tuple(f"s{number:02}" for number in range(60))
    nc.save_embeddings(nc.Embeddings(ids, rows.astype(np.float32), {}), folder / "rows.npz")
    (folder / "labels").mkdir()
    for task in TASKS:
        lines = [f"{name},{row[0]:.3f}\n" for name, row in zip(ids, rows, strict=True)]
        (folder / "labels" / f"{task}__regr.csv").write_text("id,label\n" + "".join(lines))
    lines = [f"{name},{int(row[0] > 0)}\n" for name, row in zip(ids, rows, strict=True)]
    (folder / "labels" / "one-class__cls.csv").write_text("id,label\n" + "".join(lines))
    return folder


def evaluate(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    words = ("evaluate", "rows.npz", "--labels", "labels", "--dataset", "toy", *options)
    return neuco(folder, *words)


def neuco(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "neucocore", "--plugin-path", "strange.py", *words]
    clean = {key: value for key, value in os.environ.items() if not key.startswith("NEUCO_")}
    return subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True)


@pytest.fixture(scope="module")
def run(folder: Path) -> tuple[subprocess.CompletedProcess[str], Path]:
    done = evaluate(folder, "-o", "all")
    (record,) = (folder / "all").glob("*/*/run.json")
    return done, record.parent


def test_the_other_tasks_are_scored_and_the_exit_code_is_that_of_failed_tasks(run):
    done, record = run
    tasks = json.loads((record / "run.json").read_text())["tasks"]
    assert {task["task"]: task["status"] for task in tasks} == {
        "good@1": "ok",
        "infinite@1": "undefined",
        "infinite-half@1": "ok",
        "one-class@1": "failed",
        "one-group@1": "failed",
        "raises@1": "failed",
        "second@1": "failed",
        "second-infinite@1": "ok",
        "text@1": "failed",
    }
    assert done.returncode == 1
    assert "6 tasks failed; the scores of the others are written" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("task", "reason"),
    [
        ("raises@1", "the metric strange/raises (strange.py) raised KeyError: 'bias'"),
        ("second@1", "the metric strange/raises (strange.py) raised KeyError: 'bias'"),
        ("text@1", "the metric strange/text returned str, not a number"),
        ("infinite@1", "infinite is undefined: it returned infinity"),
        ("one-class@1", "one-class@1: only one class (no: 0, yes: 60)"),
        ("one-group@1", "one-group@1: all 60 rows belong to one group"),
    ],
)
def test_the_reason_is_on_the_screen_and_in_every_file(run, task, reason):
    done, record = run
    assert reason in done.stderr
    recorded = {
        one["task"]: one["reason"] for one in json.loads((record / "run.json").read_text())["tasks"]
    }
    assert recorded[task] == reason


def test_a_metric_of_a_split_states_why_it_has_no_value(run):
    _, record = run
    (file,) = record.rglob("scores.jsonl")
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    half = [row for row in rows if row["metric"] == "infinite-half"]
    assert {(row["status"], row["value"], row["reason"]) for row in half} == {
        ("undefined", None, "infinite-half is undefined: it returned infinity")
    }
    others = [row for row in rows if row["task"] == "second-infinite@1" and row["metric"] == "r2"]
    assert others
    assert all(row["status"] == "ok" for row in others)


def test_json_holds_the_reasons(folder):
    done = evaluate(folder, "-o", "json", "--tasks", "raises,infinite,good", "--json")
    assert done.returncode == 1
    reasons = {row["task"]: row["reason"] for row in json.loads(done.stdout)}
    assert reasons["good@1"] == ""
    assert reasons["infinite@1"] == "infinite is undefined: it returned infinity"
    assert "raised KeyError: 'bias'" in reasons["raises@1"]


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_a_leaderboard_states_why_tasks_have_no_column(folder, run, form):
    command = [sys.executable, "-m", "neucocore", "leaderboard", "all", "--format", form]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0
    assert "infinity" not in done.stdout
    assert "every run (infinite is undefined: it returned infinity)" in done.stderr
    assert "every run (the metric strange/text returned str, not a number)" in done.stderr


@pytest.mark.parametrize(
    ("command", "words"),
    [("sweep", ["--dims", "2", "--bits", "32"]), ("choose", [])],
)
def test_sweep_and_choose_state_which_tasks_failed(folder, command, words):
    tasks = "good,raises,broken,infinite"
    done = neuco(folder, command, "rows.npz", "--labels", "labels", "--dataset", "toy", "--tasks",
                 tasks, "-o", command, *words)  # fmt: skip
    assert done.returncode == 0, done.stderr
    (file,) = (folder / command).glob("*.json")
    recorded = {one["task"]: one["reason"] for one in json.loads(file.read_text())["left_out"]}
    assert recorded.keys() == {"raises@1", "broken@1", "infinite@1"}
    for reason in recorded.values():
        assert reason in done.stderr
    assert "raised ZeroDivisionError: no labels" in recorded["broken@1"]
    assert "raised KeyError: 'bias'" in recorded["raises@1"]
    assert recorded["infinite@1"] == "infinite is undefined: it returned infinity"
