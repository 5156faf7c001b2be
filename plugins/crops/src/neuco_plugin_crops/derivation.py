"""Share of corn and soybean from the Cropland Data Layer, in its own codes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from neucocore.plugin import Labels, Legend, label_shares, open_layer

CORN, SOYBEAN = 1, 5
SPECIALTY_CORN = frozenset({12, 13})
# Two harvests in one year, of which one is corn or soybean.
DOUBLE_CROPS = frozenset({26, 225, 226, 237, 239, 240, 241, 254})
NO_DATA = frozenset({0, 81, 255})
LEGEND = Legend("Cropland Data Layer codes", frozenset(range(1, 255)) - NO_DATA, NO_DATA)


def corn_and_soybean(
    ids: Sequence[str],
    sources: Sequence[Path],
    *,
    cubes: str | None = None,
    double_crops: bool = True,
    specialty: bool = False,
    minimum: float = 0.5,
) -> Labels:
    """Label cubes with the share (0 to 1) of their pixels that grow corn or soybean.

    Parameters
    ----------
    ids
        Ids of the cubes.
    sources
        Cropland Data Layer GeoTIFFs of one year, or a synthetic Earth's folder.
    cubes
        Table of the cubes' grids, for GeoTIFFs.
    double_crops
        Count fields that bore corn or soybean and another crop in one year.
    specialty
        Count sweet corn (12) and pop or ornamental corn (13).
    minimum
        Least share of a cube's pixels that must hold a class (not 0 or 81).

    Raises
    ------
    DataError
        The raster covers no cube, or no cube has corn or soybean.
    """
    wanted = {CORN, SOYBEAN}
    wanted |= DOUBLE_CROPS if double_crops else set()
    wanted |= SPECIALTY_CORN if specialty else set()
    layer = open_layer(sources, "cdl", cubes)
    return label_shares(ids, layer, LEGEND, wanted, minimum=minimum)
