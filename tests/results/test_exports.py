"""Leaderboards for other programs, read again with their own readers."""

from __future__ import annotations

import csv
import io
import re

import numpy as np
import pytest
import yaml

import neucocore as nc
from neucocore.results.exports import to_bibtex, to_long_csv, to_model_index
from neucocore.results.reading import read_runs
from neucocore.results.tables import to_latex, to_markdown


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    """Results of two methods that differ, one copy, and a control, on two tasks."""
    folder = tmp_path_factory.mktemp("exports")
    rng = np.random.default_rng(0)
    ids = [f"p{i}" for i in range(150)]
    X = rng.normal(size=(150, 6)).astype("f4")
    labels = {
        "height_of_trees": dict(zip(ids, X[:, 0] + rng.normal(size=150) / 3, strict=True)),
        "kind": dict(zip(ids, np.where(X[:, 1] > 0, "oak & ash", "beech"), strict=True)),
    }
    noise = rng.normal(size=(150, 6)).astype("f4")
    for name, matrix in (("good_1", X), ("bad", X + 2 * noise), ("random", noise)):
        metadata = {"model": {"id": "core/random"}} if name == "random" else {}
        embeddings = nc.Embeddings(tuple(ids), matrix, metadata)
        nc.evaluate(embeddings, labels=labels, output=folder, method=name)
    return folder


def test_the_long_table_has_a_row_per_method_task_and_metric(output):
    tables = nc.leaderboard(output)
    rows = list(csv.DictReader(io.StringIO(to_long_csv(tables))))
    primary = [row for row in rows if row["primary"] == "True"]
    assert sum(row["low"] != "" for row in primary) >= 4
    assert len(primary) == 3 * 2
    (table,) = tables
    for row in primary:
        (shown,) = (one for one in table.rows if one.method == row["method"])
        assert float(row["score"]) == shown.acc[row["task"]]  # full precision
        if shown.intervals[row["task"]][0] is not None:
            assert float(row["low"]) < float(row["score"]) < float(row["high"])
        assert row["n"] == "150"
    metrics = {row["metric"] for row in rows if row["task"] == "height_of_trees"}
    assert metrics == {"r2", "rmse", "mae"}


def test_the_model_index_is_yaml_without_controls(output):
    index = yaml.safe_load(to_model_index(nc.leaderboard(output)))["model-index"]
    assert [entry["name"] for entry in index] == ["good_1", "bad"]
    by_task = {result["task"]["name"]: result for result in index[0]["results"]}
    assert by_task["height_of_trees"]["task"]["type"] == "regression"
    first = by_task["height_of_trees"]["metrics"][0]
    assert first["type"] == "r2"
    assert re.fullmatch(r"r2 \(95 % interval 0\.\d+ to 0\.\d+\)", first["name"])


def test_bibtex_names_the_protocol_once(output):
    text = to_bibtex(nc.leaderboard(output), read_runs(output))
    keys = re.findall(r"@\w+\{([^,]+),", text)
    assert len(keys) == len(set(keys))
    assert text.count("{") == text.count("}")


def test_the_largest_value_of_a_column_is_bold_and_names_are_escaped(output):
    tables = nc.leaderboard(output)
    lines = to_markdown(tables).splitlines()
    (good,) = (line for line in lines if "good" in line and line.startswith("|"))
    (bad,) = (line for line in lines if "| bad" in line)
    assert good.count("**") >= 4
    assert "**" not in bad
    latex = to_latex(tables)
    assert r"good\_1" in latex
    assert r"height\_of\_trees" in latex
    assert r"\textbf{" in latex
