"""Dates and bands in the names of files, folders and bands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

_DATE = re.compile(
    r"(?<![0-9A-Za-z])((?:19|20)\d\d)([-_.:]?)(\d\d)\2(\d\d)"
    r"(?:[T_ ]?\d\d[-:]?\d\d[-:]?\d\d(?:\.\d+)?Z?)?(?![0-9A-Za-z])"
)
"""A day, with or without separators and a time: 2021-06-01, 20210601T101031, 2021_06_01."""
_PERIOD = re.compile(r"(?:19|20)\d\d(?:-(?:0[1-9]|1[0-2]))?")
"""A year or a month, which only the complete name of a file or folder can be."""
_BAND = (
    r"(?:SR_|ST_)?B\d{1,2}A?|VV|VH|HH|HV|coastal|blue|green|yellow|red|red_?edge_?\d?|nir_?\d{0,2}"
    r"|swir_?\d{0,2}|tir_?\d{0,2}|pan|thermal|aerosol|cirrus|dem"
)
_SEPARATORS = "_-. "


def split_date(text: str) -> tuple[str, str]:
    """Return a name without the first date in it, and the date as ISO text.

    The date is empty if there is none. Year and month count only if they are the complete name.
    """
    if _PERIOD.fullmatch(text):
        return "", text
    for match in _DATE.finditer(text):
        if found := iso_date(match.group()):
            return _joined(text[: match.start()], text[match.end() :]), found
    return text, ""


def iso_date(text: str) -> str:
    """Return the day at the start of a text as ``YYYY-MM-DD``; empty if it is not a date."""
    match = _DATE.match(text.strip())
    if match is None:
        return text.strip() if _PERIOD.fullmatch(text.strip()) else ""
    try:
        return date(int(match[1]), int(match[3]), int(match[4])).isoformat()
    except ValueError:
        return ""


def split_band(text: str, known: Sequence[str] = ()) -> tuple[str, str]:
    """Return a name without the band at its end, and the band, which is empty if there is none.

    Parameters
    ----------
    text
        Name of a file without suffix.
    known
        Names of bands in addition to the usual ones, such as B04, SR_B4, VV and nir.
    """
    bands = "|".join([*map(re.escape, sorted(known, key=len, reverse=True)), _BAND])
    match = re.search(rf"(?:^|[_.\- ])({bands})(?:_\d+m)?$", text, re.IGNORECASE)
    if match is None:
        return text, ""
    exact = {name.lower(): name for name in known}
    return text[: match.start()].rstrip(_SEPARATORS), exact.get(match[1].lower(), match[1])


def natural(text: str) -> list[tuple[int, str]]:
    """Return a key that sorts B2 before B10."""
    return [
        (int(part) if part.isdecimal() else -1, part) for part in re.split(r"(\d+)", text) if part
    ]


def _joined(left: str, right: str) -> str:
    left, right = left.rstrip(_SEPARATORS), right.lstrip(_SEPARATORS)
    return f"{left}_{right}" if left and right else left or right
