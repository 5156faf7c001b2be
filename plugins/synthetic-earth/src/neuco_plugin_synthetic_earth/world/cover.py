"""Which land cover is where, and what a map of it shows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_synthetic_earth.world import codes
from neuco_plugin_synthetic_earth.world.city import City
from neuco_plugin_synthetic_earth.world.farmland import Parcels
from neuco_plugin_synthetic_earth.world.fields import blurred, smooth
from neuco_plugin_synthetic_earth.world.places import Place
from neuco_plugin_synthetic_earth.world.terrain import Terrain

MAP_UNIT = 2.5  # pixels, radius of what a land cover map leaves out
DRAWN_BY_PEOPLE = 0.3  # share of farming from which borders follow parcels


def make_cover(
    place: Place, rng: np.random.Generator, terrain: Terrain, city: City, parcels: Parcels
) -> NDArray[np.uint8]:
    """Let the classes compete: a random field each, lifted by how well it suits the place."""
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
        if place.farming > DRAWN_BY_PEOPLE:  # borders of fields, less so of woods
            drawn = parcels.mean(score)
            share = 1.0 if code in codes.FARMED else straight
            score = share * drawn + (1.0 - share) * score
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
    """Return what a map with a smallest unit shows: at each pixel the commonest class around.

    CORINE's unit is 25 ha; a cube of 64 pixels would hold one or two, so this map is finer.
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
