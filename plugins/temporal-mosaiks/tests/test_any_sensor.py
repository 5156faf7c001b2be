"""Cubes of other sensors, sizes and numbers of dates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from neuco_plugin_temporal_mosaiks import encoder as module
from neuco_plugin_temporal_mosaiks.encoder import TemporalMosaiks
from neuco_plugin_temporal_mosaiks.trained import TrainedTemporalMosaiks
from neucocore.plugin import BANDS, ConfigError, Cube, DataError, ShapeError, make_cubes

LANDSAT = ("blue", "green", "red", "nir", "swir1", "swir2")
MODES = ["empirical", "gaussian"]
Prepare = Callable[..., Any]


def landsat(name: str, dates: int = 2, size: tuple[int, int] = (17, 12)) -> Cube:
    rng = np.random.default_rng(list(name.encode()))
    values = rng.integers(1, 6000, (dates, 6, *size)).astype(np.uint16)
    return Cube(name, {"landsat": values}, {"landsat": LANDSAT}, scale={"landsat": 10_000})


@pytest.fixture
def prepare(source_of: Callable[[Sequence[Cube]], Any]) -> Prepare:
    def prepared(cubes: Sequence[Cube], make: Any = TemporalMosaiks, **params: Any) -> Any:
        encoder = make(**{"features": 64} | params)
        encoder.prepare(source_of(cubes))
        return encoder

    return prepared


@pytest.mark.parametrize("mode", MODES)
def test_the_dimension_does_not_depend_on_size_and_dates(prepare: Prepare, mode: str) -> None:
    cubes = [
        landsat("a"),
        landsat("b", dates=1),
        landsat("c", dates=5, size=(9, 31)),
        landsat("d", size=(4, 4)),
    ]
    encoder = prepare(cubes, mode=mode)
    rows = encoder.encode(cubes)
    assert rows.shape == (4, 64)
    assert np.isfinite(rows).all()
    assert (rows.std(axis=0) > 0).mean() > 0.9
    alone = [encoder.encode([cube])[0] for cube in cubes[::-1]][::-1]
    assert np.stack(alone).tobytes() == rows.tobytes()


@pytest.mark.parametrize("mode", MODES)
def test_a_state_of_another_sensor_can_be_restored(prepare: Prepare, mode: str) -> None:
    cubes = [landsat(name) for name in "abc"]
    encoder = prepare(cubes, mode=mode)
    assert encoder.state()["kernels"].shape == (32, 6, 3, 3)
    worker = TemporalMosaiks(features=64, mode=mode)
    worker.restore(encoder.state())
    assert worker.encode(cubes).tobytes() == encoder.encode(cubes).tobytes()


def test_a_trained_encoder_depends_on_its_own_cube_only(prepare: Prepare) -> None:
    cubes = [landsat(name, dates) for name, dates in zip("abcd", (1, 2, 3, 1), strict=True)]
    encoder = prepare(cubes[:3], TrainedTemporalMosaiks, dimension=2)
    together = encoder.encode(cubes)
    assert together.shape == (4, 2)
    alone = [encoder.encode([cube])[0] for cube in cubes]
    assert np.stack(alone).tobytes() == together.tobytes()


def test_gaussian_features_depend_on_their_own_cube_only() -> None:
    """Without a reducer: not on the company, and not on the cubes of prepare."""
    cubes = [landsat(name) for name in "abc"]
    rows = TemporalMosaiks(features=64, mode="gaussian").encode(cubes)
    used = TemporalMosaiks(features=64, mode="gaussian")
    used.encode(cubes[1:])
    assert used.encode(cubes[:1])[0].tobytes() == rows[0].tobytes()


def test_modalities_are_selected_and_their_order_has_no_effect(prepare: Prepare) -> None:
    cubes = make_cubes(4, seasons=1, size=12)
    one = prepare(cubes, modalities=["s2l2a", "s1"]).encode(cubes)
    other = prepare(cubes, modalities=["s1", "s2l2a"]).encode(cubes)
    only = [replace(c, arrays={n: c.arrays[n] for n in ("s1", "s2l2a")}) for c in cubes]
    assert one.tobytes() == other.tobytes() == prepare(only).encode(only).tobytes()
    assert prepare(cubes, modalities=["s1"]).state()["kernels"].shape[1] == len(BANDS["s1"])


def test_patches_are_cut_at_proportional_positions_of_cubes_of_other_sizes(
    prepare: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cubes whose values are the coordinates relative to their size give equal patches."""
    cut: list[np.ndarray] = []
    monkeypatch.setattr(module, "empirical_kernels", lambda p: cut.append(p.copy()) or p)

    def ramp(name: str, side: int) -> Cube:
        positions = np.arange(side, dtype=np.float32) / side
        image = np.stack(np.broadcast_arrays(positions[:, None], positions))
        return Cube(name, {"x": image[np.newaxis]}, {"x": ("y", "x")})

    cubes = [ramp("a", 20), ramp("b", 200)]
    prepare(cubes, features=400)
    centres = cut[0][:, :, 1, 1]
    assert centres.min() < 0.1
    assert centres.max() > 0.8
    prepare([cubes[0], ramp("b", 20)], features=400)
    np.testing.assert_allclose(cut[1][:, :, 1, 1], centres, atol=0.1)


