"""Checks of metrics: direction, bounds, and defined results for degenerate input."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from neucocore.components.factory import create
from neucocore.components.specs import MetricSpec, Problem
from neucocore.testing.declarations import ComponentContext
from neucocore.testing.records import check, require

ROWS = 300
CLASSES = 3
TOLERANCE = 1e-6
Values = NDArray[Any]


class MetricContext(ComponentContext):
    """A metric, with labels for each problem and predictions of any quality."""

    @property
    def metric(self) -> MetricSpec:
        """The spec."""
        return cast(MetricSpec, self.spec)

    @cached_property
    def function(self) -> Callable[[Values, Values], float]:
        """The metric function."""
        return cast(Callable[[Values, Values], float], create(self.component))

    def value(self, problem: Problem, noise: float, rows: int = ROWS) -> float:
        """Return the metric of predictions that are correct (0), noisy, or random (1)."""
        return float(self.function(*self.pair(problem, noise, rows)))

    def pair(self, problem: Problem, noise: float, rows: int = ROWS) -> tuple[Values, Values]:
        """Return labels and predictions, the latter as the spec's ``needs`` declares."""
        rng = np.random.default_rng(7)
        if problem == "regression":
            values = rng.normal(10, 3, size=(rows, 2) if self.metric.multioutput else rows)
            return values, (1 - noise) * values + noise * rng.normal(10, 3, size=values.shape)
        if problem == "multiclass":
            y: Values = rng.integers(0, CLASSES, rows)
            certain = np.eye(CLASSES)[y]
            scores = (1 - noise) * certain + noise * rng.dirichlet(np.ones(CLASSES), rows)
            decided = np.where(rng.random(rows) < noise, rng.integers(0, CLASSES, rows), y)
            return y, scores if self.metric.needs == "score" else decided
        y = (rng.random(rows if problem == "binary" else (rows, CLASSES)) < 0.4).astype(np.int64)
        scores = (1 - noise) * y + noise * rng.random(y.shape)
        decided = np.where(rng.random(y.shape) < noise, rng.integers(0, 2, y.shape), y)
        return y, scores if self.metric.needs == "score" else decided

    def better(self, one: float, other: float) -> bool:
        """Return whether a value is better than another, in the declared direction."""
        return one > other if self.metric.greater_is_better else one < other


@check("metric-created", "metric")
def metric_created(context: MetricContext) -> None:
    """It can be called with labels and predictions and returns a float."""
    for problem in context.metric.problems:
        value = context.function(*context.pair(problem, 0.3))
        require(
            isinstance(value, float | np.floating),
            f"{problem}: it returned {type(value).__name__}, not a float",
        )


@check("metric-perfect", "metric")
def metric_perfect(context: MetricContext) -> None:
    """Correct predictions get the best possible value."""
    best = context.metric.high if context.metric.greater_is_better else context.metric.low
    for problem in context.metric.problems:
        value = context.value(problem, 0)
        require(math.isfinite(value), f"{problem}: correct predictions get {value}")
        if best is not None:
            require(
                abs(value - best) < TOLERANCE,
                f"{problem}: correct predictions get {value:g}; the best value is {best:g}",
            )


@check("metric-direction", "metric")
def metric_direction(context: MetricContext) -> None:
    """Better predictions get better values, in the declared direction."""
    direction = "greater" if context.metric.greater_is_better else "less"
    for problem in context.metric.problems:
        correct, noisy, random = (context.value(problem, noise) for noise in (0, 0.3, 1))
        require(
            context.better(correct, random) and not context.better(random, noisy),
            f"{problem}: the spec declares that {direction} is better, but correct, noisy and "
            f"random predictions get {correct:.4g}, {noisy:.4g} and {random:.4g}",
        )


@check("metric-bounds", "metric")
def metric_bounds(context: MetricContext) -> None:
    """Its values are within the declared bounds."""
    low, high = context.metric.low, context.metric.high
    for problem in context.metric.problems:
        for noise in (0, 0.3, 1):
            value = context.value(problem, noise)
            require(
                (low is None or value >= low - TOLERANCE)
                and (high is None or value <= high + TOLERANCE),
                f"{problem}: the value {value:g} is outside [{low}, {high}]",
            )


@check("metric-permutation", "metric")
def metric_permutation(context: MetricContext) -> None:
    """It does not depend on the order of the samples."""
    for problem in context.metric.problems:
        y, predicted = context.pair(problem, 0.3)
        order = np.random.default_rng(1).permutation(len(y))
        value = context.function(y, predicted)
        permuted = context.function(y[order], predicted[order])
        require(
            math.isclose(value, permuted, rel_tol=1e-9),
            f"{problem}: {value!r} becomes {permuted!r} with the samples in another order",
        )


@check("metric-degenerate", "metric")
def metric_degenerate(context: MetricContext) -> None:
    """For degenerate input it returns a number, or NaN where the spec says so, and never raises."""
    for problem in context.metric.problems:
        y, predicted = context.pair(problem, 0.3)
        constant = np.full_like(y, y.flat[0])
        cases = {
            "no samples": (y[:0], predicted[:0]),
            "one sample": (y[:1], predicted[:1]),
            "constant labels": (constant, predicted),
        }
        for case, (labels, predictions) in cases.items():
            value = _call(context.function, labels, predictions, f"{problem}, {case}")
            require(not math.isinf(value), f"{problem}, {case}: the value is {value}")
            require(
                not math.isnan(value) or context.metric.undefined,
                f"{problem}, {case}: the value is NaN; state this case in 'undefined' of the spec",
            )


def _call(
    function: Callable[[Values, Values], float], y: Values, predicted: Values, case: str
) -> float:
    try:
        with np.errstate(all="ignore"):
            return float(function(y, predicted))
    except Exception as error:
        message = f"{case}: it raised {type(error).__name__}: {error}; return NaN instead"
        raise type(error)(message) from error


@check("metric-input", "metric")
def metric_input(context: MetricContext) -> None:
    """It does not modify the labels and predictions."""
    for problem in context.metric.problems:
        y, predicted = context.pair(problem, 0.3)
        context.function(y, predicted)
        before = context.pair(problem, 0.3)
        same = np.array_equal(y, before[0]) and np.array_equal(predicted, before[1])
        require(same, f"{problem}: it modified its input")
