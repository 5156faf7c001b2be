"""Row numbers are metadata, never dimensions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neucocore.data.embeddings.embeddings import Embeddings
from neucocore.data.embeddings.formats import load_embeddings, save_embeddings
from neucocore.data.embeddings.row_numbers import is_row_number, row_number_findings
from neucocore.errors import DataError
from neucocore.files.findings import messages

PROPERTY = settings(derandomize=True, max_examples=40, deadline=None)


def frame(names, n=40, seed=0):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.normal(size=(n, len(names))), columns=names)
    table.insert(0, "id", [f"s{i}" for i in range(n)])
    return table


def write(table, path):
    if path.suffix == ".csv":
        table.to_csv(path, index=False)
    else:
        table.to_parquet(path, index=False)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("name", ["__index_level_0__", "index", "Unnamed: 0", "level_0"])
def test_an_index_next_to_a_complete_run_is_metadata(tmp_path, name, suffix):
    table = frame([str(i) for i in range(5)]).assign(**{name: range(40)})
    assert load_embeddings(write(table, tmp_path / f"e{suffix}")).dimension == 5


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize("shuffled", [False, True])
def test_a_numbered_column_of_row_numbers_is_refused_with_the_others(
    tmp_path, suffix, start, shuffled
):
    numbers = np.arange(start, start + 40)
    if shuffled:
        numbers = np.random.default_rng(1).permutation(numbers)
    table = frame([str(i) for i in range(1, 7)])
    table.insert(1, "0", numbers)
    path = write(table, tmp_path / f"e{suffix}")
    with pytest.raises(DataError, match="row numbers") as caught:
        load_embeddings(path)
    assert "--vector 1,2,3,4,5,6" in str(caught.value.hint)
    assert load_embeddings(path, vector="1,2,3,4,5,6").dimension == 6


def test_named_columns_of_row_numbers_are_a_warning(tmp_path):
    path = write(frame(["x", "y"]).assign(z=range(40)), tmp_path / "e.csv")
    embeddings = load_embeddings(path, vector="x,y,z")
    assert "column of the vectors holds the row numbers" in str(
        messages(embeddings.findings, "warning")
    )


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_hints_leave_out_row_numbers_and_indices(tmp_path, suffix):
    order = np.random.default_rng(3).permutation(40) + 1
    table = frame(["red", "blue"]).assign(counter=order, __index_level_0__=order[::-1])
    with pytest.raises(DataError) as caught:
        load_embeddings(write(table, tmp_path / f"e{suffix}"))
    assert "--vector red,blue" in str(caught.value.hint)
    assert "counter" not in str(caught.value.hint)
    assert "__index" not in str(caught.value.hint)


def test_lists_that_start_with_the_row_number_are_refused(tmp_path):
    matrix = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
    matrix[:, 2] = np.arange(30)
    save_embeddings(Embeddings(tuple(f"s{i}" for i in range(30)), matrix), tmp_path / "e.npz")
    with pytest.raises(DataError, match="row numbers"):
        load_embeddings(tmp_path / "e.npz")


@PROPERTY
@given(st.integers(16, 300), st.integers(0, 1), st.randoms(use_true_random=False))
def test_every_order_of_row_numbers_is_recognised(n, start, random):
    numbers = list(range(start, start + n))
    random.shuffle(numbers)
    values = np.array(numbers, dtype=np.float32)
    assert is_row_number(values)
    values[random.randrange(n)] += 0.5
    assert not is_row_number(values)


def test_ranks_are_dimensions():
    rng = np.random.default_rng(0)
    ranks = np.column_stack([rng.permutation(50) for _ in range(6)]).astype(np.float32)
    assert row_number_findings(ranks, (), certain=False) == []
