"""Land cover classes in CORINE grid codes, and the layers that each class consists of.

A class is a mixture of layers. A layer consists of materials that depend on the season (`surface`).
Materials have spectra (`spectra`) and backscatter (`radar`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# CORINE grid codes; the comment gives the three-digit code.
URBAN_CONTINUOUS = 1  # 111
URBAN_DISCONTINUOUS = 2  # 112
INDUSTRIAL = 3  # 121
PORT = 5  # 123
URBAN_GREEN = 10  # 141
ARABLE = 12  # 211
IRRIGATED = 13  # 212
VINEYARD = 15  # 221
FRUIT = 16  # 222
PASTURE = 18  # 231
COMPLEX = 20  # 242
BROADLEAF = 23  # 311
CONIFER = 24  # 312
MIXED = 25  # 313
GRASSLAND = 26  # 321
MOOR = 27  # 322
SCLEROPHYLL = 28  # 323
TRANSITIONAL = 29  # 324
BEACH = 30  # 331
ROCK = 31  # 332
SPARSE = 32  # 333
MARSH = 35  # 411
RIVER = 40  # 511
LAKE = 41  # 512
SEA = 44  # 523
CORINE_NODATA = 48

URBAN = (URBAN_CONTINUOUS, URBAN_DISCONTINUOUS, INDUSTRIAL, PORT, URBAN_GREEN)
FORESTS = (BROADLEAF, CONIFER, MIXED)
TILLED = (ARABLE, IRRIGATED, COMPLEX)
FARMED = (*TILLED, PASTURE, VINEYARD, FRUIT)
WATERS = (RIVER, LAKE, SEA)

LAYERS = (
    "broadleaf", "conifer", "grass", "crop", "soil", "rock", "sand", "asphalt", "concrete",
    "tiles", "water",
)  # fmt: skip

_MIXTURES: dict[int, dict[str, float]] = {
    URBAN_CONTINUOUS: {
        "asphalt": 0.4,
        "concrete": 0.3,
        "tiles": 0.2,
        "broadleaf": 0.05,
        "grass": 0.05,
    },
    URBAN_DISCONTINUOUS: {
        "asphalt": 0.2,
        "concrete": 0.12,
        "tiles": 0.13,
        "broadleaf": 0.25,
        "grass": 0.3,
    },
    INDUSTRIAL: {"asphalt": 0.4, "concrete": 0.5, "grass": 0.1},
    PORT: {"asphalt": 0.4, "concrete": 0.6},
    URBAN_GREEN: {"broadleaf": 0.4, "grass": 0.6},
    ARABLE: {"crop": 1.0},
    IRRIGATED: {"crop": 1.0},
    VINEYARD: {"broadleaf": 0.35, "grass": 0.15, "soil": 0.5},
    FRUIT: {"broadleaf": 0.5, "grass": 0.3, "soil": 0.2},
    PASTURE: {"grass": 0.95, "soil": 0.05},
    COMPLEX: {"crop": 0.8, "grass": 0.12, "broadleaf": 0.08},
    BROADLEAF: {"broadleaf": 0.95, "grass": 0.05},
    CONIFER: {"conifer": 0.95, "grass": 0.05},
    MIXED: {"broadleaf": 0.5, "conifer": 0.45, "grass": 0.05},
    GRASSLAND: {"grass": 0.8, "soil": 0.2},
    MOOR: {"broadleaf": 0.35, "conifer": 0.1, "grass": 0.45, "soil": 0.1},
    SCLEROPHYLL: {"conifer": 0.35, "grass": 0.25, "soil": 0.4},
    TRANSITIONAL: {"broadleaf": 0.4, "conifer": 0.15, "grass": 0.45},
    BEACH: {"sand": 1.0},
    ROCK: {"rock": 0.9, "grass": 0.1},
    SPARSE: {"soil": 0.6, "rock": 0.25, "grass": 0.15},
    MARSH: {"grass": 0.7, "water": 0.25, "broadleaf": 0.05},
    RIVER: {"water": 1.0},
    LAKE: {"water": 1.0},
    SEA: {"water": 1.0},
}


def _table() -> NDArray[np.float32]:
    table = np.zeros((CORINE_NODATA + 1, len(LAYERS)), np.float32)
    for code, mixture in _MIXTURES.items():
        for layer, share in mixture.items():
            table[code, LAYERS.index(layer)] = share
    return table


MIXTURES = _table()
"""Shares of the layers in each class, (code, layer); rows of codes in use sum to 1."""

# Cropland Data Layer codes of the crops, in the order of the tables in `surface`.
CORN, SOYBEAN, WHEAT, ALFALFA, SORGHUM, SUNFLOWER, FALLOW = 1, 5, 24, 36, 4, 6, 61
CROPS = (CORN, SOYBEAN, WHEAT, ALFALFA, SORGHUM, SUNFLOWER, FALLOW)

_CDL_OF_COVER = {
    URBAN_CONTINUOUS: 124, URBAN_DISCONTINUOUS: 122, INDUSTRIAL: 124, PORT: 124, URBAN_GREEN: 121,
    ARABLE: 61, IRRIGATED: 61, COMPLEX: 61, VINEYARD: 69, FRUIT: 68, PASTURE: 176,
    BROADLEAF: 141, CONIFER: 142, MIXED: 143, GRASSLAND: 176, MOOR: 152, SCLEROPHYLL: 152,
    TRANSITIONAL: 152, BEACH: 131, ROCK: 131, SPARSE: 131, MARSH: 195, RIVER: 111, LAKE: 111,
    SEA: 111,
}  # fmt: skip
CDL_OF_COVER = np.zeros(CORINE_NODATA + 1, np.uint8)
for _code, _cdl in _CDL_OF_COVER.items():
    CDL_OF_COVER[_code] = _cdl
