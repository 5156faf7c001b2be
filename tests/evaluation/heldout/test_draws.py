"""Which training rows are used when only some are: hashed order, salted by split, classes kept."""

from __future__ import annotations

import hashlib

import numpy as np

from neucocore.evaluation.heldout.draws import drawn
from neucocore.evaluation.heldout.joined_task import JoinedTask
from neucocore.evaluation.inputs import ScoringTask

N = 200
IDS = tuple(f"s{row:03d}" for row in range(N))
POSITIONS = np.arange(20, N)  # the first twenty are held out


def joined(problem="regression", y=None):
    labels = np.arange(N, dtype=float) if y is None else y
    order = np.random.default_rng(0).permutation(N)  # label files are in any order
    task = ScoringTask("t", "t", problem, tuple(IDS[i] for i in order), labels[order], "r2")
    return JoinedTask(task, IDS, labels, np.arange(N), (np.zeros(N, np.int64),))


def used(size, split="0/1", task=None):
    mask = drawn(task or joined(), POSITIONS, size, protocol="p@1", split=split)
    return set(POSITIONS[mask].tolist())


def test_the_first_rows_in_the_order_of_a_hash_are_used():
    prefix = hashlib.sha256(b"p@1\ndraw\n0/1\n0\n").copy()

    def key(row):
        digest = prefix.copy()
        digest.update(IDS[row].encode())
        return digest.digest()[:8]

    expected = sorted(POSITIONS.tolist(), key=key)[:50]
    assert used(50) == set(expected)


def test_draws_are_nested_and_differ_by_split():
    assert used(30) < used(60) < used(120)
    assert used(60) != used(60, split="0/2")
    assert used(60) != used(60, split="1/1")


def test_all_rows_are_used_where_there_are_not_more():
    assert used(len(POSITIONS)) == used(10_000) == set(POSITIONS.tolist())


def test_classes_are_in_proportion_and_a_rare_one_has_two_rows():
    y = np.where(np.arange(N) >= 196, 2, np.arange(N) % 4 == 0).astype(np.int64)
    task = joined("multiclass", y)
    chosen = sorted(used(40, task=task))
    counts = np.bincount(y[chosen], minlength=3)
    assert counts[2] == 2  # four of 180 rows
    assert abs(counts[1] / 38 - 0.25) < 0.04
    assert used(40, task=task) < used(80, task=task)
