"""Stored integers back to the values of embeddings, by the rule that the file declares.

A rule is understood completely or refused. Its forms are the arrays ``scale`` and ``offset`` of an
npz file, a ``quantization`` record in the metadata of a file, and the record of the geoemb Zarr
convention (https://github.com/geo-embeddings/embeddings-zarr-convention), whose ``scale`` is
``{"type": "scalar", "scale": s, "offset": o}`` or ``{"type": "array", "array_name": name}``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neucocore.files.findings import Finding
from neucocore.messages import did_you_mean

KEYS = (
    *("method", "scale", "offset", "zero_point", "nodata"),
    *("original_dtype", "quantized_dtype"),
)
SCALE_KEYS = {"scalar": ("type", "scale", "offset"), "array": ("type", "array_name", "nodata")}
SCALE_NAMES, OFFSET_NAMES = ("scale", "scales"), ("offset", "offsets")
"""Arrays and columns that are the rule of small integers next to them."""
LINEAR = ("linear", "affine", "scalar", "uniform")
NONE = ("none", "")
AEF_POWER, AEF_NO_DATA = 127.5, -128
SATURATED_SHARE = 0.02
SMALL_INTEGERS = ("int8", "uint8", "int16", "uint16")
NO_RULE_HINT = "remove the record if the values are already those of the embedding"


class QuantisationError(Exception):
    """A rule that cannot be applied: message and hint."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint or "correct the quantization record of the file"


@dataclass(frozen=True, eq=False)
class StoredRows:
    """Rows of one file, with the type and the rule by which its values are stored.

    Attributes
    ----------
    name
        Name of the file among several parts; empty if it is the only one.
    rows
        The rows of the matrix that it fills.
    dtype
        Type of the stored values, as named by numpy; ``text`` for CSV.
    rule
        The quantization record of the file, or None.
    arrays
        Other arrays or columns of the file that a rule can name.
    unused_scales
        Columns named like a scale that no rule uses, with their types.
    """

    name: str
    rows: slice
    dtype: str
    rule: Any = None
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    unused_scales: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class _Rule:
    """A rule that has been read: what it does to stored values, and which codes are no data."""

    apply: Callable[[NDArray[np.float32]], None]
    no_data_code: float | None = None
    no_data_rows: NDArray[np.bool_] | None = None
    scale: NDArray[np.float32] = field(default_factory=lambda: np.ones((1, 1), dtype=np.float32))


def dequantise(
    matrix: NDArray[np.float32], part: StoredRows, rule: Any
) -> tuple[list[Finding], NDArray[np.bool_]]:
    """Replace the stored values of a part by the values of the embedding, in place.

    Parameters
    ----------
    matrix
        (n, d) the rows of the part.
    part
        How they are stored.
    rule
        Its quantization record, as found in the file.

    Returns
    -------
    list of Finding
        ``scaled`` (repaired), ``no-scale`` (a warning) or ``quantisation`` (an error).
    (n,) bool
        Rows that the rule declares to be without data; their values are not changed.
    """
    none = np.zeros(len(matrix), dtype=bool)
    where = f"{part.name}: " if part.name else ""
    integer = part.dtype.startswith(("int", "uint"))
    try:
        read = read_rule(rule, part, matrix.shape)
        if read is not None and not integer:
            message = f"values are stored as {part.dtype}, but the file declares how to scale them"
            raise QuantisationError(message, NO_RULE_HINT)
    except QuantisationError as error:
        message = f"{where}{error}"
        return [Finding("quantisation", "error", message, hint=error.hint)], none
    if read is None:
        if rule is None and part.dtype in SMALL_INTEGERS:
            message = f"{where}{part.dtype} values without a scale, used as they are"
            return [Finding("no-scale", "warning", message)], none
        return [], none
    without_data = none if read.no_data_rows is None else read.no_data_rows.copy()
    lost = ((read.scale == 0) & (matrix != 0)).any(axis=1) & ~without_data
    if lost.any():
        message = f"{where}a scale of 0 makes other values 0"
        hint = "correct the scale of these rows"
        rows = tuple(f"row {row + 1}" for row in np.nonzero(lost)[0][:3].tolist())
        return [Finding("quantisation", "error", message, int(lost.sum()), rows, hint)], none
    if read.no_data_code is not None:
        without_data |= (matrix == np.float32(read.no_data_code)).all(axis=1)
    kept = matrix[without_data].copy()
    with np.errstate(over="ignore", invalid="ignore"):
        read.apply(matrix)
    matrix[without_data] = kept
    broken = ~np.isfinite(matrix).all(axis=1)
    if broken.any():
        message = f"{where}scaled values are not finite"
        matrix[broken] = 0
        hint = "correct the scale and the offset of these rows"
        rows = tuple(f"row {row + 1}" for row in np.nonzero(broken)[0][:3].tolist())
        return [Finding("quantisation", "error", message, int(broken.sum()), rows, hint)], none
    return [Finding("scaled", "repaired", f"{where}{part.dtype} values scaled")], without_data


