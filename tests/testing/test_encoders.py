from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neucocore.components.specs import EncoderSpec


class Fine:
    """Means of the bands."""

    def encode(self, cubes: Sequence[Any]) -> Any:
        return np.stack([self.row(cube) for cube in cubes]).astype(np.float32)

    def row(self, cube: Any) -> Any:
        return cube.arrays["s1"].mean(axis=(0, 2, 3))


class NoEncode:
    pass


class Flat(Fine):
    def encode(self, cubes: Sequence[Any]) -> Any:
        return super().encode(cubes).ravel()


class Listed(Fine):
    def encode(self, cubes: Sequence[Any]) -> Any:
        return super().encode(cubes).tolist()


class Double(Fine):
    def encode(self, cubes: Sequence[Any]) -> Any:
        return super().encode(cubes).astype(np.float64)


class DividesByNothing(Fine):
    def row(self, cube: Any) -> Any:
        with np.errstate(all="ignore"):
            return super().row(cube) / np.abs(super().row(cube)).sum()


class Unseeded(Fine):
    def row(self, cube: Any) -> Any:
        return super().row(cube) + 1e-6 * np.random.default_rng().normal()


class NeverPrepared(Fine):
    def prepare(self, source: Any) -> None: ...


class InPlace(Fine):
    def row(self, cube: Any) -> Any:
        cube.arrays["s1"][:] -= 1
        return super().row(cube)


class Caches(Fine):
    def row(self, cube: Any) -> Any:
        Path("cache").write_text("here I was")
        return super().row(cube)


class Fitted(Fine):
    """Centres on what it was prepared with."""

    def prepare(self, source: Any) -> None:
        rows = [super(Fitted, self).row(cube) for cube in source.read(source.ids)]
        self.mean = np.mean(rows, axis=0)

    def row(self, cube: Any) -> Any:
        return super().row(cube) - self.mean

    def state(self) -> dict[str, Any]:
        return {"mean": self.mean}

    def restore(self, state: dict[str, Any]) -> None:
        self.mean = state["mean"]


class FittedForgets(Fitted):
    def restore(self, state: dict[str, Any]) -> None:
        self.mean = np.zeros_like(state["mean"])


class FittedStays(Fine):
    def prepare(self, source: Any) -> None: ...


class Drifts(Fine):
    def cache_key_fields(self) -> dict[str, Any]:
        return {"weights": float(np.random.default_rng().normal())}


WRONG = {
    Fine: set(),
    NoEncode: {"encoder-made"},
    Flat: {"encoder-shape"},
    Listed: {"encoder-shape"},
    Double: {"encoder-dtype"},
    DividesByNothing: {"encoder-empty-cube"},
    Unseeded: {"encoder-repeatable"},
    NeverPrepared: {"encoder-fit"},
    InPlace: {"encoder-input"},
    Caches: {"encoder-side-effects"},
    Drifts: {"encoder-cache_key_fields"},
}
FITTED = {Fitted: set(), FittedForgets: {"encoder-state"}, FittedStays: {"encoder-state"}}


@pytest.mark.parametrize(
    ("encoder", "checks", "fit"),
    [
        *((encoder, checks, "none") for encoder, checks in WRONG.items()),
        *((encoder, checks, "transductive") for encoder, checks in FITTED.items()),
        (Fine, {"encoder-fit"}, "transductive"),
        (Fine, {"encoder-fit"}, "train"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_an_encoder_does_wrong_is_named(
    broken_checks: Callable[..., set[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    encoder: type,
    checks: set[str],
    fit: Any,
) -> None:
    monkeypatch.chdir(tmp_path)
    spec = EncoderSpec(name="x", summary="s", factory=encoder, modalities=("s1",), fit=fit)
    found = broken_checks(spec)
    assert checks <= found
    assert bool(checks) == bool(found)
