"""Parcels of farmland, and the crops that grow on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_synthetic_earth.world import codes
from neuco_plugin_synthetic_earth.world.fields import Field, smooth
from neuco_plugin_synthetic_earth.world.places import Place

Ids = NDArray[np.intp]


@dataclass(frozen=True)
class Parcels:
    """The division of the land into parcels.

    Attributes
    ----------
    id
        (y, x) number of the parcel, from 0 to count - 1.
    edge
        (y, x) True on the tracks and hedges between parcels.
    count
        Number of parcels.
    """

    id: Ids
    edge: NDArray[np.bool_]
    count: int

    def spread(self, values: NDArray[np.floating]) -> Field:
        """Return the value of the parcel of each pixel, (y, x)."""
        return values[self.id].astype(np.float32)

    def mean(self, values: Field) -> Field:
        """Return the mean of `values` over the parcel of each pixel, (y, x)."""
        flat = self.id.ravel()
        total = np.bincount(flat, values.ravel(), self.count)
        return self.spread(total / np.maximum(np.bincount(flat, minlength=self.count), 1))


def make_parcels(place: Place, rng: np.random.Generator, shape: tuple[int, int]) -> Parcels:
    """Divide the land into estates, and each estate into parcels with the same orientation."""
    estate = _estates(rng, shape)
    bend = (0.5 + 0.12 * place.relief**0.7) * (1.2 - place.corn_belt)
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    x = x + bend * smooth(rng, shape, 12.0)
    y = y + bend * smooth(rng, shape, 12.0)
    key = np.zeros(shape, np.intp)
    edge = np.zeros(shape, np.bool_)
    for number in range(int(estate.max()) + 1):
        inside = estate == number
        angle = rng.uniform(0.0, np.pi)
        u = x[inside] * np.cos(angle) + y[inside] * np.sin(angle)
        v = y[inside] * np.cos(angle) - x[inside] * np.sin(angle)
        width = np.exp(rng.normal(2.3 + 0.8 * place.corn_belt, 0.3))
        names, edge[inside] = _strips(rng, u, v, width)
        key[inside] = number * 10_000_000 + names
    keys, parcel = np.unique(key, return_inverse=True)
    parcel = parcel.reshape(shape)
    has_edge = rng.random(len(keys)) < 0.75  # some parcels have no track or hedge
    return Parcels(parcel, edge & has_edge[parcel], len(keys))


def _estates(rng: np.random.Generator, shape: tuple[int, int]) -> Ids:
    """Return the number of the nearest of a few centres, (y, x), with irregular borders."""
    count = max(2, round(shape[0] * shape[1] / 90.0**2))
    centres = rng.uniform(0.0, 1.0, (count, 2)) * shape
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    y, x = y + 4.0 * smooth(rng, shape, 10.0), x + 4.0 * smooth(rng, shape, 10.0)
    nearest, min_distance = np.zeros(shape, np.intp), np.full(shape, np.inf, np.float32)
    for number, (row, col) in enumerate(centres):
        distance = (y - row) ** 2 + (x - col) ** 2
        nearest[distance < min_distance] = number
        min_distance = np.minimum(min_distance, distance)
    return nearest


def _strips(
    rng: np.random.Generator, u: Field, v: Field, width: float
) -> tuple[Ids, NDArray[np.bool_]]:
    """Divide an estate into strips along `u` and parcels along `v`; return numbers and borders."""
    span = float(u.max() - u.min()) if u.size else 0.0
    start = float(u.min()) if u.size else 0.0
    widths = width * rng.lognormal(0.0, 0.3, int(2.5 * span / width) + 3)
    borders = start + np.cumsum(widths) - widths[0] * rng.random()
    strip = np.searchsorted(borders, u)
    lengths = width * rng.uniform(1.1, 2.6) * rng.lognormal(0.0, 0.4, len(borders) + 1)
    along = v / lengths[strip] + rng.uniform(0.0, 1.0, len(lengths))[strip]
    row = np.floor(along).astype(np.intp)
    at_border = (u - np.append(start, borders)[strip] < 1.0) | (
        (along - row) * lengths[strip] < 1.0
    )
    return strip * 2_000 + row + 1_000, at_border


def plant(place: Place, rng: np.random.Generator, parcels: Parcels) -> NDArray[np.uint8]:
    """Return the Cropland Data Layer code of the crop of the parcel of each pixel, (y, x)."""
    summer_crop = 0.15 + 0.75 * place.corn_belt
    corn_share = rng.uniform(0.35, 0.65)
    others = np.array([0.42, 0.2, 0.14, 0.14, 0.1])
    others = others * rng.gamma(1.5, 1.0, len(others))
    chances = np.concatenate(
        [
            summer_crop * np.array([corn_share, 1.0 - corn_share]),
            (1.0 - summer_crop) * others / others.sum(),
        ]
    )
    kinds = rng.choice(np.array(codes.CROPS, np.uint8), parcels.count, p=chances / chances.sum())
    return kinds[parcels.id]
