"""Checks of metrics: direction, bounds, degenerate input, chance and influence values."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from neucocore.components.factory import create, resolve
from neucocore.components.specs import MetricSpec, Problem
from neucocore.statistics.influence import Influence, Undefined, given_values
from neucocore.testing.declarations import ComponentContext
from neucocore.testing.records import CheckFailed, Skip, check, require

ROWS = 300
CLASSES = 3
TOLERANCE = 1e-6
EXACT = 1e-9
"""Relative tolerance of chance, and of the score that belongs to influence values."""
NOISY = 0.7
"""Noise with which classes overlap, so that no ranking is perfect."""
HALVES = 200
"""Number of random halves of the rows on which influence values are tested."""
SCALES = (1.0, 1e2, 1e4, 1e6)
"""Of the labels, until a metric tells correct from random predictions."""
INFLUENCE_TOLERANCE = 0.35
"""Largest relative difference between scores of halves and what influence values predict.

It is up to 0.02 for the standard metrics and 0.3 for a median, and at least 0.5 if a factor of 2 or
a term of average precision is missing; a wrong sign gives 2.
"""
SHARES = {
    "binary": ((0.9, 0.1), (0.5, 0.5), (0.2, 0.8)),
    "multiclass": ((0.6, 0.3, 0.1), (0.05, 0.05, 0.9), (0.34, 0.33, 0.33)),
    "multilabel": ((0.9, 0.3, 0.05), (0.5, 0.7, 0.1)),
}
"""Shares of the classes, or of the positive rows of each label, with which chance is tested."""
Values = NDArray[Any]


class MetricContext(ComponentContext):
    """A metric, with labels for each problem and predictions of any quality."""

    @property
    def metric(self) -> MetricSpec:
        """The spec."""
        return cast(MetricSpec, self.spec)

    @cached_property
    def function(self) -> Callable[..., float]:
        """The metric function."""
        return cast(Callable[..., float], create(self.component))

    @cached_property
    def influence(self) -> Callable[..., object]:
        """The function of influence values, with the parameters of the metric."""
        if self.metric.influence is None:
            raise Skip("the spec names no function of influence values")
        params = {param.name: param.default for param in self.metric.params}
        return functools.partial(resolve(self.component, self.metric.influence), **params)

    def chance(self, y: Values) -> float:
        """Return the declared chance for some labels."""
        chance = self.metric.chance
        if chance is None:
            raise Skip("the spec declares no chance")
        if isinstance(chance, int | float):
            return float(chance)
        value = resolve(self.component, chance)(y)
        require(
            isinstance(value, float | np.floating),
            f"chance={chance!r} returned {type(value).__name__}, not a float",
        )
        return float(value)

    def inputs(self, y: Values, predicted: Values) -> tuple[Values, ...]:
        """Return what the metric is called with; the mean label stands in for training means."""
        if not self.metric.uses_training_mean:
            return y, predicted
        return y, predicted, np.broadcast_to(np.mean(y, axis=0), y.shape)

    def value(
        self, problem: Problem, noise: float, rows: int = ROWS, *, scale: float = 1.0
    ) -> float:
        """Return the metric of predictions that are correct (0), noisy, or random (1).

        Values of regression are multiplied by `scale`.
        """
        y, predicted = self.pair(problem, noise, rows)
        return float(
            self.function(*((y, predicted) if scale == 1 else (scale * y, scale * predicted)))
        )

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
            return y, self.as_needed(scores, decided)
        y = (rng.random(rows if problem == "binary" else (rows, CLASSES)) < 0.4).astype(np.int64)
        scores = (1 - noise) * y + noise * rng.random(y.shape)
        decided = np.where(rng.random(y.shape) < noise, rng.integers(0, 2, y.shape), y)
        return y, self.as_needed(scores, decided)

    def as_needed(self, scores: Values, decided: Values) -> Values:
        """Return probabilities, an order with negative numbers, or decisions."""
        if self.metric.needs == "order":
            return 8 * (scores - 0.4)
        return scores if self.metric.needs == "score" else decided

    def uninformed(self, problem: Problem) -> Iterator[tuple[str, Values, Values]]:
        """Yield labels of several distributions, described, and what knows only these predicts.

        That is the mean label; the shares of the classes; one value for all rows where only their
        order counts; or the most frequent class, the first one if several are.
        """
        rng = np.random.default_rng(11)
        if problem == "regression":
            shape = (ROWS, 2) if self.metric.multioutput else (ROWS,)
            skewed = rng.lognormal(size=shape)
            for name, y in (
                ("normal labels", rng.normal(10, 3, shape)),
                ("skewed labels", skewed),
                ("labels with many zeros", np.maximum(skewed - 1, 0)),
            ):
                yield name, y, np.broadcast_to(np.mean(y, axis=0), shape).copy()
            return
        for shares in SHARES[problem]:
            counts = np.rint(ROWS * np.array(shares)).astype(np.int64)
            probabilities = np.tile(counts / ROWS, (ROWS, 1))
            if problem == "multilabel":
                y = (np.arange(ROWS)[:, None] < counts).astype(np.int64)
                decided = (probabilities > 0.5).astype(np.int64)
            else:
                y = np.repeat(np.arange(len(shares)), counts)
                decided = np.full(ROWS, counts.argmax())
            if problem == "binary":
                probabilities = probabilities[:, 1]
            name = f"shares {', '.join(f'{share:g}' for share in shares)}"
            yield name, y, self.as_constant(probabilities, decided)

    def as_constant(self, probabilities: Values, decided: Values) -> Values:
        """Return what a metric gets from a method that predicts the same for all rows."""
        if self.metric.needs == "order":
            return np.zeros(probabilities.shape)
        return probabilities if self.metric.needs == "score" else decided

    def better(self, one: float, other: float) -> bool:
        """Return whether a value is better than another, in the declared direction."""
        return one > other if self.metric.greater_is_better else one < other


@check("metric-created", "metric")
def metric_created(context: MetricContext) -> None:
    """It can be called with labels and predictions and returns a float."""
    for problem in context.metric.problems:
        pair = context.pair(problem, 0.3)
        for arguments in dict.fromkeys([len(pair), len(context.inputs(*pair))]):
            value = context.function(*context.inputs(*pair)[:arguments])
            require(
                isinstance(value, float | np.floating),
                f"{problem}: with {arguments} arguments it returned {type(value).__name__}, not a "
                "float",
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
        for scale in SCALES if problem == "regression" else SCALES[:1]:
            correct, noisy, random = (
                context.value(problem, noise, scale=scale) for noise in (0, 0.3, 1)
            )
            if correct != random:  # a metric may call small errors correct
                break
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
            "two samples": (y[:2], predicted[:2]),
            "constant labels": (constant, predicted),
            "labels of 0": (np.zeros_like(y), predicted),
            "labels and predictions of 0": (np.zeros_like(y), np.zeros_like(predicted)),
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


@check("metric-chance", "metric", needs=("metric-created",))
def metric_chance(context: MetricContext) -> None:
    """Predictions that know only the labels' distribution get the declared chance."""
    for problem in context.metric.problems:
        for labels, y, predicted in context.uninformed(problem):
            chance = context.chance(y)
            value = float(context.function(*context.inputs(y, predicted)))
            require(
                math.isclose(value, chance, rel_tol=EXACT, abs_tol=EXACT)
                or (math.isnan(value) and math.isnan(chance)),
                f"{problem}, {labels}: the declared chance is {chance:.6g}, but predictions that "
                f"are the same for all rows get {value:.6g}",
            )


