"""Points on the sphere: unit vectors, distances, and an equal-area grid of squares."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

EARTH_RADIUS = 6371.0088
"""Mean radius of the Earth in kilometres (IUGG)."""

Array = NDArray[np.float64]


def unit_vectors(lon: Array, lat: Array) -> Array:
    """Return points on the unit sphere, (n, 3), of longitudes and latitudes in degrees, (n,)."""
    lam, phi = np.radians(lon), np.radians(lat)
    return np.column_stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])


def chord_to_km(chord: Array) -> Array:
    """Return great-circle distances in kilometres of distances between unit vectors."""
    km: Array = 2 * EARTH_RADIUS * np.arcsin(np.clip(chord / 2, 0, 1))
    return km


def km_to_chord(km: float) -> float:
    """Return the distance between unit vectors of a great-circle distance in kilometres."""
    return float(2 * np.sin(min(km / EARTH_RADIUS, np.pi) / 2))


def grid_cells(lon: Array, lat: Array, km: float, offset: float = 0.0) -> NDArray[np.int64]:
    """Return the cell of each point in a grid of squares of about equal area, (n, 2).

    Bands of latitude have the height `km`; each is divided into a whole number of cells whose width
    at the centre of the band is as near to `km` as possible. Cells at 180 degrees are neighbours.

    Parameters
    ----------
    km
        Side of the cells in kilometres.
    offset
        Shift of the grid in both directions, as a share of a cell, from 0 to 1.
    """
    circumference = 2 * np.pi * EARTH_RADIUS
    band = np.floor((lat + 90) / 360 * circumference / km + offset).astype(np.int64)
    centre = (band + 0.5 - offset) * km / circumference * 360 - 90
    width = circumference * np.cos(np.radians(np.clip(centre, -90, 90)))
    cells = np.maximum(1, np.round(width / km)).astype(np.int64)
    cell = np.floor((lon + 180) / 360 % 1 * cells + offset).astype(np.int64) % cells
    return np.column_stack([band, cell])


def cell_centres(cells: NDArray[np.int64], km: float) -> tuple[Array, Array]:
    """Return longitude and latitude of the centres of cells (n, 2) of `grid_cells`, in degrees."""
    circumference = 2 * np.pi * EARTH_RADIUS
    lat: Array = np.asarray((cells[:, 0] + 0.5) * km / circumference * 360 - 90, np.float64)
    width = circumference * np.cos(np.radians(np.clip(lat, -90, 90)))
    count = np.maximum(1, np.round(width / km))
    lon: Array = np.asarray((cells[:, 1] + 0.5) / count * 360 - 180, np.float64)
    return lon, lat
