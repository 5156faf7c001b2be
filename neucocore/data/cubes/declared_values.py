"""Applying what a cube file declares about its values, or refusing the file."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.data.cubes.array_info import ArrayInfo
from neucocore.data.cubes.bands import REFLECTANCE
from neucocore.data.cubes.declarations import DeclarationError, Declarations
from neucocore.data.cubes.offset import OFFSETS
from neucocore.data.cubes.schema import CubeSchema
from neucocore.files.findings import Finding

REPLACEMENT = "with --dataset folder, --set dataset.nodata=0 replaces them"
NODATA_HINT = f"{REPLACEMENT}; neuco encode --skip-bad leaves such cubes out"


@dataclass(frozen=True)
class DeclaredValues:
    """How the stored values of one file become values.

    Attributes
    ----------
    info
        The description of the array, with the type that the values are to be read as.
    nodata
        The value that "no data" has in the data set; None: there is none.
    codes
        Further stored values that mean "no data".
    low, high
        Range of valid stored values; None: no limit.
    factor
        Scale and offset to apply; None: none.
    offset
        Digital-number offset that the file declares; None: it declares none.
    findings
        What was applied, whatever the values are.
    """

    info: ArrayInfo
    nodata: float | None = None
    codes: tuple[float, ...] = ()
    low: float | None = None
    high: float | None = None
    factor: tuple[float, float] | None = None
    offset: int | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values in memory."""
        stored = self.info.dtype.newbyteorder("=")
        return stored if self.factor is None else _scaled_type(stored)

    def apply(self, values: NDArray[Any]) -> tuple[NDArray[Any], list[Finding]]:
        """Return values as declared, and the findings; an error if no data cannot be marked.

        Parameters
        ----------
        values
            (season, band, y, x), as stored; may be changed in place.
        """
        findings = list(self.findings)
        missing = np.zeros(values.shape, np.bool_)
        for code in self.codes:
            equal = values == values.dtype.type(code)
            if count := int(np.count_nonzero(equal)):
                what = f"values equal to the declared no-data value {code:g}"
                if code != self.nodata:
                    findings.append(self._of_missing("declared-nodata", what, count))
                missing |= equal
        outside = _outside(values, self.low, self.high) & ~missing
        if self.nodata is not None:
            outside &= values != self.nodata
        if count := int(np.count_nonzero(outside)):
            limits = " to ".join("any" if x is None else f"{x:g}" for x in (self.low, self.high))
            what = f"values outside of the declared valid range {limits}"
            findings.append(self._of_missing("declared-range", what, count))
            missing |= outside
        if self.factor is not None:
            scale, offset = self.factor
            values = values.astype(self.dtype) * self.dtype.type(scale) + self.dtype.type(offset)
        if self.nodata is not None and missing.any():
            values[missing] = self.nodata
        return values, findings

    def _of_missing(self, code: str, what: str, count: int) -> Finding:
        if self.nodata is None:
            return Finding(code, "error", f"{what}; {REPLACEMENT}", count)
        return Finding(code, "repaired", f"{what} set to {self.nodata:g}, no data", count)

    @property
    def changes_values(self) -> bool:
        """Whether `apply` may return other values or findings."""
        return bool(
            self.codes
            or self.findings
            or self.factor
            or self.low is not None
            or self.high is not None
        )


def declared_values(
    info: ArrayInfo, declared: Declarations, schema: CubeSchema, *, digital_numbers: bool
) -> DeclaredValues:
    """Compare what a file declares with what the data set declares.

    Parameters
    ----------
    info
        The description of the array.
    declared
        What the file declares.
    schema
        What the data set declares.
    digital_numbers
        Whether the values are Sentinel-2 digital numbers: reflectance times 10,000 plus an offset.

    Raises
    ------
    DeclarationError
        They contradict each other, or the declaration does not fit the type of the values.
    """
    result = DeclaredValues(_as_declared_type(info, declared), schema.nodata)
    findings: list[Finding] = []
    if result.info.dtype != info.dtype:
        findings.append(_applied("declared-sign", f"values read as {result.info.dtype.name}"))
    dtype = result.info.dtype
    scale, add = declared.scale, declared.offset
    factor: tuple[float, float] | None = None
    offset: int | None = None
    if digital_numbers and (scale is None or scale == 1 or math.isclose(scale * REFLECTANCE, 1)):
        offset = _digital_offset(scale, add, schema)
        if offset is not None and schema.offset == "unknown":
            findings.append(_applied("declared-offset", f"digital-number offset {offset}"))
    elif (scale, add) not in ((None, None), (1, None), (None, 0), (1, 0)):
        factor = (1.0 if scale is None else scale, add or 0.0)
        text = f"values times {factor[0]:g} plus {factor[1]:g}"
        findings.append(_applied("declared-scale", text))
    stored = (_as_stored(code, info.dtype, dtype) for code in declared.nodata)
    # Without a scale the no-data value of the data set needs no change.
    unchanged = schema.nodata if factor is None else None
    codes = tuple(code for code in stored if code is not None and code != unchanged)
    low, high = declared.low, declared.high
    if factor is not None and any(x is not None and x != int(x) for x in (low, high)):
        # CF: limits of another type than the stored values are limits of the scaled values.
        low, high = _unscaled(low, high, factor)
    if declared.dtype is not None:
        _check_type(declared.dtype, info, replace(result, factor=factor).dtype)
    return replace(
        result,
        codes=codes,
        low=low,
        high=high,
        factor=factor,
        offset=offset,
        findings=tuple(findings),
    )


