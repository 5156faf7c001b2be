"""Clouds, cloud shadows and haze between ground and satellite, and missing data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_synthetic_earth.world.fields import Field, fractal
from neuco_plugin_synthetic_earth.world.places import SEASONS, Place

CLEAR, THICK, THIN, SHADOW = 0, 1, 2, 3  # classes of CloudSEN12
THICK_OPACITY, THIN_OPACITY, SHADOW_DEPTH = 0.6, 0.12, 0.3
PIXEL = 10.0


@dataclass(frozen=True)
class Sky:
    """The skies of the four acquisitions, each (season, y, x).

    Attributes
    ----------
    water_cloud, cirrus
        Opacity of low clouds and of ice clouds, 0 to 1.
    shadow
        Share of direct sunlight blocked by clouds, 0 to 1.
    brightness
        Factor of the reflectance of cloud tops.
    haze
        Factor of the path radiance due to aerosol.
    classes
        uint8 CloudSEN12 classes.
    missing
        True where the optical data are missing.
    """

    water_cloud: Field
    cirrus: Field
    shadow: Field
    brightness: Field
    haze: Field
    classes: NDArray[np.uint8]
    missing: NDArray[np.bool_]


def make_sky(place: Place, rng: np.random.Generator, shape: tuple[int, int]) -> Sky:
    """Return the skies of the four acquisitions of a place."""
    stack = [_acquisition(place, season, rng, shape) for season in range(SEASONS)]
    water, cirrus, shadow, brightness, haze, missing = (
        np.stack(part) for part in zip(*stack, strict=True)
    )
    opacity = 1.0 - (1.0 - water) * (1.0 - cirrus)
    classes = np.where(shadow > SHADOW_DEPTH, SHADOW, CLEAR)
    classes = np.where(opacity > THIN_OPACITY, THIN, classes)
    classes = np.where(opacity > THICK_OPACITY, THICK, classes)
    return Sky(water, cirrus, shadow, brightness, haze, classes.astype(np.uint8), missing)


def _acquisition(
    place: Place, season: int, rng: np.random.Generator, shape: tuple[int, int]
) -> tuple[Field, ...]:
    water, brightness = _water_cloud(place, rng, shape)
    cirrus = _cirrus(rng, shape)
    height = rng.uniform(500.0, 1600.0)
    reach = height / PIXEL / np.tan(place.sun_elevation[season])
    # Shadows point away from the sun. Azimuth is clockwise from north; y points south.
    down = round(reach * np.cos(place.sun_azimuth[season]))
    right = round(-reach * np.sin(place.sun_azimuth[season]))
    shadow = np.roll(water, (down, right), (0, 1)) * (1.0 - water)
    haze = np.exp(0.25 * rng.normal() + 0.06 * fractal(rng, shape, 150.0)).astype(np.float32)
    return water, cirrus, shadow, brightness, haze, _missing(rng, shape)


def _water_cloud(
    place: Place, rng: np.random.Generator, shape: tuple[int, int]
) -> tuple[Field, Field]:
    cover = _cloud_share(place, rng)
    cumulus = rng.random() < 0.6
    longest = float(rng.choice([40.0, 70.0, 110.0])) if cumulus else 200.0
    shape_field = fractal(rng, shape, longest, 3.7)
    billows = fractal(rng, shape, 25.0, 3.0)
    thickness = rng.uniform(0.8, 3.0)
    if cover < 0.004:
        return np.zeros(shape, np.float32), np.ones(shape, np.float32)
    level = np.quantile(shape_field, 1.0 - min(cover, 0.995)) if cover < 0.98 else -3.0
    depth = np.maximum(shape_field - level, 0.0) * thickness
    opacity = 1.0 - np.exp(-1.6 * depth)
    bright = rng.uniform(0.75, 1.15) * (0.72 + 0.28 * np.tanh(depth) + 0.07 * billows)
    return opacity.astype(np.float32), bright.astype(np.float32)


def _cloud_share(place: Place, rng: np.random.Generator) -> float:
    """Return the cloud cover, 0 to 1: mostly 0, as in data selected for clear skies."""
    kind, share = rng.random(), rng.random()
    clear = 0.84 - 0.2 * place.moisture
    if kind < clear:
        return 0.0
    if kind < clear + 0.17:
        return float(0.3 * share)
    return float(0.12 + 0.85 * share**1.5)


def _cirrus(rng: np.random.Generator, shape: tuple[int, int]) -> Field:
    streaks = fractal(rng, shape, 120.0, 3.2, angle=rng.uniform(0.0, np.pi), stretch=3.0)
    strength = rng.uniform(0.03, 0.4)
    if rng.random() > 0.13:
        return np.zeros(shape, np.float32)
    return np.clip(strength * (0.6 + 0.5 * streaks), 0.0, 0.55).astype(np.float32)


def _missing(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the mask of the swath edge, nearly vertical like the orbit, and of lost lines."""
    y, x = np.ogrid[: shape[0], : shape[1]]
    missing = np.zeros(shape, np.bool_)
    edge, position, side = rng.random(), rng.uniform(-0.1, 1.0), rng.random() < 0.5
    lean = np.tan(np.radians(rng.uniform(9.0, 15.0))) * rng.choice([-1.0, 1.0])
    if edge < 0.06:
        across = x + lean * y - position * shape[1]
        missing |= (across < 0) if side else (across > 0)
    if rng.random() < 0.015:
        period, thick = int(rng.integers(9, 30)), int(rng.integers(1, 4))
        missing |= np.broadcast_to((y + int(rng.integers(period))) % period < thick, shape)
    return missing
