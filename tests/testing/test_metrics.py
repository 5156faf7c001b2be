from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from neucocore.components.discovery import Component, PluginRecord
from neucocore.components.specs import MetricSpec
from neucocore.plugin import Influence, Undefined
from neucocore.testing.metrics import MetricContext
from neucocore.testing.records import CHECKS


def misses_by_more_than_100(y_true: Any, y_pred: Any) -> float:
    if not len(y_true):
        return float("nan")
    return float(np.mean(np.abs(y_true - y_pred) > 100))


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


def infinite_for_labels_of_0(y_true: Any, y_pred: Any) -> float:
    if not len(y_true) or (len(y_true) > 1 and y_true.std() == 0 and y_true[0] != 0):
        return float("nan")
    return float(np.float64(valid(y_true, y_pred)) / np.mean(np.abs(y_true)))


def raises_for_two_samples(y_true: Any, y_pred: Any) -> float:
    if len(y_true) == 2:
        raise ValueError("at least three samples are needed")
    return valid(y_true, y_pred)


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
    infinite_for_labels_of_0: {"metric-degenerate"},
    raises_for_two_samples: {"metric-degenerate"},
    modifies_input: {"metric-input"},
    misses_by_more_than_100: set(),
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


def error(y_true: Any, y_pred: Any) -> float:
    return valid(y_true, y_pred)


def right_chance(y: Any) -> float:
    return float(np.mean(np.abs(y - y.mean())))


def chance_of_the_median(y: Any) -> float:
    return float(np.mean(np.abs(y - np.median(y))))


def chance_as_array(y: Any) -> Any:
    return np.abs(y - y.mean())


def chance_not_a_number(y: Any) -> float:
    return float("nan")


def right(y_true: Any, y_pred: Any) -> Any:
    errors = np.abs(y_true - y_pred)
    return errors - errors.mean()


def as_influence(y_true: Any, y_pred: Any) -> Any:
    return Influence(right(y_true, y_pred), valid(y_true, y_pred))


def other_score(y_true: Any, y_pred: Any) -> Any:
    return Influence(right(y_true, y_pred), valid(y_true, y_pred) + 1)


def undefined(y_true: Any, y_pred: Any) -> Any:
    return Undefined("no idea")


def wrong_sign(y_true: Any, y_pred: Any) -> Any:
    return -right(y_true, y_pred)


def without_the_factor_n(y_true: Any, y_pred: Any) -> Any:
    return right(y_true, y_pred) / len(y_true)


def twice(y_true: Any, y_pred: Any) -> Any:
    return 2 * right(y_true, y_pred)


def not_centred(y_true: Any, y_pred: Any) -> Any:
    return np.abs(y_true - y_pred)


def of_other_rows(y_true: Any, y_pred: Any) -> Any:
    return right(y_true, y_pred)[::-1]


def too_short(y_true: Any, y_pred: Any) -> Any:
    return right(y_true, y_pred)[1:]


def not_finite(y_true: Any, y_pred: Any) -> Any:
    values = right(y_true, y_pred)
    values[0] = np.nan
    return values


def a_list(y_true: Any, y_pred: Any) -> Any:
    return right(y_true, y_pred).tolist()


def all_zero(y_true: Any, y_pred: Any) -> Any:
    return np.zeros(len(y_true))


def one_argument(y_true: Any) -> Any:
    return np.zeros(len(y_true))


def _name(value: Any) -> str:
    """Return a name without the address of a function, which differs between processes."""
    if isinstance(value, dict):
        return ", ".join(getattr(item, "__name__", str(item)) for item in value.values())
    return ", ".join(sorted(value))


@pytest.mark.parametrize(
    ("declared", "checks"),
    [
        ({}, set()),
        ({"chance": right_chance, "influence": right}, set()),
        ({"influence": as_influence}, set()),
        ({"chance": chance_of_the_median}, {"metric-chance"}),
        ({"chance": chance_as_array}, {"metric-chance"}),
        ({"chance": chance_not_a_number}, {"metric-chance"}),
        ({"chance": 2.5}, {"metric-chance"}),
        *[
            ({"influence": function}, {"metric-influence"})
            for function in (
                other_score,
                undefined,
                wrong_sign,
                without_the_factor_n,
                twice,
                not_centred,
                of_other_rows,
                too_short,
                not_finite,
                a_list,
                all_zero,
                one_argument,
            )
        ],
    ],
    ids=_name,
)
def test_chance_and_influence_are_checked(
    broken_checks: Callable[..., set[str]], declared: dict[str, Any], checks: set[str]
) -> None:
    spec = MetricSpec(
        name="x",
        summary="s",
        factory=error,
        problems=("regression",),
        greater_is_better=False,
        undefined="no rows",
        **declared,
    )
    assert broken_checks(spec) == checks


