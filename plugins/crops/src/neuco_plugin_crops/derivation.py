"""Share of corn and soybean from the class codes of the Cropland Data Layer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from neucocore.plugin import Labels, Legend, label_shares, open_layer

CORN, SOYBEAN = 1, 5
SPECIALTY_CORN = frozenset({12, 13})
# Two harvests in one year, one of them corn or soybean.
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
    """Label cubes with the share (0 to 1) of their pixels where corn or soybean grows.

    Parameters
    ----------
    ids
        Ids of the cubes.
    sources
        Cropland Data Layer GeoTIFFs of one year, or the folder of a data set with truth files.
    cubes
        Table of the cubes' grids, required for GeoTIFFs.
    double_crops
        Count fields with corn or soybean and another crop in the same year.
    specialty
        Count sweet corn (12) and pop or ornamental corn (13).
    minimum
        Minimum share of a cube's pixels that have a class (not 0 or 81).

    Raises
    ------
    DataError
        The raster covers no cube, or no cube has corn or soybean.
    """
    counted = {CORN, SOYBEAN}
    counted |= DOUBLE_CROPS if double_crops else set()
    counted |= SPECIALTY_CORN if specialty else set()
    layer = open_layer(sources, "cdl", cubes)
    return label_shares(ids, layer, LEGEND, counted, minimum=minimum)
