"""Labels that follow from a cube and its truth, by the definitions of the field's tasks."""

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

COVERED = 0.5  # least share of a cube that a source must cover
FOOTPRINTS_FOR_MEAN, FOOTPRINTS_FOR_STD = 10, 20
AGRICULTURE, FOREST = range(12, 23), range(23, 26)
CORN_AND_SOYBEAN = (codes.CORN, codes.SOYBEAN)
CDL_NODATA = (0, 81)


def agriculture(found: Truth) -> Label:
    """Return the share of the land, without sea, that CORINE calls agriculture (211-244)."""
    return _share(found["corine"], AGRICULTURE, (codes.SEA, codes.CORINE_NODATA))


def forest(found: Truth) -> Label:
    """Return the share of the land that CORINE calls forest (311-313)."""
    return _share(found["corine"], FOREST, (codes.SEA, codes.CORINE_NODATA))


def crops(found: Truth) -> Label:
    """Return the share of corn and soybean among the pixels with a Cropland Data Layer class."""
    return _share(found["cdl"], CORN_AND_SOYBEAN, CDL_NODATA)


def biomass_mean(found: Truth) -> Label:
    """Return the mean biomass of at least ten GEDI footprints, Mg/ha."""
    values = _footprints(found)
    return float(values.mean()) if len(values) >= FOOTPRINTS_FOR_MEAN else None


def biomass_std(found: Truth) -> Label:
    """Return the standard deviation (ddof 1) of at least twenty footprints, Mg/ha."""
    values = _footprints(found)
    return float(values.std(ddof=1)) if len(values) >= FOOTPRINTS_FOR_STD else None


def heat_mean(found: Truth) -> Label:
    """Return the mean summer surface temperature, kelvin."""
    values = _kelvin(found)
    return None if values is None else float(values.mean())


def heat_std(found: Truth) -> Label:
    """Return the standard deviation (ddof 0) of the summer surface temperature, kelvin."""
    values = _kelvin(found)
    return None if values is None else float(values.std())


def clouds(found: Truth) -> Label:
    """Return thick and thin cloud in percent, mean over the seasons."""
    return 100.0 * float(np.isin(found["clouds"], (THICK, THIN)).mean())


def ship_position(found: Truth) -> Label:
    """Return row and column of the only ship."""
    fleet = found["ships"]
    return (float(fleet[0, 0]), float(fleet[0, 1])) if len(fleet) == 1 else None


def ship_detection(found: Truth) -> Label:
    """Return 1 with a ship, 0 without; only cubes with enough sea for one."""
    at_sea = (found["corine"] == codes.SEA).mean() >= ships.SEA_NEEDED
    return float(len(found["ships"]) > 0) if at_sea else None


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
"""Label file name, without suffix, to the function of the truth it holds."""


def control(cube: str) -> dict[str, float]:
    """Return labels that nothing in a cube can tell: a percentage, and yes or no.

    Those of the clean control, from the hash of the cube's id.
    """
    return {
        "random_clean_reg__regr": 100.0 * _uniform("random-regression@2", cube),
        "random_clean_cls__cls": float(_uniform("random-classification@2", cube) >= 0.5),
    }


def _uniform(salt: str, text: str) -> float:
    """Return a number from [0, 1): the first 53 bits of sha256(salt, NUL, text)."""
    digest = hashlib.sha256(f"{salt}\0{text}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2.0**53


def _share(raster: NDArray[np.uint8], wanted: Any, left_out: tuple[int, ...]) -> float | None:
    counted = ~np.isin(raster, left_out)
    if counted.mean() < COVERED:
        return None
    return float(np.isin(raster[counted], list(wanted)).mean())


def _footprints(found: Truth) -> NDArray[np.float64]:
    values = found["agbd"]
    return values[values != truth.GEDI_FILL].astype(np.float64)


def _kelvin(found: Truth) -> NDArray[np.float64] | None:
    numbers = found["st_b10"]
    clear = numbers != 0
    if clear.mean() < COVERED:
        return None
    return numbers[clear] * truth.KELVIN_PER_DN + truth.KELVIN_AT_ZERO
