"""Numbered columns: stem and number of a name, and whether the numbers form a complete run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice, pairwise

from neucocore.files.findings import Finding

MAX_DIGITS = 18
"""Digits of a column's number; longer names do not fit into 64 bits, and are not numbers."""

_NUMBERED = re.compile(r"(.*?)([0-9]+)", re.DOTALL)
PANDAS_INDEX = re.compile(
    r"Unnamed: [0-9]+(_level_[0-9]+)?|level_[0-9]+|__index_level_[0-9]+__|index", re.IGNORECASE
)


def split_number(name: str) -> tuple[str, int] | None:
    """Return stem and number of a numbered column, or None."""
    match = _NUMBERED.fullmatch(name)
    if match is None or len(match[2]) > MAX_DIGITS or PANDAS_INDEX.fullmatch(name):
        return None
    return match[1], int(match[2])


def check_numbering(numbers: Sequence[int]) -> list[Finding]:
    """Check ascending numbers of columns: they must be ``0..d-1`` or ``1..d``."""
    repeated = sorted({a for a, b in pairwise(numbers) if a == b})
    if repeated:
        examples = tuple(map(str, repeated[:3]))
        message = "column number written in two ways"
        hint = "keep one column per number"
        return [Finding("duplicate-columns", "error", message, len(repeated), examples, hint)]
    start = 0 if numbers[0] == 0 else 1
    if numbers[0] == start and numbers[-1] == start + len(numbers) - 1:
        return []
    present = set(numbers)
    every = range(start, numbers[-1] + 1)  # may be huge, so it is never made a list
    gaps = islice((str(number) for number in every if number not in present), 3)
    message = f"column numbers have gaps between {start} and {numbers[-1]}"
    count = len(every) - len(numbers)
    return [Finding("column-gaps", "error", message, count, tuple(gaps))]


def shares_stem(name: str, stem: str) -> bool:
    """Whether a column without a number looks as if it belonged to the numbered columns.

    ``B8A`` belongs to ``B1, B2``, ``embedding_norm`` to ``embedding_0``; ``Area`` does not belong
    to ``A00``.
    """
    if name == stem.rstrip("_-.: ") and name:
        return True
    if not name.startswith(stem) or len(name) == len(stem) or split_number(name) is not None:
        return False
    if PANDAS_INDEX.fullmatch(name):
        return False
    following = name[len(stem)]
    return following.isdigit() or (bool(stem) and not stem[-1].isalnum()) or following in "_-.:"


def natural_order(name: str) -> list[tuple[int, int, str]]:
    """Sort key that orders numbers inside names by value."""
    parts = re.split(r"([0-9]+)", name)
    numbers = [part.lstrip("0") if position % 2 else "" for position, part in enumerate(parts)]
    return [
        (position % 2, len(number), number or part)
        for position, (part, number) in enumerate(zip(parts, numbers, strict=True))
    ]


def literal_pattern(text: str) -> str:
    """Return a pattern that matches a text only."""
    return re.sub(r"([\[?*])", r"[\1]", text)
