"""Checks of probes: they learn what is there to learn, at any scale, the same every time."""

from __future__ import annotations

from functools import cached_property, partial
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from neucocore.components.factory import create
from neucocore.components.specs import ProbeSpec, Problem
from neucocore.interfaces import Probe
from neucocore.testing.declarations import ComponentBench
from neucocore.testing.encoders import expect_arrays
from neucocore.testing.randomness import leaving_generators_alone, seeded_globally
from neucocore.testing.records import check, expect

TRAIN, TEST, DIMENSION, CLASSES = 90, 60, 6, 3
SCALES = (1e-3, 1e3)
TOLERANCE = 1e-4
Matrix = NDArray[np.float64]


class ProbeBench(ComponentBench):
    """A probe with a simple problem of each type: the first features decide."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._predictions: dict[tuple[Problem, float], Matrix] = {}

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems it is meant for."""
        return cast(ProbeSpec, self.spec).problems

    @cached_property
    def features(self) -> Matrix:
        """Features of training and test rows, (n, d)."""
        return np.random.default_rng(3).normal(size=(TRAIN + TEST, DIMENSION))

    def targets(self, problem: Problem) -> NDArray[Any]:
        """Return what is to be told, in the form that `Probe` describes."""
        X = self.features
        if problem == "regression":
            return np.stack([5 + 2 * X[:, 0] - X[:, 1], X[:, 1]], axis=1)
        if problem == "binary":
            return np.asarray(X[:, 0] + X[:, 1] > 0, dtype=np.int64)
        if problem == "multiclass":
            return np.asarray(np.argmax(X[:, :CLASSES], axis=1))
        return np.asarray(X[:, :CLASSES] > 0, dtype=np.float64)

    def fitted(self, problem: Problem, scale: float = 1.0) -> Probe:
        """Return a new probe fitted on the training rows."""
        probe: Probe = create(self.component, problem=problem)
        rng = np.random.default_rng(11)
        return probe.fit(scale * self.features[:TRAIN], self.targets(problem)[:TRAIN], rng)

    def predicted(self, problem: Problem, scale: float = 1.0) -> Matrix:
        """Return predictions for the test rows, computed once for each scale."""
        key = (problem, scale)
        if key not in self._predictions:
            probe = self.fitted(problem, scale)
            self._predictions[key] = probe.predict(scale * self.features[TRAIN:])
        return self._predictions[key]

    def skill(self, problem: Problem, predicted: Matrix) -> float:
        """Return 1 for right predictions, 0 for guesses: correlation, or accuracy above chance.

        Correlation is fair also to a probe that is trained for a few steps only.
        """
        y = self.targets(problem)[TRAIN:]
        if problem == "regression":
            pairs = zip(y.T, np.asarray(predicted).T, strict=True)
            with np.errstate(all="ignore"):  # constant predictions correlate with nothing
                each = [np.corrcoef(truth, said)[0, 1] for truth, said in pairs]
            return float(np.mean(np.nan_to_num(each)))
        if problem == "multiclass":
            right, chance = np.mean(np.argmax(predicted, axis=1) == y), 1 / CLASSES
        else:
            right, chance = np.mean((predicted > 0.5) == y.reshape(TEST, -1)), 0.5
        return float((right - chance) / (1 - chance))


@check("probe-made", "probe")
def probe_made(bench: ProbeBench) -> None:
    """It can be made and fitted, and fit returns it."""
    for problem in bench.problems:
        probe = bench.fitted(problem)
        expect(hasattr(probe, "predict"), f"{problem}: fit returned {probe!r}, not the probe")


@check("probe-global-random", "probe")
def probe_global_random(bench: ProbeBench) -> None:
    """It leaves the global generators of random numbers alone: it is given one."""
    for problem in bench.problems:
        leaving_generators_alone(partial(bench.fitted, problem))


@check("probe-shape", "probe")
def probe_shape(bench: ProbeBench) -> None:
    """Predictions are (n, k) finite numbers, probabilities for classes."""
    for problem in bench.problems:
        columns = {"regression": 2, "binary": 1}.get(problem, CLASSES)
        predicted = np.asarray(bench.predicted(problem))
        expect(
            predicted.shape == (TEST, columns),
            f"{problem}: predictions have shape {predicted.shape}; expected {(TEST, columns)}",
        )
        expect(np.isfinite(predicted).all(), f"{problem}: predictions are NaN or infinite")
        if problem != "regression":
            low, high = float(predicted.min()), float(predicted.max())
            expect(
                low >= 0 and high <= 1, f"{problem}: probabilities reach from {low:g} to {high:g}"
            )


@check("probe-rows", "probe", needs=("probe-shape",))
def probe_rows(bench: ProbeBench) -> None:
    """Once fitted, it predicts each row on its own, and learns nothing from those beside it."""
    for problem in bench.problems:
        probe = bench.fitted(problem)
        rows = bench.features[TRAIN:]
        together = np.asarray(probe.predict(rows))
        alone = np.concatenate([np.asarray(probe.predict(rows[n : n + 1])) for n in range(3)])
        difference = float(np.abs(alone - together[:3]).max())
        expect(
            difference <= TOLERANCE * max(1.0, float(np.abs(together).max())),
            f"{problem}: a row predicted alone differs by up to {difference:.2g} from the same "
            "row among others; whatever it learns, it must learn in fit",
        )


@check("probe-learns", "probe", "should", needs=("probe-shape",))
def probe_learns(bench: ProbeBench) -> None:
    """It learns what two features tell plainly."""
    for problem in bench.problems:
        skill = bench.skill(problem, bench.predicted(problem))
        expect(skill > 0.3, f"{problem}: the skill on a plain problem is {skill:.2f} of 1")


@check("probe-repeatable", "probe")
def probe_repeatable(bench: ProbeBench) -> None:
    """Equal rows and an equal generator give equal predictions, whatever the global seeds."""
    for problem in bench.problems:
        with seeded_globally(5):
            again = bench.fitted(problem).predict(bench.features[TRAIN:])
        same = np.asarray(again).tobytes() == np.asarray(bench.predicted(problem)).tobytes()
        expect(same, f"{problem}: fitted again, it predicts something else")


@check("probe-scale", "probe", "should", needs=("probe-shape",))
def probe_scale(bench: ProbeBench) -> None:
    """It learns as much when the features are a thousand times smaller or larger."""
    for problem in bench.problems:
        plain = bench.skill(problem, bench.predicted(problem))
        for scale in SCALES:
            predicted = bench.predicted(problem, scale)
            expect(np.isfinite(predicted).all(), f"{problem}: NaN or infinite at scale {scale:g}")
            skill = bench.skill(problem, predicted)
            expect(
                skill > plain - 0.3,
                f"{problem}: the skill falls from {plain:.2f} to {skill:.2f} with features "
                f"{scale:g} times as large; standardise inside fit",
            )


@check("probe-state", "probe")
def probe_state(bench: ProbeBench) -> None:
    """Its fitted state is plain arrays."""
    for problem in bench.problems:
        expect_arrays(dict(bench.fitted(problem).state()))


@check("probe-input", "probe")
def probe_input(bench: ProbeBench) -> None:
    """It leaves the features and labels as they are."""
    for problem in bench.problems:
        X, y = bench.features.copy(), bench.targets(problem)
        given = y[:TRAIN].copy()
        create(bench.component, problem=problem).fit(X[:TRAIN], given, np.random.default_rng(0))
        same = np.array_equal(X, bench.features) and np.array_equal(given, y[:TRAIN])
        expect(same, f"{problem}: fit changed its input")
