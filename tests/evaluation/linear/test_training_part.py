"""Statistics and products of training rows, against numpy on the stacked rows."""

from __future__ import annotations

import numpy as np
import pytest

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
