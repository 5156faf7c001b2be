"""Copies of embedding rows among the rows of a task (fault 78)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neucocore.data.embeddings import duplicates
from neucocore.evaluation import copies as module
from neucocore.evaluation.copies import copies_in_task, find_copies
from neucocore.evaluation.inputs import ScoringTask

N, D = 80, 24
IDS = tuple(f"t{row:03d}" for row in range(N))
RNG = np.random.default_rng(1)
X = RNG.standard_normal((N, D)).astype(np.float32)
Y = RNG.standard_normal(N)


def task(y, problem="regression", **fields) -> ScoringTask:
    return ScoringTask("y", "y", problem, IDS, np.asarray(y), "r2", **fields)


def copied(pairs: int, noise: float = 0.0) -> np.ndarray:
    """Return rows of which the last `pairs` are copies of the first."""
    matrix = X.copy()
    if pairs:
        matrix[-pairs:] = matrix[:pairs] * (1 + noise * RNG.standard_normal((pairs, D)))
    return matrix


def test_rows_without_copies_have_no_warning():
    found = copies_in_task(find_copies(IDS, X), task(Y))
    assert (found.rows, found.warning(N)) == (0, "")


def test_fault_78_copies_with_the_same_label_are_reported_with_the_remedy():
    y = Y.copy()
    y[-10:] = y[:10]
    found = copies_in_task(find_copies(IDS, copied(10)), task(y))
    assert (found.rows, found.nearly, found.same_label, found.agree) == (20, 0, 20, True)
    warning = found.warning(N)
    assert "20 of 80 labelled rows have the same embedding as a row with another id" in warning
    assert "t000 = t070, t001 = t071, t002 = t072" in warning
    assert "for 20 of them the label is the same too" in warning
    assert "--split group:FILE:COLUMN" in warning


def test_fault_78_copies_with_other_labels_are_reported_differently():
    found = copies_in_task(find_copies(IDS, copied(10)), task(Y))
    assert (found.rows, found.same_label, found.agree) == (20, 0, False)
    assert found.warning(N).endswith("their labels differ, so check where these rows come from")


@pytest.mark.parametrize("noise", [1e-6, 1e-3])
def test_fault_78_near_copies_are_reported(noise):
    y = Y.copy()
    y[-10:] = y[:10]
    found = copies_in_task(find_copies(IDS, copied(10, noise)), task(y))
    assert (found.rows, found.nearly, found.agree) == (20, 20, True)
    assert "nearly the same embedding" in found.warning(N)


@pytest.mark.parametrize("scale", [2.0, 0.37])
def test_fault_78_copies_of_another_length_are_reported(scale):
    matrix = X.copy()
    matrix[-10:] = matrix[:10] * np.float32(scale)
    y = Y.copy()
    y[-10:] = y[:10]
    found = copies_in_task(find_copies(IDS, matrix), task(y))
    assert (found.rows, found.nearly, found.agree) == (20, 20, True)


def test_a_constant_embedding_is_not_reported_as_copies():
    assert find_copies(IDS, np.ones((N, 4), dtype=np.float32)).set_of_id == {}


def test_beyond_the_limit_only_equal_rows_are_searched_for(monkeypatch):
    monkeypatch.setattr(module, "MAX_ROWS", N - 1)
    found = copies_in_task(find_copies(IDS, copied(10, 1e-4)), task(Y))
    assert (found.rows, found.counts()["rows_with_near_copy"]) == (0, None)
    assert copies_in_task(find_copies(IDS, copied(10)), task(Y)).rows == 20


def test_copies_in_one_group_do_not_leak_and_are_not_reported():
    groups = np.array([f"site {row % 70}" for row in range(N)])
    copies = find_copies(IDS, copied(10))
    assert copies_in_task(copies, task(Y, groups=groups)).rows == 0
    groups[-1] = "elsewhere"
    assert copies_in_task(copies, task(Y, groups=groups)).rows == 2


def test_copies_whose_other_row_has_no_label_in_the_task_are_not_reported():
    few = replace(task(Y[:60]), ids=IDS[:60])
    assert copies_in_task(find_copies(IDS, copied(10)), few).rows == 0


def test_classes_of_copies_agree_only_if_they_do_so_more_often_than_by_chance():
    copies = find_copies(IDS, copied(40))
    rare = np.zeros(N, dtype=int)
    rare[[3, 5]] = 1  # most pairs are equal by chance
    assert not copies_in_task(copies, task(rare, "binary")).agree
    assert not copies_in_task(copies, task(np.zeros(N, dtype=int), "binary")).agree
    same = np.tile(np.arange(40) % 2, 2)
    assert copies_in_task(copies, task(same, "binary")).agree


def test_labels_that_are_missing_for_one_of_two_copies_are_not_compared():
    y = np.column_stack([Y, Y])
    y[-10:] = np.nan
    found = copies_in_task(find_copies(IDS, copied(10)), task(y, outputs=("a", "b")))
    assert (found.rows, found.same_label, found.agree) == (20, 0, False)


@settings(derandomize=True, max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 999),
    pairs=st.integers(0, 40),
    noise=st.sampled_from([0.0, 1e-7, 1e-4, 2e-3]),
    agree=st.booleans(),
)
def test_fault_78_every_planted_copy_is_counted(seed, pairs, noise, agree):
    rng = np.random.default_rng(seed)
    matrix = rng.standard_normal((N, D)).astype(np.float32)
    y = rng.standard_normal(N)
    if pairs:
        matrix[-pairs:] = matrix[:pairs] * (1 + noise * rng.standard_normal((pairs, D)))
        if agree:
            y[-pairs:] = y[:pairs]
    order = rng.permutation(N)
    shuffled = replace(task(y[order]), ids=tuple(IDS[row] for row in order))
    found = copies_in_task(find_copies(IDS, matrix), shuffled)
    assert found.rows == 2 * pairs
    assert found.agree == (agree and pairs > 0)


def test_small_and_large_matrices_are_searched_with_the_same_result(monkeypatch):
    matrix = copied(30, 1e-3)
    expected = duplicates.nearly_equal_rows(matrix)
    monkeypatch.setattr(duplicates, "MAX_ROWS_COMPARED", 1)
    assert duplicates.nearly_equal_rows(matrix) == expected
    assert len(expected) == 30
