"""Columns of embeddings that hold little information (fault 81)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neucocore.evaluation.embedding_columns import STEPS, ColumnCounts, count_columns


@pytest.fixture
def normal():
    return np.random.default_rng(0).standard_normal((400, 6))


def test_fault_81_constant_columns_are_counted(normal):
    normal[:, 2] = 3.0
    normal[:, 4] = -1e8
    counts = count_columns(normal.astype(np.float32))
    assert counts == ColumnCounts(2, 0, 6)
    assert counts.warnings() == ["2 of 6 dimensions have the same value in all rows"]


def test_fault_81_columns_far_from_zero_are_counted(normal):
    normal[:, :3] += 1e7
    counts = count_columns(normal.astype(np.float32))
    assert counts == ColumnCounts(0, 3, 6)
    assert "3 of 6 dimensions vary only in the last digits of float32" in counts.warnings()[0]


def test_columns_with_one_extreme_value_or_many_zeros_are_not_counted(normal):
    normal[0, 0] = 1e9
    normal[:, 1] = 0
    normal[7, 1] = 1
    assert count_columns(normal.astype(np.float32)) == ColumnCounts(0, 0, 6)


def test_a_constant_embedding_is_one_warning():
    counts = count_columns(np.ones((9, 3), dtype=np.float32))
    assert counts.warnings() == ["all rows have the same embedding, so it holds no information"]


def test_a_single_row_has_no_constant_column():
    assert count_columns(np.ones((1, 3), dtype=np.float32)) == ColumnCounts(0, 0, 3)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 99),
    offset=st.floats(1e-3, 1e30),
    sign=st.sampled_from([-1, 1]),
    steps=st.floats(0.3, 40),
)
def test_fault_81_the_count_follows_the_standard_deviation_in_steps(seed, offset, sign, steps):
    rng = np.random.default_rng(seed)
    column = sign * offset * (1 + steps * 2.0**-23 * rng.standard_normal((300, 1)))
    matrix = column.astype(np.float32)
    values = matrix.astype(np.float64)
    step = 2.0**-23 * np.abs(values).max()
    deviation = values.std()
    counts = count_columns(matrix)
    if np.ptp(values) == 0:
        assert counts == ColumnCounts(1, 0, 1)
    elif deviation < 0.999 * STEPS * step:
        assert counts == ColumnCounts(0, 1, 1)
    elif deviation > 1.001 * STEPS * step:
        assert counts == ColumnCounts(0, 0, 1)