def test_coarse_modalities_are_enlarged(prepare: Prepare) -> None:
    cubes = [landsat(name) for name in "abc"]
    mixed = [
        replace(
            cube,
            arrays={**cube.arrays, "thermal": np.full((2, 1, 6, 4), 0.3, np.float32)},
            bands={**cube.bands, "thermal": ("tir",)},
        )
        for cube in cubes
    ]
    assert prepare(mixed).encode(mixed).shape == (3, 64)


def test_modalities_with_different_dates_need_the_mean(prepare: Prepare) -> None:
    cube = landsat("a")
    mixed = replace(
        cube,
        arrays={**cube.arrays, "dem": np.random.default_rng(1).random((1, 1, 17, 12))},
        bands={**cube.bands, "dem": ("z",)},
    )
    with pytest.raises(ShapeError, match="different numbers of dates: dem 1, landsat 2"):
        prepare([mixed])
    assert prepare([mixed], dates="mean").encode([mixed]).shape == (1, 64)


@pytest.mark.parametrize("mode", MODES)
def test_cubes_with_other_bands_than_the_kernels_are_an_error(prepare: Prepare, mode: str) -> None:
    fewer = landsat("few")
    fewer = replace(
        fewer,
        arrays={"landsat": fewer.arrays["landsat"][:, :4]},
        bands={"landsat": LANDSAT[:4]},
    )
    with pytest.raises(ShapeError, match="cube few has 4 bands; the kernels are for 6"):
        prepare([landsat("a")], mode=mode).encode([fewer])
    with pytest.raises(ShapeError, match="cube few has 4 bands; the kernels are for 6"):
        prepare([landsat("a"), fewer])


def test_gaussian_kernels_are_made_for_the_bands_of_the_first_cube() -> None:
    encoder = TemporalMosaiks(features=64, mode="gaussian")
    encoder.encode([landsat("a")])
    with pytest.raises(ShapeError, match="the kernels are for 6"):
        encoder.encode(make_cubes(1, size=8))


def test_an_unknown_modality_is_an_error(prepare: Prepare) -> None:
    with pytest.raises(DataError, match="cube a has no modality s1; it has landsat"):
        prepare([landsat("a")], modalities=["s1"])


def test_too_few_weights_are_an_error_that_suggests_more_features() -> None:
    [cube] = make_cubes(1, modalities=("s1",), size=8)
    with pytest.raises(ConfigError, match="give 2 weights for 2 bands") as error:
        TemporalMosaiks(features=2, kernel=1, mode="gaussian").encode([cube])
    assert error.value.hint == "--set features=64"