@check("metric-influence", "metric", needs=("metric-created",))
def metric_influence(context: MetricContext) -> None:
    """Its influence values sum to 0 and predict how the metric changes with the rows."""
    for problem in context.metric.problems:
        y, predicted = context.pair(problem, NOISY)
        if problem == "multilabel":
            y, predicted = y[:, :1], predicted[:, :1]
        arguments = context.inputs(y, predicted)
        value = float(context.function(*arguments))
        influence = _influence(context.influence(*arguments), value, problem)
        require(
            math.isclose(influence.estimate, value, rel_tol=EXACT, abs_tol=EXACT),
            f"{problem}: they belong to the score {influence.estimate!r}; the metric is {value!r}",
        )
        differences, expected = _halves(context.function, arguments, influence.values)
        size = float(np.linalg.norm(expected))
        difference = float(np.linalg.norm(differences - expected))
        slope = float(differences @ expected) / size**2 if size else math.inf
        require(
            difference <= INFLUENCE_TOLERANCE * size,
            f"{problem}: in random halves of the rows the metric changes by {slope:.3g} times what "
            f"they predict (relative difference {difference / size if size else math.inf:.2g}, at "
            f"most {INFLUENCE_TOLERANCE}); an influence value is n times the derivative of the "
            "metric with respect to the weight of a row",
        )


def _influence(returned: object, value: float, problem: Problem) -> Influence:
    """Return influence values as `Influence`, or raise `CheckFailed` if they cannot be used."""
    if isinstance(returned, Influence):
        values, estimate = returned.values, returned.estimate
    elif isinstance(returned, Undefined):
        raise CheckFailed(f"{problem}: undefined for ordinary labels: {returned.reason}")
    elif isinstance(returned, np.ndarray) and returned.dtype.kind in "iuf":
        values, estimate = returned, value
    else:
        raise CheckFailed(
            f"{problem}: the function returned {type(returned).__name__}, not an array of numbers "
            "or an Influence"
        )
    checked = given_values(values, estimate, ROWS)
    if isinstance(checked, Undefined):
        raise CheckFailed(f"{problem}: {checked.reason}")
    return checked


def _halves(
    function: Callable[..., float], arguments: tuple[Values, ...], influence: Values
) -> tuple[Values, Values]:
    """Return half the difference of the scores of two halves of the rows, and that predicted.

    In the difference the errors of second order cancel. Larger changes of the rows than leaving
    out a single one are used because scores such as a median hardly depend on a single row.
    """
    rng = np.random.default_rng(3)
    n = len(influence)
    found, predicted = np.empty(HALVES), np.empty(HALVES)
    for number in range(HALVES):
        order = rng.permutation(n)
        one, other = order[: n // 2], order[n // 2 :]
        scores = [float(function(*(array[rows] for array in arguments))) for rows in (one, other)]
        found[number] = (scores[0] - scores[1]) / 2
        predicted[number] = (influence[one].sum() - influence[other].sum()) / n
    return found, predicted
