"""One cube of the world: the satellite images and the truth."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_synthetic_earth.world import optical, radar, ships, truth
from neuco_plugin_synthetic_earth.world.fields import generator
from neuco_plugin_synthetic_earth.world.places import (
    CUBES_PER_PLACE,
    GRID,
    SEASONS,
    Place,
    make_place,
)
from neuco_plugin_synthetic_earth.world.scene import Scene, make_scene
from neuco_plugin_synthetic_earth.world.surface import materials

METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True)
class EarthCube:
    """One sample.

    Attributes
    ----------
    id
        64 hexadecimal digits.
    row, col
        Position in the grid of cubes of its place.
    lon, lat
        Centre of the cube in degrees.
    s1, s2l1c, s2l2a
        (season, band, y, x): s1 in decibels as float32, the others int16 without offset.
    truth
        Rasters by name, see docs/synthetic-earth.md.
    """

    id: str
    place: Place
    row: int
    col: int
    lon: float
    lat: float
    s1: NDArray[np.float32]
    s2l1c: NDArray[np.int16]
    s2l2a: NDArray[np.int16]
    truth: dict[str, NDArray[Any]]


def cube_id(seed: int, size: int, index: int) -> str:
    """Return the id of cube number `index`."""
    return hashlib.sha256(f"synthetic-earth/1/{seed}/{size}/{index}".encode()).hexdigest()


def make_cubes(
    seed: int, size: int, place: int, count: int = CUBES_PER_PLACE
) -> Iterator[EarthCube]:
    """Yield the first `count` cubes of place number `place`, in order."""
    scene = make_scene(make_place(seed, place), seed, size)
    for number in range(count):
        yield _cube(scene, seed, size, place * CUBES_PER_PLACE + number)


def make_cube(seed: int, size: int, index: int) -> EarthCube:
    """Return cube number `index`; it equals that of `make_cubes`."""
    place = make_place(seed, index // CUBES_PER_PLACE)
    return _cube(make_scene(place, seed, size), seed, size, index)


def _cube(landscape: Scene, seed: int, size: int, index: int) -> EarthCube:
    row, col = divmod(index % CUBES_PER_PLACE, GRID)
    scene, place = landscape.window(row, col, size), landscape.place

    def rng(purpose: str) -> np.random.Generator:
        return generator(seed, "cube", index, size, purpose)

    fleet = ships.make_ships(scene, rng("ships"))
    level_1c, level_2a, radar_images = [], [], []
    for season in range(SEASONS):
        ground = materials(scene, season)
        surface = optical.ground_reflectance(scene, season, ground)
        power = radar.backscatter(scene, ground, generator(seed, "weather", place.index, season))
        if season == ships.SEASON:
            ships.draw_optical(fleet, scene, surface)
            ships.draw_radar(fleet, scene, power)
        second, first = optical.observe(scene, season, surface, rng(f"optical {season}"))
        level_1c.append(first)
        level_2a.append(second)
        radar_images.append(radar.observe(power, rng(f"radar {season}")))
    south = (row + 0.5) * size * 10.0 / METRES_PER_DEGREE
    east = (col + 0.5) * size * 10.0 / METRES_PER_DEGREE / np.cos(np.radians(place.lat))
    return EarthCube(
        id=cube_id(seed, size, index),
        place=place,
        row=row,
        col=col,
        lon=round(place.lon + float(east), 6),
        lat=round(place.lat - south, 6),
        s1=np.stack(radar_images),
        s2l1c=np.stack(level_1c),
        s2l2a=np.stack(level_2a),
        truth={
            "corine": scene.corine.copy(),
            "cdl": truth.cropland(scene),
            "agbd": truth.agbd(scene, rng("gedi")),
            "st_b10": truth.surface_temperature(scene, generator(seed, "landsat", place.index)),
            "clouds": scene.sky.classes.copy(),
            "ships": ships.positions(fleet),
            "elevation": scene.terrain.elevation.copy(),
        },
    )
