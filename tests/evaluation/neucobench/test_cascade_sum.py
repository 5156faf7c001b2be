"""Sums of the squares of 0.1, 0.2, ..., against numbers recorded from torch 2.13 on x86."""

from __future__ import annotations

import numpy as np
import pytest

from neucocore.evaluation.neucobench.cascade_sum import cascade_sum


@pytest.mark.parametrize(
    ("n", "torch"),
    [
        (3, 0.14000001549720764),
        (6, 0.9100000262260437),
        (7, 1.399999976158142),
        (8, 2.0399999618530273),
        (31, 104.15999603271484),
        (114, 5003.650390625),
        (517, 461965.375),
        (1326, 7780373.5),
    ],
)
def test_sums_equal_those_of_torch_to_the_last_bit(n: int, torch: float) -> None:
    values = (np.arange(1, n + 1, dtype=np.float32) * np.float32(0.1)) ** 2
    assert cascade_sum(values[None]).tolist() == [torch]


def test_each_row_is_summed_independently() -> None:
    values = np.random.default_rng(0).random((3, 999)).astype(np.float32)
    assert cascade_sum(values).tolist() == [cascade_sum(row[None])[0] for row in values]


def test_a_long_sum_is_nearly_exact() -> None:
    values = np.random.default_rng(1).random((1, 30_000)).astype(np.float32)
    assert cascade_sum(values)[0] == pytest.approx(values.sum(dtype=np.float64), rel=1e-6)
