"""The encoder: features, patches, seasons, state and errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from neuco_plugin_ssl4eo_s12.statistics import DOWNSTREAM_STATISTICS
from neuco_plugin_temporal_mosaiks.encoder import TemporalMosaiks
from neuco_plugin_temporal_mosaiks.kernels import gaussian_kernels
from neucocore.plugin import ConfigError, Cube, DataError, ShapeError, stacked

Prepare = Callable[..., TemporalMosaiks]
MakeCube = Callable[..., Cube]


@pytest.fixture
def prepared(source_of: Callable[[Sequence[Cube]], Any]) -> Prepare:
    def prepare(cubes: Sequence[Cube], **params: Any) -> TemporalMosaiks:
        encoder = TemporalMosaiks(**{"features": 64} | params)
        encoder.prepare(source_of(cubes))
        return encoder

    return prepare


def test_rows_have_the_requested_number_of_features(prepared: Prepare, cubes: list[Cube]) -> None:
    rows = prepared(cubes).encode(cubes)
    assert rows.shape == (6, 64)
    assert rows.dtype == np.float32
    assert np.isfinite(rows).all()
    assert (rows.std(axis=0) > 0).all()


def test_gaussian_features_follow_the_definition(cubes: list[Cube]) -> None:
    [row] = TemporalMosaiks(features=32, mode="gaussian", seed=3).encode(cubes[:1])
    kernels = gaussian_kernels(3, 16, 27, 3)[0].astype(np.float64)
    seasons = stacked(cubes[0], DOWNSTREAM_STATISTICS)
    windows = np.lib.stride_tricks.sliding_window_view(seasons, (3, 3), axis=(2, 3))
    z = np.einsum("tcyxij,kcij->tkyx", windows.astype(np.float64), kernels) - 1
    halves = [np.maximum(sign * z, 0).mean(axis=(2, 3)).mean(axis=0) for sign in (1, -1)]
    np.testing.assert_allclose(row, np.concatenate(halves), rtol=1e-5, atol=1e-4)


def test_a_row_does_not_depend_on_the_other_cubes_of_the_batch(
    prepared: Prepare, cubes: list[Cube]
) -> None:
    encoder = prepared(cubes)
    together = encoder.encode(cubes)
    alone = [encoder.encode([cube])[0] for cube in reversed(cubes)][::-1]
    assert together.tobytes() == np.stack(alone).tobytes()


def test_an_encoder_restored_from_its_state_gives_the_same_rows(
    prepared: Prepare, cubes: list[Cube]
) -> None:
    encoder, worker = prepared(cubes), TemporalMosaiks(features=64)
    worker.restore(encoder.state())
    assert worker.encode(cubes).tobytes() == encoder.encode(cubes).tobytes()


def test_each_drawn_cube_is_read_once(cubes: list[Cube], source_of: Any) -> None:
    source = source_of(cubes)
    TemporalMosaiks(features=64).prepare(source)
    assert source.read_ids[1:] == source.ids  # the first is read before, for its size


def test_kernels_depend_on_the_cubes(prepared: Prepare, cubes: list[Cube], cube: MakeCube) -> None:
    others = [cube(f"other-{i}", seasons=2) for i in range(4)]
    one, two = (prepared(cubes).state()["kernels"] for cubes in (cubes, others))
    assert np.abs(one - two).max() > 0.1


def test_patches_of_a_cube_come_from_one_season(prepared: Prepare, cube: MakeCube) -> None:
    """If one of two seasons is blank, either all kernels of a cube are blank or none is."""
    blanks = []
    for i in range(12):
        half = cube(f"half-{i}", seasons=2)
        for array in half.arrays.values():
            array[0] = 0
        kernels = prepared([half]).state()["kernels"]
        # All patches of a blank season are equal.
        blanks.append(bool(np.ptp(kernels, axis=0).max() < 1e-5))
    assert 0 < sum(blanks) < 12


def test_a_different_seed_gives_different_kernels(prepared: Prepare, cubes: list[Cube]) -> None:
    one, two = (prepared(cubes, seed=seed).state()["kernels"] for seed in (1, 2))
    assert np.abs(one - two).max() > 0.1


def test_stride_approximates_the_features(prepared: Prepare, cubes: list[Cube]) -> None:
    exact, coarse = (prepared(cubes, stride=stride).encode(cubes) for stride in (1, 2))
    assert coarse.shape == exact.shape
    assert 0 < np.abs(coarse - exact).mean() < 0.2 * exact.mean()


def test_encoding_before_preparing_is_an_error(cubes: list[Cube]) -> None:
    with pytest.raises(ConfigError, match="is not prepared") as error:
        TemporalMosaiks().encode(cubes)
    assert "mode=gaussian" in str(error.value)


def test_preparing_without_cubes_is_an_error(cubes: list[Cube], source_of: Any) -> None:
    with pytest.raises(DataError, match="at least one cube to cut patches from"):
        TemporalMosaiks().prepare(source_of([]))


def test_cubes_that_are_not_larger_than_a_patch_are_an_error(
    prepared: Prepare, cube: MakeCube
) -> None:
    with pytest.raises(ShapeError, match="it must be larger than a patch of 3 x 3"):
        prepared([cube("small", size=3)])


def test_a_cube_smaller_than_a_kernel_is_an_error(
    prepared: Prepare, cubes: list[Cube], cube: MakeCube
) -> None:
    with pytest.raises(
        ShapeError, match="cube small has 2 x 2 pixels and is smaller than a kernel"
    ):
        prepared(cubes).encode([cube("small", size=2)])


def test_a_state_of_different_parameters_is_an_error(prepared: Prepare, cubes: list[Cube]) -> None:
    with pytest.raises(ShapeError, match=r"instead of \(16, bands, 3, 3\)"):
        TemporalMosaiks(features=32).restore(prepared(cubes).state())


def test_all_invalid_parameters_are_reported_together() -> None:
    with pytest.raises(ConfigError) as error:
        TemporalMosaiks(features=5, kernel=0, bias=float("nan"), seed=-1, stride=0)
    assert len(error.value.problems) == 5