def saturated_codes(matrix: NDArray[np.float32], part: StoredRows) -> list[Finding]:
    """Return a warning if many stored integers are at the end of the range of their type.

    Of int8 both ends count (the lower one is -127 or -128), of uint8 the upper one only, because
    many embeddings hold zeros. Rows of one repeated value are reported elsewhere.
    """
    if part.dtype not in ("int8", "uint8") or not matrix.size:
        return []
    at_end = matrix >= 127 if part.dtype == "int8" else matrix >= 255
    share = float(at_end.mean())
    if part.dtype == "int8":
        share += float((matrix <= -127).mean())
    if share < SATURATED_SHARE:
        return []
    where = f"{part.name}: " if part.name else ""
    message = f"{where}{share:.1%} of the {part.dtype} values are at the end of the range"
    hint = "larger values may have been cut off; use a larger scale when you store them"
    return [Finding("saturated-codes", "warning", message, hint=hint)]


def scale_axis(part: StoredRows, dimension: int) -> Literal["row", "dimension"] | None:
    """Return what each has a scale of its own by the rule of a part; None for one scale or none."""
    rows = part.rows.stop - part.rows.start
    try:
        read = read_rule(part.rule, part, (rows, dimension))
    except QuantisationError:
        return None
    shape = (1, 1) if read is None else read.scale.shape
    if shape == (rows, 1) and rows > 1:
        return "row"
    return "dimension" if shape == (1, dimension) and dimension > 1 else None


def read_rule(record: Any, part: StoredRows, shape: tuple[int, ...]) -> _Rule | None:
    """Read a quantization record; None if it says that values are stored as they are.

    Parameters
    ----------
    record
        The record, or the name of a method.
    part
        The part it belongs to.
    shape
        (n, d) of the rows of the part.

    Raises
    ------
    QuantisationError
        Anything in the record is not understood.
    """
    if record is None:
        return None
    if isinstance(record, str):
        record = {"method": record}
    if not isinstance(record, Mapping):
        raise QuantisationError(f"the quantization record is {_shown(record)}, not an object")
    _check_keys(record, KEYS, "the quantization record")
    stored = record.get("quantized_dtype")
    if stored is not None and not _same_dtype(stored, part.dtype):
        message = f"quantized_dtype is {_shown(stored)}, but values are stored as {part.dtype}"
        raise QuantisationError(message)
    method = record.get("method")
    name = "linear" if method is None else str(method).strip().lower().replace("_", "-")
    if name in NONE:
        if record.keys() & {"scale", "offset", "zero_point"}:
            raise QuantisationError(f"method {method!r}, but there is a scale or an offset")
        return None
    if name in METHODS:
        if record.keys() & {"scale", "offset", "zero_point"}:
            message = f"method {method!r} has no scale and no offset of its own"
            raise QuantisationError(message, "leave out scale and offset")
        if part.dtype != METHODS[name][0]:
            raise QuantisationError(
                f"method {method!r} is for {METHODS[name][0]}, but values are {part.dtype}"
            )
        return METHODS[name][1](_number_or_none(record.get("nodata"), "nodata"))
    if name in LINEAR:
        return _linear(record, part, shape) if len(record.keys() - {"original_dtype"}) else None
    known = (*LINEAR[:1], *METHODS, "none")
    hint = did_you_mean(name, known)
    raise QuantisationError(
        f"unknown quantization method {method!r}; known: {', '.join(known)}",
        f"{hint} " * bool(hint) + "store float32 values, or one of the known methods",
    )


def _linear(record: Mapping[str, Any], part: StoredRows, shape: tuple[int, ...]) -> _Rule:
    """Return ``value = (code - zero_point) * scale + offset``."""
    array, offset, nodata = _scale_record(record, part)
    if array is None:
        raise QuantisationError("the linear quantization record has no scale", "add the scale")
    scale = factors(array, "scale", shape)
    shift = factors(0.0 if offset is None else offset, "offset", shape)
    zero = factors(record.get("zero_point", 0.0), "zero_point", shape)
    if not (np.isfinite(shift).all() and np.isfinite(zero).all()):
        raise QuantisationError("an offset is not finite", "store finite offsets")
    invalid = ~np.isfinite(scale)
    declared = _number_or_none(nodata, "nodata of the scale")
    if declared is not None:
        invalid |= scale == np.float32(declared)
    without_data = None
    if invalid.any():
        if scale.shape != (shape[0], 1):
            raise QuantisationError("a scale is not finite", "store finite scales")
        without_data = invalid[:, 0]
        scale = np.where(invalid, np.float32(1), scale)
    if scale.shape == (1, 1) and scale[0, 0] == 0:
        raise QuantisationError("the scale is 0, so all values would be equal")

    def apply(matrix: NDArray[np.float32]) -> None:
        if zero.any():
            matrix -= zero
        matrix *= scale
        matrix += shift

    return _Rule(apply, _number_or_none(record.get("nodata"), "nodata"), without_data, scale)


