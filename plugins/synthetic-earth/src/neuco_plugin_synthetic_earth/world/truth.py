"""The truth rasters of a cube, in the codes and units of the sources of the labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_synthetic_earth.world import codes
from neuco_plugin_synthetic_earth.world.fields import Field, blurred, fractal
from neuco_plugin_synthetic_earth.world.scene import Scene

GEDI_FILL = np.float32(-9999.0)
GEDI_MAX_LATITUDE = 51.6  # degrees
SUMMER = 1
KELVIN_PER_DN, KELVIN_AT_ZERO = 0.00341802, 149.0


def agbd(scene: Scene, rng: np.random.Generator) -> Field:
    """Return above-ground biomass in Mg/ha at GEDI footprints, the fill value elsewhere; (y, x).

    Footprints are on tracks; a third are missing because of clouds or beam quality. Wood density
    and the error of a footprint are not visible in any band.
    """
    shape = scene.cover.shape
    result = np.full(shape, GEDI_FILL, np.float32)
    land = ~np.isin(scene.cover, codes.WATERS)
    footprint = _tracks(rng, shape) & land & (rng.random(shape) < 0.68)
    error = rng.normal(0.0, 1.0, shape)
    if abs(scene.place.lat) > GEDI_MAX_LATITUDE:
        return result
    value = biomass(scene)
    value = np.maximum(value * (1.0 + 0.2 * error) + 4.0 * rng.normal(0.0, 1.0, shape), 0.0)
    result[footprint] = value[footprint]
    return result


def biomass(scene: Scene) -> Field:
    """Return the true above-ground biomass in Mg/ha, (y, x)."""
    place = scene.place
    warm = np.clip(place.temperature.mean() / 25.0, 0.1, 1.0)
    maximum = (130.0 + 330.0 * place.moisture * warm) * place.wood_density
    trees = (
        scene.layers[codes.LAYERS.index("broadleaf")] + scene.layers[codes.LAYERS.index("conifer")]
    )
    low = (
        6.0 * scene.layers[codes.LAYERS.index("grass")]
        + 4.0 * scene.layers[codes.LAYERS.index("crop")]
    )
    return (trees * maximum * scene.age**1.5 + low).astype(np.float32)


def surface_temperature(scene: Scene, rng: np.random.Generator) -> NDArray[np.uint16]:
    """Return the summer surface temperature as Landsat digital numbers, 0 for no data; (y, x).

    Only places with a city are observed. Sealed ground is warmer, water and transpiring plants are
    cooler, and a dense city adds to the temperature of its pixels. The weather of the day is not
    visible in any band.
    """
    place, shape = scene.place, scene.cover.shape
    weather, wind = _day(rng)
    if not place.city:
        return np.zeros(shape, np.uint16)
    ground = dict(zip(codes.LAYERS, scene.layers, strict=True))
    sealed = ground["asphalt"] + ground["concrete"] + ground["tiles"]
    green = ground["broadleaf"] + ground["conifer"] + 0.6 * (ground["grass"] + ground["crop"])
    air = place.temperature[SUMMER] + 3.0 + weather
    kelvin = 273.15 + air - 0.0065 * (scene.terrain.elevation - place.altitude)
    kelvin = kelvin + (6.0 + 5.0 * scene.city.density) * wind * blurred(sealed, 3.0)
    kelvin = kelvin + 5.0 * (ground["soil"] + ground["sand"] + ground["rock"])
    kelvin = kelvin - 4.5 * place.moisture * blurred(green, 3.0)
    kelvin = np.where(np.isin(scene.cover, codes.WATERS), 273.15 + 0.75 * air + 3.0, kelvin)
    kelvin = blurred(kelvin.astype(np.float32), 3.0) + 0.7 * fractal(rng, shape, 20.0)
    numbers = np.rint((kelvin - KELVIN_AT_ZERO) / KELVIN_PER_DN)
    cloud = fractal(rng, shape, 60.0) > rng.uniform(1.0, 4.0)
    return np.where(cloud, 0, np.clip(numbers, 1, 65535)).astype(np.uint16)


def _day(rng: np.random.Generator) -> tuple[float, float]:
    return float(rng.normal(0.0, 2.2)), float(np.exp(rng.normal(0.0, 0.3)))


def cropland(scene: Scene) -> NDArray[np.uint8]:
    """Return Cropland Data Layer codes, (y, x); 0 (no data) outside the area of the layer."""
    if scene.place.farming < 0.3:
        return np.zeros(scene.cover.shape, np.uint8)
    return np.where(scene.crop > 0, scene.crop, codes.CDL_OF_COVER[scene.cover]).astype(np.uint8)


def _tracks(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the mask of footprints: every 5 pixels along parallel tracks 6 pixels apart."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    angle = rng.uniform(0.6, 1.0)
    along = x * np.cos(angle) + y * np.sin(angle) + rng.uniform(0.0, 5.0)
    across = y * np.cos(angle) - x * np.sin(angle) + rng.uniform(0.0, 6.0)
    return (np.mod(along, 5.0) < 1.0) & (np.mod(across, 6.0) < 1.0)
