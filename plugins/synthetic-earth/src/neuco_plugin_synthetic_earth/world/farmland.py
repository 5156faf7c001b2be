"""Parcels: the patchwork that people lay over the land, and what grows on it."""

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
    """A patchwork of fields.

    Attributes
    ----------
    id
        (y, x) number of the parcel, 0 to count - 1.
    edge
        (y, x) True on the tracks and hedges between parcels.
    count
        Number of parcels.
    angle
        Direction of rows and tillage, radians.
    """

    id: Ids
    edge: NDArray[np.bool_]
    count: int
    angle: float

    def spread(self, values: NDArray[np.floating]) -> Field:
        """Return (y, x) from one value per parcel."""
        return values[self.id].astype(np.float32)

    def mean(self, values: Field) -> Field:
        """Return (y, x) with every parcel at its mean of `values`."""
        flat = self.id.ravel()
        total = np.bincount(flat, values.ravel(), self.count)
        return self.spread(total / np.maximum(np.bincount(flat, minlength=self.count), 1))


def make_parcels(place: Place, rng: np.random.Generator, shape: tuple[int, int]) -> Parcels:
    """Lay strips over the canvas, each cut into parcels, slightly bent by the land."""
    angle = rng.uniform(0.0, np.pi)
    width = np.exp(rng.normal(2.2 + 0.6 * place.corn_belt, 0.25))
    length = width * rng.uniform(1.1, 2.6)
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    bend = (0.5 + 0.12 * place.relief**0.7) * (1.2 - place.corn_belt)
    u = x * np.cos(angle) + y * np.sin(angle) + bend * smooth(rng, shape, 12.0)
    v = y * np.cos(angle) - x * np.sin(angle) + bend * smooth(rng, shape, 12.0)
    reach = float(sum(shape))
    borders = np.cumsum(width * rng.lognormal(0.0, 0.3, int(3 * reach / width) + 2)) - 1.5 * reach
    strip = np.searchsorted(borders, u)
    heights = length * rng.lognormal(0.0, 0.4, len(borders) + 1)
    offsets = rng.uniform(0.0, 1.0, len(borders) + 1)
    along = v / heights[strip] + offsets[strip]
    row = np.floor(along).astype(np.intp)
    key = strip.astype(np.intp) * 100_003 + row
    names, number = np.unique(key, return_inverse=True)
    number = number.reshape(shape)
    to_side = u - borders[np.maximum(strip - 1, 0)]
    to_end = (along - row) * heights[strip]
    edge = (to_side < 1.0) | (to_end < 1.0)
    return Parcels(number, edge & (rng.random(len(names))[number] < 0.75), len(names), angle)


def plant(place: Place, rng: np.random.Generator, parcels: Parcels) -> NDArray[np.uint8]:
    """Return (y, x) the Cropland Data Layer code of what would grow on every parcel."""
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
