"""Labels computed from a cube and its truth, as the task plugins define them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_synthetic_earth.world import codes, ships, truth
from neuco_plugin_synthetic_earth.world.sky import THICK, THIN

Truth = Mapping[str, NDArray[Any]]
Label = float | tuple[float, ...] | None

COVERED = 0.5  # minimum share of a cube that a source must cover
FOOTPRINTS_FOR_MEAN, FOOTPRINTS_FOR_STD = 10, 20
AGRICULTURE, FOREST = range(12, 23), range(23, 26)
CORN_AND_SOYBEAN = (codes.CORN, codes.SOYBEAN)
CDL_NODATA = (0, 81)


def agriculture(rasters: Truth) -> Label:
    """Return the share of agriculture (CORINE 211-244) in the land area, without sea."""
    return _share(rasters["corine"], AGRICULTURE, (codes.SEA, codes.CORINE_NODATA))


def forest(rasters: Truth) -> Label:
    """Return the share of forest (CORINE 311-313) in the land area."""
    return _share(rasters["corine"], FOREST, (codes.SEA, codes.CORINE_NODATA))


def crops(rasters: Truth) -> Label:
    """Return the share of corn and soybean in the pixels with a Cropland Data Layer class."""
    return _share(rasters["cdl"], CORN_AND_SOYBEAN, CDL_NODATA)


def biomass_mean(rasters: Truth) -> Label:
    """Return the mean biomass of at least ten GEDI footprints, Mg/ha."""
    values = _footprints(rasters)
    return float(values.mean()) if len(values) >= FOOTPRINTS_FOR_MEAN else None


def biomass_std(rasters: Truth) -> Label:
    """Return the standard deviation (ddof 1) of at least twenty footprints, Mg/ha."""
    values = _footprints(rasters)
    return float(values.std(ddof=1)) if len(values) >= FOOTPRINTS_FOR_STD else None


def heat_mean(rasters: Truth) -> Label:
    """Return the mean summer surface temperature, kelvin."""
    values = _kelvin(rasters)
    return None if values is None else float(values.mean())


def heat_std(rasters: Truth) -> Label:
    """Return the standard deviation (ddof 0) of the summer surface temperature, kelvin."""
    values = _kelvin(rasters)
    return None if values is None else float(values.std())


def clouds(rasters: Truth) -> Label:
    """Return the cover of thick and thin cloud in percent, mean over the seasons."""
    return 100.0 * float(np.isin(rasters["clouds"], (THICK, THIN)).mean())


def ship_position(rasters: Truth) -> Label:
    """Return row and column of the only ship; None without or with several ships."""
    fleet = rasters["ships"]
    return (float(fleet[0, 0]), float(fleet[0, 1])) if len(fleet) == 1 else None


def ship_detection(rasters: Truth) -> Label:
    """Return 1 with a ship, 0 without; None for cubes with little sea."""
    at_sea = (rasters["corine"] == codes.SEA).mean() >= ships.SEA_NEEDED
    return float(len(rasters["ships"]) > 0) if at_sea else None


def nodata(s2l2a: NDArray[np.int16]) -> float:
    """Return the share of (season, band, y, x) pixels whose bands are all 0, over all seasons."""
    return float((s2l2a == 0).all(axis=1).mean())


LABELS: Mapping[str, Callable[[Truth], Label]] = {
    "biomass_mean__regr": biomass_mean,
    "biomass_std__regr": biomass_std,
    "clouds_reg__regr": clouds,
    "crops__regr": crops,
    "heatisland_mean__regr": heat_mean,
    "heatisland_std__regr": heat_std,
    "landcover_agriculture__regr": agriculture,
    "landcover_forest__regr": forest,
    "ships_detection__cls": ship_detection,
    "ships_position__regr": ship_position,
}
"""Name of a label file, without suffix, to the function that computes its labels."""


def control(cube: str) -> dict[str, float]:
    """Return the labels of the clean control tasks, from a hash of the cube's id.

    Nothing in a cube predicts them.
    """
    return {
        "random_clean_reg__regr": 100.0 * _uniform("random-regression@2", cube),
        "random_clean_cls__cls": float(_uniform("random-classification@2", cube) >= 0.5),
    }


def _uniform(salt: str, text: str) -> float:
    """Return a number from [0, 1): the first 53 bits of sha256(salt, NUL, text)."""
    digest = hashlib.sha256(f"{salt}\0{text}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2.0**53


def _share(raster: NDArray[np.uint8], codes: Any, excluded: tuple[int, ...]) -> float | None:
    counted = ~np.isin(raster, excluded)
    if counted.mean() < COVERED:
        return None
    return float(np.isin(raster[counted], list(codes)).mean())


def _footprints(rasters: Truth) -> NDArray[np.float64]:
    values = rasters["agbd"]
    return values[values != truth.GEDI_FILL].astype(np.float64)


def _kelvin(rasters: Truth) -> NDArray[np.float64] | None:
    numbers = rasters["st_b10"]
    clear = numbers != 0
    if clear.mean() < COVERED:
        return None
    return numbers[clear] * truth.KELVIN_PER_DN + truth.KELVIN_AT_ZERO
