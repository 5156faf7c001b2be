"""The features on a torch device equal those of temporal-mosaiks."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch

from neuco_plugin_temporal_mosaiks.encoder import TemporalMosaiks
from neuco_plugin_torch.rcf import GpuMosaiks
from neucocore.plugin import ConfigError, Cube, ShapeError, make_cubes


@pytest.mark.parametrize("mode", ["empirical", "gaussian"])
@pytest.mark.parametrize("stride", [1, 2])
def test_features_equal_temporal_mosaiks(
    cubes: list[Cube], source_of: Any, mode: str, stride: int
) -> None:
    params = {"features": 64, "mode": mode, "stride": stride, "seed": 5}
    reference, gpu = TemporalMosaiks(**params), GpuMosaiks(device="cpu", **params)
    for encoder in (reference, gpu):
        encoder.prepare(source_of(cubes))
    np.testing.assert_allclose(gpu.encode(cubes), reference.encode(cubes), rtol=1e-4, atol=1e-4)


def test_features_do_not_depend_on_the_blocks_of_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    cube = make_cubes(1, seasons=1, size=23)
    params: dict[str, Any] = {"features": 32, "mode": "gaussian", "kernel": 5, "stride": 3}
    expected = GpuMosaiks(device="cpu", **params).encode(cube)
    monkeypatch.setitem(__import__("neuco_plugin_torch.rcf").rcf._POSITIONS, "cpu", 15)
    np.testing.assert_allclose(GpuMosaiks(device="cpu", **params).encode(cube), expected, rtol=1e-5)
    np.testing.assert_allclose(
        TemporalMosaiks(**params).encode(cube), expected, rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("mode", ["empirical", "gaussian"])
@pytest.mark.parametrize("dates", ["each", "mean"])
def test_features_of_another_sensor_equal_temporal_mosaiks(
    source_of: Any, mode: str, dates: str
) -> None:
    bands = {"landsat": ("blue", "green", "red", "nir", "swir1", "swir2")}
    cubes = [
        *make_cubes(3, modalities=("landsat",), bands=bands, seasons=2, size=17),
        *make_cubes(1, modalities=("landsat",), bands=bands, seasons=1, size=24, seed=1),
    ]
    params = {"features": 64, "mode": mode, "dates": dates}
    reference, gpu = TemporalMosaiks(**params), GpuMosaiks(device="cpu", **params)
    for encoder in (reference, gpu):
        encoder.prepare(source_of(cubes))
    rows = gpu.encode(cubes)
    np.testing.assert_allclose(rows, reference.encode(cubes), rtol=1e-4, atol=1e-4)
    alone = np.concatenate([gpu.encode([cube]) for cube in cubes])
    np.testing.assert_array_equal(alone, rows)


def test_an_encoder_restored_from_its_state_gives_the_same_rows(
    cubes: list[Cube], source_of: Any
) -> None:
    first, other = (GpuMosaiks(device="cpu", features=32) for _ in range(2))
    first.prepare(source_of(cubes))
    other.restore({name: np.array(array) for name, array in first.state().items()})
    assert other.encode(cubes).tobytes() == first.encode(cubes).tobytes()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_the_cpu_is_used_with_a_warning() -> None:
    with pytest.warns(RuntimeWarning, match="finds no GPU"):
        encoder = GpuMosaiks(features=32)
    assert encoder.device_name() == "cpu"


def test_fault_56_the_key_does_not_depend_on_the_device() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        keys = [GpuMosaiks(device=name, features=32).cache_key_fields() for name in ("cpu", "cuda")]
    assert keys[0] == keys[1] == {"features": 32}


def test_encoding_before_preparing_is_an_error(cubes: list[Cube]) -> None:
    with pytest.raises(ConfigError, match="is not prepared"):
        GpuMosaiks(device="cpu").encode(cubes)


def test_a_cube_smaller_than_a_kernel_is_an_error() -> None:
    cube = make_cubes(1, seasons=1, size=4)
    with pytest.raises(ShapeError, match="4 x 4 pixels and is smaller than a kernel of 5 x 5"):
        GpuMosaiks(device="cpu", features=32, kernel=5, mode="gaussian").encode(cube)
