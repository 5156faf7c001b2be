from __future__ import annotations

import numpy as np
import pytest

from neucocore.statistics.aggregate import (
    NO_CHANCE,
    mean_skill,
    skill,
    skill_influence,
    source_means,
    source_weights,
)
from neucocore.statistics.influence import Influence, Undefined


@pytest.mark.parametrize(
    ("score", "chance", "best", "expected"),
    [
        (0.6, 0.2, 1.0, 0.5),
        (0.2, 0.2, 1.0, 0.0),
        (0.1, 0.2, 1.0, -0.125),
        (0.7, 0.0, 1.0, 0.7),
        (1.0, 2.0, 0.0, 0.5),  # an error
        (0.76, 0.5, 1.0, 0.52),
    ],
)
def test_skill_is_0_at_chance_and_1_at_best(score, chance, best, expected):
    assert skill(score, chance, best) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((0.5, None), NO_CHANCE),
        ((0.5, float("nan")), NO_CHANCE),
        ((None, 0.0), "there is no score"),
        ((float("nan"), 0.0), "there is no score"),
        ((0.5, 0.0, float("inf")), "the metric has no best possible value"),
        ((0.5, 1.0), "chance already has the best possible score"),
    ],
)
def test_skill_is_refused_with_a_reason(arguments, reason):
    assert skill(*arguments) == Undefined(reason)


def test_the_influence_of_skill_is_rescaled():
    values = np.array([0.1, -0.1])
    found = skill_influence(Influence(values, 0.6), 0.2)
    np.testing.assert_allclose(found.values, values / 0.8)
    assert found.estimate == pytest.approx(0.5)
    falling = Influence(values, 1.0, greater_is_better=False, bounds=(0.0, np.inf))
    found = skill_influence(falling, 2.0, 0.0)
    assert found.greater_is_better
    assert found.estimate == pytest.approx(0.5)
    np.testing.assert_allclose(found.values, -values / 2)
    assert skill_influence(Undefined("why"), 0.0) == Undefined("why")
    assert skill_influence(falling, None) == Undefined(NO_CHANCE)


SOURCES = ["biomass", "biomass", "clouds"]


def test_sources_count_equally_and_tasks_within_them():
    np.testing.assert_allclose(source_weights(SOURCES), [0.25, 0.25, 0.5])
    assert mean_skill([0.2, 0.4, 0.9], SOURCES) == pytest.approx((0.3 + 0.9) / 2)
    np.testing.assert_allclose(source_means(np.array([[0.2, 0.4, 0.9]]), SOURCES), [[0.3, 0.9]])


def test_a_mean_is_refused_if_a_task_has_no_skill():
    found = mean_skill([0.2, Undefined(NO_CHANCE), 0.9], SOURCES)
    assert found == Undefined(f"1 of 3 tasks have no skill: {NO_CHANCE}")
    assert mean_skill([], []) == Undefined("there is no task")
