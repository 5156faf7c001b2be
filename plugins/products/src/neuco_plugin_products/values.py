"""Codes of pixels to values, and why pixels hold no data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_products.tiles import Block, Rule
from neucocore import dequantise


@dataclass(frozen=True, eq=False)
class Pixels:
    """The values of some pixels.

    Attributes
    ----------
    values
        (n, d) float32.
    reason
        (n,) number of the reason why a pixel holds no data, from 1; 0 if it holds data.
    reasons
        The reasons in words, the first one for number 1.
    """

    values: NDArray[np.float32]
    reason: NDArray[np.int8]
    reasons: tuple[str, ...]

    @property
    def valid(self) -> NDArray[np.bool_]:
        """Pixels that hold data, (n,)."""
        return self.reason == 0


def pixel_values(block: Block, rule: Rule, rows: Any, columns: Any) -> Pixels:
    """Return the values of some pixels of a block.

    Parameters
    ----------
    rows, columns
        Positions of the pixels in the block, (n,) each.
    """
    codes = block.codes[rows, columns]
    scale = rule.scale if block.scale is None else block.scale[rows, columns]
    without: dict[str, NDArray[np.bool_]] = {}
    if codes.dtype.kind == "f":
        broken = ~np.isfinite(codes).all(axis=1)
        without["not finite numbers"] = broken
        codes = np.where(broken[:, None], 0, codes)
    if rule.name == "linear" and block.scale is not None:
        scales = np.asarray(scale, dtype=np.float32).reshape(len(codes), -1)
        broken = ~np.isfinite(scales).all(axis=1)
        if rule.scale_nodata is not None:
            broken |= (scales == np.float32(rule.scale_nodata)).any(axis=1)
        without["the scale marks no data"] = broken
        scale = np.where(broken[:, None], np.float32(0), scales)
    found = dequantise(codes, rule.name, scale=scale, offset=rule.offset, nodata=rule.nodata)
    without |= found.no_data
    reason = np.zeros(len(codes), dtype=np.int8)
    reasons = tuple(text for text, rows_without in without.items() if rows_without.any())
    for number, text in enumerate(reasons, start=1):
        reason[(reason == 0) & without[text]] = number
    values = np.where((reason == 0)[:, None], found.values, np.float32(0)).astype(np.float32)
    return Pixels(values, reason, reasons)
