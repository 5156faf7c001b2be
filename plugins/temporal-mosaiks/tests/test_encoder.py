"""From cubes to features: patches, seasons, state and mistakes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from neuco_plugin_temporal_mosaiks.encoder import TemporalMosaiks
from neuco_plugin_temporal_mosaiks.kernels import gaussian_kernels
from neucocore.plugin import CHALLENGE_STATISTICS, ConfigError, Cube, DataError, ShapeError, stacked

_L2A = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12")
BANDS = {"s1": ("vv", "vh"), "s2l1c": (*_L2A[:10], "B10", *_L2A[10:]), "s2l2a": _L2A}


def cube(name: str, seasons: int = 1, size: int = 12) -> Cube:
    rng = np.random.default_rng(list(name.encode()))
    arrays: dict[str, np.ndarray] = {
        modality: rng.integers(0, 5000, (seasons, len(bands), size, size)).astype(np.int16)
        for modality, bands in BANDS.items()
    }
    arrays["s1"] = rng.normal(-15, 5, (seasons, 2, size, size)).astype(np.float32)
    return Cube(name, arrays, BANDS)


class Source:
    """Cubes by id that counts how often each is read."""

    def __init__(self, cubes: Sequence[Cube]) -> None:
        self.cubes = {cube.id: cube for cube in cubes}
        self.ids = list(self.cubes)
        self.served: list[str] = []

    def read(self, ids: Sequence[str]) -> Iterator[Cube]:
        for name in ids:
            self.served.append(name)
            yield self.cubes[name]


def prepared(cubes: Sequence[Cube], **params: Any) -> TemporalMosaiks:
    encoder = TemporalMosaiks(**{"features": 64} | params)
    encoder.prepare(Source(cubes))
    return encoder


CUBES = [cube(f"cube-{i}", seasons=2) for i in range(4)]


def test_rows_have_the_wanted_features() -> None:
    rows = prepared(CUBES).encode(CUBES)
    assert rows.shape == (4, 64)
    assert rows.dtype == np.float32
    assert np.isfinite(rows).all()
    assert (rows.std(axis=0) > 0).all()


def test_gaussian_features_follow_the_definition() -> None:
    [row] = TemporalMosaiks(features=32, mode="gaussian", seed=3).encode(CUBES[:1])
    kernels = gaussian_kernels(3, 16, 27, 3)[0].astype(np.float64)
    seasons = stacked(CUBES[0], CHALLENGE_STATISTICS)
    windows = np.lib.stride_tricks.sliding_window_view(seasons, (3, 3), axis=(2, 3))
    z = np.einsum("tcyxij,kcij->tkyx", windows.astype(np.float64), kernels) - 1
    halves = [np.maximum(sign * z, 0).mean(axis=(2, 3)).mean(axis=0) for sign in (1, -1)]
    np.testing.assert_allclose(row, np.concatenate(halves), rtol=1e-5, atol=1e-4)


def test_a_row_does_not_depend_on_batch_or_neighbours() -> None:
    encoder = prepared(CUBES)
    together = encoder.encode(CUBES)
    alone = [encoder.encode([cube])[0] for cube in reversed(CUBES)][::-1]
    assert together.tobytes() == np.stack(alone).tobytes()


def test_state_carries_the_kernels_to_another_process() -> None:
    encoder, worker = prepared(CUBES), TemporalMosaiks(features=64)
    worker.restore(encoder.state())
    assert worker.encode(CUBES).tobytes() == encoder.encode(CUBES).tobytes()


def test_each_drawn_cube_is_read_once_beside_the_first() -> None:
    source = Source(CUBES)
    TemporalMosaiks(features=64).prepare(source)
    assert source.served[1:] == source.ids


def test_kernels_come_from_the_cubes() -> None:
    others = [cube(f"other-{i}", seasons=2) for i in range(4)]
    one, two = (prepared(cubes).state()["kernels"] for cubes in (CUBES, others))
    assert np.abs(one - two).max() > 0.1


def test_patches_come_from_one_season_of_a_cube() -> None:
    """With one of two seasons blank, kernels of one cube are all blank or all not."""
    blanks = []
    for i in range(12):
        half = cube(f"half-{i}", seasons=2)
        for array in half.arrays.values():
            array[0] = 0
        kernels = prepared([half]).state()["kernels"]
        # A patch of a blank season is the same wherever it is cut.
        alike = np.ptp(kernels, axis=0).max() < 1e-5
        blanks.append(bool(alike))
    assert 0 < sum(blanks) < 12


def test_another_seed_gives_other_kernels() -> None:
    one, two = (prepared(CUBES, seed=seed).state()["kernels"] for seed in (1, 2))
    assert np.abs(one - two).max() > 0.1


def test_stride_approximates_the_features() -> None:
    exact, coarse = (prepared(CUBES, stride=stride).encode(CUBES) for stride in (1, 2))
    assert coarse.shape == exact.shape
    assert 0 < np.abs(coarse - exact).mean() < 0.2 * exact.mean()


def test_encoding_before_preparing_says_what_to_do() -> None:
    with pytest.raises(ConfigError, match="has no kernels yet") as error:
        TemporalMosaiks().encode(CUBES)
    assert "mode=gaussian" in str(error.value)


def test_no_cubes_to_prepare_on_is_an_error() -> None:
    with pytest.raises(DataError, match="no cubes to cut its patches from"):
        TemporalMosaiks().prepare(Source([]))


def test_cubes_of_another_size_are_named() -> None:
    with pytest.raises(ShapeError, match=r"cube odd has 13 x 13 pixels, the first .* 12 x 12"):
        prepared([*CUBES, cube("odd", size=13)])


def test_cubes_no_larger_than_a_patch_are_refused() -> None:
    with pytest.raises(ShapeError, match="patches of 3 x 3 are cut from larger ones"):
        prepared([cube("small", size=3)])


def test_a_cube_smaller_than_a_kernel_is_refused() -> None:
    with pytest.raises(ShapeError, match="cube small has 2 x 2 pixels, fewer than a kernel"):
        prepared(CUBES).encode([cube("small", size=2)])


def test_a_state_of_other_parameters_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"needed are \(16, 27, 3, 3\)"):
        TemporalMosaiks(features=32).restore(prepared(CUBES).state())


def test_all_wrong_parameters_are_reported_together() -> None:
    with pytest.raises(ConfigError) as error:
        TemporalMosaiks(features=5, kernel=0, bias=float("nan"), seed=-1, stride=0)
    assert len(error.value.problems) == 5
