"""Checks of metrics: best for the truth, worse for worse, within bounds, defined at the edges."""

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
NEARLY = 1e-6
Values = NDArray[Any]


class MetricContext(ComponentContext):
    """A metric with labels of each problem and predictions of any quality."""

    @property
    def metric(self) -> MetricSpec:
        """The spec."""
        return cast(MetricSpec, self.spec)

    @cached_property
    def function(self) -> Callable[[Values, Values], float]:
        """The metric itself."""
        return cast(Callable[[Values, Values], float], create(self.component))

    def value(self, problem: Problem, noise: float, rows: int = ROWS) -> float:
        """Return the metric of predictions that are right (0), noisy, or guessed (1)."""
        return float(self.function(*self.pair(problem, noise, rows)))

    def pair(self, problem: Problem, noise: float, rows: int = ROWS) -> tuple[Values, Values]:
        """Return labels and predictions as the spec's ``needs`` asks for them."""
        rng = np.random.default_rng(7)
        if problem == "regression":
            values = rng.normal(10, 3, size=(rows, 2) if self.metric.multioutput else rows)
            return values, (1 - noise) * values + noise * rng.normal(10, 3, size=values.shape)
        if problem == "multiclass":
            y: Values = rng.integers(0, CLASSES, rows)
            sure = np.eye(CLASSES)[y]
            scores = (1 - noise) * sure + noise * rng.dirichlet(np.ones(CLASSES), rows)
            decided = np.where(rng.random(rows) < noise, rng.integers(0, CLASSES, rows), y)
            return y, scores if self.metric.needs == "score" else decided
        y = (rng.random(rows if problem == "binary" else (rows, CLASSES)) < 0.4).astype(np.int64)
        scores = (1 - noise) * y + noise * rng.random(y.shape)
        decided = np.where(rng.random(y.shape) < noise, rng.integers(0, 2, y.shape), y)
        return y, scores if self.metric.needs == "score" else decided

    def better(self, one: float, other: float) -> bool:
        """Tell whether a value is better than another, in the declared direction."""
        return one > other if self.metric.greater_is_better else one < other


@check("metric-made", "metric")
def metric_made(context: MetricContext) -> None:
    """It can be called with labels and predictions, and returns one number."""
    for problem in context.metric.problems:
        value = context.function(*context.pair(problem, 0.3))
        require(
            isinstance(value, float | np.floating),
            f"{problem}: it returned {type(value).__name__}, not a float",
        )


@check("metric-perfect", "metric")
def metric_perfect(context: MetricContext) -> None:
    """Right predictions get the best value there is."""
    best = context.metric.high if context.metric.greater_is_better else context.metric.low
    for problem in context.metric.problems:
        value = context.value(problem, 0)
        require(math.isfinite(value), f"{problem}: right predictions get {value}")
        if best is not None:
            require(
                abs(value - best) < NEARLY,
                f"{problem}: right predictions get {value:g}; the best value is {best:g}",
            )


@check("metric-direction", "metric")
def metric_direction(context: MetricContext) -> None:
    """Better predictions get better values, in the declared direction."""
    says = "greater is better" if context.metric.greater_is_better else "less is better"
    for problem in context.metric.problems:
        right, noisy, guessed = (context.value(problem, noise) for noise in (0, 0.3, 1))
        require(
            context.better(right, guessed) and not context.better(guessed, noisy),
            f"{problem}: the spec says {says}, but right, noisy and guessed predictions get "
            f"{right:.4g}, {noisy:.4g}, {guessed:.4g}",
        )


@check("metric-bounds", "metric")
def metric_bounds(context: MetricContext) -> None:
    """Its values lie within the declared bounds."""
    low, high = context.metric.low, context.metric.high
    for problem in context.metric.problems:
        for noise in (0, 0.3, 1):
            value = context.value(problem, noise)
            require(
                (low is None or value >= low - NEARLY) and (high is None or value <= high + NEARLY),
                f"{problem}: the value {value:g} is outside [{low}, {high}]",
            )


@check("metric-permutation", "metric")
def metric_permutation(context: MetricContext) -> None:
    """The order of the samples does not matter."""
    for problem in context.metric.problems:
        y, predicted = context.pair(problem, 0.3)
        order = np.random.default_rng(1).permutation(len(y))
        here, there = context.function(y, predicted), context.function(y[order], predicted[order])
        require(
            math.isclose(here, there, rel_tol=1e-9),
            f"{problem}: {here!r} becomes {there!r} with the samples in another order",
        )


@check("metric-degenerate", "metric")
def metric_degenerate(context: MetricContext) -> None:
    """At the edges it gives a number or NaN, never an error, and the spec says when it is NaN."""
    for problem in context.metric.problems:
        y, predicted = context.pair(problem, 0.3)
        constant = np.full_like(y, y.flat[0])
        cases = {
            "no samples": (y[:0], predicted[:0]),
            "one sample": (y[:1], predicted[:1]),
            "constant labels": (constant, predicted),
        }
        for case, (labels, predictions) in cases.items():
            value = _quiet(context.function, labels, predictions, f"{problem}, {case}")
            require(not math.isinf(value), f"{problem}, {case}: the value is {value}")
            require(
                not math.isnan(value) or context.metric.undefined,
                f"{problem}, {case}: the value is NaN; the spec's 'undefined' must say when",
            )


def _quiet(
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
    """It leaves labels and predictions as they are."""
    for problem in context.metric.problems:
        y, predicted = context.pair(problem, 0.3)
        context.function(y, predicted)
        before = context.pair(problem, 0.3)
        same = np.array_equal(y, before[0]) and np.array_equal(predicted, before[1])
        require(same, f"{problem}: it changed its input")
