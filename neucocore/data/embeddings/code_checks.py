"""Signs of damage in stored codes: wrapped around the ends of their type, or scaled along an axis.

All of it is told from numbers that ordinary embeddings do not show by chance:

* int8 read as uint8, or uint8 as int8: every column has codes at both ends of the range and none
  in the middle, and shifted by half the range they form one cluster.
* overflow: a code differs by 256 from what the other columns of its row predict.
* a scale per row that was applied per dimension, or the reverse: quantised rows (or columns) reach
  the end of the range, each once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neucocore.files.findings import Finding

MAX_ROWS = 2000
MIN_ROWS = 30
SCREENED = 32
MIN_DIMENSIONS = 4
MOST = 0.95
BOTH_ENDS, MIDDLE = 0.1, 0.02
"""Smallest share of codes near each end, and largest in the middle, of wrapped codes."""
CHANCE_SHARE = 0.8
"""Expected share of rows with an extreme code above which all rows having one says nothing."""
OVERFLOW_ROWS = 3
MIN_PREDICTED = 0.5
LATTICE_TOLERANCE = 0.01


def code_findings(
    codes: NDArray[np.float32], dtype: str, scale_axis: str | None = None, where: str = ""
) -> list[Finding]:
    """Return warnings about wrapped codes, and about a scale along the wrong axis.

    Parameters
    ----------
    codes
        (n, d) stored numbers.
    dtype
        Their type; ``text`` and floats are checked if they hold integers of 8 bits.
    scale_axis
        ``row`` or ``dimension`` if each has a scale of its own, else None.
    where
        Name of the part, for messages.
    """
    n, d = codes.shape
    if n < MIN_ROWS or d < MIN_DIMENSIONS or not _are_integers(codes[:: max(1, n // SCREENED)]):
        return []
    sample = codes[np.linspace(0, n - 1, min(n, MAX_ROWS)).astype(np.intp)].astype(np.float64)
    signed = dtype == "int8" or (dtype not in ("uint8", "int8") and sample.min() < 0)
    low, high = (-128, 127) if signed else (0, 255)
    if sample.min() < low or sample.max() > high or (sample != np.floor(sample)).any():
        return []
    prefix = f"{where}: " if where else ""
    if text := _wrapped(sample, signed):
        hint = "convert with astype(numpy.int8) or (numpy.uint8), as the producer stored them"
        return [Finding("wrapped-codes", "warning", prefix + text, hint=hint)]
    found = _overflow(sample)
    findings = []
    if found:
        message = (
            f"{prefix}code that differs by about 256 from what the other dimensions predict: codes "
            "beyond the range of 8 bits were wrapped around"
        )
        hint = "clip before the conversion: numpy.clip(codes, -127, 127).astype(numpy.int8)"
        findings.append(Finding("wrapped-codes", "warning", message, found, hint=hint))
    if scale_axis is not None and (text := _wrong_axis(sample, scale_axis)):
        hint = "a scale of shape (n, 1) is one per row, of shape (1, d) one per dimension"
        findings.append(Finding("scale-axis", "warning", prefix + text, hint=hint))
    return findings


def _wrapped(codes: NDArray[np.float64], signed: bool) -> str:
    """Say that codes were read as the other 8-bit type; empty if they were not."""
    low = -128 if signed else 0
    position = codes - low  # 0 to 255
    ends = (position < 64).mean(axis=0), (position >= 192).mean(axis=0)
    middle = ((position >= 112) & (position < 144)).mean(axis=0)
    two_ended = (ends[0] >= BOTH_ENDS) & (ends[1] >= BOTH_ENDS) & (middle <= MIDDLE)
    if two_ended.mean() < MOST:
        return ""
    shifted = (position + 128) % 256 - 128
    counts = np.bincount((shifted + 128).astype(np.intp).ravel(), minlength=256)
    # Saturated codes pile up at both ends too, but have a gap between them once shifted.
    around = counts[128 - 4 : 128 + 4]
    if counts[127:129].min() < 0.25 * around.mean():
        return ""
    if shifted.std() > 0.5 * position.std():
        return ""
    right, wrong = ("uint8", "int8") if signed else ("int8", "uint8")
    return f"the codes lie at both ends of the range of {wrong}: they seem to be {right}"


def _overflow(codes: NDArray[np.float64]) -> int:
    """Return how many codes differ by 256 from their prediction by the other dimensions."""
    n, d = codes.shape
    if n < 4 * d:
        return 0
    centred = codes - np.median(codes, axis=0)
    limited = centred.clip(-100, 100)
    covariance = limited.T @ limited / n
    ridge = 1e-3 * float(np.trace(covariance)) / d
    if ridge == 0:
        return 0
    precision = np.linalg.inv(covariance + ridge * np.eye(d))
    # The residual of each value in the regression of its column on all others.
    residual = centred @ precision / np.diag(precision)
    spread = 1.4826 * np.median(np.abs(residual - np.median(residual, axis=0)), axis=0)
    predicted = spread**2 < (1 - MIN_PREDICTED) * covariance.diagonal()
    beyond = np.abs(np.abs(residual) - 256) < np.maximum(3 * spread, 8)
    far = (np.abs(residual) > 128) & beyond & predicted & (np.abs(codes) > 64)
    count = int(far.sum())
    return count if far.any(axis=1).sum() >= OVERFLOW_ROWS else 0


def _wrong_axis(codes: NDArray[np.float64], scale_axis: str) -> str:
    """Say that codes were quantised along the other axis than they are scaled; else empty."""
    size = np.abs(codes)
    if scale_axis == "row":
        size = size.T
    largest = float(size.max())
    extreme = size == largest
    reached = float(extreme.any(axis=1).mean())
    by_chance = 1 - float(np.exp(-extreme.sum() / len(size)))
    if largest < 120 or reached < MOST or by_chance > CHANCE_SHARE:
        return ""
    unit, scaled = ("row", "dimension") if scale_axis == "dimension" else ("dimension", "row")
    return (
        f"every {unit} reaches the code {largest:.0f}, as after quantisation with one scale per "
        f"{unit}, but the scale is one per {scaled}"
    )


def lattice_findings(matrix: NDArray[np.float32]) -> list[Finding]:
    """Return a warning if values are codes of 8 bits that were scaled along the wrong axis.

    Parameters
    ----------
    matrix
        (n, d) values that are no integers.
    """
    n, d = matrix.shape
    if n < MIN_ROWS or d < MIN_ROWS or n > MAX_ROWS:
        return []
    for axis, values in (("dimension", matrix), ("row", matrix.T)):
        if _codes_of_columns(values[:, :: max(1, values.shape[1] // 4)]) is None:
            continue
        codes = _codes_of_columns(values)
        if codes is None:
            continue
        text = _wrong_axis(codes if axis == "dimension" else codes.T, axis)
        if text:
            hint = (
                "multiply codes by scales[:, None] for one scale per row, scales[None] per column"
            )
            return [Finding("scale-axis", "warning", text, hint=hint)]
    return []


def _are_integers(values: NDArray[np.float32]) -> bool:
    return bool((values == np.floor(values)).all())


def _codes_of_columns(values: NDArray[np.float32]) -> NDArray[np.float64] | None:
    """Return the integers of columns that are multiples of one step each; None if they are not."""
    x = values.astype(np.float64)
    ordered = np.sort(np.abs(x), axis=0)
    gaps = np.diff(ordered, axis=0)
    largest = ordered[-1]
    if (largest == 0).any():
        return None
    gaps[gaps <= 1e-4 * largest] = np.inf
    step = gaps.min(axis=0)
    if not np.isfinite(step).all():
        return None
    for _ in range(2):  # the mean over all multiples is a better step than one gap
        codes = np.round(x / step)
        step = np.where(codes.any(axis=0), (x * codes).sum(axis=0) / (codes**2).sum(axis=0), step)
    near = np.abs(x / step - codes) < LATTICE_TOLERANCE * np.maximum(1, np.abs(codes) / 16)
    if near.mean() < 0.999 or np.abs(codes).max() > 128:
        return None
    return np.asarray(codes)
