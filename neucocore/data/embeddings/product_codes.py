"""Codes of downloaded products back to values by the name of a rule, and rows without data.

``aef``
    int8 of AlphaEarth Foundations: sign(v) (|v| / 127.5)^2; -128 in all bands is no data.
``tessera``
    int8 of TESSERA, times a scale per row or per value; a scale of NaN is water, of +inf land that
    was not filled, above 1 invalid.
``earth-engine-uint16``
    (v - 8192) / 8192; 0 in all bands is no data.
``linear``
    v, or v times a scale plus an offset.
``none``
    As they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neucocore.data.embeddings.quantisation import AEF_NO_DATA, AEF_POWER
from neucocore.errors import ConfigError, ShapeError
from neucocore.messages import did_you_mean

RULES = ("aef", "tessera", "earth-engine-uint16", "linear", "none")
_DTYPES = {"aef": "int8", "tessera": "int8", "earth-engine-uint16": "uint16"}


@dataclass(frozen=True, eq=False)
class Dequantised:
    """Values of rows, and the rows that hold no data.

    Attributes
    ----------
    values
        (n, d) float32; rows without data hold 0.
    no_data
        Reason to (n,) bool: the rows without data for this reason.
    """

    values: NDArray[np.float32]
    no_data: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)

    @property
    def valid(self) -> NDArray[np.bool_]:
        """Rows that hold data, (n,)."""
        valid = np.ones(len(self.values), dtype=bool)
        for rows in self.no_data.values():
            valid &= ~rows
        return valid


def dequantise(
    codes: NDArray[np.generic],
    rule: str,
    *,
    scale: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    nodata: float | None = None,
) -> Dequantised:
    """Return the values of stored codes.

    Parameters
    ----------
    codes
        (n, d) stored numbers.
    rule
        One of `RULES`.
    scale
        For ``tessera`` (n,) or (n, d); for ``linear`` one number, (n, 1), (1, d) or (n, d).
    offset
        For ``linear``, as `scale`.
    nodata
        Code that in all dimensions means no data, in addition to that of the rule.

    Raises
    ------
    ConfigError
        An unknown rule, a scale that the rule does not have or lacks, or another type of codes than
        the rule is for.
    ShapeError
        The codes are not a matrix, or the scale does not fit.
    """
    if rule not in RULES:
        suggestion = did_you_mean(rule, RULES)
        raise ConfigError(
            f"unknown quantisation rule {rule!r}" + (f"; {suggestion}" if suggestion else ""),
            hint=f"known rules: {', '.join(RULES)}",
        )
    if codes.ndim != 2:
        raise ShapeError(f"codes are an (n, d) matrix, not {codes.shape}", hint="reshape them")
    wanted = _DTYPES.get(rule)
    if wanted is not None and codes.dtype.name != wanted:
        raise ConfigError(
            f"the rule {rule} is for {wanted}, but values are stored as {codes.dtype}",
            hint="use the rule of this product; float values need none",
        )
    if (scale is not None or offset is not None) and rule not in ("tessera", "linear"):
        raise ConfigError(f"the rule {rule} has no scale and no offset of its own")
    no_data: dict[str, NDArray[np.bool_]] = {}
    if nodata is not None:
        no_data[f"the code {nodata:g} in all bands"] = (codes == nodata).all(axis=1)
    if rule == "aef":
        no_data[f"the code {AEF_NO_DATA} in all bands"] = (codes == AEF_NO_DATA).all(axis=1)
        values = _aef_values(codes)
    elif rule == "earth-engine-uint16":
        no_data["the code 0 in all bands"] = (codes == 0).all(axis=1)
        values = (codes.astype(np.float32) - np.float32(8192)) / np.float32(8192)
    elif rule == "tessera":
        values, states = _tessera(codes, scale)
        no_data |= states
    else:
        values = codes.astype(np.float32)
        if rule == "linear" and scale is not None:
            values = values * _fitting(scale, codes.shape, "scale")
        if rule == "linear" and offset is not None:
            values = values + _fitting(offset, codes.shape, "offset")
    found = {reason: rows for reason, rows in no_data.items() if rows.any()}
    result = Dequantised(np.ascontiguousarray(values, dtype=np.float32), found)
    result.values[~result.valid] = 0
    return result


def _aef_values(codes: NDArray[np.generic]) -> NDArray[np.float32]:
    every = np.arange(-128, 128, dtype=np.float64)
    table = (np.sign(every) * np.square(every / AEF_POWER)).astype(np.float32)
    values: NDArray[np.float32] = table[codes.astype(np.int16) + 128]
    return values


def _tessera(
    codes: NDArray[np.generic], scale: ArrayLike | None
) -> tuple[NDArray[np.float32], dict[str, NDArray[np.bool_]]]:
    if scale is None:
        raise ConfigError(
            "TESSERA's codes need their scales",
            hint="keep the file ..._scales.npy, or the array 'scales', next to the codes",
        )
    scales = np.asarray(scale, dtype=np.float32)
    if scales.ndim == 1:
        scales = scales[:, None]
    if scales.shape not in ((len(codes), 1), codes.shape):
        raise ShapeError(
            f"scales of shape {np.shape(scale)} do not fit codes of shape {codes.shape}",
            hint="one scale per row, or one per value",
        )
    states: dict[str, NDArray[np.bool_]] = {
        "water (scale NaN)": np.asarray(np.isnan(scales).any(axis=1)),
        "land that was not filled (scale +inf)": np.asarray(np.isposinf(scales).any(axis=1)),
        "invalid (scale above 1)": np.asarray((np.isfinite(scales) & (scales > 1)).any(axis=1)),
    }
    usable = np.where(np.isfinite(scales), scales, np.float32(0))
    return codes.astype(np.float32) * usable, states


def _fitting(value: ArrayLike, shape: tuple[int, ...], what: str) -> NDArray[np.float32]:
    array = np.asarray(value, dtype=np.float32)
    if array.ndim == 1 and array.size > 1 and len(set(shape)) == 1:
        raise ShapeError(
            f"{what} has {array.size} numbers for {shape[0]} rows of {shape[1]} dimensions",
            hint=f"shape ({shape[0]}, 1) is one per row, (1, {shape[1]}) one per dimension",
        )
    if array.ndim == 1 and array.size == shape[0] != 1:
        array = array[:, None]
    if array.ndim == 1 and array.size == shape[1]:
        array = array[None]
    try:
        np.broadcast_shapes(array.shape, shape)
    except ValueError:
        raise ShapeError(
            f"{what} of shape {array.shape} does not fit codes of shape {shape}",
            hint="one number, one per row (n, 1) or one per dimension (1, d)",
        ) from None
    return array
