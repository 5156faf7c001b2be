"""Columns of embeddings that are a label of a task."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neucocore.evaluation.inputs import ScoringTask
from neucocore.evaluation.label_columns import find_label_columns

N, D = 120, 9
IDS = tuple(f"i{row:03d}" for row in range(N))
ROW = {sample: row for row, sample in enumerate(IDS)}
RNG = np.random.default_rng(2)
X = RNG.standard_normal((N, D)).astype(np.float32)
Y = RNG.standard_normal(N)


def task(y, problem="regression", ids=IDS, **fields) -> ScoringTask:
    return ScoringTask("y", "y", problem, tuple(ids), np.asarray(y), "r2", **fields)


def with_column(values, dimension=4) -> np.ndarray:
    matrix = X.copy()
    matrix[:, dimension] = values
    return matrix


def found(matrix, *tasks):
    return [(c.task, c.label, c.dimension) for c in find_label_columns(tasks, matrix, ROW)]


def test_a_column_without_a_label_is_not_reported():
    assert found(X, task(Y)) == []
    assert found(with_column(Y + 0.05 * RNG.standard_normal(N)), task(Y)) == []


@pytest.mark.parametrize("scale", [1.0, -3.5, 1e-4])
def test_fault_73_a_column_that_is_the_label_in_other_units_is_reported(scale):
    (column,) = find_label_columns([task(Y)], with_column(Y * scale + 2), ROW)
    assert (column.dimension, abs(column.correlation)) == (4, pytest.approx(1))
    assert "the label seems to be among the embedding's columns" in str(column)


def test_a_rounded_label_is_reported_with_its_correlation():
    (column,) = find_label_columns([task(Y)], with_column(np.round(Y, 2)), ROW)
    assert 0.9999 < column.correlation < 1
    assert f"dimension 4 correlates with the label (r = {column.correlation:.6f})" in str(column)


def test_classes_and_single_classes_are_compared_with_columns():
    codes = np.arange(N) % 3
    kinds = task(codes, "multiclass", classes=("a", "b", "c"))
    assert found(with_column(codes), kinds) == [(0, "", 4)]
    assert found(with_column(codes == 2), kinds) == [(0, "class c", 4)]
    assert found(with_column(codes == 1), task((codes == 1).astype(int), "binary")) == [(0, "", 4)]


def test_each_output_is_compared_over_its_own_rows():
    y = np.column_stack([RNG.standard_normal(N), Y])
    y[60:, 1] = np.nan
    column = Y.copy()
    column[60:] = 0
    assert found(with_column(column), task(y, outputs=("a", "b"))) == [(0, "b", 4)]


def test_few_rows_and_labels_that_hardly_vary_are_not_compared():
    assert found(with_column(Y), task(Y[:9], ids=IDS[:9])) == []
    rare = np.zeros(N)
    rare[:3] = 1
    assert found(with_column(rare), task(rare.astype(int), "binary")) == []


@settings(derandomize=True, max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 999),
    dimension=st.integers(0, D - 1),
    scale=st.floats(-1e6, 1e6).filter(lambda scale: abs(scale) > 1e-6),
    offset=st.floats(-10, 10),
    planted=st.booleans(),
)
def test_fault_73_a_planted_label_is_found_in_any_column_scale_and_row_order(
    seed, dimension, scale, offset, planted
):
    rng = np.random.default_rng(seed)
    y = rng.standard_normal(N)
    matrix = rng.standard_normal((N, D)).astype(np.float32)
    if planted:
        matrix[:, dimension] = y * scale + offset * abs(scale)
    order = rng.permutation(N)
    shuffled = task(y[order], ids=[IDS[row] for row in order])
    assert found(matrix, shuffled) == ([(0, "", dimension)] if planted else [])
