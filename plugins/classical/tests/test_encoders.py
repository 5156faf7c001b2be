"""Each encoder compared with the definition of its embedding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.fft import dctn

from neuco_plugin_classical.encoder import ClassicalEncoder
from neuco_plugin_classical.moments import band_covariance, band_statistics
from neuco_plugin_classical.separable import cells, cosines, thumbnails
from neuco_plugin_classical.wavelets import wavelet_energies
from neucocore.plugin import ConfigError, Cube, ShapeError

ALL = [band_statistics, band_covariance, thumbnails, cosines, wavelet_energies]
CubeOf = Callable[..., Cube]


def row_of(encoder: ClassicalEncoder, cube: Cube) -> np.ndarray:
    rows = encoder.encode([cube])
    assert rows.dtype == np.float32
    return rows[0].astype(np.float64)


@pytest.mark.parametrize(
    ("make", "dimension"), list(zip(ALL, [540, 405, 972, 972, 972], strict=True))
)
def test_four_seasons_give_at_most_1024_dimensions(
    make: Callable[[], ClassicalEncoder], dimension: int, cube_of: CubeOf
) -> None:
    assert row_of(make(), cube_of(np.zeros((4, 27, 28, 28)))).size == dimension


@pytest.mark.parametrize("make", ALL)
def test_a_row_does_not_depend_on_the_other_cubes_of_the_batch(
    make: Callable[[], ClassicalEncoder], cube_of: CubeOf, noise: np.ndarray
) -> None:
    cubes = [cube_of(noise), cube_of(noise[:, :, :9, :11]), cube_of(noise[:, :, ::-1])]
    together = make().encode(cubes)
    alone = np.concatenate([make().encode([cube]) for cube in cubes])
    assert together.tobytes() == alone.tobytes()


@pytest.mark.parametrize("make", [band_statistics, thumbnails, cosines, wavelet_energies])
def test_cubes_with_different_numbers_of_seasons_are_an_error(
    make: Callable[[], ClassicalEncoder], cube_of: CubeOf, noise: np.ndarray
) -> None:
    with pytest.raises(ShapeError, match=r"known \(.* gives .*, cube short \(.* gives"):
        make().encode([cube_of(noise), cube_of(noise[:1], "short")])


def test_statistics_are_computed_for_each_band_and_season(
    cube_of: CubeOf, noise: np.ndarray
) -> None:
    row = row_of(band_statistics(), cube_of(noise)).reshape(2, 27, 5)
    pixels = np.sort(noise[1, 4].ravel())
    median = (pixels[159] + pixels[160]) / 2
    np.testing.assert_allclose(row[1, 4, :2], [pixels.mean(), pixels.std()], atol=1e-5)
    assert row[1, 4, 3] == pytest.approx(median, abs=1e-5)
    assert (pixels < row[1, 4, 2]).mean() == pytest.approx(0.05, abs=0.005)
    assert (pixels < row[1, 4, 4]).mean() == pytest.approx(0.95, abs=0.005)


def test_covariance_uses_all_pixels_of_all_seasons(cube_of: CubeOf, noise: np.ndarray) -> None:
    noise[:, 5] = 2 * noise[:, 3] + 1
    row = row_of(band_covariance(), cube_of(noise))
    pixels = noise.transpose(1, 0, 2, 3).reshape(27, -1)
    np.testing.assert_allclose(row[:27], pixels.mean(axis=1), atol=1e-5)
    expected = np.cov(pixels, ddof=0)[np.triu_indices(27)]
    np.testing.assert_allclose(row[27:], expected, atol=1e-4)


def test_thumbnails_are_means_of_equal_cells(cube_of: CubeOf, noise: np.ndarray) -> None:
    row = row_of(thumbnails(side=4), cube_of(noise)).reshape(2, 27, 4, 4)
    expected = noise.reshape(2, 27, 4, 4, 4, 5).mean(axis=(3, 5))
    np.testing.assert_allclose(row, expected, atol=1e-5)


def test_a_pixel_on_the_border_of_two_cells_counts_for_both() -> None:
    np.testing.assert_allclose(cells(2, 3), [[2 / 3, 1 / 3, 0], [0, 1 / 3, 2 / 3]])


def test_cosines_are_the_lowest_coefficients_of_the_cosine_transform(
    cube_of: CubeOf, noise: np.ndarray
) -> None:
    row = row_of(cosines(side=3), cube_of(noise)).reshape(2, 27, 3, 3)
    transform = dctn(noise, axes=(2, 3), norm="ortho")[..., :3, :3] / np.sqrt(16 * 20)
    np.testing.assert_allclose(row, transform, atol=1e-5)


@pytest.mark.parametrize(
    ("pattern", "level", "direction"),
    [
        ([[1, -1], [1, -1]], 0, 0),
        ([[1, 1], [-1, -1]], 0, 1),
        ([[1, -1], [-1, 1]], 0, 2),
        ([[1, 1, -1, -1]], 1, 0),
        ([[1], [1], [1], [1], [-1], [-1], [-1], [-1]], 2, 1),
    ],
)
def test_the_energy_is_at_the_scale_and_direction_of_the_pattern(
    pattern: Any, level: int, direction: int, cube_of: CubeOf
) -> None:
    tile = np.array(pattern, float)
    image = 3 * np.tile(tile, (16 // tile.shape[0], 16 // tile.shape[1]))
    channels = np.broadcast_to(image, (1, 27, 16, 16))
    row = np.exp(row_of(wavelet_energies(levels=3), cube_of(channels)).reshape(27, 3, 3))
    assert row[:, level, direction] == pytest.approx(9, rel=1e-3)
    row[:, level, direction] = 0
    assert row.max() < 1e-4


def test_too_many_levels_are_an_error_that_suggests_a_number(cube_of: CubeOf) -> None:
    with pytest.raises(ShapeError, match="cube known: s1: 12 x 15 pixels are too few") as error:
        wavelet_energies(levels=4).encode([cube_of(np.zeros((1, 27, 12, 15)))])
    assert error.value.hint == "--set levels=3"


@pytest.mark.parametrize("make", [thumbnails, cosines, wavelet_energies])
def test_parameters_must_be_positive(make: Callable[[int], ClassicalEncoder]) -> None:
    with pytest.raises(ConfigError, match="=0 is less than 1"):
        make(0)
