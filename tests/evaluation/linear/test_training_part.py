"""Statistics and products of training rows, against numpy on the stacked rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neucocore.evaluation.linear.sufficient_statistics import SufficientStatistics
from neucocore.evaluation.linear.training_part import TrainingPart


@pytest.fixture(params=[(700, 5), (6, 9)], ids=["more rows", "more dimensions"])
def X(request):  # noqa: N802 (the usual name of a matrix of rows)
    return np.random.default_rng(0).normal(3, 2, request.param)


@pytest.fixture
def part(X):
    return TrainingPart((X[:2], X[2:5], X[5:]))


def test_mean_variance_and_centred_rows(X, part):
    assert part.mean == pytest.approx(X.mean(axis=0))
    assert part.variance == pytest.approx(X.var(axis=0))
    assert part.centred() == pytest.approx(X - X.mean(axis=0))


def test_the_scatter_matrix_is_n_times_the_covariance(X, part):
    assert part.scatter == pytest.approx(np.cov(X.T, ddof=0) * len(X), abs=1e-9)


def test_products_with_vectors(X, part):
    vectors = np.random.default_rng(1).standard_normal((X.shape[1], 2))
    assert part.times(vectors) == pytest.approx(X @ vectors)
    assert part.transposed_times(X[:, :2]) == pytest.approx(X.T @ X[:, :2])


def test_a_column_that_varies_less_than_float32_can_represent_has_variance_0():
    X = np.array([[1e6, 1.0], [1e6 + 1e-3, 2.0], [1e6 - 1e-3, 3.0]])
    assert TrainingPart((X,)).variance == pytest.approx([0, 2 / 3])


def test_fault_81_a_column_far_from_zero_keeps_what_float32_has_left_of_its_variance(X):
    far = (X.astype(np.float64) + 1e7).astype(np.float32).astype(np.float64)
    part = TrainingPart((far[:3], far[3:]))
    assert part.variance == pytest.approx(far.var(axis=0), rel=1e-6)
    assert (part.variance > 0).all()


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    n=st.integers(3, 60),
    seed=st.integers(0, 99),
    magnitude=st.floats(1e-30, 1e30),
    steps=st.floats(0, 50),
)
def test_fault_81_only_columns_with_a_single_float32_value_have_variance_0(
    n, seed, magnitude, steps
):
    rng = np.random.default_rng(seed)
    wide = magnitude * (1 + steps * 2.0**-23 * rng.standard_normal((n, 4)))
    rows = wide.astype(np.float32).astype(np.float64)
    for part in (TrainingPart((rows,)), TrainingPart((rows[:1], rows[1:]))):
        assert part.varies.tolist() == (np.ptp(rows, axis=0) > 0).tolist()
        assert part.variance == pytest.approx(rows.var(axis=0), rel=1e-6)


def test_fault_81_statistics_that_lost_their_digits_by_subtraction_are_computed_anew():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((200, 3))
    X[0, 1] = 1e14
    shift = X.mean(axis=0)
    lossy = SufficientStatistics.of(X, shift) - SufficientStatistics.of(X[:20], shift)
    assert lossy.accurate.tolist() == [True, False, True]
    part = TrainingPart((X[20:],), known_statistics=lossy)
    assert part.variance == pytest.approx(X[20:].var(axis=0), rel=1e-9)


def test_statistics_of_columns_that_are_constant_in_the_training_rows_are_kept():
    X = np.random.default_rng(0).standard_normal((200, 2))
    X[20:, 1] = 5.0
    shift = X.mean(axis=0)
    known = SufficientStatistics.of(X, shift) - SufficientStatistics.of(X[:20], shift)
    part = TrainingPart((X[20:],), known_statistics=known)
    assert part.statistics is known
    assert part.variance[1] == 0


def test_sampled_rows_are_evenly_spaced_and_come_with_their_indices(X):
    rows = np.arange(100.0)[:, None]
    part = TrainingPart((rows[:30], rows[30:]))
    blocks = list(part.sample_blocks(4))
    assert np.concatenate([indices for indices, _ in blocks]).tolist() == [0, 33, 66, 99]
    assert np.concatenate([block[:, 0] for _, block in blocks]).tolist() == [0, 33, 66, 99]


def test_statistics_of_disjoint_rows_can_be_added_and_subtracted(X):
    shift = X.mean(axis=0)
    first, second = (SufficientStatistics.of(rows, shift) for rows in (X[:4], X[4:]))
    all_rows = SufficientStatistics.of(X, shift)
    for statistics, expected in ((first + second, all_rows), (all_rows - second, first)):
        assert statistics.n == expected.n
        assert statistics.total == pytest.approx(expected.total, abs=1e-9)
        assert statistics.gram == pytest.approx(expected.gram, abs=1e-9)