def _scale_record(record: Mapping[str, Any], part: StoredRows) -> tuple[Any, Any, Any]:
    """Return scale, offset, and the scale that marks a row without data; each may be None."""
    scale, offset = record.get("scale"), record.get("offset")
    if not isinstance(scale, Mapping):
        return scale, offset, None
    kind = scale.get("type", "scalar" if "scale" in scale else "array")
    if kind not in SCALE_KEYS:
        raise QuantisationError(f"unknown type of scale {_shown(kind)}; known: scalar, array")
    _check_keys(scale, SCALE_KEYS[kind], f"the scale of type {kind!r}")
    if scale.get("offset") is not None:
        if offset is not None:
            raise QuantisationError("there are two offsets, one inside the scale")
        offset = scale["offset"]
    if kind == "scalar":
        return scale.get("scale"), offset, None
    name = str(scale.get("array_name"))
    if name not in part.arrays:
        others = ", ".join(map(repr, part.arrays)) or "none"
        raise QuantisationError(f"no array {name!r} with the scales; other arrays: {others}")
    return part.arrays[name], offset, scale.get("nodata")


def factors(value: Any, what: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return a scale or an offset as float32 that broadcasts to (n, d).

    One number; (n, 1) or (n,) one per row; (1, d) or (d,) one per dimension; (n, d) one per value.
    One axis is refused where n equals d.

    Raises
    ------
    QuantisationError
        Not numbers, a ragged list, or any other shape.
    """
    try:
        array = np.asarray(value)
    except ValueError:
        raise QuantisationError(f"{what} is a ragged list, not an array") from None
    if array.dtype.kind not in "fiu":
        raise QuantisationError(f"{what} is not a number or an array: {_shown(value)}")
    with np.errstate(over="ignore"):
        array = array.astype(np.float32)
    n, d = shape
    if array.size == 1:
        return array.reshape(1, 1)
    if array.ndim == 1 and n == d == len(array):
        raise QuantisationError(
            f"{what} has {n} numbers for {n} rows of {d} dimensions: one per row or per dimension?",
            f"store it with shape ({n}, 1) for one per row, or (1, {d}) for one per dimension",
        )
    if array.ndim == 1:
        array = array.reshape((n, 1) if len(array) == n else (1, len(array)))
    if array.ndim == 2 and array.shape in ((n, 1), (1, d), (n, d)):
        return array
    found = tuple(np.shape(value))
    raise QuantisationError(
        f"{what} has shape {found}: it must be one number, one per row ({n}, 1) or one per "
        f"dimension (1, {d})",
    )


def _aef(nodata: float | None) -> _Rule:
    """AlphaEarth Foundations, V1: ``sign(v) (|v| / 127.5)^2``; -128 in all bands is no data.

    Source: the data description of the Satellite Embedding V1 data set.
    """

    def apply(matrix: NDArray[np.float32]) -> None:
        codes = np.arange(-128, 128, dtype=np.float64)
        values = (np.sign(codes) * np.square(codes / AEF_POWER)).astype(np.float32)
        matrix[:] = values[matrix.astype(np.int16) + 128]

    return _Rule(apply, AEF_NO_DATA if nodata is None else nodata)


def _earth_engine_uint16(nodata: float | None) -> _Rule:
    """Return the rule of uint16 exports, ``code = value * 8192 + 8192``."""

    def apply(matrix: NDArray[np.float32]) -> None:
        matrix -= 8192
        matrix /= 8192

    return _Rule(apply, nodata)


METHODS: dict[str, tuple[str, Callable[[float | None], _Rule]]] = {
    "aef": ("int8", _aef),
    "earth-engine-uint16": ("uint16", _earth_engine_uint16),
}
"""Methods with a fixed formula, with the type of their codes."""


def plain(rule: Any) -> Any:
    """Return a quantization record as plain JSON values; arrays become their shape."""
    if isinstance(rule, Mapping):
        return {key: plain(value) for key, value in rule.items()}
    if isinstance(rule, np.ndarray):
        return float(rule) if rule.size == 1 else {"shape": list(rule.shape)}
    return rule


def _check_keys(record: Mapping[str, Any], known: tuple[str, ...], what: str) -> None:
    unknown = [key for key in record if key not in known]
    if unknown:
        raise QuantisationError(
            f"{what} has an unknown key {unknown[0]!r}; known: {', '.join(known)}",
            did_you_mean(unknown[0], known),
        )


def _same_dtype(name: Any, dtype: str) -> bool:
    try:
        return str(np.dtype(name).name) == dtype
    except TypeError:
        raise QuantisationError(f"quantized_dtype {_shown(name)} is not a type") from None


def _number_or_none(value: Any, what: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise QuantisationError(f"{what} is not a number: {_shown(value)}")
    return float(value)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
