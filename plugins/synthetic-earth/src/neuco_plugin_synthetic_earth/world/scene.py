"""A landscape: everything in a place that does not depend on the season, and its sky."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_synthetic_earth.world import codes
from neuco_plugin_synthetic_earth.world.city import City, make_city
from neuco_plugin_synthetic_earth.world.cover import generalised, make_cover
from neuco_plugin_synthetic_earth.world.farmland import Parcels, make_parcels, plant
from neuco_plugin_synthetic_earth.world.fields import Field, fractal, generator, smooth
from neuco_plugin_synthetic_earth.world.places import GRID, Place
from neuco_plugin_synthetic_earth.world.sky import Sky, make_sky
from neuco_plugin_synthetic_earth.world.terrain import Terrain, make_terrain

MARGIN = 32  # pixels; the fields are periodic, but opposite cubes must be independent


@dataclass(frozen=True)
class Scene:
    """The parts of a landscape that do not depend on the season; the last axes are (y, x).

    Attributes
    ----------
    cover
        uint8 CORINE grid codes of the true land cover.
    corine
        uint8 CORINE grid codes of the generalised map.
    crop
        uint8 Cropland Data Layer codes of crops, 0 outside tilled land.
    layers
        (layer, y, x) shares of `codes.LAYERS`, with more detail than `cover`.
    age
        Relative age of the trees, 0 to 1.
    vigour, timing
        Variation of crops between parcels: factor of the greenness, shift in seasons.
    tone, tint
        Variation of the brightness and of the slope of the spectrum, both with mean 0.
    texture
        Texture of canopy and ground with unit variance.
    waves
        Texture of the sea surface with unit variance.
    """

    place: Place
    terrain: Terrain
    city: City
    sky: Sky
    cover: NDArray[np.uint8]
    corine: NDArray[np.uint8]
    crop: NDArray[np.uint8]
    layers: Field
    age: Field
    vigour: Field
    timing: Field
    tone: Field
    tint: Field
    texture: Field
    waves: Field

    def window(self, row: int, col: int, size: int) -> Scene:
        """Return the part of one cube, as views; `row` and `col` are its position in the grid."""
        part = (..., slice(row * size, (row + 1) * size), slice(col * size, (col + 1) * size))
        return _cut(self, part)


def _cut(value: object, part: tuple[object, ...]) -> object:
    if isinstance(value, np.ndarray):
        return value[part]
    if isinstance(value, (Scene, Terrain, City, Sky)):
        return type(value)(**{f.name: _cut(getattr(value, f.name), part) for f in fields(value)})
    return value


def make_scene(place: Place, seed: int, size: int) -> Scene:
    """Return the landscape of a place, for cubes of `size` pixels."""
    side = -(-(GRID * size + MARGIN) // 32) * 32
    shape = (side, side)

    def rng(purpose: str) -> np.random.Generator:
        return generator(seed, "scene", place.index, size, purpose)

    terrain = make_terrain(place, rng("terrain"), shape)
    city = make_city(place, rng("city"), shape)
    parcels = make_parcels(place, rng("parcels"), shape)
    cover = make_cover(place, rng("cover"), terrain, city, parcels)
    city.height[np.isin(cover, codes.WATERS)] = 0.0
    crop = np.where(np.isin(cover, codes.TILLED), plant(place, rng("crops"), parcels), 0)
    age = _age(rng("trees"), shape)
    layers = _layers(rng("layers"), cover, city, parcels, age)
    vary = rng("variation")
    farmed = np.isin(cover, codes.FARMED)
    parcel_tone = parcels.spread(vary.normal(0.0, 1.0, parcels.count))
    return Scene(
        place=place,
        terrain=terrain,
        city=city,
        sky=make_sky(place, rng("sky"), shape),
        cover=cover,
        corine=generalised(cover),
        crop=crop.astype(np.uint8),
        layers=layers,
        age=age,
        vigour=parcels.spread(np.clip(vary.normal(0.9, 0.12, parcels.count), 0.4, 1.15)),
        timing=parcels.spread(vary.normal(0.0, 0.16, parcels.count))
        + np.float32(vary.normal(0, 0.12)),
        tone=0.10 * fractal(vary, shape, 60.0, 2.6)
        + np.where(farmed, 0.10 * parcel_tone, 0.0).astype(np.float32),
        tint=0.7 * fractal(vary, shape, 120.0) + np.float32(0.7 * vary.normal()),
        texture=fractal(vary, shape, 4.0, 2.0),
        waves=fractal(vary, shape, 12.0, 2.4, angle=vary.uniform(0, np.pi), stretch=4.0),
    )


def _age(rng: np.random.Generator, shape: tuple[int, int]) -> Field:
    """Return the age of the trees, 0 to 1: stands of some hectares, with young clearings."""
    level = rng.normal(0.3, 0.7)
    stand = 0.9 * smooth(rng, shape, 10.0) + 0.5 * smooth(rng, shape, 3.0) + level
    cleared = smooth(rng, shape, 5.0) > 1.9
    age = 0.5 + 0.5 * np.tanh(0.8 * stand)
    return np.where(cleared, 0.12 * age, age).astype(np.float32)


def _layers(
    rng: np.random.Generator,
    cover: NDArray[np.uint8],
    city: City,
    parcels: Parcels,
    age: Field,
) -> Field:
    """Return the shares of the layers, with details that are not in the land cover map."""
    layers = np.moveaxis(codes.MIXTURES[cover], -1, 0).copy()
    urban = np.isin(cover, codes.URBAN)
    layers[:, urban] = city.layers[:, urban]
    name = codes.LAYERS.index
    # Hedges, tracks and single trees; open ground between young trees.
    farmed = np.isin(cover, codes.FARMED)
    hedge = farmed & parcels.edge
    layers[:, hedge] *= 0.45
    wooded = rng.random(parcels.count)[parcels.id] < 0.4
    layers[name("broadleaf"), hedge & wooded] += 0.55
    layers[name("grass"), hedge & ~wooded] += 0.3
    layers[name("soil"), hedge & ~wooded] += 0.25
    scattered = (smooth(rng, cover.shape, 1.2) > 2.3) & (farmed | (cover == codes.GRASSLAND))
    layers[:, scattered] *= 0.4
    layers[name("broadleaf"), scattered] += 0.6
    trees = np.isin(cover, codes.FORESTS)
    open_ground = np.where(trees, 0.65 * np.exp(-3.5 * age), 0.0).astype(np.float32)
    for layer in ("broadleaf", "conifer"):
        layers[name(layer)] *= 1.0 - open_ground
    layers[name("grass")] += np.where(trees, open_ground * 0.95, 0.0)
    _pave(rng, layers, cover)
    return layers


def _pave(rng: np.random.Generator, layers: Field, cover: NDArray[np.uint8]) -> None:
    """Add up to two roads, which are too narrow for the land cover map."""
    y, x = np.ogrid[: cover.shape[0], : cover.shape[1]]
    bend = smooth(rng, cover.shape, 30.0)
    for _ in range(int(rng.integers(0, 3))):
        angle, through = rng.uniform(0.0, np.pi), rng.uniform(0.2, 0.8, 2) * cover.shape
        distance = np.abs(
            (x - through[1]) * np.sin(angle) - (y - through[0]) * np.cos(angle) + 6.0 * bend
        )
        road = np.clip(1.3 - distance, 0.0, 0.75) * ~np.isin(cover, codes.WATERS)
        layers *= 1.0 - road
        layers[codes.LAYERS.index("asphalt")] += road
