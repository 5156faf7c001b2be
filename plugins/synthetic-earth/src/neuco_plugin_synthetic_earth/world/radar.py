"""Simulated Sentinel-1 images: backscatter in VV and VH, in decibels."""

from __future__ import annotations

import numpy as np

from neuco_plugin_synthetic_earth.world import codes
from neuco_plugin_synthetic_earth.world.fields import Field, spread
from neuco_plugin_synthetic_earth.world.scene import Scene
from neuco_plugin_synthetic_earth.world.surface import CROP_ROW, MATERIALS

LOOKS = 0.9  # of a pixel; about 4.6 after neighbours overlap, as in a GRD product
OVERLAP = 0.2
FLOOR = (-27.0, -32.0)  # noise floor in dB of VV and VH
FACING = np.radians(100.0)  # look direction of a descending pass, clockwise from north

# Backscatter in VV and VH, in decibels.
_BACKSCATTER = {
    "broadleaf": (-8.8, -14.0), "bare_tree": (-9.4, -15.3), "conifer": (-9.2, -14.6),
    "herb": (-11.6, -18.4), "crop": (-10.6, -17.0), "dry": (-12.6, -20.0),
    "dark_soil": (-12.4, -21.5), "bright_soil": (-14.8, -24.0), "sand": (-17.0, -27.0),
    "rock": (-10.6, -18.6), "asphalt": (-15.5, -23.5), "concrete": (-7.5, -15.5),
    "tiles": (-6.8, -14.5), "clear_water": (-19.0, -28.0), "turbid_water": (-18.0, -27.5),
    "snow": (-13.0, -20.5),
}  # fmt: skip
POWER = 10.0 ** (np.array([_BACKSCATTER[name] for name in MATERIALS], np.float32) / 10.0)
"""Backscatter as linear power, (material, polarisation)."""

# Decibels that a fully green stand of each crop adds in VV and VH, as in codes.CROPS.
CROP_VV = np.array([0.6, 0.2, -3.2, 0.2, 0.5, 0.6, 0.0], np.float32)
CROP_VH = np.array([2.2, 0.6, -2.2, 0.4, 1.9, 1.2, 0.0], np.float32)


def backscatter(scene: Scene, ground: Field, rng: np.random.Generator) -> Field:
    """Return the mean backscatter without speckle as linear power, (2, y, x)."""
    shape = scene.cover.shape
    power = (POWER.T @ ground.reshape(len(MATERIALS), -1)).reshape(2, *shape)
    power *= _decibels(_soil_moisture(scene, ground, rng))
    row, green = CROP_ROW[scene.crop], ground[MATERIALS.index("crop")]
    power *= _decibels(green * np.stack([CROP_VV[row], CROP_VH[row]]))
    power *= _decibels(_volume(scene, ground))
    power *= _decibels(_slope(scene))
    water = np.isin(scene.cover, codes.WATERS)
    wind = rng.normal(1.0, 2.6)
    power *= _decibels(water * (wind + 1.0 * scene.waves))
    # Double bounce between walls and streets, in some places very strong.
    walls = scene.city.height
    power += np.stack([0.22 * walls**2.2, 0.028 * walls**2.2])
    return power


def observe(power: Field, rng: np.random.Generator) -> Field:
    """Add noise and speckle, and return decibels rounded to 0.01, float32."""
    floor = 10.0 ** (np.array(FLOOR, np.float32) / 10.0)
    speckle = rng.gamma(LOOKS, 1.0 / LOOKS, power.shape).astype(np.float32)
    speckle = np.maximum(spread(speckle, OVERLAP), 1e-3)
    decibels = 10.0 * np.log10((power + floor[:, None, None]) * speckle)
    return np.round(decibels, 2).astype(np.float32)


def _decibels(values: Field) -> Field:
    return np.exp(values * np.float32(np.log(10.0) / 10.0))


def _soil_moisture(scene: Scene, ground: Field, rng: np.random.Generator) -> Field:
    bare = ground[MATERIALS.index("dark_soil")] + ground[MATERIALS.index("bright_soil")]
    rain = rng.normal(0.0, 1.0) + 2.0 * (scene.place.moisture - 0.5)
    return (bare + 0.4 * ground[MATERIALS.index("dry")]) * (1.6 * rain + 0.8 * scene.tint)


def _volume(scene: Scene, ground: Field) -> Field:
    """Volume scattering of tree crowns, mainly in VH; saturates at a young age."""
    trees = ground[: MATERIALS.index("herb")].sum(axis=0)
    grown = 1.0 - np.exp(-scene.age / 0.22)
    return trees * (grown - 0.8) * np.array([3.0, 6.0], np.float32)[:, None, None]


def _slope(scene: Scene) -> Field:
    terrain = scene.terrain
    towards = terrain.gradient_east * -np.sin(FACING) + terrain.gradient_south * np.cos(FACING)
    return np.clip(9.0 * towards, -6.0, 7.0)
