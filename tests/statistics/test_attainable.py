from __future__ import annotations

import numpy as np
import pytest

from neucocore.statistics.attainable import attainable_r2
from neucocore.statistics.influence import Undefined

NAN = np.nan


def test_it_is_the_r2_of_the_true_values_against_labels_with_errors():
    rng = np.random.default_rng(0)
    truth = rng.normal(50, 10, 200_000)
    sd = np.where(rng.random(len(truth)) < 0.5, 2.0, 8.0)
    y = truth + sd * rng.normal(size=len(truth))
    r2 = 1 - np.sum((y - truth) ** 2) / np.sum((y - y.mean()) ** 2)
    assert attainable_r2(y, sd) == pytest.approx(r2, abs=0.003)
    assert r2 == pytest.approx(1 - 34 / 134, abs=0.005)


@pytest.mark.parametrize(
    ("y", "sd", "expected"),
    [
        ([0, 2], [0, 0], 1.0),
        ([0, 2], [0.5, 0.5], 0.75),
        ([0, 2], [1, 1], 0.0),
        ([0, 2], [2, 2], -3.0),
        ([0, 2], [0.5, NAN], 0.75),
        ([0, 2, NAN], [0.5, 0.5, 9], 0.75),
        ([[0, 0], [2, 20]], [[0.5, 10], [0.5, 10]], 0.375),
        ([[0, 7], [2, 7]], [[0.5, NAN], [0.5, NAN]], 0.75),
        ([[0, NAN], [2, NAN]], [[0.5, 1], [0.5, 1]], 0.75),
    ],
)
def test_its_value(y, sd, expected):
    assert attainable_r2(np.array(y), np.array(sd)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("y", "sd", "reason"),
    [
        ([3, 3], [1, 1], "the labels are constant"),
        ([], [], "there are no labels"),
        ([NAN, NAN], [1, 1], "the labels are constant"),
        ([0, 2], [NAN, NAN], "the labels of output 1 have no standard deviations"),
        ([0, 2, NAN], [NAN, NAN, 1], "the labels of output 1 have no standard deviations"),
        (
            [[0, 0], [2, 2]],
            [[1, NAN], [1, NAN]],
            "the labels of output 2 have no standard deviations",
        ),
    ],
)
def test_what_has_no_value_has_a_reason(y, sd, reason):
    assert attainable_r2(np.array(y), np.array(sd)) == Undefined(reason)
