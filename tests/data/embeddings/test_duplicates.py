"""Equal and nearly equal rows under different ids (fault 78)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neucocore.data.embeddings import duplicates
from neucocore.data.embeddings.duplicates import (
    duplicate_rows_finding,
    effective_dimension,
    equal_rows,
    nearly_equal_rows,
)


@settings(derandomize=True, max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 99),
    n=st.integers(2, 40),
    d=st.integers(1, 60),
    levels=st.sampled_from([2, 3, 1000]),
)
def test_fault_78_the_same_rows_are_found_as_by_comparing_all_pairs(seed, n, d, levels):
    rng = np.random.default_rng(seed)
    matrix = rng.integers(0, levels, (n, d)).astype(np.float32)
    copies = rng.integers(0, n, n // 3)
    matrix[rng.permutation(n)[: len(copies)]] = matrix[copies]
    groups: dict[tuple[float, ...], list[int]] = {}
    for row, values in enumerate(matrix.tolist()):
        groups.setdefault(tuple(values), []).append(row)
    expected = [rows for rows in groups.values() if len(rows) > 1]
    assert [rows.tolist() for rows in equal_rows(matrix)] == expected


def test_fault_78_zero_and_minus_zero_are_equal():
    matrix = np.array([[0.0, 1.0], [-0.0, 1.0], [0.0, 2.0]], dtype=np.float32)
    assert [rows.tolist() for rows in equal_rows(matrix)] == [[0, 1]]


def test_fault_78_the_finding_counts_the_rows_and_names_ids():
    matrix = np.array([[1], [2], [1], [2], [1], [3]], dtype=np.float32)
    (finding,) = duplicate_rows_finding(list("abcdef"), equal_rows(matrix))
    assert (finding.code, finding.level) == ("duplicate-rows", "warning")
    assert "row has the same vector as a row with another id" in finding.message
    assert finding.count == 5
    assert finding.examples == ("a = c = e", "b = d")


@pytest.mark.parametrize("noise", [1e-7, 1e-4, 1e-3])
@pytest.mark.parametrize("d", [16, 300])
def test_fault_78_copies_with_a_little_noise_are_found(noise, d):
    rng = np.random.default_rng(3)
    matrix = rng.standard_normal((400, d)).astype(np.float32)
    matrix[300:] = matrix[:100] * (1 + noise * rng.standard_normal((100, d)))
    pairs = nearly_equal_rows(matrix)
    assert len(pairs) == 100
    assert all(second == first + 300 for first, second in pairs)


def test_fault_78_rows_that_are_close_in_the_projection_only_are_not_reported(monkeypatch):
    monkeypatch.setattr(duplicates, "PROJECTIONS", 1)
    matrix = np.random.default_rng(6).standard_normal((400, 50)).astype(np.float32)
    matrix[300] = matrix[7] + 1e-4
    assert nearly_equal_rows(matrix) in ([], [(7, 300)])


@pytest.mark.parametrize("rank", [1, 2, 40])
def test_fault_78_rows_that_are_close_only_by_chance_are_not_reported(rank):
    rng = np.random.default_rng(4)
    matrix = (rng.standard_normal((500, rank)) @ rng.standard_normal((rank, 40))).astype("f4")
    assert nearly_equal_rows(matrix) == []


def test_the_effective_dimension_counts_directions_of_equal_variance():
    rng = np.random.default_rng(5)
    centred = np.linalg.qr(rng.standard_normal((50, 7)))[0]
    assert effective_dimension(centred) == pytest.approx(7)
    assert effective_dimension(centred[:, :1] @ np.ones((1, 9))) == pytest.approx(1)
    assert effective_dimension(np.zeros((4, 3))) == 0
