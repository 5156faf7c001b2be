"""The bands and units of Sentinel-1 and Sentinel-2: order of the bands, and scale of the values."""

from __future__ import annotations

from collections.abc import Mapping

_S2L2A = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12")

BANDS: Mapping[str, tuple[str, ...]] = {
    "s1": ("vv", "vh"),
    "s2l1c": (*_S2L2A[:10], "B10", *_S2L2A[10:]),
    "s2l2a": _S2L2A,
}
"""Modality to band names: polarisations of Sentinel-1, bands of Sentinel-2 (L2A has no B10)."""

REFLECTANCE = 10_000.0
"""Digital numbers per unit of reflectance in Sentinel-2 products, without the offset."""

SCALES: Mapping[str, float] = {"s1": 10.0, "s2l1c": REFLECTANCE, "s2l2a": REFLECTANCE}
"""Modality to its scale: what dB and digital numbers are divided by to be of order one."""
