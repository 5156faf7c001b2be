"""A task with several outputs of which one is known for a few rows only."""

from __future__ import annotations

import json

import numpy as np
import pytest

N, D = 160, 8
IDS = [f"plot{row}" for row in range(N)]
RNG = np.random.default_rng(12)
X = RNG.normal(size=(N, D)).astype("f4")
GOOD = X[:, 0] + 0.3 * RNG.normal(size=N)


@pytest.fixture
def scored(neuco, write_csv, tmp_path):
    embeddings = write_csv(
        "E.csv", ["id", *range(D)], ([i, *x] for i, x in zip(IDS, X, strict=True))
    )

    def run(columns: dict[str, list[object]], kind: str = "regr", *more: str):
        rows = [[sample, *cells] for sample, *cells in zip(IDS, *columns.values(), strict=True)]
        write_csv(f"L/trees__{kind}.csv", ["id", *(f"label:{name}" for name in columns)], rows)
        words = ("evaluate", embeddings, "--labels", tmp_path / "L", "-o", tmp_path / "out")
        ended = neuco(*words, "--json", "--force", *more)
        assert ended.code == 0
        return json.loads(ended.out)[0], ended.err

    return run


@pytest.mark.parametrize("few", [2, 4, 19])
def test_it_does_not_count_in_the_score_and_the_reason_is_stated(scored, few):
    noise = ["" if row >= few else row for row in range(N)]
    row, messages = scored({"height": list(GOOD), "girth": noise})
    alone, _ = scored({"height": list(GOOD)})
    assert row["score"] == pytest.approx(alone["score"], abs=1e-12)
    assert [(o["name"], o["n"], o["averaged"]) for o in row["outputs"]] == [
        ("height", N, True),
        ("girth", few, False),
    ]
    assert f"girth (only {few} labelled rows; at least 20 are needed)" in messages
    assert f"labelled rows per output: height {N}, girth {few}" in messages


def test_the_files_of_the_run_hold_the_rows_of_each_output(scored, tmp_path):
    scored({"height": list(GOOD), "girth": ["" if row > 6 else row for row in range(N)]})
    (file,) = (tmp_path / "out").rglob("trees_result.json")
    outputs = json.loads(file.read_text())["outputs"]
    assert [(o["name"], o["n"]) for o in outputs] == [("height", N), ("girth", 7)]
    (run,) = (tmp_path / "out").rglob("run.json")
    (task,) = json.loads(run.read_text())["tasks"]
    assert task["outputs"] == outputs


def test_an_output_with_enough_rows_counts_and_warnings_name_it(scored):
    half = ["" if row >= 30 else value for row, value in enumerate(GOOD)]
    row, messages = scored({"height": list(GOOD), "girth": half})
    assert row["score"] == pytest.approx(np.mean([o["score"] for o in row["outputs"]]))
    assert "do not count" not in messages
    assert f"labelled rows per output: height {N}, girth 30" in messages


def test_a_label_with_one_class_in_few_rows_does_not_stop_the_other_labels(scored):
    road = list((GOOD > 0).astype(int))
    rail = ["" if row >= 5 else 1 for row in range(N)]
    row, messages = scored({"road": road, "rail": rail}, "cls")
    assert row["score"] == row["outputs"][0]["score"] > 0.8
    assert "rail (only 5 labelled rows; at least 20 are needed)" in messages
