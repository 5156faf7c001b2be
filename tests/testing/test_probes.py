from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from neucocore.components.specs import ProbeSpec


class Fine:
    """Least squares on standardised features."""

    def __init__(self, problem: str) -> None:
        self.problem = problem

    def fit(self, X: Any, y: Any, rng: np.random.Generator) -> Fine:
        self.mean, self.scale = X.mean(axis=0), X.std(axis=0)
        targets = y.reshape(len(y), -1).astype(float)
        design = np.column_stack([(X - self.mean) / self.scale, np.ones(len(X))])
        self.weights = np.linalg.lstsq(design, targets, rcond=None)[0]
        return self

    def predict(self, X: Any) -> Any:
        design = np.column_stack([(X - self.mean) / self.scale, np.ones(len(X))])
        predicted = design @ self.weights
        return np.clip(predicted, 0, 1) if self.problem == "binary" else predicted

    def state(self) -> dict[str, Any]:
        return {"mean": self.mean, "scale": self.scale, "weights": self.weights}


class FitsNothing(Fine):
    def fit(self, X: Any, y: Any, rng: np.random.Generator) -> Any:
        super().fit(X, y, rng)


class GlobalRandom(Fine):
    def fit(self, X: Any, y: Any, rng: np.random.Generator) -> Fine:
        np.random.normal()  # noqa: NPY002
        return super().fit(X, y, rng)


class Transposed(Fine):
    def predict(self, X: Any) -> Any:
        return super().predict(X).T


class Unbounded(Fine):
    def predict(self, X: Any) -> Any:
        return 3 * super().predict(X)


class Guesses(Fine):
    def predict(self, X: Any) -> Any:
        return np.random.default_rng(0).random((len(X), self.weights.shape[1]))


class BesideOthers(Fine):
    def predict(self, X: Any) -> Any:
        return super().predict(X - X.mean(axis=0) + self.mean)


class Unseeded(Fine):
    def fit(self, X: Any, y: Any, rng: np.random.Generator) -> Fine:
        noise = 1e-9 * np.random.default_rng().normal(size=X.shape)
        return super().fit(X + noise, y, rng)


class NotScaled(Fine):
    @np.errstate(all="ignore")
    def fit(self, X: Any, y: Any, rng: np.random.Generator) -> Fine:
        self.mean, self.scale = np.zeros(X.shape[1]), np.ones(X.shape[1])
        design, targets = np.column_stack([X, np.ones(len(X))]), y.reshape(len(y), -1)
        self.weights = np.zeros((design.shape[1], targets.shape[1]))
        for _ in range(100):  # steps of a fixed length, which large features turn into leaps
            self.weights -= 0.3 * design.T @ (design @ self.weights - targets) / len(X)
        return self

    def predict(self, X: Any) -> Any:
        return np.nan_to_num(super().predict(X))


class Lists(Fine):
    def state(self) -> dict[str, Any]:
        return {"weights": self.weights.tolist()}


class InPlace(Fine):
    def fit(self, X: Any, y: Any, rng: np.random.Generator) -> Fine:
        X -= X.mean(axis=0)
        return super().fit(X, y, rng)


WRONG = {
    Fine: set(),
    FitsNothing: {"probe-made"},
    GlobalRandom: {"probe-global-random"},
    Transposed: {"probe-shape"},
    Unbounded: {"probe-shape"},
    BesideOthers: {"probe-rows"},
    Guesses: {"probe-learns"},
    Unseeded: {"probe-repeatable"},
    NotScaled: {"probe-scale"},
    Lists: {"probe-state"},
    InPlace: {"probe-input"},
}


@pytest.mark.parametrize(
    ("probe", "checks"), WRONG.items(), ids=lambda v: getattr(v, "__name__", "")
)
def test_what_a_probe_does_wrong_is_named(
    broken_checks: Callable[..., set[str]], probe: type, checks: set[str]
) -> None:
    spec = ProbeSpec(name="x", summary="s", factory=probe, problems=("regression", "binary"))
    found = broken_checks(spec)
    assert checks <= found
    assert bool(checks) == bool(found)
