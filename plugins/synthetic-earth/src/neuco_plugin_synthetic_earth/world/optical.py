"""Simulated Sentinel-2 images of levels 2A and 1C."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_synthetic_earth.world import codes, spectra
from neuco_plugin_synthetic_earth.world.fields import Field, spread
from neuco_plugin_synthetic_earth.world.scene import Scene
from neuco_plugin_synthetic_earth.world.surface import CROP_ROW, MATERIALS
from neuco_plugin_synthetic_earth.world.terrain import illumination

# Factors of the near and short-wave infrared of green leaves of each crop, as in codes.CROPS.
CROP_NIR = np.array([0.93, 1.10, 0.95, 1.05, 0.92, 1.06, 1.0], np.float32)
CROP_SWIR = np.array([1.02, 0.94, 1.06, 0.97, 1.05, 0.95, 1.0], np.float32)
NIR, SWIR = slice(5, 10), slice(11, 13)
MAX_NUMBER = 32767
POINT_SPREAD = 0.15  # share of the light that falls on each neighbouring pixel


def ground_reflectance(scene: Scene, season: int, ground: Field) -> Field:
    """Return the surface reflectance times 10,000 under a clear sky, (band, y, x).

    Parameters
    ----------
    ground
        Shares of the materials, (material, y, x), see `surface.materials`.
    """
    shape = scene.cover.shape
    image = (spectra.REFLECTANCE.T @ ground.reshape(len(MATERIALS), -1)).reshape(-1, *shape)
    _colour_crops(scene, ground, image)
    place = scene.place
    light = illumination(scene.terrain, place.sun_elevation[season], place.sun_azimuth[season])
    image *= light * (1.0 + scene.tone + _canopy(scene, ground))
    image *= 1.0 + spectra.TILT[:, None, None] * scene.tint
    image += 35.0 * scene.waves * np.isin(scene.cover, (codes.SEA, codes.LAKE))
    return image


def observe(
    scene: Scene, season: int, surface: Field, rng: np.random.Generator
) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Return levels 2A (12, y, x) and 1C (13, y, x) as int16, 0 where data are missing.

    Parameters
    ----------
    surface
        Reflectance of the ground, with ships and wakes, (band, y, x).
    """
    sky = scene.sky
    shadow, water = sky.shadow[season], sky.water_cloud[season]
    image = surface * (1.0 - shadow * (1.0 - spectra.SKYLIGHT[:, None, None]))
    image = _covered(image, spectra.WATER_CLOUD, water, sky.brightness[season])
    image = _covered(image, spectra.CIRRUS, sky.cirrus[season], np.float32(1.0))
    top = spectra.PATH[:, None, None] * sky.haze[season] * (1.0 - 0.6 * water)
    top = top + spectra.TRANSMISSION[:, None, None] * image
    ice = spectra.CIRRUS_IN_B10 * sky.cirrus[season] + 60.0 * water
    top[spectra.B10] += ice + 0.02 * scene.terrain.elevation
    # The atmospheric correction leaves an error.
    residue = rng.normal(0.0, 18.0, len(spectra.BANDS)).astype(np.float32) * (spectra.PATH / 400.0)
    image = image + residue[:, None, None]
    missing = sky.missing[season]
    level_2a = _digitised(image, rng, missing)[spectra.L2A]
    return level_2a, _digitised(top, rng, missing)


def _colour_crops(scene: Scene, ground: Field, image: Field) -> None:
    """Change the infrared reflectance of the leaves of each crop."""
    row = CROP_ROW[scene.crop]
    leaves = spectra.REFLECTANCE[MATERIALS.index("crop")]
    green = ground[MATERIALS.index("crop")]
    image[NIR] += leaves[NIR, None, None] * (green * (CROP_NIR[row] - 1.0))
    image[SWIR] += leaves[SWIR, None, None] * (green * (CROP_SWIR[row] - 1.0))


def _canopy(scene: Scene, ground: Field) -> Field:
    """Texture of tree crowns and shadows: stronger and darker with age, with saturation."""
    trees = ground[: MATERIALS.index("herb")].sum(axis=0)
    grown = scene.age / (scene.age + 0.35)
    rough = 0.04 + trees * 0.13 * grown
    return rough * scene.texture - 0.22 * trees * grown


def _covered(image: Field, cloud: Field, opacity: Field, brightness: Field) -> Field:
    return image * (1.0 - opacity) + cloud[:, None, None] * (opacity * brightness)


def _digitised(
    image: Field, rng: np.random.Generator, missing: NDArray[np.bool_]
) -> NDArray[np.int16]:
    """Apply point spread, sensor noise and the resolution of each band; return digital numbers."""
    values = spread(image, POINT_SPREAD)
    noise = rng.standard_normal(values.shape, dtype=np.float32)
    strength = 6.0 + 0.006 * np.abs(values)
    strength[spectra.B10] = 3.0
    values += noise * strength
    for factor in sorted(set(spectra.COARSENESS) - {1}):
        bands = [index for index, own in enumerate(spectra.COARSENESS) if own == factor]
        values[bands] = _coarse(values[bands], factor)
    result = np.clip(np.rint(values), 1, MAX_NUMBER).astype(np.int16)
    result[:, missing] = 0
    return result


def _coarse(bands: Field, factor: int) -> Field:
    """Replace blocks of `factor` x `factor` pixels by their mean."""
    height, width = bands.shape[-2:]
    rows, cols = np.arange(0, height, factor), np.arange(0, width, factor)
    total = np.add.reduceat(np.add.reduceat(bands, rows, axis=-2), cols, axis=-1)
    tall, wide = np.diff(rows, append=height), np.diff(cols, append=width)
    mean = total / (tall[:, None] * wide[None, :]).astype(np.float32)
    return np.repeat(np.repeat(mean, tall, axis=-2), wide, axis=-1)
