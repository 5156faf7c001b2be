"""Properties that real cubes have too."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_synthetic_earth.world.cubes import EarthCube, make_cube
from neuco_plugin_synthetic_earth.world.places import make_place
from neuco_plugin_synthetic_earth.world.scene import make_scene
from neuco_plugin_synthetic_earth.world.sky import SHADOW, THICK
from neuco_plugin_synthetic_earth.world.surface import MATERIALS, materials

B02, B08, L1C_B10 = 1, 7, 10
SUMMER, WINTER = 1, 3
SEA, BROADLEAF, CITY = (44,), (23,), (1,)


def clear_pixels(cube: EarthCube, season: int, codes: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return the mask of pixels of some land cover classes under a clear sky."""
    clear = (cube.truth["clouds"][season] == 0) & (cube.s2l2a[season] != 0).any(axis=0)
    return clear & np.isin(cube.truth["corine"], codes)


def values_over(
    cubes: list[EarthCube], values: object, season: int, codes: tuple[int, ...]
) -> NDArray[np.float64]:
    parts = [values(cube)[clear_pixels(cube, season, codes)] for cube in cubes]  # type: ignore[operator]
    return np.concatenate(parts)


def test_a_cube_does_not_depend_on_whether_its_neighbours_are_generated(
    cubes: list[EarthCube],
) -> None:
    alone, together = make_cube(0, 64, 5), cubes[5]
    assert alone.id == together.id
    for name in ("s1", "s2l1c", "s2l2a"):
        assert np.array_equal(getattr(alone, name), getattr(together, name))


def test_the_landscape_is_continuous_between_adjacent_cubes(cubes: list[EarthCube]) -> None:
    steps, jumps = [], []
    for first in range(0, len(cubes), 4):
        left, right = (c.truth["elevation"] for c in cubes[first : first + 2])
        steps.append(np.abs(left[:, -1] - right[:, 0]).mean())
        jumps.append(np.abs(left[:, 0] - right[:, -1]).mean())
    assert np.mean(steps) < 0.1 * np.mean(jumps)


def test_leaves_are_green_in_the_summer_of_their_hemisphere() -> None:
    north = replace(
        make_place(0, 0), lat=50.0, temperature=np.array([8.0, 20.0, 10.0, -2.0]), moisture=0.8
    )
    south = replace(north, lat=-50.0, temperature=north.temperature[[2, 3, 0, 1]])
    for place, green, bare in ((north, SUMMER, WINTER), (south, WINTER, SUMMER)):
        scene = make_scene(place, seed=0, size=32)
        leaves, crops = (MATERIALS.index(name) for name in ("broadleaf", "crop"))
        ground = {season: materials(scene, season) for season in (SUMMER, WINTER)}
        for material in (leaves, crops):
            shares = [ground[season][material].mean() for season in (green, bare)]
            assert shares[0] > 0.05
            assert shares[1] < 0.2 * shares[0]


def test_the_sea_is_flat_and_the_land_rises_from_the_shore(cubes: list[EarthCube]) -> None:
    coasts = [c for c in cubes if 0.2 < (c.truth["corine"] == 44).mean() < 0.8]
    assert len(coasts) > 3
    ashore = []
    for cube in coasts:
        height, at_sea = cube.truth["elevation"], cube.truth["corine"] == 44
        assert np.median(height[at_sea]) < 0.01
        assert height[~at_sea].max() >= 1.0
        ashore.append(height[:, 1:][~at_sea[:, 1:] & at_sea[:, :-1]])
    assert np.median(np.concatenate(ashore)) < 3.0


def test_water_is_dark_in_the_infrared_and_cities_are_bright_in_radar(
    cubes: list[EarthCube],
) -> None:
    infrared = [
        np.median(values_over(cubes, lambda c: c.s2l2a[1, B08], 1, k)) for k in (SEA, BROADLEAF)
    ]
    assert infrared[0] < 500 < 2000 < infrared[1]
    vv = [np.median(values_over(cubes, lambda c: c.s1[1, 0], 1, k)) for k in (SEA, BROADLEAF, CITY)]
    assert vv[0] < -15 < vv[1] < vv[2]


def test_clouds_are_bright_and_cloud_shadows_are_dark(cubes: list[EarthCube]) -> None:
    medians = []
    for kind in (THICK, 0, SHADOW):
        pixels = [
            c.s2l2a[SUMMER, B08][(c.truth["clouds"][SUMMER] == kind) & (c.s2l2a[SUMMER, B08] > 0)]
            for c in cubes
        ]
        medians.append(np.median(np.concatenate(pixels)))
    assert medians[0] > 4500
    assert medians[0] > 1.5 * medians[1] > 1.5 * 1.5 * medians[2]


