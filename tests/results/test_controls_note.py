"""Controls below a table: a health check in words."""

from __future__ import annotations

from neucocore.results.leaderboard import _controls_note
from neucocore.results.rows import Row


def row(method, skill, low, high):
    return Row(method, method, 0.0, None, None, {}, {}, control=True, skill=skill, skill_low=low,
               skill_high=high)  # fmt: skip


def test_controls_at_chance_and_above():
    fine = [row("constant", 0.0, -0.02, 0.02), row("random", -0.05, -0.09, -0.01)]
    assert _controls_note(fine) == ["controls at chance: ok (constant, random)"]
    (text,) = _controls_note([*fine, row("random-2", 0.3, 0.2, 0.4)])
    assert text.startswith(
        "the control random-2 is above chance: mean skill 0.300 (0.200 to 0.400)"
    )


def test_without_controls_or_intervals_nothing_is_said():
    assert _controls_note([]) == []
    assert _controls_note([row("constant", 0.0, None, None)]) == []
