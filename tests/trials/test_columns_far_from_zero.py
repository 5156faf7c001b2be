"""Columns whose values are far from zero, so that float32 keeps only their last digits."""

from __future__ import annotations

import json

import numpy as np
import pytest

N, D = 200, 12
IDS = [f"px{row}" for row in range(N)]
RNG = np.random.default_rng(11)
X = RNG.normal(size=(N, D)) * 2
Y = X @ RNG.normal(size=D) + 2 * RNG.normal(size=N)


def scored(neuco, folder, matrix, y=Y, name="y__regr", *more):
    (folder / "L").mkdir(exist_ok=True)
    rows = "".join(f"{sample},{value}\n" for sample, value in zip(IDS, y, strict=True))
    (folder / "L" / f"{name}.csv").write_text("id,label\n" + rows)
    np.savez(folder / "E.npz", ids=np.array(IDS), matrix=matrix.astype("f4"))
    words = ("evaluate", folder / "E.npz", "--labels", folder / "L", "-o", folder / "out", "--json")
    ended = neuco(*words, "--force", *more)
    assert ended.code == 0
    return json.loads(ended.out)[0], ended.err


@pytest.mark.parametrize("offset", [1.2e7, -2e7, 6e7])
def test_the_score_is_that_of_the_same_numbers_near_zero(neuco, tmp_path, offset):
    far = (X + offset).astype("f4")
    score, messages = scored(neuco, tmp_path, far)
    near, no_messages = scored(neuco, tmp_path, far.astype("f8") - offset)
    assert score["score"] == pytest.approx(near["score"], abs=1e-6)
    assert score["score"] > 0.3
    assert "12 of 12 dimensions vary only in the last digits of float32" in messages
    assert score["counts"]["columns_nearly_constant"] == D
    assert "last digits" not in no_messages


def test_classes_are_scored_as_well(neuco, tmp_path):
    far = (X + 2e7).astype("f4")
    classes = np.where(Y > 0, "up", "down")
    score, _ = scored(neuco, tmp_path, far, classes, "y__cls")
    near, _ = scored(neuco, tmp_path, far.astype("f8") - 2e7, classes, "y__cls")
    assert score["score"] == pytest.approx(near["score"], abs=1e-4)
    assert score["score"] > 0.7


def test_one_column_far_from_zero_counts_among_ordinary_ones(neuco, tmp_path):
    far = X.copy()
    far[:, 3] += 1e7
    score, messages = scored(neuco, tmp_path, far)
    near = far.astype("f4").astype("f8")
    near[:, 3] -= 1e7
    assert score["score"] == pytest.approx(scored(neuco, tmp_path, near)[0]["score"], abs=1e-6)
    assert "1 of 12 dimensions vary only in the last digits" in messages


def test_columns_that_float32_made_constant_are_counted_next_to_the_score(neuco, tmp_path):
    matrix = X.copy()
    matrix[:, :5] += 1e12
    score, messages = scored(neuco, tmp_path, matrix)
    assert "5 of 12 dimensions have the same value in all rows" in messages
    assert score["counts"]["columns_constant"] == 5
    (run,) = list((tmp_path / "out").rglob("run.json"))
    assert json.loads(run.read_text())["embeddings"]["columns_constant"] == 5


def test_the_counts_are_recorded_under_every_protocol(neuco, tmp_path):
    matrix = X.copy()
    matrix[:, :5] = 1.5
    score, messages = scored(
        neuco, tmp_path, matrix, Y, "y__regr", "--protocol", "neucobench-2026", "--set", "k_folds=2"
    )
    assert "5 of 12 dimensions have the same value in all rows" in messages
    assert score["counts"]["columns_constant"] == 5
