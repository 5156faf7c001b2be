"""Draw cubes of the synthetic Earth next to each other, without writing them to files.

    python examples/draw_synthetic_earth.py docs/images/synthetic-earth.png
    python examples/draw_synthetic_earth.py big.png --size 264 --cubes 16,48,96

Rows: true colour in summer and in winter, false colour, Sentinel-1, and the land cover truth.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from neuco_plugin_synthetic_earth.plugin import SEASONS
from neuco_plugin_synthetic_earth.world.cubes import EarthCube, make_cube
from neucocore.data.cubes.image import add_scale, composites
from neucocore.plugin import BANDS, Cube

# A ship, a harbour town, fields, a city, hills, cumulus clouds, the edge of the swath, snow.
CUBES = (75, 15, 97, 459, 300, 255, 448, 85)
SUMMER, WINTER = 1, 3
INCHES, DOTS_PER_INCH = 1.5, 100
PIXEL_METRES = 10.0

LAND_COVER = (
    ("artificial", range(1, 12), (0.85, 0.10, 0.15)),
    ("agriculture", range(12, 23), (1.00, 0.90, 0.50)),
    ("forest", range(23, 26), (0.15, 0.55, 0.15)),
    ("grass and shrub", range(26, 30), (0.65, 0.85, 0.35)),
    ("bare", range(30, 35), (0.75, 0.70, 0.65)),
    ("wetland", range(35, 40), (0.60, 0.55, 0.85)),
    ("water", range(40, 45), (0.35, 0.65, 0.90)),
)


def main() -> None:
    """Draw the cubes given on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--cubes", default=",".join(map(str, CUBES)), help="numbers of the cubes")
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    cubes = [
        make_cube(arguments.seed, arguments.size, int(number))
        for number in arguments.cubes.split(",")
    ]
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    draw(cubes).savefig(arguments.out, dpi=DOTS_PER_INCH)


def draw(cubes: list[EarthCube]) -> Figure:
    """Return a figure with one column per cube."""
    columns = [rows_of(cube) for cube in cubes]
    names = list(columns[0])
    height = len(names) * INCHES + 0.8
    figure = Figure(figsize=(len(cubes) * INCHES + 0.4, height), layout="constrained")
    axes = figure.subplots(len(names), len(cubes), squeeze=False)
    for number, (cube, images) in enumerate(zip(cubes, columns, strict=True)):
        axes[0, number].set_title(_place(cube.lon, cube.lat), fontsize=8)
        for row, name in enumerate(names):
            axes[row, number].imshow(images[name], interpolation="nearest")
            axes[row, number].set(xticks=[], yticks=[])
        add_scale(axes[0, number], cube.s2l2a.shape[-1], PIXEL_METRES)
    for row, name in enumerate(names):
        axes[row, 0].set_ylabel(name, fontsize=8)
    size = cubes[0].s2l2a.shape[-1]
    figure.suptitle(
        f"The synthetic Earth: cubes of {size} x {size} pixels of {PIXEL_METRES:g} m", fontsize=10
    )
    patches = [
        axes[-1, 0].plot([], [], "s", color=colour, label=name)[0] for name, _, colour in LAND_COVER
    ]
    figure.legend(handles=patches, loc="outside lower center", ncols=len(patches), fontsize=7)
    return figure


def _place(lon: float, lat: float) -> str:
    """Return a place such as ``44° N, 167° W``."""
    return f"{abs(lat):.0f}° {'N' if lat >= 0 else 'S'}, {abs(lon):.0f}° {'E' if lon >= 0 else 'W'}"


def rows_of(cube: EarthCube) -> dict[str, NDArray[np.float32]]:
    """Return the images of a cube from top to bottom, by label."""
    images = composites(
        Cube(
            id=cube.id,
            arrays={"s1": cube.s1, "s2l2a": cube.s2l2a},
            bands={name: BANDS[name] for name in ("s1", "s2l2a")},
            nodata={"s2l2a": 0},
            season_names=SEASONS,
        )
    )
    return {
        "true colour\nsummer": images["true colour"][SUMMER],
        "true colour\nwinter": images["true colour"][WINTER],
        "false colour\nsummer": images["false colour"][SUMMER],
        "radar\nsummer": images["radar"][SUMMER],
        "land cover\ntruth": land_cover(cube.truth["corine"]),
    }


def land_cover(codes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return an image of CORINE grid codes, coloured by group."""
    image = np.ones((*codes.shape, 3), np.float32)
    for _, group, colour in LAND_COVER:
        image[np.isin(codes, list(group))] = colour
    return image


if __name__ == "__main__":
    main()
