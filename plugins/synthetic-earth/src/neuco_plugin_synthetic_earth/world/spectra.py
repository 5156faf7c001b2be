"""Reflectances of materials in the thirteen bands of Sentinel-2, times 10,000."""

from __future__ import annotations

import numpy as np

from neuco_plugin_synthetic_earth.world.surface import MATERIALS

BANDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12")
B10 = BANDS.index("B10")
L2A = [index for index, band in enumerate(BANDS) if band != "B10"]
# Resolution of each band in pixels of 10 m.
COARSENESS = (6, 1, 1, 1, 2, 2, 2, 1, 2, 6, 6, 2, 2)

_REFLECTANCE = {
    "broadleaf": (160, 210, 430, 260, 800, 2700, 3450, 3650, 3850, 3900, 0, 1950, 850),
    "bare_tree": (280, 380, 590, 700, 950, 1300, 1480, 1620, 1780, 1850, 0, 2050, 1350),
    "conifer": (120, 170, 320, 220, 540, 1600, 1950, 2120, 2230, 2300, 0, 1080, 500),
    "herb": (250, 360, 760, 480, 1230, 2900, 3550, 3800, 4000, 4050, 0, 2350, 1250),
    "crop": (220, 320, 700, 360, 1150, 3300, 4200, 4500, 4700, 4750, 0, 2200, 1050),
    "dry": (520, 760, 1100, 1390, 1850, 2200, 2430, 2680, 2880, 3000, 0, 3650, 2650),
    "dark_soil": (420, 600, 800, 990, 1260, 1430, 1560, 1690, 1830, 1900, 0, 2400, 2000),
    "bright_soil": (900, 1300, 1860, 2480, 2820, 3080, 3220, 3400, 3560, 3650, 0, 4600, 4100),
    "sand": (1230, 1720, 2500, 3050, 3250, 3400, 3520, 3650, 3780, 3850, 0, 4400, 3950),
    "rock": (780, 1040, 1400, 1650, 1780, 1880, 1960, 2040, 2130, 2200, 0, 2450, 2150),
    "asphalt": (560, 730, 930, 1040, 1140, 1240, 1320, 1400, 1470, 1520, 0, 1750, 1650),
    "concrete": (1390, 1810, 2250, 2450, 2560, 2660, 2750, 2850, 2920, 2900, 0, 3050, 2850),
    "tiles": (490, 690, 1040, 1650, 1920, 2080, 2220, 2380, 2500, 2550, 0, 2950, 2550),
    "clear_water":  (330, 300, 260, 140, 115, 95, 90, 75, 65, 60, 0, 35, 22),
    "turbid_water": (560, 680, 950, 780, 660, 420, 400, 310, 260, 220, 0, 75, 45),
    "snow":         (8600, 8750, 8700, 8600, 8400, 8200, 8000, 7800, 7400, 7200, 0, 1150, 850),
}  # fmt: skip
REFLECTANCE = np.array([_REFLECTANCE[name] for name in MATERIALS], np.float32)
"""Reflectances times 10,000, (material, band)."""

WATER_CLOUD = np.array(
    [7000, 7000, 6950, 6950, 7000, 7100, 7150, 7200, 7200, 7300, 0, 5000, 3900], np.float32
)
CIRRUS = np.array(
    [4500, 4600, 4700, 4800, 4900, 5000, 5000, 5000, 5000, 5100, 0, 3300, 2700], np.float32
)
# Share of the light in full shadow: diffuse skylight, mostly blue.
SKYLIGHT = np.array(
    [0.62, 0.56, 0.46, 0.40, 0.37, 0.34, 0.32, 0.31, 0.30, 0.30, 1, 0.24, 0.22], np.float32
)

# Top-of-atmosphere reflectance: rho' = path * haze + transmission * rho.
PATH = np.array([1060, 725, 450, 290, 200, 190, 200, 190, 200, 15, 7, 22, 25], np.float32)
TRANSMISSION = np.array(
    [0.72, 0.74, 0.74, 0.82, 0.86, 0.90, 0.91, 0.88, 0.94, 0.36, 0.0, 0.94, 0.86], np.float32
)
CIRRUS_IN_B10 = 420.0

# Spatial variation of the slope of the spectrum of soils and plants.
TILT = np.array([-6, -5, -2, 2, 2, 1, 0, 0, 0, 0, 0, 4, 5], np.float32) / 100
