from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from neucocore.components.specs import MetricSpec


def fine(y_true: Any, y_pred: Any) -> float:
    return float(np.mean(np.abs(y_true - y_pred))) if len(y_true) else float("nan")


def many_numbers(y_true: Any, y_pred: Any) -> Any:
    return np.abs(y_true - y_pred)


def never_perfect(y_true: Any, y_pred: Any) -> float:
    return fine(y_true, y_pred) + 1


def upside_down(y_true: Any, y_pred: Any) -> float:
    return 10 - fine(y_true, y_pred)


def below_its_bound(y_true: Any, y_pred: Any) -> float:
    error = fine(y_true, y_pred)
    return error - 2 if 0 < error < 1.5 else error


def weighs_by_place(y_true: Any, y_pred: Any) -> float:
    if not len(y_true):
        return float("nan")
    return float(np.average(np.abs(y_true - y_pred), weights=np.arange(1, len(y_true) + 1)))


def raises_at_the_edge(y_true: Any, y_pred: Any) -> float:
    return float(max(np.abs(y_true - y_pred))) / len(y_true)


def infinite_at_the_edge(y_true: Any, y_pred: Any) -> float:
    return float(np.float64(fine(y_true, y_pred)) / np.std(y_true)) if len(y_true) else float("nan")


def in_place(y_true: Any, y_pred: Any) -> float:
    error = fine(y_true, y_pred)
    y_pred[:] = 0
    return error


WRONG = {
    fine: set(),
    many_numbers: {"metric-made"},
    never_perfect: {"metric-perfect"},
    upside_down: {"metric-direction"},
    below_its_bound: {"metric-bounds"},
    weighs_by_place: {"metric-permutation"},
    raises_at_the_edge: {"metric-degenerate"},
    infinite_at_the_edge: {"metric-degenerate"},
    in_place: {"metric-input"},
}


@pytest.mark.parametrize(
    ("metric", "checks"), WRONG.items(), ids=lambda value: getattr(value, "__name__", "")
)
def test_what_a_metric_does_wrong_is_named(
    broken_checks: Callable[..., set[str]], metric: Callable[..., float], checks: set[str]
) -> None:
    spec = MetricSpec(
        name="x",
        summary="s",
        factory=metric,
        problems=("regression",),
        greater_is_better=False,
        low=0.0,
        undefined="no rows",
    )
    found = broken_checks(spec)
    assert checks <= found
    assert bool(checks) == bool(found)


def test_a_metric_that_may_be_nan_must_say_when(broken_checks: Callable[..., set[str]]) -> None:
    spec = MetricSpec(
        name="x", summary="s", factory=fine, problems=("regression",), greater_is_better=False
    )
    assert broken_checks(spec) == {"metric-degenerate"}
