"""The same, or nearly the same, embedding under several ids."""

from __future__ import annotations

import json

import numpy as np
import pytest

N, D = 90, 300
RNG = np.random.default_rng(13)
X = RNG.normal(size=(N, D))
Y = RNG.normal(size=N)


@pytest.fixture
def scored(neuco, tmp_path):
    def run(matrix, y, groups=None, *more):
        ids = [f"{'uvw'[row // N]}{row % N}" for row in range(len(matrix))]
        (tmp_path / "L").mkdir(exist_ok=True)
        lines = [f"{i},{v},site {int(i[1:])}" for i, v in zip(ids, y, strict=True)]
        text = "\n".join(["id,label,site", *lines]) + "\n"
        (tmp_path / "L" / "height__regr.csv").write_text(text)
        np.savez(tmp_path / "E.npz", ids=np.array(ids), matrix=np.asarray(matrix, dtype="f4"))
        words = ["evaluate", tmp_path / "E.npz", "--labels", tmp_path / "L", "--json", "--force"]
        ended = neuco(*words, "-o", tmp_path / "out", *more)
        assert ended.code == 0
        return json.loads(ended.out)[0], ended.err

    return run


@pytest.mark.parametrize("noise", [0.0, 1e-6, 3e-3])
def test_copies_with_equal_labels_are_reported_with_count_and_examples(scored, noise):
    copies = X * (1 + noise * RNG.normal(size=X.shape))
    row, messages = scored(np.r_[X, copies], np.r_[Y, Y])
    assert row["score"] > 0.5  # the labels are noise
    assert "180 of 180 labelled rows have" in messages
    assert "u0 = v0" in messages
    assert "for 180 of them the label is the same too" in messages
    assert row["counts"]["rows_with_copy"] == 180
    assert any("copies of training rows are held out" in text for text in row["warnings"])


def test_copies_with_other_labels_get_another_message(scored):
    row, messages = scored(np.r_[X, X], np.r_[Y, RNG.normal(size=N)])
    assert "their labels differ, so check where these rows come from" in messages
    assert row["counts"]["rows_with_copy_and_same_label"] <= 10  # by chance


def test_the_proposed_split_by_groups_keeps_copies_together(scored):
    row, messages = scored(np.r_[X, X, X], np.r_[Y, Y, Y], None, "--split", "group:site")
    assert row["score"] < 0.2
    assert "another id" not in messages


def test_without_copies_there_is_no_message(scored):
    row, messages = scored(X, Y)
    assert "another id" not in messages
    assert row["counts"]["rows_with_copy"] == 0


def test_one_embedding_under_two_method_names_is_reported_on_the_board(neuco, scored, tmp_path):
    scored(X, Y, None, "--method", "first")
    scored(X, Y, None, "--method", "second")
    ended = neuco("leaderboard", tmp_path / "out")
    assert ended.code == 0
    assert "first and second have the same embeddings" in ended.err


def test_equal_labels_under_two_task_names_are_reported_while_scoring_and_on_the_board(
    neuco, scored, tmp_path
):
    scored(X, Y)
    text = (tmp_path / "L" / "height__regr.csv").read_text().splitlines()
    (tmp_path / "L" / "tall__regr.csv").write_text("\n".join([text[0], *text[:0:-1]]) + "\n")
    words = ("evaluate", tmp_path / "E.npz", "--labels", tmp_path / "L", "-o", tmp_path / "two")
    ended = neuco(*words)
    assert "the tasks height and tall have the same labels: one task, counted twice" in ended.err
    ended = neuco("leaderboard", tmp_path / "two")
    assert "the tasks height and tall have the same labels" in ended.err
