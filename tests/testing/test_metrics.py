from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from neucocore.components.specs import MetricSpec


def valid(y_true: Any, y_pred: Any) -> float:
    return float(np.mean(np.abs(y_true - y_pred))) if len(y_true) else float("nan")


def returns_an_array(y_true: Any, y_pred: Any) -> Any:
    return np.abs(y_true - y_pred)


def never_perfect(y_true: Any, y_pred: Any) -> float:
    return valid(y_true, y_pred) + 1


def wrong_direction(y_true: Any, y_pred: Any) -> float:
    return 10 - valid(y_true, y_pred)


def below_the_bound(y_true: Any, y_pred: Any) -> float:
    error = valid(y_true, y_pred)
    return error - 2 if 0 < error < 1.5 else error


def depends_on_order(y_true: Any, y_pred: Any) -> float:
    if not len(y_true):
        return float("nan")
    return float(np.average(np.abs(y_true - y_pred), weights=np.arange(1, len(y_true) + 1)))


def raises_without_samples(y_true: Any, y_pred: Any) -> float:
    return float(max(np.abs(y_true - y_pred))) / len(y_true)


def infinite_for_constant_labels(y_true: Any, y_pred: Any) -> float:
    return (
        float(np.float64(valid(y_true, y_pred)) / np.std(y_true)) if len(y_true) else float("nan")
    )


def modifies_input(y_true: Any, y_pred: Any) -> float:
    error = valid(y_true, y_pred)
    y_pred[:] = 0
    return error


FAILED_CHECKS = {
    valid: set(),
    returns_an_array: {"metric-created"},
    never_perfect: {"metric-perfect"},
    wrong_direction: {"metric-direction"},
    below_the_bound: {"metric-bounds"},
    depends_on_order: {"metric-permutation"},
    raises_without_samples: {"metric-degenerate"},
    infinite_for_constant_labels: {"metric-degenerate"},
    modifies_input: {"metric-input"},
}


@pytest.mark.parametrize(
    ("metric", "checks"), FAILED_CHECKS.items(), ids=lambda value: getattr(value, "__name__", "")
)
def test_each_mistake_of_a_metric_fails_its_check(
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
    failed = broken_checks(spec)
    assert checks <= failed
    assert bool(checks) == bool(failed)


def test_a_metric_that_can_be_nan_must_declare_when(broken_checks: Callable[..., set[str]]) -> None:
    spec = MetricSpec(
        name="x", summary="s", factory=valid, problems=("regression",), greater_is_better=False
    )
    assert broken_checks(spec) == {"metric-degenerate"}
