"""Locations of the cubes on the globe, with their climate and position of the sun."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_synthetic_earth.world.fields import generator

GRID = 2  # a place is a landscape of GRID x GRID adjacent cubes
CUBES_PER_PLACE = GRID * GRID
SEASONS = 4

# Declination of the sun in the middle of spring, summer, fall and winter (northern hemisphere).
DECLINATION = np.radians([9.5, 21.5, -9.0, -21.0])
OVERPASS = np.radians(-22.5)  # hour angle at 10:30 local solar time
MIN_SUN_ELEVATION = np.radians(12.0)
WARMTH_OF_SEASON = np.array([0.0, 1.0, 0.15, -1.0])


@dataclass(frozen=True)
class Place:
    """Location, climate and character of a landscape.

    Attributes
    ----------
    name
        ``place-0007``.
    lon, lat
        North-western corner in degrees.
    altitude, relief
        Mean and standard deviation of the elevation in metres.
    temperature
        (season,) mean air temperature in degrees Celsius.
    moisture, farming, corn_belt, aridity
        0 to 1: wetness, share of farmland, share of corn and soybean in it, brightness of the soil.
    sea
        Share of sea in the landscape; 0 inland.
    city
        0 to 1: size and density of the city.
    sun_elevation, sun_azimuth
        (season,) in radians; azimuth clockwise from north.
    wood_density
        Factor of the biomass that is not visible in any image.
    """

    index: int
    name: str
    lon: float
    lat: float
    altitude: float
    relief: float
    temperature: NDArray[np.float64]
    moisture: float
    farming: float
    corn_belt: float
    aridity: float
    sea: float
    city: float
    sun_elevation: NDArray[np.float64]
    sun_azimuth: NDArray[np.float64]
    wood_density: float

    @property
    def local_season(self) -> NDArray[np.intp]:
        """(season,) index of the local season: spring in the south is fall in the north."""
        return (np.arange(SEASONS) + (2 if self.lat < 0 else 0)) % SEASONS


def make_place(seed: int, index: int) -> Place:
    """Return place number `index` of the Earth with this seed."""
    rng = generator(seed, "place", index)
    lat = _latitude(rng)
    lon = float(rng.uniform(-180.0, 180.0))
    coastal = rng.random() < 0.34
    moisture = _moisture(seed, lon, lat)
    relief = float(np.clip(np.exp(rng.normal(2.3, 1.1)), 1.0, 160.0))
    altitude = 12.0 if coastal else float(np.clip(np.exp(rng.normal(5.2, 1.0)), 10.0, 2800.0))
    warmth = 28.0 - 0.0072 * lat**2 - 0.0055 * altitude + rng.normal(0.0, 1.2)
    swing = 0.23 * abs(lat) * (0.75 if coastal else 1.0) * rng.uniform(0.85, 1.15)
    local = (np.arange(SEASONS) + (2 if lat < 0 else 0)) % SEASONS
    farming = _share(
        1.6 * _pattern(seed, "farming", lon, lat)
        + 1.0
        - 0.03 * relief
        - (1.5 if warmth < 3.0 else 0.0)
        - 3.0 * max(0.0, 0.35 - moisture)
        + rng.normal(0.0, 0.6)
    )
    summer = warmth + swing
    belt = _share(
        0.4 + 2.0 * _pattern(seed, "corn", lon, lat) + 0.2 * (summer - 21.0) + rng.normal(0, 0.7)
    )
    elevation, azimuth = _sun(lat)
    return Place(
        index=index,
        name=f"place-{index:04d}",
        lon=round(lon, 5),
        lat=round(lat, 5),
        altitude=altitude,
        relief=relief,
        temperature=warmth + swing * WARMTH_OF_SEASON[local] + rng.normal(0.0, 1.0, SEASONS),
        moisture=moisture,
        farming=farming,
        corn_belt=belt,
        aridity=_share(9.0 * (0.36 - moisture) + rng.normal(0.0, 0.5)),
        sea=float(rng.uniform(0.25, 0.85)) if coastal else 0.0,
        city=float(rng.uniform(0.4, 1.0)) if rng.random() < 0.4 and 5.0 < lat < 62.0 else 0.0,
        sun_elevation=elevation,
        sun_azimuth=azimuth,
        wood_density=float(np.exp(rng.normal(0.0, 0.22))),
    )


def _latitude(rng: np.random.Generator) -> float:
    low, high = rng.choice(
        [(30.0, 60.0), (2.0, 30.0), (-42.0, -2.0), (58.0, 68.0)], p=[0.6, 0.15, 0.18, 0.07]
    )
    return float(rng.uniform(low, high))


def _moisture(seed: int, lon: float, lat: float) -> float:
    """Return the moisture, 0 to 1: wet at the equator, dry in the subtropics, mixed beyond."""
    belt = 1.3 * np.exp(-((lat / 12.0) ** 2)) - 1.1 * np.exp(-(((abs(lat) - 25.0) / 8.0) ** 2))
    return _share(0.75 + belt + 1.0 * _pattern(seed, "moisture", lon, lat))


def _pattern(seed: int, name: str, lon: float, lat: float, waves: int = 24) -> float:
    """Evaluate a smooth random function on the globe with about unit variance.

    It is a sum of plane waves through the sphere with wavelengths of some thousand kilometres, so
    that nearby places are similar.
    """
    rng = generator(seed, "globe", name)
    direction = rng.normal(0.0, 3.5, (waves, 3))
    phase = rng.uniform(0.0, 2.0 * np.pi, waves)
    east, north = np.radians(lon), np.radians(lat)
    point = np.array([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)])
    return float(np.cos(direction @ point + phase).sum() * np.sqrt(2.0 / waves))


def _share(value: float) -> float:
    return float(1.0 / (1.0 + np.exp(-value)))


def _sun(lat: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return elevation and azimuth of the sun at the overpass in the four seasons."""
    north = np.radians(lat)
    height = np.arcsin(
        np.sin(north) * np.sin(DECLINATION) + np.cos(north) * np.cos(DECLINATION) * np.cos(OVERPASS)
    )
    azimuth = np.arctan2(
        np.sin(OVERPASS),
        np.cos(OVERPASS) * np.sin(north) - np.tan(DECLINATION) * np.cos(north),
    )
    return np.maximum(height, MIN_SUN_ELEVATION), azimuth + np.pi
