from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from neucocore.components.specs import ReducerSpec


class Fine:
    """Keeps the first columns, centred on what it was fitted on."""

    def __init__(self, dimension: int | None = None) -> None:
        self.dimension = dimension

    def fit(self, matrix: Any) -> Fine:
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


class FitsNothing(Fine):
    def fit(self, matrix: Any) -> Any:
        super().fit(matrix)


class Double(Fine):
    def apply(self, matrix: Any) -> Any:
        return super().apply(matrix).astype(np.float64)


class TooWide(Fine):
    def apply(self, matrix: Any) -> Any:
        return matrix


class CentresWhatComes(Fine):
    def apply(self, matrix: Any) -> Any:
        return super().apply(matrix - matrix.mean(axis=0))


class Unseeded(Fine):
    def fit(self, matrix: Any) -> Fine:
        self.mean = np.random.default_rng().normal(size=matrix.shape[1])
        return self


class GlobalRandom(Fine):
    def fit(self, matrix: Any) -> Fine:
        np.random.seed(0)  # noqa: NPY002
        return super().fit(matrix)


class Rounds(Fine):
    def apply(self, matrix: Any) -> Any:
        return np.round(super().apply(matrix))


class Cheap(Fine):
    def bytes_per_row(self) -> float:
        return 1.0


class Objects(Fine):
    def state(self) -> dict[str, Any]:
        return {"mean": np.array([self.mean, None], dtype=object)}


class Forgets(Fine):
    def restore(self, state: dict[str, Any]) -> None:
        self.mean = np.zeros_like(state["mean"])


class InPlace(Fine):
    def apply(self, matrix: Any) -> Any:
        matrix -= self.mean
        return matrix[:, : self.dimension]


WRONG = {
    Fine: set(),
    FitsNothing: {"reducer-made"},
    Double: {"reducer-shape"},
    TooWide: {"reducer-shape"},
    CentresWhatComes: {"reducer-rows"},
    Unseeded: {"reducer-repeatable"},
    GlobalRandom: {"reducer-global-random"},
    Rounds: {"reducer-scale"},
    Cheap: {"reducer-bytes"},
    Objects: {"reducer-state"},
    Forgets: {"reducer-restore"},
    InPlace: {"reducer-input"},
}


@pytest.mark.parametrize(
    ("reducer", "checks"), WRONG.items(), ids=lambda value: getattr(value, "__name__", "")
)
def test_what_a_reducer_does_wrong_is_named(
    broken_checks: Callable[..., set[str]], reducer: type, checks: set[str]
) -> None:
    found = broken_checks(ReducerSpec(name="x", summary="s", factory=reducer))
    assert checks <= found
    assert bool(checks) == bool(found)


def test_a_reducer_that_is_fitted_must_not_say_it_is_not(
    broken_checks: Callable[..., set[str]],
) -> None:
    spec = ReducerSpec(name="x", summary="s", factory=Fine, needs_fit=False)
    assert broken_checks(spec) == {"reducer-fitted"}


def test_a_reducer_may_refuse_to_drop_columns(broken_checks: Callable[..., set[str]]) -> None:
    from neucocore.errors import ConfigError

    class KeepsAll(Fine):
        def fit(self, matrix: Any) -> Fine:
            if self.dimension is not None:
                raise ConfigError("it keeps all columns")
            return super().fit(matrix)

    assert broken_checks(ReducerSpec(name="x", summary="s", factory=KeepsAll)) == set()
