"""The bands of Sentinel-1 and Sentinel-2, in the order in which cubes are standardised."""

from __future__ import annotations

from collections.abc import Mapping

_S2L2A = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12")

BANDS: Mapping[str, tuple[str, ...]] = {
    "s1": ("vv", "vh"),
    "s2l1c": (*_S2L2A[:10], "B10", *_S2L2A[10:]),
    "s2l2a": _S2L2A,
}
"""Modality to band names: polarisations of Sentinel-1, bands of Sentinel-2 (L2A has no B10)."""
