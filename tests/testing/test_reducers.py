from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from neucocore.components.specs import ReducerSpec


class Valid:
    """Keeps the first columns, minus the mean of the matrix it is fitted on."""

    def __init__(self, dimension: int | None = None) -> None:
        self.dimension = dimension

    def fit(self, matrix: Any) -> Valid:
        self.mean = matrix.mean(axis=0)
        return self

    def apply(self, matrix: Any) -> Any:
        return (matrix - self.mean)[:, : self.dimension].astype(np.float32)

    def bytes_per_row(self) -> float:
        return 4.0 * len(self.mean[: self.dimension])

    def state(self) -> dict[str, Any]:
        return {"mean": self.mean}

    def restore(self, state: dict[str, Any]) -> None:
        self.mean = state["mean"]


class FitReturnsNone(Valid):
    def fit(self, matrix: Any) -> Any:
        super().fit(matrix)


class Float64(Valid):
    def apply(self, matrix: Any) -> Any:
        return super().apply(matrix).astype(np.float64)


class TooWide(Valid):
    def apply(self, matrix: Any) -> Any:
        return matrix


class CentresEveryBatch(Valid):
    def apply(self, matrix: Any) -> Any:
        return super().apply(matrix - matrix.mean(axis=0))


class Unseeded(Valid):
    def fit(self, matrix: Any) -> Valid:
        self.mean = np.random.default_rng().normal(size=matrix.shape[1])
        return self


class GlobalRandom(Valid):
    def fit(self, matrix: Any) -> Valid:
        np.random.seed(0)  # noqa: NPY002
        return super().fit(matrix)


class Rounds(Valid):
    def apply(self, matrix: Any) -> Any:
        return np.round(super().apply(matrix))


class WrongBytes(Valid):
    def bytes_per_row(self) -> float:
        return 1.0


class StateOfObjects(Valid):
    def state(self) -> dict[str, Any]:
        return {"mean": np.array([self.mean, None], dtype=object)}


class RestoresNothing(Valid):
    def restore(self, state: dict[str, Any]) -> None:
        self.mean = np.zeros_like(state["mean"])


class InPlace(Valid):
    def apply(self, matrix: Any) -> Any:
        matrix -= self.mean
        return matrix[:, : self.dimension]


FAILED_CHECKS = {
    Valid: set(),
    FitReturnsNone: {"reducer-created"},
    Float64: {"reducer-shape"},
    TooWide: {"reducer-shape"},
    CentresEveryBatch: {"reducer-rows"},
    Unseeded: {"reducer-repeatable"},
    GlobalRandom: {"reducer-global-random"},
    Rounds: {"reducer-scale"},
    WrongBytes: {"reducer-bytes"},
    StateOfObjects: {"reducer-state"},
    RestoresNothing: {"reducer-restore"},
    InPlace: {"reducer-input"},
}


@pytest.mark.parametrize(
    ("reducer", "checks"), FAILED_CHECKS.items(), ids=lambda value: getattr(value, "__name__", "")
)
def test_each_mistake_of_a_reducer_fails_its_check(
    broken_checks: Callable[..., set[str]], reducer: type, checks: set[str]
) -> None:
    failed = broken_checks(ReducerSpec(name="x", summary="s", factory=reducer))
    assert checks <= failed
    assert bool(checks) == bool(failed)


def test_a_fitted_reducer_must_declare_it(
    broken_checks: Callable[..., set[str]],
) -> None:
    spec = ReducerSpec(name="x", summary="s", factory=Valid, needs_fit=False)
    assert broken_checks(spec) == {"reducer-fitted"}


def test_a_reducer_can_require_to_keep_all_columns(broken_checks: Callable[..., set[str]]) -> None:
    from neucocore.errors import ConfigError

    class KeepsAll(Valid):
        def fit(self, matrix: Any) -> Valid:
            if self.dimension is not None:
                raise ConfigError("it keeps all columns")
            return super().fit(matrix)

    def broken(factory: type, keeps: bool) -> set[str]:
        spec = ReducerSpec(name="x", summary="s", factory=factory, keeps_dimensions=keeps)
        return broken_checks(spec)

    assert broken(KeepsAll, True) == set()
    assert broken(KeepsAll, False) == {"reducer-dimension"}
    assert broken(Valid, True) == {"reducer-dimension"}
