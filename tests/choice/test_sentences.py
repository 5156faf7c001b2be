"""Sentences about what is unusual: a control above chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from neucocore.choice import sentences
from neucocore.statistics.intervals import Interval


@dataclass
class StubTable:
    """One task with a given score of every run."""

    low: float | None
    level: float | None = 0.169
    decides: str = "kind"
    metric: str = "macro-f1"
    tasks: tuple[str, ...] = ("kind",)

    def score(self, run: Any, task: str) -> tuple[float, Interval]:
        return 0.264, Interval(low=self.low, high=None if self.low is None else 0.3, reason="few")

    def chance(self, task: str) -> float | None:
        return self.level


@dataclass
class StubRun:
    method: str = "constant"


def test_a_control_above_chance_is_reported_with_its_numbers() -> None:
    found = sentences.control(StubTable(low=0.21), StubRun())  # type: ignore[arg-type]
    assert found is not None
    assert found.text.startswith(
        "constant, an embedding without information, has macro-f1 of kind 0.264 (0.210 to 0.300), "
        "above the chance level of 0.169"
    )
    assert found.numbers == {"score": 0.264, "low": 0.21, "high": 0.3, "chance": 0.169}


@pytest.mark.parametrize(("low", "level"), [(0.169, 0.169), (0.1, 0.169), (None, 0.169), (1, None)])
def test_a_control_at_chance_or_of_unknown_chance_is_not(low: float, level: float) -> None:
    assert sentences.control(StubTable(low, level), StubRun()) is None  # type: ignore[arg-type]
