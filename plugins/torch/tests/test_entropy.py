from __future__ import annotations

import numpy as np
import torch
from scipy.stats import logistic

from neuco_plugin_torch.compressor.entropy import LogisticPrior, frequency_tables, symbol_range

CENTRE, SCALE = np.array([0.3, -2.0, 0.0]), np.array([1.5, 0.05, 40.0])


def shares_of(numbers: np.ndarray, channel: int) -> np.ndarray:
    """Return the probability of the interval of length 1 around each number."""
    parameters = {"loc": CENTRE[channel], "scale": SCALE[channel]}
    return logistic.cdf(numbers + 0.5, **parameters) - logistic.cdf(numbers - 0.5, **parameters)


def test_tables_have_the_logistic_probabilities_and_no_zero_frequency() -> None:
    low, high = np.array([-8, -4, -90]), np.array([9, 0, 90])
    tables = frequency_tables(CENTRE, SCALE, low, high)
    for channel, table in enumerate(tables):
        count = high[channel] - low[channel] + 1
        frequencies = np.diff(table.astype(np.int64))
        assert table[0] == 0
        assert table[count] == table[-1] == 65536
        assert (frequencies[:count] >= 1).all()
        inner = np.arange(low[channel] + 1, high[channel])
        expected = shares_of(inner, channel) * 65536
        np.testing.assert_allclose(frequencies[1 : count - 1], expected, atol=0.01 * 65536)


def test_numbers_outside_the_range_count_as_its_ends() -> None:
    table = frequency_tables(CENTRE[2:], SCALE[2:], np.array([-1]), np.array([1]))[0]
    outside = logistic.sf(0.5, scale=40) * 65536
    np.testing.assert_allclose(np.diff(table.astype(np.int64))[[0, 2]], outside, atol=3)


def test_bits_are_the_logarithm_of_the_probability() -> None:
    prior = LogisticPrior(3)
    prior.centre.data = torch.from_numpy(CENTRE).float()
    prior.log_scale.data = torch.from_numpy(np.log(SCALE)).float()
    numbers = np.array([-3.2, -2.0, 0.0, 1.0, 4.7])
    bits = prior.bits(torch.from_numpy(np.tile(numbers, (1, 3, 1, 1))).float()).detach()
    for channel in (0, 2):
        expected = -np.log2(shares_of(numbers, channel))
        np.testing.assert_allclose(bits[0, channel, 0], expected, rtol=1e-3)
    assert 0 <= float(bits[0, 1, 0, 1]) < 1e-3


def test_an_outlier_costs_a_finite_number_of_bits() -> None:
    bits = LogisticPrior(1).bits(torch.full((1, 1, 1, 1), 1e6))
    assert 29 < bits.item() < 31


def test_the_range_extends_the_range_of_the_latents_by_one() -> None:
    latents = np.array([[-2.4, 0.2], [3.6, 0.4]], np.float32).reshape(2, 2, 1, 1)
    low, high = symbol_range(latents)
    assert (low.tolist(), high.tolist()) == ([-3, -1], [5, 1])


def test_a_table_has_a_maximum_size() -> None:
    latents = np.array([-1e6, 1e6], np.float32).reshape(2, 1, 1, 1)
    low, high = symbol_range(latents)
    assert high[0] - low[0] + 1 == 4096
    assert abs(high[0] + low[0]) <= 1
