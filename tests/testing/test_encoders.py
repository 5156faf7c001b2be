from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neucocore.components.discovery import Component, PluginRecord
from neucocore.components.specs import DatasetSpec, EncoderSpec
from neucocore.testing import encoder_cubes
from neucocore.testing.cubes import make_cubes
from neucocore.testing.encoders import EncoderContext
from neucocore.testing.kit import CHECKS


class Valid:
    """Means of the bands."""

    def encode(self, cubes: Sequence[Any]) -> Any:
        return np.stack([self.row(cube) for cube in cubes]).astype(np.float32)

    def row(self, cube: Any) -> Any:
        return cube.arrays["s1"].mean(axis=(0, 2, 3))


class WithoutEncode:
    pass


class Flattened(Valid):
    def encode(self, cubes: Sequence[Any]) -> Any:
        return super().encode(cubes).ravel()


class ReturnsList(Valid):
    def encode(self, cubes: Sequence[Any]) -> Any:
        return super().encode(cubes).tolist()


class Float64(Valid):
    def encode(self, cubes: Sequence[Any]) -> Any:
        return super().encode(cubes).astype(np.float64)


class DividesByZero(Valid):
    def row(self, cube: Any) -> Any:
        with np.errstate(all="ignore"):
            return super().row(cube) / np.abs(super().row(cube)).sum()


class Unseeded(Valid):
    def row(self, cube: Any) -> Any:
        # Large enough that rounding to float32 cannot hide it in all cubes.
        return super().row(cube) + 1e-3 * np.random.default_rng().normal()


class PrepareIsNotDeclared(Valid):
    def prepare(self, source: Any) -> None: ...


class InPlace(Valid):
    def row(self, cube: Any) -> Any:
        cube.arrays["s1"][:] -= 1
        return super().row(cube)


class Caches(Valid):
    def row(self, cube: Any) -> Any:
        Path("cache").write_text("x")
        return super().row(cube)


class Fitted(Valid):
    """Subtracts the mean of the cubes it is prepared on."""

    def prepare(self, source: Any) -> None:
        rows = [super(Fitted, self).row(cube) for cube in source.read(source.ids)]
        self.mean = np.mean(rows, axis=0)

    def row(self, cube: Any) -> Any:
        return super().row(cube) - self.mean

    def state(self) -> dict[str, Any]:
        return {"mean": self.mean}

    def restore(self, state: dict[str, Any]) -> None:
        self.mean = state["mean"]


class RestoresNothing(Fitted):
    def restore(self, state: dict[str, Any]) -> None:
        self.mean = np.zeros_like(state["mean"])


class WithoutState(Valid):
    def prepare(self, source: Any) -> None: ...


class UnstableCacheKey(Valid):
    def cache_key_fields(self) -> dict[str, Any]:
        return {"weights": float(np.random.default_rng().normal())}


FAILED_CHECKS = {
    Valid: set(),
    WithoutEncode: {"encoder-created"},
    Flattened: {"encoder-shape"},
    ReturnsList: {"encoder-shape"},
    Float64: {"encoder-dtype"},
    DividesByZero: {"encoder-empty-cube"},
    Unseeded: {"encoder-repeatable"},
    PrepareIsNotDeclared: {"encoder-fit"},
    InPlace: {"encoder-input"},
    Caches: {"encoder-side-effects"},
    UnstableCacheKey: {"encoder-cache-key"},
}
FITTED = {Fitted: set(), RestoresNothing: {"encoder-state"}, WithoutState: {"encoder-state"}}


@pytest.mark.parametrize(
    ("encoder", "checks", "fit"),
    [
        *((encoder, checks, "none") for encoder, checks in FAILED_CHECKS.items()),
        *((encoder, checks, "transductive") for encoder, checks in FITTED.items()),
        (Valid, {"encoder-fit"}, "transductive"),
        (Valid, {"encoder-fit"}, "train"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_each_mistake_of_an_encoder_fails_its_check(
    broken_checks: Callable[..., set[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    encoder: type,
    checks: set[str],
    fit: Any,
) -> None:
    monkeypatch.chdir(tmp_path)
    spec = EncoderSpec(name="x", summary="s", factory=encoder, modalities=("s1",), fit=fit)
    failed = broken_checks(spec)
    assert checks <= failed
    assert bool(checks) == bool(failed)


def landsat_cubes() -> list[Any]:
    bands = {"oli": ("blue", "red"), "tirs": ("b10",)}
    return make_cubes(5, modalities=tuple(bands), bands=bands, seasons=2, size=12)


class OfLandsat(Valid):
    def row(self, cube: Any) -> Any:
        assert cube.modalities == ("oli",)
        assert cube.bands["oli"] == ("blue", "red")
        return cube.arrays["oli"].mean(axis=(0, 2, 3))


def landsat_spec(**fields: Any) -> EncoderSpec:
    defaults = {"modalities": ("oli",), "example": landsat_cubes}
    return EncoderSpec(name="x", summary="s", factory=OfLandsat, **defaults | fields)


def test_an_encoder_of_another_sensor_is_checked_with_its_example(
    broken_checks: Callable[..., set[str]],
) -> None:
    """The example has one modality more, which the encoder must not get."""
    assert broken_checks(landsat_spec()) == set()


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"example": lambda: landsat_cubes()[:3]}, "has 3 cubes with different ids; the kit needs"),
        ({"example": lambda: landsat_cubes()[:1] * 4}, "has 1 cubes with different ids"),
        ({"example": lambda: [1, 2, 3, 4]}, "returned int, not cubes"),
        ({"modalities": ("pan",)}, "needs pan too"),
        ({"example": "no-such-data-set"}, "unknown dataset 'no-such-data-set'"),
        ({"example": "bare"}, "the data set mine/bare has no example"),
    ],
)
def test_an_unusable_example_is_reported(
    fields: dict[str, Any], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if fields.get("example") == "bare":
        bare = Component(DatasetSpec(name="bare", summary="s", factory="a:b"), "mine", "", "1")
        monkeypatch.setattr(encoder_cubes, "find_for_spec", lambda *_, **__: bare)
    plugin = PluginRecord("mine", "neuco-plugin-mine", "1", "mine", "loaded")
    component = Component(landsat_spec(**fields), "mine", "neuco-plugin-mine", "1")
    (created,) = [check for check in CHECKS if check.id == "encoder-created"]
    assert reason in created.record(EncoderContext(component, plugin)).reason


class OfShips(Valid):
    def row(self, cube: Any) -> Any:
        assert cube.id.startswith("scene")
        return cube.arrays["s1"].mean(axis=(0, 2, 3))


def test_the_example_of_a_data_set_can_be_used(
    broken_checks: Callable[..., set[str]],
) -> None:
    spec = EncoderSpec(name="x", summary="s", factory=OfShips, modalities=("s1",), example="ships")
    assert broken_checks(spec) <= {"encoder-forms"}
