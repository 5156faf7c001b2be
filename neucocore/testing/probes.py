"""Checks of probes: they learn, at any scale, and are repeatable."""

from __future__ import annotations

from functools import cached_property, partial
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from neucocore.components.factory import create
from neucocore.components.specs import ProbeSpec, Problem
from neucocore.interfaces import Probe
from neucocore.testing.declarations import ComponentContext
from neucocore.testing.encoders import require_arrays
from neucocore.testing.randomness import seeded_globally, without_global_generators
from neucocore.testing.records import check, require

TRAIN, TEST, DIMENSION, CLASSES = 90, 60, 6, 3
SCALES = (1e-3, 1e3)
TOLERANCE = 1e-4
Matrix = NDArray[np.float64]


class ProbeContext(ComponentContext):
    """A probe, and a simple task for each problem: the labels depend on the first features."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._predictions: dict[tuple[Problem, float], Matrix] = {}

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems that the spec declares."""
        return cast(ProbeSpec, self.spec).problems

    @cached_property
    def features(self) -> Matrix:
        """Features of training and test rows, (n, d)."""
        return np.random.default_rng(3).normal(size=(TRAIN + TEST, DIMENSION))

    def targets(self, problem: Problem) -> NDArray[Any]:
        """Return the labels of all rows, in the form that `Probe` describes."""
        X = self.features
        if problem == "regression":
            return np.stack([5 + 2 * X[:, 0] - X[:, 1], X[:, 1]], axis=1)
        if problem == "binary":
            return np.asarray(X[:, 0] + X[:, 1] > 0, dtype=np.int64)
        if problem == "multiclass":
            return np.asarray(np.argmax(X[:, :CLASSES], axis=1))
        return np.asarray(X[:, :CLASSES] > 0, dtype=np.float64)

    def fitted(self, problem: Problem, scale: float = 1.0) -> Probe:
        """Create a probe and fit it on the training rows."""
        probe: Probe = create(self.component, problem=problem)
        rng = np.random.default_rng(11)
        return probe.fit(scale * self.features[:TRAIN], self.targets(problem)[:TRAIN], rng)

    def predicted(self, problem: Problem, scale: float = 1.0) -> Matrix:
        """Return the predictions for the test rows, computed once per scale."""
        key = (problem, scale)
        if key not in self._predictions:
            probe = self.fitted(problem, scale)
            self._predictions[key] = probe.predict(scale * self.features[TRAIN:])
        return self._predictions[key]

    def skill(self, problem: Problem, predicted: Matrix) -> float:
        """Return 1 for correct predictions, 0 for random ones: correlation, or rescaled accuracy.

        Correlation, unlike R2, is high also for a probe that is trained for a few steps only.
        """
        y = self.targets(problem)[TRAIN:]
        if problem == "regression":
            pairs = zip(y.T, np.asarray(predicted).T, strict=True)
            with np.errstate(all="ignore"):  # the correlation with a constant is undefined
                correlations = [np.corrcoef(truth, column)[0, 1] for truth, column in pairs]
            return float(np.mean(np.nan_to_num(correlations)))
        if problem == "multiclass":
            accuracy, chance = np.mean(np.argmax(predicted, axis=1) == y), 1 / CLASSES
        else:
            accuracy, chance = np.mean((predicted > 0.5) == y.reshape(TEST, -1)), 0.5
        return float((accuracy - chance) / (1 - chance))


@check("probe-created", "probe")
def probe_created(context: ProbeContext) -> None:
    """It can be created and fitted, and fit returns the probe."""
    for problem in context.problems:
        probe = context.fitted(problem)
        require(hasattr(probe, "predict"), f"{problem}: fit returned {probe!r}, not the probe")


@check("probe-global-random", "probe")
def probe_global_random(context: ProbeContext) -> None:
    """It does not use or seed the global random number generators: fit receives a generator."""
    for problem in context.problems:
        without_global_generators(partial(context.fitted, problem))


@check("probe-shape", "probe")
def probe_shape(context: ProbeContext) -> None:
    """Predictions are finite numbers of shape (n, k), and probabilities for classes."""
    for problem in context.problems:
        columns = {"regression": 2, "binary": 1}.get(problem, CLASSES)
        predicted = np.asarray(context.predicted(problem))
        require(
            predicted.shape == (TEST, columns),
            f"{problem}: predictions have shape {predicted.shape}; expected {(TEST, columns)}",
        )
        require(np.isfinite(predicted).all(), f"{problem}: predictions are NaN or infinite")
        if problem != "regression":
            low, high = float(predicted.min()), float(predicted.max())
            require(
                low >= 0 and high <= 1, f"{problem}: probabilities range from {low:g} to {high:g}"
            )


@check("probe-rows", "probe", needs=("probe-shape",))
def probe_rows(context: ProbeContext) -> None:
    """Once it is fitted, the prediction for a row does not depend on the other rows."""
    for problem in context.problems:
        probe = context.fitted(problem)
        rows = context.features[TRAIN:]
        together = np.asarray(probe.predict(rows))
        alone = np.concatenate([np.asarray(probe.predict(rows[n : n + 1])) for n in range(3)])
        difference = float(np.abs(alone - together[:3]).max())
        require(
            difference <= TOLERANCE * max(1.0, float(np.abs(together).max())),
            f"{problem}: predictions for a row alone and with others differ by up to "
            f"{difference:.2g}; everything that is learned must be learned in fit",
        )


@check("probe-learns", "probe", "should", needs=("probe-shape",))
def probe_learns(context: ProbeContext) -> None:
    """It learns labels that depend on two features."""
    for problem in context.problems:
        skill = context.skill(problem, context.predicted(problem))
        require(skill > 0.3, f"{problem}: the skill on a simple task is {skill:.2f} of 1")


@check("probe-repeatable", "probe")
def probe_repeatable(context: ProbeContext) -> None:
    """Equal rows and generators give equal predictions, whatever the global random seeds."""
    for problem in context.problems:
        with seeded_globally(5):
            again = context.fitted(problem).predict(context.features[TRAIN:])
        same = np.asarray(again).tobytes() == np.asarray(context.predicted(problem)).tobytes()
        require(same, f"{problem}: fitted again, it returns other predictions")


@check("probe-scale", "probe", "should", needs=("probe-shape",))
def probe_scale(context: ProbeContext) -> None:
    """It learns as well when the features are a thousand times smaller or larger."""
    for problem in context.problems:
        unscaled = context.skill(problem, context.predicted(problem))
        for scale in SCALES:
            predicted = context.predicted(problem, scale)
            require(np.isfinite(predicted).all(), f"{problem}: NaN or infinite at scale {scale:g}")
            skill = context.skill(problem, predicted)
            require(
                skill > unscaled - 0.3,
                f"{problem}: the skill falls from {unscaled:.2f} to {skill:.2f} when the features "
                f"are multiplied by {scale:g}; standardise them inside fit",
            )


@check("probe-state", "probe")
def probe_state(context: ProbeContext) -> None:
    """Its state() maps names to plain arrays."""
    for problem in context.problems:
        require_arrays(dict(context.fitted(problem).state()))


@check("probe-input", "probe")
def probe_input(context: ProbeContext) -> None:
    """It does not modify the features and labels."""
    for problem in context.problems:
        X, expected = context.features.copy(), context.targets(problem)[:TRAIN]
        y = expected.copy()
        create(context.component, problem=problem).fit(X[:TRAIN], y, np.random.default_rng(0))
        same = np.array_equal(X, context.features) and np.array_equal(y, expected)
        require(same, f"{problem}: fit modified its input")
