from __future__ import annotations

import numpy as np
import pytest
import torch

from neuco_plugin_torch.bottleneck import (
    source_error,
    source_scales,
    standard_targets,
    target_error,
)
from neucocore.plugin import NonFiniteError, ShapeError


def test_each_source_has_one_scale() -> None:
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(600, 5)) * [3, 4, 1e-3, 1e-3, 1e-3] + [7, 0, 0, 0, 1]
    mean, scale = source_scales(matrix.astype(np.float32), [2, 3])
    np.testing.assert_allclose(mean, [7, 0, 0, 0, 1], atol=0.5)
    np.testing.assert_allclose(scale, [3.5355, 3.5355, 1e-3, 1e-3, 1e-3], rtol=0.05)


def test_a_constant_source_is_not_divided_by_zero() -> None:
    _, scale = source_scales(np.ones((4, 3), np.float32), [3])
    np.testing.assert_array_equal(scale, 1)


def test_columns_with_nan_are_counted() -> None:
    matrix = np.zeros((300, 4), np.float32)
    matrix[299, 1], matrix[0, 3] = np.nan, np.inf
    with pytest.raises(NonFiniteError, match="2 of 4 columns contain NaN"):
        source_scales(matrix, [4])


def test_the_error_of_a_source_is_its_mean_times_its_weight() -> None:
    decoded = torch.zeros(2, 3)
    rows = torch.tensor([[1.0, 2.0, 2.0], [3.0, 4.0, 0.0]])
    # (1 + 4 + 9 + 16) / 4 = 7.5 and (4 + 0) / 2 = 2
    assert source_error(decoded, rows, [2, 1], [1.0, 0.5]) == 7.5 + 1


def test_unknown_targets_do_not_count() -> None:
    targets = torch.tensor([[1.0, float("nan")], [float("nan"), 3.0]])
    predicted = torch.zeros(2, 2, requires_grad=True)
    error = target_error(predicted, targets)
    error.backward()
    assert error == 5
    assert predicted.grad is not None
    assert predicted.grad.tolist() == [[-1, 0], [0, -3]]
    assert target_error(predicted, torch.full((2, 2), float("nan"))) == 0


def test_targets_are_standardised_over_their_known_rows() -> None:
    targets = np.array([[1.0, 5], [3, 5], [np.nan, 5]])
    np.testing.assert_array_equal(standard_targets(targets, 3), [[-1, 0], [1, 0], [np.nan, 0]])
    assert standard_targets(None, 3).shape == (3, 0)


def test_targets_of_a_different_number_of_rows_are_an_error() -> None:
    with pytest.raises(ShapeError, match="do not match 3 rows"):
        standard_targets(np.zeros((2, 1)), 3)


@pytest.mark.parametrize("column", [[np.nan, np.nan], [1, np.inf]])
def test_unknown_or_infinite_targets_are_an_error(column: list[float]) -> None:
    with pytest.raises(NonFiniteError, match="infinite or has no number"):
        standard_targets(np.array([column]).T, 2)
