"""Distances and the equal-area grid, against formulas written out here."""

from __future__ import annotations

import numpy as np
import pytest

from neucocore.statistics.sphere import (
    EARTH_RADIUS,
    chord_to_km,
    grid_cells,
    km_to_chord,
    unit_vectors,
)

RNG = np.random.default_rng(0)


def haversine(lon1, lat1, lon2, lat2):
    lon1, lat1, lon2, lat2 = map(np.radians, (lon1, lat1, lon2, lat2))
    a = np.sin((lat2 - lat1) / 2) ** 2
    a = a + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371.0088 * np.arcsin(np.sqrt(a))


def test_chords_are_great_circle_distances():
    lon, lat = RNG.uniform(-180, 180, (2, 500)), RNG.uniform(-90, 90, (2, 500))
    chord = np.linalg.norm(unit_vectors(lon[0], lat[0]) - unit_vectors(lon[1], lat[1]), axis=1)
    assert chord_to_km(chord) == pytest.approx(haversine(lon[0], lat[0], lon[1], lat[1]))
    assert chord_to_km(np.array([km_to_chord(250.0)])) == pytest.approx([250])


@pytest.mark.parametrize("km", [10, 100, 500])
def test_cells_have_about_equal_areas(km):
    """Uniform points on the sphere: all cells hold about the same number, but for the poles."""
    n = 400_000
    lon = RNG.uniform(-180, 180, n)
    lat = np.degrees(np.arcsin(RNG.uniform(-1, 1, n)))
    inside = np.abs(lat) < 80
    cells = grid_cells(lon[inside], lat[inside], max(km, 100))
    counts = np.unique(cells, axis=0, return_counts=True)[1]
    expected = n * max(km, 100) ** 2 / (4 * np.pi * EARTH_RADIUS**2)
    assert counts.mean() == pytest.approx(expected, rel=0.05)
    assert np.quantile(counts, 0.95) < 1.1 * expected + 4 * np.sqrt(expected)


def test_cells_are_squares_of_the_side():
    lat = np.full(1000, 60.0)
    lon = np.linspace(0, 10, 1000)
    cells = grid_cells(lon, lat, 50.0)[:, 1]
    width = haversine(0, 60, 10, 60) / 50
    assert len(np.unique(cells)) == pytest.approx(width, abs=1.5)
    north = grid_cells(np.zeros(1000), np.linspace(40, 50, 1000), 50.0)[:, 0]
    assert len(np.unique(north)) == pytest.approx(haversine(0, 40, 0, 50) / 50, abs=1.5)


def test_the_date_line_and_the_poles():
    lon = np.array([180.0, -180.0, 179.999999, 540.0])
    cells = grid_cells(lon, np.zeros(4), 100.0)
    assert (cells[0] == cells[1]).all()
    assert (cells[0] == cells[3]).all()
    last = grid_cells(np.array([179.9999]), np.zeros(1), 100.0)
    assert last[0, 1] != cells[0, 1]
    poles = grid_cells(np.array([-170.0, 10.0, 100.0]), np.array([90.0, 90.0, -90.0]), 100.0)
    assert (poles[:2, 1] <= 3).all()
    assert np.isfinite(poles).all()


def test_an_offset_moves_the_grid():
    lon, lat = RNG.uniform(0, 20, 500), RNG.uniform(40, 50, 500)
    a = grid_cells(lon, lat, 100.0)
    b = grid_cells(lon, lat, 100.0, 0.5)
    same_a = (a[:, None] == a[None]).all(axis=2)
    same_b = (b[:, None] == b[None]).all(axis=2)
    assert (same_a != same_b).any()