def test_values_have_no_offset_and_missing_pixels_are_zero_in_all_bands(
    cubes: list[EarthCube],
) -> None:
    cirrus_band = np.concatenate([c.s2l1c[:, L1C_B10].ravel() for c in cubes])
    assert np.median(cirrus_band[cirrus_band > 0]) < 50
    for cube in cubes:
        empty = (cube.s2l2a == 0).any(axis=1)
        assert np.array_equal(empty, (cube.s2l2a == 0).all(axis=1))
        assert np.array_equal(empty, (cube.s2l1c == 0).all(axis=1))
        assert cube.s2l2a.min() >= 0


def test_some_cubes_are_at_the_edge_of_the_swath_but_most_are_not(cubes: list[EarthCube]) -> None:
    shares = np.array([(c.s2l2a == 0).all(axis=1).mean() for c in cubes])
    assert 0.5 < (shares == 0).mean() < 0.95
    assert ((shares > 0) & (shares < 0.25)).any()


def test_a_ship_is_brighter_than_the_sea_around_its_position(cubes: list[EarthCube]) -> None:
    gains = []
    for cube in cubes:
        for row, col in cube.truth["ships"]:
            y, x = round(row), round(col)
            sea = np.median(cube.s1[SUMMER, 0][cube.truth["corine"] == 44])
            window = (slice(max(y - 3, 0), y + 4), slice(max(x - 3, 0), x + 4))
            gains.append([cube.s1[season, 0][window].max() - sea for season in (SUMMER, WINTER)])
    summer, winter = np.median(np.array(gains), axis=0)
    assert summer > 10
    assert summer > winter + 5


def test_snow_is_where_it_is_cold(cubes: list[EarthCube]) -> None:
    white = {"cold": [], "warm": []}
    for cube in cubes:
        bright = (cube.s2l2a[WINTER, B02] > 4000) & (cube.s2l2a[WINTER, 10] < 2500)
        kind = "cold" if cube.place.temperature[WINTER] < -9 else "warm"
        if kind == "cold" or cube.place.temperature[WINTER] > 5:
            white[kind].append((bright & (cube.truth["clouds"][WINTER] == 0)).mean())
    assert np.mean(white["cold"]) > 0.1
    assert np.mean(white["warm"]) < 0.005


def test_soybean_is_brighter_than_corn_in_the_infrared_but_darker_in_radar(
    cubes: list[EarthCube],
) -> None:
    corn, soy = [], []
    for cube in cubes:
        clear = cube.truth["clouds"][SUMMER] == 0
        for code, means in ((1, corn), (5, soy)):
            pixels = clear & (cube.truth["cdl"] == code) & (cube.s2l2a[SUMMER, B08] > 0)
            if cube.lat > 20 and pixels.sum() > 50:
                means.append(
                    [cube.s2l2a[SUMMER, B08][pixels].mean(), cube.s1[SUMMER, 1][pixels].mean()]
                )
    corn_nir, corn_vh = np.mean(corn, axis=0)
    soy_nir, soy_vh = np.mean(soy, axis=0)
    assert soy_nir > corn_nir
    assert corn_vh > soy_vh


def test_there_is_no_biomass_beyond_the_latitudes_of_gedi(cubes: list[EarthCube]) -> None:
    far = [c for c in cubes if abs(c.lat) > 52]
    near = [c for c in cubes if abs(c.lat) < 51]
    assert far
    assert all((c.truth["agbd"] == -9999).all() for c in far)
    assert np.mean([(c.truth["agbd"] != -9999).any() for c in near]) > 0.9


def test_sealed_ground_is_warmer_than_forest(cubes: list[EarthCube]) -> None:
    gaps = []
    for cube in cubes:
        kelvin = cube.truth["st_b10"] * 0.00341802 + 149.0
        valid = cube.truth["st_b10"] > 0
        city = valid & np.isin(cube.truth["corine"], (1, 2, 3))
        green = valid & np.isin(cube.truth["corine"], (23, 24, 25))
        if city.sum() > 100 and green.sum() > 100:
            gaps.append(kelvin[city].mean() - kelvin[green].mean())
    assert len(gaps) > 5
    assert np.median(gaps) > 2.0


def test_nearby_places_have_similar_climates() -> None:
    places = [make_place(0, index) for index in range(300)]
    points = np.radians([[p.lat, p.lon] for p in places])
    xyz = np.stack(
        [
            np.cos(points[:, 0]) * np.cos(points[:, 1]),
            np.cos(points[:, 0]) * np.sin(points[:, 1]),
            np.sin(points[:, 0]),
        ]
    ).T
    angle = np.degrees(np.arccos(np.clip(xyz @ xyz.T, -1, 1)))
    wet = np.array([p.moisture for p in places])
    difference = np.abs(wet[:, None] - wet[None, :])
    pairs = np.triu(np.ones_like(angle, bool), 1)
    assert difference[pairs & (angle < 5)].mean() < 0.5 * difference[pairs & (angle > 40)].mean()
