"""The control encoders, the published mean baseline, and band means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neucocore.builtin.encoders.band_means import BandMeansEncoder
from neucocore.builtin.encoders.controls import ConstantEncoder, RandomEncoder
from neucocore.builtin.encoders.mean import STATISTICS, MeanEncoder
from neucocore.data.cubes.bands import BANDS
from neucocore.data.cubes.cube import Cube
from neucocore.errors import ConfigError, DataError, ShapeError

FIXTURES = Path(__file__).parents[1] / "fixtures" / "encoders"

# Base and amplitude of the reference cube's formula.
_FORMULA = {"s1": (-15, 4), "s2l1c": (2000, 600), "s2l2a": (2200, 500)}


# The SHAKE-256 stream of "random/7/a" through the Box-Muller formula, computed separately.
RANDOM_7_A = [-0.15606510, -0.09778395, -0.85378178, -0.20181111]


def formula_cube(seasons: int = 4, size: int = 264, offset: int = 0) -> Cube:
    t, y, x = np.ogrid[:seasons, :size, :size]
    arrays = {}
    for modality, (base, amplitude) in _FORMULA.items():
        planes = [
            base
            + amplitude * np.sin((x * (b + 1) + y * (t + 1)) / 37)
            + 0.5 * amplitude * np.cos((x - 2 * y + 13 * b) / (11 + t))
            for b in range(len(BANDS[modality]))
        ]
        values = np.stack(planes, axis=1)
        if modality == "s1":
            arrays[modality] = values.round(2).astype(np.float32)
        else:
            arrays[modality] = (values.round() + offset).astype(np.int16)
    return Cube(
        id="formula",
        arrays=arrays,
        bands=dict(BANDS),
        offset={"s2l1c": offset, "s2l2a": offset},
        nodata={"s2l1c": 0, "s2l2a": 0},
    )


def tiny_cube(name: str = "tiny") -> Cube:
    return Cube(id=name, arrays={}, bands={})


def test_mean_equals_the_published_baseline() -> None:
    expected = np.load(FIXTURES / "mean_baseline.npz")["embedding"]
    row = MeanEncoder().encode([formula_cube()])
    assert row.shape == (1, 1024)
    assert row.dtype == np.float32
    np.testing.assert_allclose(row[0], expected, rtol=0, atol=1e-4)


def test_mean_does_not_add_the_offset_to_a_cube_that_has_it_already() -> None:
    plain = MeanEncoder().encode([formula_cube(1, 28)])
    shifted = MeanEncoder().encode([formula_cube(1, 28, offset=1000)])
    np.testing.assert_allclose(plain, shifted, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("seasons", "size"), [(1, 28), (2, 97), (1, 8), (4, 5)])
def test_length_of_mean_depends_on_the_seasons_but_not_on_the_size(seasons: int, size: int) -> None:
    row = MeanEncoder().encode([formula_cube(seasons, size)])
    assert row.shape == (1, seasons * 4 * 8 * 8)
    assert np.isfinite(row).all()


def test_mean_of_one_season_does_not_depend_on_the_other_seasons() -> None:
    four = formula_cube(4, 28)
    second = replace(four, arrays={m: a[1:2] for m, a in four.arrays.items()})
    all_seasons = MeanEncoder().encode([four]).reshape(4, -1)
    np.testing.assert_array_equal(all_seasons[1:2], MeanEncoder().encode([second]))


def test_mean_samples_the_outermost_pixels() -> None:
    values = np.zeros((1, 2, 30, 30), np.float32)
    values[:, :, -1, -1] = 100.0
    cube = formula_cube(1, 30)
    cube = Cube("corner", dict(cube.arrays) | {"s1": values}, cube.bands)
    radar = MeanEncoder().encode([cube]).reshape(4, 8, 8)[3]
    mean, std = STATISTICS.mean["s1"], STATISTICS.std["s1"]
    expected = np.mean([(100.0 - m) / s for m, s in zip(mean, std, strict=True)])
    assert radar[7, 7] == pytest.approx(expected, rel=1e-5)


def test_mean_can_keep_no_data_at_zero() -> None:
    cube = formula_cube(1, 28)
    for modality in ("s2l1c", "s2l2a"):
        cube.arrays[modality][:] = 0
    lifted, kept = (MeanEncoder(keep_nodata=keep).encode([cube]) for keep in (False, True))
    b09 = STATISTICS.mean["s2l1c"][9], STATISTICS.std["s2l1c"][9]
    np.testing.assert_allclose(lifted.reshape(4, 64)[1], (1000 - b09[0]) / b09[1], rtol=1e-5)
    np.testing.assert_allclose(kept.reshape(4, 64)[1], (0 - b09[0]) / b09[1], rtol=1e-5)


def test_mean_finds_bands_by_name() -> None:
    cube = formula_cube(1, 28)
    reversed_cube = replace(
        cube,
        arrays={m: a[:, ::-1] for m, a in cube.arrays.items()},
        bands={m: names[::-1] for m, names in cube.bands.items()},
    )
    np.testing.assert_array_equal(
        MeanEncoder().encode([cube]), MeanEncoder().encode([reversed_cube])
    )


def test_mean_names_a_cube_with_a_missing_modality() -> None:
    cube = formula_cube(1, 28)
    bare = Cube("bare", {m: cube.arrays[m] for m in ("s2l1c", "s2l2a")}, cube.bands)
    with pytest.raises(DataError, match="cube bare has no modality 's1'; it has s2l1c, s2l2a"):
        MeanEncoder().encode([bare])


def test_mean_names_missing_bands() -> None:
    cube = formula_cube(1, 28)
    arrays = dict(cube.arrays) | {"s2l1c": cube.arrays["s2l2a"]}
    bands = dict(cube.bands) | {"s2l1c": cube.bands["s2l2a"]}
    with pytest.raises(ShapeError, match="s2l1c lacks 1 of the 13 bands needed: B10"):
        MeanEncoder().encode([Cube("b", arrays, bands)])


def test_mean_rejects_modalities_with_different_numbers_of_seasons() -> None:
    cube = formula_cube(2, 28)
    arrays = dict(cube.arrays) | {"s1": cube.arrays["s1"][:1]}
    with pytest.raises(ShapeError, match="different numbers of seasons"):
        MeanEncoder().encode([Cube("c", arrays, cube.bands)])


def test_mean_rejects_cubes_with_different_numbers_of_seasons() -> None:
    with pytest.raises(ShapeError, match="different numbers of seasons"):
        MeanEncoder().encode([formula_cube(1, 28), formula_cube(2, 28)])


def test_random_rows_look_like_independent_noise() -> None:
    rows = RandomEncoder(dimension=1023).encode([tiny_cube(f"cube-{i}") for i in range(200)])
    assert rows.shape == (200, 1023)
    assert rows.dtype == np.float32
    assert rows.mean() == pytest.approx(0, abs=0.01)
    assert rows.std() == pytest.approx(1, abs=0.01)
    correlation = np.corrcoef(rows)[np.triu_indices(200, 1)]
    assert correlation.std() == pytest.approx(1023**-0.5, rel=0.05)


def test_a_random_row_depends_on_the_seed_and_the_id_only() -> None:
    row = RandomEncoder(seed=7, dimension=4).encode([tiny_cube("a")])[0]
    np.testing.assert_allclose(row, RANDOM_7_A, rtol=1e-5)
    assert not np.allclose(row, RandomEncoder(seed=8, dimension=4).encode([tiny_cube("a")])[0])
    assert not np.allclose(row, RandomEncoder(seed=7, dimension=4).encode([tiny_cube("b")])[0])


@pytest.mark.parametrize(
    "make", [lambda: RandomEncoder(dimension=9), lambda: ConstantEncoder(2.5, 9), MeanEncoder]
)
def test_rows_do_not_depend_on_the_other_cubes_of_the_batch(
    make: Callable[[], MeanEncoder],
) -> None:
    cubes = [formula_cube(1, 28), formula_cube(1, 30), formula_cube(1, 16)]
    together = make().encode(cubes)
    alone = np.concatenate([make().encode([cube]) for cube in reversed(cubes)])
    assert together.tobytes() == alone[::-1].tobytes()


def test_constant_rows_are_constant() -> None:
    rows = ConstantEncoder(value=2.5, dimension=3).encode([tiny_cube(), tiny_cube()])
    np.testing.assert_array_equal(rows, np.full((2, 3), 2.5, np.float32))


@pytest.mark.parametrize("make", [RandomEncoder, ConstantEncoder])
def test_controls_reject_zero_dimensions(make: Callable[..., object]) -> None:
    with pytest.raises(ConfigError, match=r"dimension=0: .* at least 1 dimension"):
        make(dimension=0)


@pytest.mark.parametrize("value", [float("nan"), 1e39])
def test_constant_rejects_values_that_float32_cannot_represent(value: float) -> None:
    with pytest.raises(ConfigError, match="finite float32"):
        ConstantEncoder(value=value)


def landsat_cube(dates: int = 2, size: tuple[int, int] = (9, 7), name: str = "landsat") -> Cube:
    rng = np.random.default_rng(dates)
    arrays = {
        "optical": rng.integers(0, 5000, (dates, 6, *size)).astype(np.uint16),
        "thermal": rng.normal(300, 5, (dates, 1, 3, 2)).astype(np.float32),
    }
    bands = {"optical": ("blue", "green", "red", "nir", "swir1", "swir2"), "thermal": ("tir",)}
    scale = {"optical": 10_000, "thermal": 300}
    return Cube(name, arrays, bands, nodata={"optical": 0}, scale=scale)


def test_band_means_are_the_means_of_all_scaled_pixels_of_all_dates() -> None:
    cube = landsat_cube()
    [row] = BandMeansEncoder().encode([cube])
    expected = [
        *(cube.arrays["optical"] / 10_000).mean(axis=(0, 2, 3)),
        (cube.arrays["thermal"] / 300).mean(),
    ]
    assert row.dtype == np.float32
    np.testing.assert_allclose(row, expected, rtol=1e-5)


def test_the_dimension_of_band_means_is_the_number_of_bands() -> None:
    cubes = [landsat_cube(2), landsat_cube(1, (1, 1)), landsat_cube(5, (32, 3))]
    rows = BandMeansEncoder().encode(cubes)
    assert rows.shape == (3, 7)
    alone = [BandMeansEncoder().encode([cube])[0] for cube in cubes]
    assert np.stack(alone).tobytes() == rows.tobytes()
    assert BandMeansEncoder(modalities=["thermal"]).encode(cubes).shape == (3, 1)


def test_band_means_do_not_depend_on_the_order_of_the_modalities() -> None:
    cube = landsat_cube()
    turned = replace(cube, arrays=dict(reversed(cube.arrays.items())))
    rows = BandMeansEncoder().encode([cube, turned])
    assert rows[0].tobytes() == rows[1].tobytes()


def test_band_means_of_cubes_with_other_bands_are_an_error() -> None:
    other = formula_cube(1, 8)
    with pytest.raises(ShapeError, match="landsat has 7, formula has 27"):
        BandMeansEncoder().encode([landsat_cube(), other])
    with pytest.raises(DataError, match="cube formula has no modality optical; it has s1, s2l1c"):
        BandMeansEncoder(modalities=["optical", "s1"]).encode([other])
    with pytest.raises(DataError, match="none is selected"):
        BandMeansEncoder(modalities=[]).encode([other])
    empty = Cube("e", {"s1": np.empty((0, 2, 4, 4), np.float32)}, {"s1": ("vv", "vh")})
    with pytest.raises(ShapeError, match="without values"):
        BandMeansEncoder().encode([empty])
