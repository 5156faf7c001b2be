"""Shares of land cover from the class codes of CORINE Land Cover.

The 100 m raster of CORINE numbers its 44 classes from 1 to 44 (grid codes). Other products, such
as the vector data, have the three-digit codes of the nomenclature, whose first digit is the
level-1 class.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from neucocore.plugin import Labels, Legend, label_shares, open_layer

GRID_SEA = 44
GRID_NO_DATA = frozenset({48, 128, 255, -128})
CLC_SEA = 523
CLC_NO_DATA = frozenset({0, 990, 995, 999, -128})
# The 44 classes of the nomenclature in order: grid code i is the i-th class.
# fmt: off
CLC = (
    111, 112, 121, 122, 123, 124, 131, 132, 133, 141, 142,
    211, 212, 213, 221, 222, 223, 231, 241, 242, 243, 244,
    311, 312, 313, 321, 322, 323, 324, 331, 332, 333, 334, 335,
    411, 412, 421, 422, 423,
    511, 512, 521, 522, CLC_SEA,
)
# fmt: on

LEGENDS = {
    "grid": Legend("CORINE grid codes", frozenset(range(1, GRID_SEA)), GRID_NO_DATA | {GRID_SEA}),
    "clc": Legend("CORINE three-digit codes", frozenset(CLC) - {CLC_SEA}, CLC_NO_DATA | {CLC_SEA}),
}
AGRICULTURE = {"grid": range(12, 23), "clc": CLC[11:22]}
FOREST = {"grid": range(23, 26), "clc": CLC[22:25]}


def agriculture(
    ids: Sequence[str],
    sources: Sequence[Path],
    *,
    cubes: str | None = None,
    codes: str = "grid",
    minimum: float = 0.5,
) -> Labels:
    """Label cubes with the share (0 to 1) of agriculture (211-244) in their land area.

    Parameters
    ----------
    ids
        Ids of the cubes.
    sources
        CORINE GeoTIFFs, or the folder of a data set with truth files.
    cubes
        Table of the cubes' grids, required for GeoTIFFs.
    codes
        Codes in the raster: ``grid`` (1-44) or ``clc`` (111-523).
    minimum
        Minimum share of a cube's pixels that are land with a class.

    Raises
    ------
    DataError
        The raster has other codes or covers no cube, or no cube has agriculture.
    """
    layer = open_layer(sources, "corine", cubes)
    return label_shares(ids, layer, LEGENDS[codes], AGRICULTURE[codes], minimum=minimum)


def forest(
    ids: Sequence[str],
    sources: Sequence[Path],
    *,
    cubes: str | None = None,
    codes: str = "grid",
    minimum: float = 0.5,
) -> Labels:
    """Label cubes with the share (0 to 1) of forest (311-313) in their land area.

    Parameters and errors are those of `agriculture`.
    """
    layer = open_layer(sources, "corine", cubes)
    return label_shares(ids, layer, LEGENDS[codes], FOREST[codes], minimum=minimum)
