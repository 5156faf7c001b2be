"""Parts of any size and scale, made comparable."""

from __future__ import annotations

import numpy as np
import pytest

from neuco_plugin_fusion.scaling import Moments, check_scaling, factors, read_weights, scaled
from neucocore.plugin import ConfigError

ROWS = (np.random.default_rng(2).standard_normal((50, 4)) * [1, 10, 100, 0] + 1000).astype("f4")


def moments_of(rows: np.ndarray, block: int) -> Moments:
    moments = Moments()
    for top in range(0, len(rows), block):
        moments.add(rows[top : top + block])
    return moments


@pytest.mark.parametrize("block", [1, 7, 50])
def test_moments_do_not_depend_on_how_the_rows_come(block: int) -> None:
    moments = moments_of(ROWS, block)
    assert moments.count == 50
    np.testing.assert_allclose(moments.mean, ROWS.mean(axis=0, dtype=float), rtol=1e-12)
    np.testing.assert_allclose(moments.variance, ROWS.var(axis=0, dtype=float), rtol=1e-9)


@pytest.mark.parametrize("scaling", ["block", "column"])
def test_a_part_has_the_variance_of_its_weight(scaling: str) -> None:
    moments = moments_of(ROWS, 50)
    result = scaled(ROWS, moments.mean, factors(moments, check_scaling(scaling), weight=3.0))
    assert result.dtype == np.float32
    assert result.var(axis=0).sum() == pytest.approx(9, rel=1e-4)
    assert (result[:, 3] == 0).all()


def test_block_keeps_the_proportions_and_column_levels_them() -> None:
    moments = moments_of(ROWS, 50)
    block, column = (factors(moments, check_scaling(name), 1.0) for name in ("block", "column"))
    assert len(set(block)) == 1
    spread = np.sqrt(moments.variance[:3]) * column[:3]
    np.testing.assert_allclose(spread, spread[0])


def test_none_is_the_weight_alone() -> None:
    assert factors(moments_of(ROWS, 50), "none", 2.0).tolist() == [2.0] * 4


def test_a_part_without_variance_does_not_divide_by_zero() -> None:
    constant = moments_of(np.ones((5, 2), np.float32), 5)
    for scaling in ("block", "column"):
        assert (factors(constant, check_scaling(scaling), 1.0) == 0).all()


@pytest.mark.parametrize("texts", [["1"], ["1", "x"], ["1", "0"], ["1", "inf"], ["nan", "1"]])
def test_weights_are_positive_numbers_one_a_part(texts: list[str]) -> None:
    with pytest.raises(ConfigError, match="needed are 2 positive numbers"):
        read_weights(texts, 2)


def test_no_weights_are_equal_weights() -> None:
    assert read_weights([], 3) == [1.0, 1.0, 1.0]


def test_an_unknown_scaling_names_the_known() -> None:
    with pytest.raises(ConfigError, match="unknown scaling 'rows'; there are block, column, none"):
        check_scaling("rows")
