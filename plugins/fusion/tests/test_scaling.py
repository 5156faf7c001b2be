"""Scaling parts of different size and scale."""

from __future__ import annotations

import numpy as np
import pytest

from neuco_plugin_fusion.scaling import (
    ColumnStatistics,
    check_scaling,
    read_weights,
    scale,
    scale_factors,
)
from neucocore.plugin import ConfigError

ROWS = (np.random.default_rng(2).standard_normal((50, 4)) * [1, 10, 100, 0] + 1000).astype("f4")


def statistics_of(rows: np.ndarray, block: int) -> ColumnStatistics:
    statistics = ColumnStatistics()
    for top in range(0, len(rows), block):
        statistics.add(rows[top : top + block])
    return statistics


@pytest.mark.parametrize("block", [1, 7, 50])
def test_statistics_do_not_depend_on_the_blocks_of_rows(block: int) -> None:
    statistics = statistics_of(ROWS, block)
    assert statistics.count == 50
    np.testing.assert_allclose(statistics.mean, ROWS.mean(axis=0, dtype=float), rtol=1e-12)
    np.testing.assert_allclose(statistics.variance, ROWS.var(axis=0, dtype=float), rtol=1e-9)


@pytest.mark.parametrize("scaling", ["block", "column"])
def test_the_variance_of_a_part_is_its_weight_squared(scaling: str) -> None:
    statistics = statistics_of(ROWS, 50)
    result = scale(
        ROWS, statistics.mean, scale_factors(statistics, check_scaling(scaling), weight=3.0)
    )
    assert result.dtype == np.float32
    assert result.var(axis=0).sum() == pytest.approx(9, rel=1e-4)
    assert (result[:, 3] == 0).all()


def test_block_keeps_the_ratios_of_variances_and_column_makes_them_equal() -> None:
    statistics = statistics_of(ROWS, 50)
    block, column = (
        scale_factors(statistics, check_scaling(name), 1.0) for name in ("block", "column")
    )
    assert len(set(block)) == 1
    spread = np.sqrt(statistics.variance[:3]) * column[:3]
    np.testing.assert_allclose(spread, spread[0])


def test_without_scaling_the_factor_is_the_weight() -> None:
    assert scale_factors(statistics_of(ROWS, 50), "none", 2.0).tolist() == [2.0] * 4


def test_a_part_without_variance_does_not_divide_by_zero() -> None:
    constant = statistics_of(np.ones((5, 2), np.float32), 5)
    for scaling in ("block", "column"):
        assert (scale_factors(constant, check_scaling(scaling), 1.0) == 0).all()


@pytest.mark.parametrize("texts", [["1"], ["1", "x"], ["1", "0"], ["1", "inf"], ["nan", "1"]])
def test_invalid_weights_are_an_error(texts: list[str]) -> None:
    with pytest.raises(ConfigError, match="2 positive numbers are required"):
        read_weights(texts, 2)


def test_without_weights_all_weights_are_equal() -> None:
    assert read_weights([], 3) == [1.0, 1.0, 1.0]


def test_an_unknown_scaling_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="unknown scaling 'rows'") as error:
        check_scaling("rows")
    assert error.value.hint == "use one of block, column, none"