def test_a_check_of_what_is_not_declared_is_skipped() -> None:
    spec = MetricSpec(name="x", summary="s", factory=error, problems=("regression",))
    component = Component(spec, "mine", "neuco-plugin-mine", "1")
    context = MetricContext(
        component, PluginRecord("mine", "neuco-plugin-mine", "1", "m", "loaded")
    )
    records = {check.id: check.record(context) for check in CHECKS if check.about == "metric"}
    assert records["metric-chance"].status == "skipped"
    assert records["metric-chance"].reason == "the spec declares no chance"
    assert records["metric-influence"].status == "skipped"
    assert records["metric-influence"].reason == "the spec names no function of influence values"


def positives_above_others(y_true: Any, y_score: Any) -> float:
    positive = y_true == 1
    if positive.all() or not positive.any():
        return float("nan")
    difference = y_score[positive][:, None] - y_score[~positive]
    return float(np.mean(difference > 0))


@pytest.mark.parametrize("chance", [0.0, 0.5])
def test_rankings_are_checked_with_equal_scores(
    broken_checks: Callable[..., set[str]], chance: float
) -> None:
    spec = MetricSpec(
        name="x",
        summary="ties count as errors",
        factory=positives_above_others,
        problems=("binary",),
        needs="order",
        high=1.0,
        undefined="one class",
        chance=chance,
    )
    assert broken_checks(spec) == ({"metric-chance"} if chance else set())


def median_error(y_true: Any, y_pred: Any) -> float:
    return float(np.median(np.abs(y_true - y_pred))) if len(y_true) else float("nan")


def influence_of_the_median(y_true: Any, y_pred: Any) -> Any:
    errors = np.abs(y_true - y_pred)
    median, width = np.median(errors), errors.std() * len(errors) ** -0.2 / 2
    density = np.mean(np.exp(-(((errors - median) / width) ** 2) / 2)) / width / np.sqrt(2 * np.pi)
    values = np.sign(errors - median) / (2 * density)
    return values - values.mean()


def test_scores_that_depend_on_single_rows_can_have_influence_values(
    broken_checks: Callable[..., set[str]],
) -> None:
    spec = MetricSpec(
        name="x",
        summary="s",
        factory=median_error,
        problems=("regression",),
        greater_is_better=False,
        undefined="no rows",
        influence=influence_of_the_median,
    )
    assert broken_checks(spec) == set()


def gain(y_true: Any, y_pred: Any, training_mean: Any = None) -> float:
    if not len(y_true):
        return float("nan")
    baseline = np.mean(y_true) if training_mean is None else training_mean
    return valid(y_true, baseline) - valid(y_true, y_pred)


def gain_needs_the_mean(y_true: Any, y_pred: Any, training_mean: Any) -> float:
    return gain(y_true, y_pred, training_mean)


def gain_as_array(y_true: Any, y_pred: Any, training_mean: Any = None) -> Any:
    return gain(y_true, y_pred) if training_mean is None else training_mean - y_pred


def gain_influence(y_true: Any, y_pred: Any, training_mean: Any) -> Any:
    gains = np.abs(y_true - training_mean) - np.abs(y_true - y_pred)
    return gains - gains.mean()


@pytest.mark.parametrize(
    ("metric", "checks"),
    [(gain, set()), (gain_needs_the_mean, {"metric-created"}), (gain_as_array, {"metric-created"})],
)
def test_a_metric_works_with_and_without_the_training_mean(
    broken_checks: Callable[..., set[str]], metric: Callable[..., float], checks: set[str]
) -> None:
    spec = MetricSpec(
        name="x",
        summary="s",
        factory=metric,
        problems=("regression",),
        undefined="no rows",
        uses_training_mean=True,
        chance=0.0,
        influence=gain_influence,
    )
    failed = broken_checks(spec)
    assert checks <= failed
    assert bool(checks) == bool(failed)


def test_a_metric_that_can_be_nan_must_declare_when(broken_checks: Callable[..., set[str]]) -> None:
    spec = MetricSpec(
        name="x", summary="s", factory=valid, problems=("regression",), greater_is_better=False
    )
    assert broken_checks(spec) == {"metric-degenerate"}
