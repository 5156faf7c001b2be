from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from neucocore.components.specs import ProbeSpec


class Valid:
    """Least squares on standardised features."""

    def __init__(self, problem: str) -> None:
        self.problem = problem

    def fit(self, X: Any, y: Any, rng: np.random.Generator) -> Valid:
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


class FitReturnsNone(Valid):
    def fit(self, X: Any, y: Any, rng: np.random.Generator) -> Any:
        super().fit(X, y, rng)


class GlobalRandom(Valid):
    def fit(self, X: Any, y: Any, rng: np.random.Generator) -> Valid:
        np.random.normal()  # noqa: NPY002
        return super().fit(X, y, rng)


class Transposed(Valid):
    def predict(self, X: Any) -> Any:
        return super().predict(X).T


class Unbounded(Valid):
    def predict(self, X: Any) -> Any:
        return 3 * super().predict(X)


class Random(Valid):
    def predict(self, X: Any) -> Any:
        return np.random.default_rng(0).random((len(X), self.weights.shape[1]))


class DependsOnBatch(Valid):
    def predict(self, X: Any) -> Any:
        return super().predict(X - X.mean(axis=0) + self.mean)


class Unseeded(Valid):
    def fit(self, X: Any, y: Any, rng: np.random.Generator) -> Valid:
        noise = 1e-9 * np.random.default_rng().normal(size=X.shape)
        return super().fit(X + noise, y, rng)


class NotScaled(Valid):
    @np.errstate(all="ignore")
    def fit(self, X: Any, y: Any, rng: np.random.Generator) -> Valid:
        self.mean, self.scale = np.zeros(X.shape[1]), np.ones(X.shape[1])
        design, targets = np.column_stack([X, np.ones(len(X))]), y.reshape(len(y), -1)
        self.weights = np.zeros((design.shape[1], targets.shape[1]))
        for _ in range(100):  # with a fixed step length, large features make it diverge
            self.weights -= 0.3 * design.T @ (design @ self.weights - targets) / len(X)
        return self

    def predict(self, X: Any) -> Any:
        return np.nan_to_num(super().predict(X))


class StateOfLists(Valid):
    def state(self) -> dict[str, Any]:
        return {"weights": self.weights.tolist()}


class InPlace(Valid):
    def fit(self, X: Any, y: Any, rng: np.random.Generator) -> Valid:
        X -= X.mean(axis=0)
        return super().fit(X, y, rng)


FAILED_CHECKS = {
    Valid: set(),
    FitReturnsNone: {"probe-created"},
    GlobalRandom: {"probe-global-random"},
    Transposed: {"probe-shape"},
    Unbounded: {"probe-shape"},
    DependsOnBatch: {"probe-rows"},
    Random: {"probe-learns"},
    Unseeded: {"probe-repeatable"},
    NotScaled: {"probe-scale"},
    StateOfLists: {"probe-state"},
    InPlace: {"probe-input"},
}


@pytest.mark.parametrize(
    ("probe", "checks"), FAILED_CHECKS.items(), ids=lambda v: getattr(v, "__name__", "")
)
def test_each_mistake_of_a_probe_fails_its_check(
    broken_checks: Callable[..., set[str]], probe: type, checks: set[str]
) -> None:
    spec = ProbeSpec(name="x", summary="s", factory=probe, problems=("regression", "binary"))
    failed = broken_checks(spec)
    assert checks <= failed
    assert bool(checks) == bool(failed)
