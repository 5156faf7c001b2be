"""Cities and villages: their density, and what their blocks are built of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_synthetic_earth.world import codes
from neuco_plugin_synthetic_earth.world.fields import Field, smooth
from neuco_plugin_synthetic_earth.world.places import Place

TABLE = 4096  # number of rows of random plot properties; a hash of the position selects the row


@dataclass(frozen=True)
class City:
    """The built-up part of a landscape.

    Attributes
    ----------
    density
        (y, x) 0 to 1, smoothed share of the ground that is built up.
    cover
        (y, x) uint8 CORINE code, 0 outside urban areas.
    layers
        (layer, y, x) shares of `codes.LAYERS` where `cover` is urban.
    height
        (y, x) how strongly buildings reflect radar, 0 to about 3.
    """

    density: Field
    cover: NDArray[np.uint8]
    layers: Field
    height: Field


def make_city(place: Place, rng: np.random.Generator, shape: tuple[int, int]) -> City:
    """Return the city or village of a place; its density is 0 where there is none."""
    density = _density(place, rng, shape)
    cover = _cover(rng, density)
    street, cell = _grid(rng, shape)
    table = rng.random((TABLE, 4)).astype(np.float32)
    chance = table[cell]
    factory = cover == codes.INDUSTRIAL
    built = (chance[..., 0] < np.where(factory, 0.75, 0.15 + 0.85 * density)) & ~street
    built &= (cover > 0) & (cover != codes.URBAN_GREEN)
    # Style of the city: shares of tiled roofs, of dark roofs, and of gardens with trees.
    style = rng.uniform([0.08, 0.2, 0.3], [0.5, 0.45, 0.8])
    layers = _layers(cover, street, built, factory, chance, style)
    tall = np.exp(1.1 * (chance[..., 3] - 0.5) * 2.0) * (0.4 + density)
    return City(density, cover, layers, np.where(built, tall, 0.0).astype(np.float32))


def _density(place: Place, rng: np.random.Generator, shape: tuple[int, int]) -> Field:
    y, x = np.ogrid[: shape[0], : shape[1]]
    centre = rng.uniform(0.1, 0.75, 2) * shape
    if place.city:
        reach = place.city * rng.uniform(50.0, 150.0)
        peak = 0.5 + 0.7 * place.city
    elif rng.random() < 0.5 * place.farming:
        reach, peak = rng.uniform(7.0, 16.0), 0.75
    else:
        return np.zeros(shape, np.float32)
    distance = np.hypot(y - centre[0], x - centre[1])
    uneven = 1.0 + 0.3 * smooth(rng, shape, 5.0)
    field = peak * np.exp(-((distance / reach) ** 2)) * uneven - 0.05
    return np.clip(field, 0.0, 0.95).astype(np.float32)


def _cover(rng: np.random.Generator, density: Field) -> NDArray[np.uint8]:
    shape = density.shape
    cover = np.zeros(shape, np.uint8)
    cover[density > 0.22] = codes.URBAN_DISCONTINUOUS
    cover[density > 0.62] = codes.URBAN_CONTINUOUS
    zone = smooth(rng, shape, 9.0)
    cover[(cover > 0) & (zone > 1.25)] = codes.INDUSTRIAL
    cover[(cover > 0) & (zone < -1.5)] = codes.URBAN_GREEN
    return cover


def _grid(
    rng: np.random.Generator, shape: tuple[int, int]
) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Return the mask of streets, and the table row of the building plot of every pixel."""
    angle, block = rng.uniform(0.0, np.pi), rng.uniform(8.0, 13.0)
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    bend = rng.uniform(0.0, 4.0)
    u = x * np.cos(angle) + y * np.sin(angle) + bend * smooth(rng, shape, 20.0)
    v = y * np.cos(angle) - x * np.sin(angle) + bend * smooth(rng, shape, 20.0)
    street = (np.mod(u, block) < 1.3) | (np.mod(v, 1.4 * block) < 1.3)
    plot_u, plot_v = np.floor(u / 2.6).astype(np.intp), np.floor(v / 2.6).astype(np.intp)
    return street, ((plot_u * 73_856_093) ^ (plot_v * 19_349_663)) % TABLE


def _layers(
    cover: NDArray[np.uint8],
    street: NDArray[np.bool_],
    built: NDArray[np.bool_],
    factory: NDArray[np.bool_],
    chance: Field,
    style: NDArray[np.float64],
) -> Field:
    layers = np.moveaxis(codes.MIXTURES[cover], -1, 0).copy()
    name = codes.LAYERS.index
    roof, garden = chance[..., 1], chance[..., 2]
    tiled, dark, wooded = style[0], style[0] + style[1], style[2]
    towns = np.isin(cover, (codes.URBAN_CONTINUOUS, codes.URBAN_DISCONTINUOUS, codes.INDUSTRIAL))
    # A plot consists of 40 % of the mixture of its class and 60 % of what is built on it.
    layers[:, towns] *= 0.4
    built_share = 0.6
    paved = towns & street
    layers[name("asphalt"), paved] += built_share
    house = towns & built
    layers[name("concrete"), house & ((roof > dark) | factory)] += built_share
    layers[name("tiles"), house & (roof <= tiled) & ~factory] += built_share
    layers[name("asphalt"), house & (roof > tiled) & (roof <= dark) & ~factory] += built_share
    open_plot = towns & ~street & ~built
    layers[name("broadleaf"), open_plot & (garden < wooded)] += built_share
    layers[name("grass"), open_plot & (garden >= wooded)] += built_share
    return layers
