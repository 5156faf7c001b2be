"""Rows far from all others are reported; rows of one far value hold no data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neucocore.data.embeddings.embeddings import Embeddings
from neucocore.data.embeddings.far_rows import far_rows, spread_of
from neucocore.data.embeddings.formats import load_embeddings, save_embeddings
from neucocore.errors import DataError
from neucocore.files.findings import messages

PROPERTY = settings(derandomize=True, max_examples=40, deadline=None)


def matrix(n=60, d=8, seed=0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, d)).astype("f4")


def load(tmp_path, values, suffix=".csv", **options):
    ids = tuple(f"s{i:03d}" for i in range(len(values)))
    save_embeddings(Embeddings(ids, values), tmp_path / f"e{suffix}")
    return load_embeddings(tmp_path / f"e{suffix}", **options)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".npz"])
@pytest.mark.parametrize("value", [9999, -9999, 1e30, -4567])
def test_rows_with_some_far_values_are_a_counted_warning_with_ids(tmp_path, suffix, value):
    values = matrix()
    values[[5, 9], 3:6] = value
    (warning,) = messages(load(tmp_path, values, suffix).findings, "warning")
    assert "far from those of all other rows" in warning
    assert "s005, s009" in warning


@pytest.mark.parametrize("value", [9999, 1e30, 12345.5, -777])
def test_one_row_of_a_far_value_is_without_data(tmp_path, value):
    values = matrix()
    values[7] = value
    with pytest.raises(DataError, match=r"row without data.*s007"):
        load(tmp_path, values)
    assert len(load(tmp_path, values, drop_no_data=True).ids) == 59


def test_zeros_far_from_all_values_are_without_data(tmp_path):
    values = matrix() + 100
    values[7] = 0
    with pytest.raises(DataError, match="row without data"):
        load(tmp_path, values)


def test_far_values_in_a_dimension_that_is_mostly_constant_are_found(tmp_path):
    values = matrix()
    values[:, 2] = 1
    values[4, 2] = 1e12
    assert "s004" in messages(load(tmp_path, values).findings, "warning")[0]


def test_sparse_and_long_tailed_dimensions_have_no_far_rows():
    values = np.maximum(matrix(400, 30) - 0.66, 0)
    values[:, 0] = np.exp(matrix(400, 1)[:, 0] * 1.5)
    assert not len(far_rows(values, spread_of(values)))


@PROPERTY
@given(
    row=st.integers(0, 59),
    column=st.integers(0, 7),
    scale=st.floats(-6, 6),
    far=st.floats(4, 20),
    sign=st.sampled_from([-1, 1]),
)
def test_far_values_are_found_at_every_scale_of_the_embedding(row, column, scale, far, sign):
    values = (matrix() * 10**scale).astype("f4")
    spread = spread_of(values)
    assert not len(far_rows(values, spread))
    values[row, column] = sign * 10 ** (scale + far)
    assert far_rows(values, spread_of(values)).tolist() == [row]