def _applied(code: str, what: str) -> Finding:
    return Finding(code, "repaired", f"{what}, as the file declares")


def _as_declared_type(info: ArrayInfo, declared: Declarations) -> ArrayInfo:
    if declared.unsigned is None:
        return info
    if info.dtype.kind not in "iu":
        raise DeclarationError(f"it declares _Unsigned, but holds {info.dtype.name}")
    kind = "u" if declared.unsigned else "i"
    if info.dtype.kind == kind:
        return info
    dtype = np.dtype(f"{info.dtype.byteorder}{kind}{info.dtype.itemsize}")
    fill = np.asarray(info.fill, info.dtype.newbyteorder("=")).view(dtype.newbyteorder("="))[()]
    return replace(info, dtype=dtype, fill=fill)


def _as_stored(code: float, stored: np.dtype[Any], read: np.dtype[Any]) -> float | None:
    """Return a no-data value in the type of the values; None if no value can be equal to it."""
    if read.kind == "f":
        with np.errstate(over="ignore"):
            number = float(read.type(code))
        return number if math.isfinite(number) else None
    if code != int(code):
        return None
    limits = np.iinfo(read)
    if stored.kind != read.kind and not limits.min <= code <= limits.max:
        code = int(code) % 2 ** (8 * read.itemsize)  # the same bits with the other sign
        code = code if code <= limits.max else code - 2 ** (8 * read.itemsize)
    return float(code) if limits.min <= code <= limits.max else None


def _outside(values: NDArray[Any], low: float | None, high: float | None) -> NDArray[np.bool_]:
    outside = np.zeros(values.shape, np.bool_)
    if low is not None:
        outside |= values < low
    if high is not None:
        outside |= values > high
    return outside


def _unscaled(
    low: float | None, high: float | None, factor: tuple[float, float]
) -> tuple[float | None, float | None]:
    scale, offset = factor
    limits = [None if limit is None else (limit - offset) / scale for limit in (low, high)]
    return (limits[0], limits[1]) if scale > 0 else (limits[1], limits[0])


def _digital_offset(scale: float | None, add: float | None, schema: CubeSchema) -> int | None:
    """Return the digital-number offset that scale and offset imply; None if they imply none."""
    if add is None or (add == 0 and scale in (None, 1)):
        return None
    offset = round(-add / (scale or 1))
    if offset not in OFFSETS or not math.isclose(-add / (scale or 1), offset, abs_tol=1e-3):
        raise DeclarationError(
            f"it declares scale_factor {scale or 1:g} and add_offset {add:g}, which is no "
            "digital-number offset of 0 or 1000"
        )
    if isinstance(schema.offset, int) and schema.offset != offset:
        raise DeclarationError(
            f"it declares the digital-number offset {offset} (scale_factor {scale or 1:g}, "
            f"add_offset {add:g}), but the data set declares {schema.offset}; "
            f"with --dataset folder, --set dataset.stored_offset={offset} is right for such files"
        )
    return offset


def _check_type(name: str, info: ArrayInfo, dtype: np.dtype[Any]) -> None:
    """Raise if the attribute ``dtype`` is another type than those of the values."""
    try:
        declared = np.dtype(name)
    except (TypeError, ValueError, SyntaxError):
        raise DeclarationError(f"its attribute dtype is {name!r}, not a type") from None
    known = (info.dtype.newbyteorder("="), dtype)
    if declared.newbyteorder("=") not in known and declared.kind != "f":
        raise DeclarationError(f"its attribute dtype is {name!r}, but it holds {info.dtype.name}")


def _scaled_type(stored: np.dtype[Any]) -> np.dtype[Any]:
    """Return float32, or float64 where float32 cannot hold the stored values (as in xarray)."""
    wide = stored.itemsize > 4 or (stored.itemsize == 4 and stored.kind in "iu")
    return np.dtype(np.float64 if wide else np.float32)
