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


def test_each_source_has_one_scale_whatever_its_unit() -> None:
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(600, 5)) * [3, 4, 1e-3, 1e-3, 1e-3] + [7, 0, 0, 0, 1]
    mean, scale = source_scales(matrix.astype(np.float32), [2, 3])
    np.testing.assert_allclose(mean, [7, 0, 0, 0, 1], atol=0.5)
    np.testing.assert_allclose(scale, [3.5355, 3.5355, 1e-3, 1e-3, 1e-3], rtol=0.05)


def test_a_source_that_never_varies_is_not_divided_by_zero() -> None:
    _, scale = source_scales(np.ones((4, 3), np.float32), [3])
    np.testing.assert_array_equal(scale, 1)


def test_columns_with_nan_are_counted() -> None:
    matrix = np.zeros((300, 4), np.float32)
    matrix[299, 1], matrix[0, 3] = np.nan, np.inf
    with pytest.raises(NonFiniteError, match="2 of 4 columns hold NaN"):
        source_scales(matrix, [4])


def test_a_sources_error_is_its_mean_times_its_weight() -> None:
    told = torch.zeros(2, 3)
    rows = torch.tensor([[1.0, 2.0, 2.0], [3.0, 4.0, 0.0]])
    # (1 + 4 + 9 + 16) / 4 = 7.5 and (4 + 0) / 2 = 2
    assert source_error(told, rows, [2, 1], [1.0, 0.5]) == 7.5 + 1


def test_unknown_targets_cost_nothing() -> None:
    known = torch.tensor([[1.0, float("nan")], [float("nan"), 3.0]])
    guessed = torch.zeros(2, 2, requires_grad=True)
    error = target_error(guessed, known)
    error.backward()
    assert error == 5
    assert guessed.grad is not None
    assert guessed.grad.tolist() == [[-1, 0], [0, -3]]
    assert target_error(guessed, torch.full((2, 2), float("nan"))) == 0


def test_targets_are_standardised_over_the_rows_that_have_them() -> None:
    targets = np.array([[1.0, 5], [3, 5], [np.nan, 5]])
    np.testing.assert_array_equal(standard_targets(targets, 3), [[-1, 0], [1, 0], [np.nan, 0]])
    assert standard_targets(None, 3).shape == (3, 0)


def test_targets_that_belong_to_other_rows_are_refused() -> None:
    with pytest.raises(ShapeError, match="do not belong to 3 rows"):
        standard_targets(np.zeros((2, 1)), 3)


@pytest.mark.parametrize("column", [[np.nan, np.nan], [1, np.inf]])
def test_targets_nobody_knows_or_infinite_ones_are_refused(column: list[float]) -> None:
    with pytest.raises(NonFiniteError, match="every target needs a number"):
        standard_targets(np.array([column]).T, 2)
