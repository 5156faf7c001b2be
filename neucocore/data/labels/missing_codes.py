"""Labels that are likely codes for missing data, such as -9999, and that nobody declared.

They are reported and never changed: whether 255 is a code or a measurement is not in the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from neucocore.files.cells import is_number
from neucocore.files.findings import EXAMPLES_SHOWN, Finding

# Ends of integer types, of float32 and of float64, which programs use as fill values.
_TYPE_ENDS = frozenset({127, -128, 255, 32767, -32768, 65535, 2**31 - 1, -(2**31), 2**32 - 1})
_HUGE = 1e19
_REPEATED_DIGIT = re.compile(r"-?(9{2,}|8{3,}|7{3,})")
_WORDS = frozenset(
    {"nodata", "missing", "unknown", "unlabelled", "unlabeled", "undefined", "notavailable", "?"}
)
_MOST_CODES = 4
_SMALLEST_LARGE = 99
_SMALL = 20
_FAR = 10.0
_SPAN_FEW = 3


def missing_code_values(values: NDArray[np.float64]) -> list[tuple[float, int]]:
    """Return values that are likely codes for missing data, each with its count.

    A code is the smallest or largest value (or one of the few outermost ones), and far from all
    others: by the range of the others if it looks like a code (-9999, 32767, 1e20), and by ten
    times this range, and more than once, otherwise. Zero never is one.

    Parameters
    ----------
    values
        (n,) labels; NaN is ignored.
    """
    distinct, counts = np.unique(values[np.isfinite(values)], return_counts=True)
    for total in range(_MOST_CODES, 0, -1):
        for low in range(total + 1):
            high = total - low
            rest = distinct[low : len(distinct) - high]
            if len(rest) == 0 or low + high >= len(distinct):
                continue
            codes = [*range(low), *range(len(distinct) - high, len(distinct))]
            if all(_is_code(float(distinct[c]), int(counts[c]), rest) for c in codes):
                return [(float(distinct[c]), int(counts[c])) for c in codes]
    return []


def likely_missing_values(
    values: NDArray[np.float64], *, are_classes: bool = False
) -> list[tuple[float, int]]:
    """Return the codes of `missing_code_values`, and two kinds that lie near the other values.

    -1 is likely a code if all other values are 0 or more and it occurs in at least three rows; 99,
    255, 999 and similar numbers are among at least two small class codes.

    Parameters
    ----------
    values
        (n,) labels; NaN is ignored.
    are_classes
        The values are class codes.
    """
    distinct, counts = np.unique(values[np.isfinite(values)], return_counts=True)
    likely = {value for value, _ in missing_code_values(values)}
    if are_classes:
        large = {v for v in distinct.tolist() if _looks_like_code(v) and abs(v) >= _SMALLEST_LARGE}
        small = [value for value in distinct.tolist() if value not in large | {-1.0}]
        if len(small) >= 2 and all(0 <= v < _SMALL and v.is_integer() for v in small):
            likely |= large
    rest = np.array([value not in likely and value != -1 for value in distinct], dtype=np.bool_)
    if rest.sum() >= 2 and (distinct[rest] >= 0).all() and counts[distinct == -1].sum() >= 3:
        likely.add(-1.0)
    return [
        (value, count)
        for value, count in zip(distinct.tolist(), counts.tolist(), strict=True)
        if value in likely
    ]


def _is_code(value: float, count: int, rest: NDArray[np.float64]) -> bool:
    if value == 0:
        return False
    span = float(rest[-1] - rest[0])
    distance = float(np.min(np.abs(rest - value)))
    if len(rest) < _SPAN_FEW:
        # Two or three classes have no range to speak of, and 0 and 255 are those of a mask.
        return _looks_like_code(value) and abs(value) > 255 and distance > span
    if _looks_like_code(value) and distance > span:
        return count > 1 or abs(value) >= 999 or (value < 0 <= rest[0])
    return count > 1 and distance > _FAR * span


def _looks_like_code(value: float) -> bool:
    if abs(value) >= _HUGE or value in _TYPE_ENDS:
        return True
    return value.is_integer() and _REPEATED_DIGIT.fullmatch(str(int(value))) is not None


def missing_codes_of_numbers(
    values: NDArray[np.float64], place: Callable[[int], str], what: str
) -> list[Finding]:
    """Return warnings about likely codes for missing data in numeric labels.

    Parameters
    ----------
    values
        (n,) labels; NaN is ignored.
    place
        Returns the place of a row for messages, such as ``line 7``.
    what
        What a value is, for messages: ``label``.
    """
    return [
        _warning(f"{what} {value:.10g} is", what, np.flatnonzero(values == value), place)
        for value, _ in likely_missing_values(values)
    ]


def missing_codes_of_classes(
    names: Sequence[str], codes: NDArray[np.int64], rows: Sequence[int], place: Callable[[int], str]
) -> list[Finding]:
    """Return warnings about classes that likely mean missing data.

    Parameters
    ----------
    names
        The class names.
    codes
        (n,) index of each label's class.
    rows
        Row of the table of each label.
    place
        As above.
    """
    if names and all(map(is_number, names)):
        values = np.array([float(name) for name in names])
        likely = {value for value, _ in likely_missing_values(values[codes], are_classes=True)}
        suspects = [code for code, value in enumerate(values) if value in likely]
    else:
        suspects = [code for code, name in enumerate(names) if _plain(name) in _WORDS]
    return [
        _warning(f"class {names[code]!r} is", "class", np.asarray(rows)[codes == code], place)
        for code in suspects
    ]


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]", "", name.lower())


def _warning(
    subject: str, what: str, rows: NDArray[np.intp], place: Callable[[int], str]
) -> Finding:
    message = (
        f"{subject} likely a code for missing data, and is used as a {what}; "
        "if it means missing, leave these cells empty"
    )
    examples = tuple(place(row) for row in rows[:EXAMPLES_SHOWN].tolist())
    return Finding("likely-missing", "warning", message, len(rows), examples)
