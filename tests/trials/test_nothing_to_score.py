"""Evaluations in which nothing is left: no common id, no task, no score, no run."""

from __future__ import annotations

import numpy as np
import pytest

N = 30
IDS = [f"s{row:03d}" for row in range(N)]


@pytest.fixture
def evaluate(neuco, write_csv, tmp_path):
    rng = np.random.default_rng(17)
    write_csv("L/height__regr.csv", ["id", "label"], [[i, rng.normal()] for i in IDS])

    def run(ids, *more):
        rows = [[sample, *rng.normal(size=3)] for sample in ids]
        embeddings = write_csv("E.csv", ["id", 0, 1, 2], rows)
        words = ("evaluate", embeddings, "--labels", tmp_path / "L", "-o", tmp_path / "out")
        return neuco(*words, *more)

    return run


@pytest.mark.parametrize("more", [[], ["--allow-missing"]])
@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda text: f"{text}.emb", "if '.emb' is added at the end"),
        (lambda text: f"2020_{text}", "if '2020_' is added at the beginning"),
        (str.upper, "apart from upper and lower case"),
        (lambda text: f"s{int(text[1:])}", "apart from zeros in front of numbers"),
    ],
)
def test_ids_that_would_match_by_a_rule(evaluate, change, rule, more):
    ended = evaluate([change(sample) for sample in IDS], *more)
    assert ended.code == 4
    assert "the labels and the embeddings have no id in common: 30 labelled ids" in ended.err
    assert "first labelled id" in ended.err
    assert f"30 of 30 match those of the embeddings {rule}" in ended.err
    assert "--allow-missing" not in ended.err
    assert ended.err.count("error:") == 1


def test_ids_of_another_data_set(evaluate):
    ended = evaluate([f"lake {row * 3}" for row in range(N)])
    assert ended.code == 4
    assert "'s000'" in ended.err
    assert "'lake 0'" in ended.err


def test_every_id_excluded(evaluate, tmp_path):
    (tmp_path / "all.txt").write_text("\n".join(IDS))
    ended = evaluate(IDS, "--exclude-file", tmp_path / "all.txt")
    assert ended.code == 4
    assert "nothing is left to score" in ended.err


def test_a_list_of_excluded_ids_that_excludes_nothing_is_reported(evaluate, tmp_path):
    (tmp_path / "none.txt").write_text("a\nb\n")
    ended = evaluate(IDS, "--exclude-file", tmp_path / "none.txt")
    assert ended.code == 0
    assert "none of the 2 ids in none.txt is among the embeddings" in ended.err


def test_all_tasks_undefined(evaluate, tmp_path):
    flat = "".join(f"{sample},7\n" for sample in IDS)
    (tmp_path / "L" / "height__regr.csv").write_text("id,label\n" + flat)
    ended = evaluate(IDS)
    assert ended.code == 1
    assert "no task has a score: 1 task undefined" in ended.err
    assert "height: constant label: all 30 rows are 7" in ended.err


def test_only_partial_runs(neuco, evaluate, tmp_path):
    assert evaluate(IDS[:25], "--allow-missing").code == 0
    ended = neuco("leaderboard", tmp_path / "out")
    assert ended.code == 4
    assert "no run can be ranked: 1 run left out" in ended.err
    assert "partial: labelled ids without embeddings" in ended.err
    assert ended.out == ""
