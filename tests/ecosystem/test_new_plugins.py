"""What docs/plugins/index.md promises: from an idea to a score in a leaderboard.

One plugin of every kind is generated, installed in a separate environment, tested by its own tests,
and used together with the others.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from neucocore.components.specs import KINDS

WRITE_DATA = """
import csv
from pathlib import Path
from neuco_plugin_my_dataset.dataset import MyDataset, write_example
write_example(Path("data"), count=90)
rows = [("id", "label")]
for cube in MyDataset("data").read(MyDataset("data").ids()):
    blue, green, red, infrared = cube.arrays["s2l2a"].mean(axis=0)
    rows.append((cube.id, 100 * (infrared > red).mean()))
with open("data/labels/my_task__regr.csv", "w", newline="") as stream:
    csv.writer(stream).writerows(rows)
"""


@pytest.fixture(scope="module")
def plugins(fresh: Any) -> dict[str, Path]:
    """Generate and install a plugin of each kind; the new encoder uses the new reducer."""
    for kind in KINDS:
        dataset = ("--dataset", "my-dataset") if kind == "task" else ()
        fresh.neuco("plugins", "new", f"my-{kind}", "--kind", kind, *dataset)
    folders = {kind: fresh.folder / f"neuco-plugin-my-{kind}" for kind in KINDS}
    spec = folders["encoder"] / "src" / "neuco_plugin_my_encoder" / "plugin.py"
    text = spec.read_text(encoding="utf-8")
    assert text.count('fit="none",') == 1
    spec.write_text(
        text.replace('fit="none",', 'fit="transductive",\n            reducer="my-reducer",'),
        encoding="utf-8",
    )
    fresh.install(*map(str, folders.values()))
    return folders


@pytest.fixture(scope="module")
def embeddings(fresh: Any, plugins: dict[str, Path]) -> str:
    """Encode the new data set with the new encoder."""
    fresh.run("python", "-c", WRITE_DATA)
    options = ("--dataset", "my-dataset", "--data", "data", "--dimension", "20")
    fresh.neuco("encode", "my-encoder", *options, "--output", "mine.parquet")
    fresh.neuco("encode", "random", *options, "--output", "random.parquet")
    return "mine.parquet"


def test_all_components_are_listed_and_described(fresh: Any, plugins: dict[str, Path]) -> None:
    rows = json.loads(fresh.neuco("list", "--json").stdout)
    mine = {row["name"] for row in rows if row["plugin"].startswith("my-")}
    assert mine == {f"my-{kind}" for kind in KINDS}
    assert "within 10 % of the label" in fresh.neuco("info", "my-metric").stdout


def test_the_tests_of_the_plugins_pass(fresh: Any, plugins: dict[str, Path]) -> None:
    folders = [str(folder / "tests") for folder in plugins.values()]
    options = ("-q", "--import-mode=importlib", "-p", "no:cacheprovider", "-W", "error")
    result = fresh.run("python", "-m", "pytest", *options, *folders)
    assert " passed" in result.stdout
    assert " failed" not in result.stdout  # "xfailed" is advice


def test_the_conformance_kit_passes(fresh: Any, plugins: dict[str, Path]) -> None:
    result = fresh.neuco("plugins", "check", "my-task", "--json")
    records = json.loads(result.stdout)
    failed = {record["id"] for record in records} - {
        record["id"] for record in records if record["status"] in ("passed", "skipped")
    }
    assert failed <= {"spec-finished"}  # the new plugins hold placeholders
    assert any(record["id"] == "task-oracle" for record in records)


def test_the_new_encoder_uses_the_new_reducer(fresh: Any, embeddings: str) -> None:
    result = fresh.neuco("inspect", embeddings, "--json")
    assert "my-reducer" in result.stdout


def test_the_new_task_gets_a_score_in_a_leaderboard(fresh: Any, embeddings: str) -> None:
    for method in ("mine", "random"):
        options = ("--labels", "data/labels", "--dataset", "my-dataset", "--output", "results")
        fresh.neuco("evaluate", f"{method}.parquet", *options, "--method", method)
    result = fresh.neuco("leaderboard", "results", "--format", "json")
    rows = {row["method"]: row for row in json.loads(result.stdout)}
    assert rows["mine"]["q::my-task@1"] > 0.3 > rows["random"]["q::my-task@1"]


def test_the_new_metric_and_probe_are_used(fresh: Any, embeddings: str) -> None:
    data = ("--labels", "data/labels", "--dataset", "my-dataset", "--output", "other")
    options = ("--metric", "my-metric", "--probe", "my-probe", "--tasks", "my-task")
    fresh.neuco("evaluate", embeddings, *data, "--method", "mine", *options)
    (file,) = fresh.folder.glob("other/*/*/my-task@1/*_result.json")
    result = json.loads(file.read_text(encoding="utf-8"))
    assert "my-probe" in json.dumps(result)
    assert 0 < result["mean_score"] < 1  # the median error of a share


def test_the_new_protocol_scores_and_ranks(fresh: Any, embeddings: str) -> None:
    for method in ("mine", "random"):
        data = ("--labels", "data/labels", "--dataset", "my-dataset", "--output", "held-out")
        options = ("--protocol", "my-protocol", "--set", "test_share=0.5", "--method", method)
        fresh.neuco("evaluate", f"{method}.parquet", *data, *options)
    result = fresh.neuco("leaderboard", "held-out", "--format", "json")
    rows = {row["method"]: row for row in json.loads(result.stdout)}
    assert rows["mine"]["q::my-task@1"] > rows["random"]["q::my-task@1"]
