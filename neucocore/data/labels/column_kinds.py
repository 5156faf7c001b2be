"""What each column of a table of labels is: a label and its kind of problem, or something else.

The rule looks at the values. Names count only where values cannot tell: coordinates come in pairs,
folds and tiles are text like classes are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from neucocore.data.labels.missing_codes import missing_code_values
from neucocore.files.cells import NUMBER, is_missing, is_number, number_problem, read_names
from neucocore.messages import pluralize

Role = Literal[
    "label", "place", "time", "split", "counter", "vector", "geometry", "text", "constant", "empty"
]

MAX_CODES = 20
"""Most different integers that are read as class codes."""
ROWS_PER_CODE = 5
"""Fewest rows per integer, on average, of class codes."""
MAX_NAMES = 50
"""Most different texts that are read as class names."""
ROWS_PER_NAME = 2
"""Fewest rows per text, on average, of class names."""
NUMERIC_SHARE = 0.8
"""Share of numbers from which on the other texts of a column are errors, not classes."""
MIN_DIMENSIONS = 8
"""Fewest numbered columns with one stem that are taken for an embedding."""

_LON = frozenset({"lon", "long", "lng", "longitude", "easting", "x"})
_LAT = frozenset({"lat", "latitude", "northing", "y"})
_TIME = frozenset({"year", "date", "datetime", "time", "timestamp", "month", "day", "doy"})
_SPLIT = frozenset(
    {"fold", "folds", "split", "splits", "set", "subset", "partition", "group", "groups"}
    | {"cluster", "block", "tile", "stratum", "strata", "site", "plot"}
)
_SPLIT_VALUES = frozenset({"train", "training", "val", "valid", "validation", "test", "testing"})
_ISO_DATE = re.compile(r"\d{4}-\d{2}(-\d{2}([T ][\d:.]+([Zz]|[+-]\d{2}:?\d{2})?)?)?")
_GEOMETRY = re.compile(
    r"\{.*\}|(SRID=\d+;)?(MULTI)?(POINT|POLYGON|LINESTRING)\s*Z?\s*\(.*|01[0-9A-Fa-f]{20,}",
    re.IGNORECASE | re.DOTALL,
)
_NUMBERED = re.compile(r"(.*?)_?(\d+)")


@dataclass(frozen=True, slots=True)
class ColumnKind:
    """What a column is.

    Attributes
    ----------
    role
        ``label``, or what else it is.
    type
        ``regr`` or ``cls`` for labels, as in the names of label files.
    detail
        The kind in words, for messages: ``3 classes``.
    """

    name: str
    role: Role
    type: str = ""
    detail: str = ""


def column_kinds(
    columns: Sequence[tuple[str, Sequence[str]]], options: Mapping[str, str] | None = None
) -> list[ColumnKind]:
    """Decide what the columns of a table are, except for the column of ids.

    Parameters
    ----------
    columns
        Name and cells of each column.
    options
        The option that names a column for another use than labels, such as ``--split``.
    """
    options = options or {}
    names = [name for name, _ in columns]
    places = place_columns(names)
    vector = _vector_columns(names)
    kinds = []
    for name, cells in columns:
        present = [cell.strip() for cell in cells if not is_missing(cell)]
        if name in options:
            kind = ColumnKind(name, "split", detail=f"named by {options[name]}")
        elif not present:
            kind = ColumnKind(name, "empty", detail="no values")
        elif name in places and _are_coordinates(present):
            kind = ColumnKind(name, "place", detail="place")
        elif name in vector:
            kind = ColumnKind(name, "vector", detail="numbered like dimensions of an embedding")
        elif _is_time(name, present):
            kind = ColumnKind(name, "time", detail="time")
        elif _words(name) & _SPLIT or {cell.lower() for cell in present} <= _SPLIT_VALUES:
            kind = ColumnKind(name, "split", detail="group or split")
        elif _is_counter(present, len(cells)):
            kind = ColumnKind(name, "counter", detail="row numbers")
        else:
            kind = label_kind(name, cells)
        kinds.append(kind)
    return kinds


def label_kind(name: str, cells: Sequence[str]) -> ColumnKind:
    """Decide from its values whether a column holds numbers, classes, or no labels at all."""
    present = [cell.strip() for cell in cells if not is_missing(cell)]
    numbers = [cell for cell in present if NUMBER.fullmatch(cell)]
    like_numbers = sum(number_problem(cell)[0] not in ("text", "units") for cell in present)
    if len(numbers) >= NUMERIC_SHARE * len(present) or like_numbers == len(present):
        kind = _numeric_kind(name, numbers, len(present))
        if kind is not None:
            return kind
    if all(map(_GEOMETRY.fullmatch, present)):
        return ColumnKind(name, "geometry", detail="geometry")
    classes = {value for value in read_names(cells, "class").values if value is not None}
    if len(classes) == 1:
        return ColumnKind(name, "constant", detail="one value only")
    if len(classes) > MAX_NAMES or ROWS_PER_NAME * len(classes) > len(present):
        detail = f"text, {len(classes)} different values"
        return ColumnKind(name, "text", detail=detail)
    return ColumnKind(name, "label", "cls", f"{len(classes)} classes")


def _numeric_kind(name: str, numbers: Sequence[str], present: int) -> ColumnKind | None:
    """Return the kind of a column of numbers; None if its numbers are class codes among texts."""
    values = np.array(list(map(float, numbers)))
    codes = {value for value, _ in missing_code_values(values)}
    n_classes = len(np.unique(values))
    values = np.array([value for value in values.tolist() if value not in codes])
    distinct = np.unique(values)
    if len(distinct) == 1 and len(numbers) == present:
        return ColumnKind(name, "constant", detail="one value only")
    are_integers = bool((distinct == np.floor(distinct)).all())
    few = len(distinct) <= MAX_CODES and ROWS_PER_CODE * len(distinct) <= len(values)
    if len(distinct) and are_integers and (few or len(distinct) == 2):
        if len(numbers) < present:
            return None
        detail = f"{n_classes} classes from integers; {name}=regr for numbers"
        return ColumnKind(name, "label", "cls", detail)
    return ColumnKind(name, "label", "regr", "regression")


def place_columns(names: Iterable[str]) -> dict[str, str]:
    """Return the columns of coordinates, by name, each with the name of its partner.

    A column is a coordinate only with a partner: ``lon`` with ``lat``, ``POINT_X`` with
    ``POINT_Y``, ``decimalLongitude`` with ``decimalLatitude``, ``easting`` with ``northing``.
    """
    remaining = list(names)
    pairs: dict[str, str] = {}
    for first in remaining:
        for second in remaining:
            if first != second and _are_partners(_word_list(first), _word_list(second)):
                pairs[first], pairs[second] = second, first
    return pairs


def _are_partners(first: list[str], second: list[str]) -> bool:
    """Return whether two names differ in one word only: a word for x, and one for y."""
    different = [(a, b) for a, b in zip(first, second, strict=False) if a != b]
    return (
        len(first) == len(second)
        and len(different) == 1
        and different[0][0] in _LON
        and different[0][1] in _LAT
    )


def _are_coordinates(cells: Sequence[str]) -> bool:
    return all(is_number(cell) for cell in cells)


def _is_time(name: str, cells: Sequence[str]) -> bool:
    if all(map(_ISO_DATE.fullmatch, cells)):
        return True
    words = _word_list(name)
    if not words or words[-1] not in _TIME:
        return False
    whole = [float(cell) for cell in cells if NUMBER.fullmatch(cell)]
    return len(whole) == len(cells) and all(value.is_integer() for value in whole)


def _is_counter(cells: Sequence[str], rows: int) -> bool:
    """Return whether the values are n, n + 1, ... in the order of the rows, from 0 or 1."""
    if len(cells) != rows or rows < ROWS_PER_CODE or cells[0] not in ("0", "1"):
        return False
    first = int(cells[0])
    return all(cell == str(first + row) for row, cell in enumerate(cells))


def _vector_columns(names: Sequence[str]) -> set[str]:
    """Return the columns that are numbered like the dimensions of an embedding."""
    stems = {name: match[1] for name in names if (match := _NUMBERED.fullmatch(name))}
    counts = Counter(stems.values())
    return {name for name, stem in stems.items() if counts[stem] >= MIN_DIMENSIONS}


def _word_list(name: str) -> list[str]:
    """Return the words of a name in lower case: ``centreLat`` and ``centre_lat`` have two."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return [word for word in re.split(r"[^a-z]+", spaced.lower()) if word]


def _words(name: str) -> set[str]:
    return set(_word_list(name))


def describe_labels(kind: ColumnKind, count: int) -> str:
    """Return a label column in words: ``cover (3 classes, 300 labels)``."""
    return f"{kind.name} ({kind.detail}, {pluralize(count, 'label')})"
