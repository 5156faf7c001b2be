"""The land cover, and a generalised map of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_synthetic_earth.world import codes
from neuco_plugin_synthetic_earth.world.city import City
from neuco_plugin_synthetic_earth.world.farmland import Parcels
from neuco_plugin_synthetic_earth.world.fields import blurred, smooth
from neuco_plugin_synthetic_earth.world.places import Place
from neuco_plugin_synthetic_earth.world.terrain import Terrain

MAP_UNIT = 2.5  # radius in pixels of the smallest objects in the land cover map
PARCEL_BORDERS = 0.3  # share of farmland above which borders follow parcels


def make_cover(
    place: Place, rng: np.random.Generator, terrain: Terrain, city: City, parcels: Parcels
) -> NDArray[np.uint8]:
    """Return the class of highest score, a random field plus its suitability for the place."""
    steep = np.hypot(terrain.gradient_east, terrain.gradient_south)
    high = (terrain.elevation - place.altitude) / max(place.relief, 1.0)
    best = np.full(steep.shape, -np.inf, np.float32)
    cover = np.zeros(steep.shape, np.uint8)
    straight = rng.uniform(0.0, 1.0)
    for code, bias in _suitability(place).items():
        score = smooth(rng, steep.shape, rng.uniform(9.0, 14.0)) + bias + 0.8 * rng.normal()
        if code in codes.TILLED:
            score = score - 9.0 * steep
        if code in (codes.CONIFER, codes.ROCK):
            score = score + 0.4 * high
        if code == codes.MARSH:
            score = score - 0.8 * high - 12.0 * steep
        if place.farming > PARCEL_BORDERS:  # all borders of farmland, some of forests
            by_parcel = parcels.mean(score)
            share = 1.0 if code in codes.FARMED else straight
            score = share * by_parcel + (1.0 - share) * score
        cover[score > best] = code
        best = np.maximum(best, score)
    cover[city.cover > 0] = city.cover[city.cover > 0]
    cover[(terrain.shore > 0) & (terrain.shore < rng.uniform(0.0, 6.0))] = codes.BEACH
    cover[terrain.river], cover[terrain.lake], cover[terrain.sea] = (
        codes.RIVER,
        codes.LAKE,
        codes.SEA,
    )
    return cover


def generalised(cover: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the most frequent class around each pixel, as in a map with a minimum mapping unit.

    The minimum mapping unit of CORINE is 25 ha; a cube of 64 pixels has only one or two of these,
    so this map is finer.
    """
    best = np.zeros(cover.shape, np.float32)
    result = np.zeros_like(cover)
    for code in np.unique(cover):
        near = blurred((cover == code).astype(np.float32), MAP_UNIT)
        result[near > best] = code
        best = np.maximum(best, near)
    return result


def _suitability(place: Place) -> dict[int, float]:
    wet, farm = place.moisture, place.farming
    warmth = float(place.temperature.mean())
    mild = float(1.0 / (1.0 + np.exp(-(warmth - 7.0) / 2.5)))
    broad = 2.4 * wet * mild - 0.4 - 0.6 * farm
    conifer = 2.4 * wet * (1.0 - mild) - 0.3 - 0.6 * farm
    arable = codes.IRRIGATED if wet < 0.35 else codes.ARABLE
    shrub = codes.SCLEROPHYLL if warmth > 13.0 else codes.MOOR
    return {
        arable: 4.2 * farm - 1.0,
        codes.PASTURE: 1.9 * farm * wet - 0.4,
        codes.COMPLEX: 1.9 * farm - 0.9,
        codes.VINEYARD if warmth > 11.0 else codes.FRUIT: 1.2 * farm - 1.5,
        codes.BROADLEAF: broad,
        codes.CONIFER: conifer,
        codes.MIXED: 0.5 * (broad + conifer),
        codes.TRANSITIONAL: 0.6 * wet - 0.9,
        codes.GRASSLAND: 0.4 - 0.8 * wet,
        shrub: 0.5 - 0.9 * wet,
        codes.SPARSE: 3.0 * (0.42 - wet),
        codes.ROCK: -1.8 + 0.012 * place.relief,
        codes.MARSH: 0.8 * wet - 1.4,
    }
