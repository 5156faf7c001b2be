"""Scale factors of columns."""

from __future__ import annotations

import numpy as np

from neucocore.evaluation.linear.scaling import one_scalar, per_dimension


def test_one_scalar_gives_a_mean_variance_of_one():
    assert one_scalar(np.array([1.0, 4.0, 7.0])).tolist() == [0.5, 0.5, 0.5]


def test_per_dimension_gives_each_column_a_variance_of_one():
    assert per_dimension(np.array([1.0, 4.0, 0.25])).tolist() == [1, 0.5, 2]


def test_constant_columns_have_the_factor_0():
    assert one_scalar(np.zeros(2)).tolist() == [0, 0]
    assert per_dimension(np.array([0.0, 4.0])).tolist() == [0, 0.5]
