"""Elevation, slopes and water bodies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_synthetic_earth.world.fields import Field, blurred, fractal, smooth
from neuco_plugin_synthetic_earth.world.places import Place

PIXEL = 10.0  # metres


@dataclass(frozen=True)
class Terrain:
    """Elevation in metres and water masks, each (y, x).

    ``gradient_east`` and ``gradient_south`` are in metres per metre; ``shore`` is the approximate
    distance to the sea in pixels, negative at sea; ``turbidity`` is 0 to 1.
    """

    elevation: Field
    gradient_east: Field
    gradient_south: Field
    shore: Field
    sea: NDArray[np.bool_]
    lake: NDArray[np.bool_]
    river: NDArray[np.bool_]
    turbidity: Field


def make_terrain(place: Place, rng: np.random.Generator, shape: tuple[int, int]) -> Terrain:
    """Return the terrain of a place with `shape` pixels."""
    rough = fractal(rng, shape, longest=180.0, exponent=3.9)
    shore = _shore(place, rng, shape)
    height = place.altitude + place.relief * rough
    if place.sea:
        # The land rises from the shore; the sea is flat at elevation 0.
        height = np.minimum(np.maximum(height, 1.0), 0.6 * np.maximum(shore, 0.0))
    height = np.maximum(height, 0.0)
    river = _river(place, rng, shape) & (shore > 0)
    lake = _lake(place, rng, shape) & (shore > 6) & ~river
    height = height - 4.0 * blurred((river | lake).astype(np.float32), 2.0)
    south, east = np.gradient(height, PIXEL)
    water = river | lake | (shore <= 0)
    south[water] = east[water] = 0.0
    cloudy = rng.uniform(0.0, 0.4) + 0.12 * fractal(rng, shape, 140.0, exponent=3.6)
    turbid = cloudy + 0.5 * np.exp(-np.maximum(-shore, 0.0) / 12.0)
    return Terrain(
        elevation=np.maximum(height, 0.0).astype(np.float32),
        gradient_east=east.astype(np.float32),
        gradient_south=south.astype(np.float32),
        shore=shore,
        sea=shore <= 0,
        lake=lake,
        river=river,
        turbidity=np.clip(turbid, 0.0, 1.0).astype(np.float32),
    )


def illumination(terrain: Terrain, elevation: float, azimuth: float) -> Field:
    """Return the illumination of slopes relative to flat ground, which has 1."""
    east = terrain.gradient_east * -np.sin(azimuth)
    south = terrain.gradient_south * np.cos(azimuth)
    facing = (1.0 + (east + south) / np.tan(elevation)) / np.sqrt(
        1.0 + terrain.gradient_east**2 + terrain.gradient_south**2
    )
    # Part of the light is diffuse, more of it if the sun is low.
    direct = 0.35 + 0.4 * np.sin(elevation)
    return (1.0 - direct + direct * np.clip(facing, 0.1, 2.2)).astype(np.float32)


def _coordinates(shape: tuple[int, int], angle: float) -> Field:
    """Return the distance from the centre in pixels along a direction."""
    y, x = np.ogrid[: shape[0], : shape[1]]
    along = (x - shape[1] / 2) * np.cos(angle) + (y - shape[0] / 2) * np.sin(angle)
    return along.astype(np.float32)


def _shore(place: Place, rng: np.random.Generator, shape: tuple[int, int]) -> Field:
    if not place.sea:
        return np.full(shape, 1e4, np.float32)
    across = _coordinates(shape, rng.uniform(0.0, 2.0 * np.pi))
    ragged = rng.uniform(6.0, 22.0) * fractal(rng, shape, 90.0, exponent=4.2)
    distance = across + ragged
    return (distance - np.quantile(distance, place.sea)).astype(np.float32)


def _river(place: Place, rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.bool_]:
    across = _coordinates(shape, rng.uniform(0.0, 2.0 * np.pi))
    course = across + 16.0 * smooth(rng, shape, 22.0) + 5.0 * smooth(rng, shape, 7.0)
    course = course + rng.uniform(-0.4, 0.4) * min(shape)
    width = rng.uniform(0.7, 3.5)
    if rng.random() > 0.2 + 0.4 * place.moisture:
        return np.zeros(shape, np.bool_)
    south, east = np.gradient(course)
    # First-order approximation of the distance to the line course = 0.
    return np.abs(course) < width * np.hypot(south, east)


def _lake(place: Place, rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.bool_]:
    basin = fractal(rng, shape, 60.0, exponent=4.8)
    if rng.random() > 0.12 + 0.25 * place.moisture:
        return np.zeros(shape, np.bool_)
    return basin > rng.uniform(1.2, 2.2)
