"""The features on a torch device equal those of temporal-mosaiks' own kernel."""

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
    theirs, ours = TemporalMosaiks(**params), GpuMosaiks(device="cpu", **params)
    for encoder in (theirs, ours):
        encoder.prepare(source_of(cubes))
    np.testing.assert_allclose(ours.encode(cubes), theirs.encode(cubes), rtol=1e-4, atol=1e-4)


def test_blocks_of_rows_leave_no_row_out(monkeypatch: pytest.MonkeyPatch) -> None:
    cube = make_cubes(1, seasons=1, size=23)
    params: dict[str, Any] = {"features": 32, "mode": "gaussian", "kernel": 5, "stride": 3}
    whole = GpuMosaiks(device="cpu", **params).encode(cube)
    monkeypatch.setitem(__import__("neuco_plugin_torch.rcf").rcf._POSITIONS, "cpu", 15)
    np.testing.assert_allclose(GpuMosaiks(device="cpu", **params).encode(cube), whole, rtol=1e-5)
    np.testing.assert_allclose(TemporalMosaiks(**params).encode(cube), whole, rtol=1e-4, atol=1e-4)


def test_kernels_travel_to_another_process(cubes: list[Cube], source_of: Any) -> None:
    first, other = (GpuMosaiks(device="cpu", features=32) for _ in range(2))
    first.prepare(source_of(cubes))
    other.restore({name: np.array(array) for name, array in first.state().items()})
    assert other.encode(cubes).tobytes() == first.encode(cubes).tobytes()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_without_a_gpu_the_cpu_computes_and_a_message_says_so() -> None:
    with pytest.warns(RuntimeWarning, match="no GPU here"):
        encoder = GpuMosaiks(features=32)
    assert encoder.device_name() == "cpu"


def test_fault_56_the_device_changes_no_key() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        named = [
            GpuMosaiks(device=name, features=32).cache_key_fields() for name in ("cpu", "cuda")
        ]
    assert named[0] == named[1] == {"features": 32}


def test_an_unprepared_one_says_what_is_missing(cubes: list[Cube]) -> None:
    with pytest.raises(ConfigError, match="no kernels yet"):
        GpuMosaiks(device="cpu").encode(cubes)


def test_a_cube_smaller_than_a_kernel_is_refused() -> None:
    cube = make_cubes(1, seasons=1, size=4)
    with pytest.raises(ShapeError, match="4 x 4 pixels, fewer than a kernel of 5 x 5"):
        GpuMosaiks(device="cpu", features=32, kernel=5, mode="gaussian").encode(cube)
