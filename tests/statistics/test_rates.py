"""Curves in one number, against the package bjontegaard and by hand."""

from __future__ import annotations

import bjontegaard as reference
import numpy as np
import pytest

from neucocore.statistics.rates import bjontegaard, mean_gain, rate_saving

A = [100, 200, 400, 800, 1600], [0.30, 0.42, 0.50, 0.55, 0.58]
B = [90, 210, 380, 900, 1500], [0.33, 0.44, 0.53, 0.58, 0.60]


@pytest.mark.parametrize("method", ["cubic", "pchip"])
def test_bjontegaard_agrees_with_the_package(method):
    rate, score = bjontegaard(*A, *B, method)
    assert rate == pytest.approx(reference.bd_rate(*A, *B, method=method) / 100, rel=1e-9)
    assert score == pytest.approx(reference.bd_psnr(*A, *B, method=method), rel=1e-9)


def test_the_gain_of_a_parallel_curve_is_its_distance():
    found = mean_gain(*A, A[0], [score + 0.07 for score in A[1]])
    assert found.value == pytest.approx(0.07)
    assert found.weights_a.sum() == pytest.approx(1)


def test_the_gain_is_a_mean_over_log2_bytes_in_the_common_range():
    # Over log2 bytes from 1 to 3: A is 0, then rises to 1; B is 0.5 throughout.
    found = mean_gain([2, 4, 8], [0, 0, 1], [1, 2, 8, 64], [0.5, 0.5, 0.5, 9])
    assert found.value == pytest.approx(0.5 - 0.25)
    assert found.weights_b @ [0.5, 0.5, 0.5, 9] - found.weights_a @ [0, 0, 1] == pytest.approx(0.25)


def test_the_order_of_the_sizes_does_not_matter():
    swapped = mean_gain(A[0][::-1], A[1][::-1], *B)
    assert swapped.value == pytest.approx(mean_gain(*A, *B).value)


@pytest.mark.parametrize(
    ("sizes_a", "sizes_b"), [([1, 2], [4, 8]), ([1, 2, 3], [3, 4, 5]), ([8], [8])]
)
def test_too_little_overlap_has_a_reason(sizes_a, sizes_b):
    found = mean_gain(sizes_a, [0.1] * len(sizes_a), sizes_b, [0.2] * len(sizes_b))
    assert found.value is None
    assert "2 are needed" in found.reason


def test_half_the_bytes_is_a_saving_of_half():
    found = rate_saving(*A, [size / 2 for size in A[0]], A[1])
    assert found.value == pytest.approx(-0.5)


def test_the_saving_is_on_the_running_maximum():
    noisy = rate_saving([100, 200, 400, 800, 1600], [0.30, 0.42, 0.36, 0.40, 0.55], *B)
    assert rate_saving([100, 200, 1600], [0.30, 0.42, 0.55], *B).value is None  # three sizes
    by_hand = rate_saving([100, 200, 1600, 1600.0001], [0.30, 0.42, 0.55, 0.55], *B)
    assert noisy.value == pytest.approx(by_hand.value, abs=1e-6)


def test_curves_without_a_common_score_have_no_saving():
    found = rate_saving(A[0], [0.1, 0.11, 0.12, 0.13, 0.14], *B)
    assert (found.value, found.reason) == (None, "the curves have no score in common")


def test_the_interval_of_the_saving_holds_the_draws():
    rng = np.random.default_rng(0)
    draws = tuple(np.array(c[1]) + 0.002 * rng.standard_normal((400, 5)) for c in (A, B))
    found = rate_saving(*A, *B, draws)
    assert found.low < found.value < found.high
    assert found.high - found.low < 0.1


def test_the_order_of_the_sizes_does_not_matter_for_the_saving():
    swapped = rate_saving(A[0][::-1], A[1][::-1], *B)
    assert swapped.value == pytest.approx(rate_saving(*A, *B).value)


@pytest.mark.parametrize("sizes_b", [[10, 20], [2, 200]])
def test_sizes_between_those_of_the_other_curve_are_not_common(sizes_b):
    found = mean_gain([1, 100], [0.1, 0.9], sizes_b, [0.2, 0.8])
    assert found.value is None


def test_the_interval_holds_95_percent_of_the_draws():
    # One draw differs from the next only in a factor of the bytes: B is A at bytes / 2**shift.
    shifts = np.linspace(0, 1, 401)
    x, slope = np.log2(A[0]), 0.05
    line = slope * x
    draws = np.tile(line, (401, 1)), line + slope * shifts[:, None]
    found = rate_saving(A[0], line, A[0], line, draws)
    expected = np.quantile(2.0**-shifts - 1, [0.025, 0.975])
    assert [found.low, found.high] == pytest.approx(expected)


def test_no_interval_where_many_draws_have_no_score_in_common():
    draws = np.tile(A[1], (100, 1)), np.tile(A[1], (100, 1))
    draws[1][:6] += 9
    assert rate_saving(*A, A[0], A[1], draws).low is None
    draws[1][5] -= 9
    assert rate_saving(*A, A[0], A[1], draws).low == pytest.approx(0)


def test_a_rate_beyond_the_largest_float_is_none():
    sizes = [64, 323, 1625, 8192]
    a, b = [0.4022, 0.624, 0.6797, 0.6973], [0.4382, 0.6457, 0.7008, 0.7009]
    rate, score = bjontegaard(sizes, a, sizes, b)
    assert rate is None
    assert score == pytest.approx(reference.bd_psnr(sizes, a, sizes, b, method="cubic"))


@pytest.mark.parametrize("method", ["cubic", "pchip"])
def test_bjontegaard_has_no_rate_where_it_is_not_determined(method):
    sizes = [1, 2, 4, 8]
    assert (
        bjontegaard(sizes, [0.5, 0.5, 0.6, 0.7], sizes, [0.4, 0.55, 0.6, 0.65], method)[0] is None
    )
    assert bjontegaard(sizes[:3], [0.5, 0.6, 0.7], sizes[:3], [0.4, 0.5, 0.6], method) == (
        None,
        None,
    )
    apart = bjontegaard(sizes, [0.1, 0.2, 0.3, 0.35], sizes, [0.5, 0.6, 0.7, 0.75], method)
    assert apart[0] is None
    assert apart[1] > 0.3
