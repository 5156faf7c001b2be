"""What each column of a table of labels is: a label and its kind of problem, or something else.

The rule looks at the values. Names count only where values cannot tell: coordinates come in pairs,
folds and tiles are text like classes are.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
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

NAMED_BY = "named by "
RULE = (
    f"labels are columns of numbers, or of classes: up to {MAX_NAMES} different texts with at "
    f"least {ROWS_PER_NAME} rows each on average, or up to {MAX_CODES} different integers with at "
    f"least {ROWS_PER_CODE}; a column that is named is always a label"
)
WHY: Mapping[str, str] = {
    "place": "coordinates by name and value, in pairs",
    "time": "years, dates or times by name or value",
    "split": "named like a group, fold or site, or train, val and test only",
    "counter": "different integers that number the rows or objects",
    "geometry": "WKT, WKB or GeoJSON",
    "text": f"more than {MAX_NAMES} different texts, or fewer than {ROWS_PER_NAME} rows per text",
    "constant": "labels need two values",
    "empty": "every cell is missing",
}
"""Why a column is not a label, by role."""

# Also in German, French, Spanish and Italian; those in _COMPASS need values as large as in metres.
_LON = frozenset(
    {"lon", "long", "lng", "longitude", "easting", "east", "x", "xcoord", "coordx", "xutm", "utmx"}
    | {"laengengrad", "langengrad", "rechtswert", "ost", "est", "longitud", "longitudine", "este"}
    | {"utme", "e"}
)
_LAT = frozenset(
    {"lat", "latitude", "northing", "north", "y", "ycoord", "coordy", "yutm", "utmy"}
    | {"breitengrad", "hochwert", "nord", "latitud", "latitudine", "norte"}
    | {"utmn", "n"}
)
_COMPASS = frozenset({"e", "n", "east", "north", "ost", "nord", "est", "este", "norte"})
_METRES = 1000.0
_TIME = frozenset(
    {"year", "date", "datetime", "time", "timestamp", "month", "day", "doy", "unixtime", "epoch"}
    | {"unix", "ymd", "yyyymmdd", "datum", "jahr", "monat", "annee", "fecha"}
)
_COMPACT_DATE = re.compile(r"(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(\.0+)?")
# Seconds and milliseconds since 1970, from 2000 to 2037.
_UNIX_TIMES = ((946_684_800.0, 2_145_916_800.0), (946_684_800e3, 2_145_916_800e3))
_OBJECT_WORDS = frozenset({"id", "ids", "oid", "fid", "gid", "uid", "pid", "nr", "no"})
_OBJECT_NAMES = frozenset({"index", "idx", "number", "num", "serial", "key"})
_OBJECT_ID = re.compile(
    r"(plot|site|tree|sample|obj(ect)?|point|cell|tile|poly(gon)?|feature|parcel|pixel|field)ids?"
)
MIN_OBJECTS = 20
"""Fewest rows of increasing integers that are taken for object numbers."""
_SPLIT = frozenset(
    {"fold", "folds", "split", "splits", "set", "subset", "partition", "group", "groups"}
    | {"cluster", "block", "tile", "stratum", "strata", "site", "plot"}
)
_SPLIT_VALUES = frozenset({"train", "training", "val", "valid", "validation", "test", "testing"})
_DATE = re.compile(
    r"\d{4}-\d{2}(-\d{2}([T ][\d:.]+([Zz]|[+-]\d{2}:?\d{2})?)?)?"
    r"|\d{4}[/.]\d{1,2}[/.]\d{1,2}|\d{1,2}([/.])\d{1,2}\4\d{4}"
)
_GEOMETRY = re.compile(
    r"\{.*\}|(SRID=\d+;)?(MULTI)?(POINT|POLYGON|LINESTRING)\s*Z?\s*\(.*|01[0-9A-Fa-f]{20,}",
    re.IGNORECASE | re.DOTALL,
)
_DIGITS = re.compile(r"[0-9]+")
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
    columns: Sequence[tuple[str, Sequence[str]]],
    options: Mapping[str, str] | None = None,
    ids: Sequence[str] = (),
) -> list[ColumnKind]:
    """Decide what the columns of a table are, except for the column of ids.

    Parameters
    ----------
    columns
        Name and cells of each column.
    options
        The option that names a column for another use than labels, such as ``--split``.
    ids
        The ids of the rows, if they are known.
    """
    options = options or {}
    names = [name for name, _ in columns]
    places = place_columns(names)
    vector = _vector_columns(names)
    kinds = []
    for name, cells in columns:
        present = [cell.strip() for cell in cells if not is_missing(cell)]
        if name in options:
            kind = ColumnKind(name, "split", detail=f"{NAMED_BY}{options[name]}")
        elif not present:
            kind = ColumnKind(name, "empty", detail="no values")
        elif name in places and _are_coordinates(present, (name, places[name])):
            kind = ColumnKind(name, "place", detail="place")
        elif name in vector:
            kind = ColumnKind(name, "vector", detail="numbered like dimensions of an embedding")
        elif _is_time(name, present):
            kind = ColumnKind(name, "time", detail="time")
        elif _words(name) & _SPLIT or {cell.lower() for cell in present} <= _SPLIT_VALUES:
            kind = ColumnKind(name, "split", detail="group or split")
        elif _is_counter(present, len(cells)):
            kind = ColumnKind(name, "counter", detail="row numbers")
        elif _are_object_numbers(name, present, len(cells), ids):
            kind = ColumnKind(name, "counter", detail="object numbers")
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
    partners = [
        pair
        for pair in itertools.permutations(names, 2)
        if _are_partners(_word_list(pair[0]), _word_list(pair[1]))
    ]
    # Names of about one length first, so that `lon` goes with `lat` and not with a label `y`.
    partners.sort(key=lambda pair: abs(len(pair[0]) - len(pair[1])))
    pairs: dict[str, str] = {}
    for first, second in partners:
        if first not in pairs and second not in pairs:
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


def _are_coordinates(cells: Sequence[str], names: tuple[str, str]) -> bool:
    """Return whether the values of a column with a partner may be coordinates.

    ``slope_east`` and ``slope_north`` are not; coordinates in metres are large numbers.
    """
    if not all(is_number(cell) for cell in cells):
        return False
    first, second = map(_word_list, names)
    different = {
        word for pair in zip(first, second, strict=True) if len({*pair}) > 1 for word in pair
    }
    return not different <= _COMPASS or all(abs(float(cell)) >= _METRES for cell in cells)


def _is_time(name: str, cells: Sequence[str]) -> bool:
    if all(map(_DATE.fullmatch, cells)):
        return True
    if all(map(_COMPACT_DATE.fullmatch, cells)) or _are_unix_times(cells):
        return True
    words = _word_list(name)
    if not words or words[-1] not in _TIME:
        return False
    whole = [float(cell) for cell in cells if NUMBER.fullmatch(cell)]
    return len(whole) == len(cells) and all(value.is_integer() for value in whole)


def _are_unix_times(cells: Sequence[str]) -> bool:
    if not all(map(is_number, cells)):
        return False
    values = list(map(float, cells))
    return any(low <= min(values) and max(values) <= high for low, high in _UNIX_TIMES)


def _are_object_numbers(name: str, cells: Sequence[str], rows: int, ids: Sequence[str]) -> bool:
    """Return whether different integers only number the objects.

    They do if the column is named like it, if the integers increase from row to row, mostly by one,
    or if each is a number within the id of its row.
    """
    if len(cells) != rows or rows < ROWS_PER_CODE or not all(map(_DIGITS.fullmatch, cells)):
        return False
    numbers = list(map(int, cells))
    if len(set(numbers)) < rows:
        return False
    words = _word_list(name)
    if words and (
        words[-1] in _OBJECT_WORDS
        or _OBJECT_ID.fullmatch(words[-1])
        or (len(words) == 1 and words[0] in _OBJECT_NAMES)
    ):
        return True
    steps = [after - before for before, after in pairwise(numbers)]
    if rows >= MIN_OBJECTS and min(steps) > 0 and 2 * steps.count(1) > len(steps):
        return True
    return len(ids) == rows and all(
        number in map(int, _DIGITS.findall(sample))
        for number, sample in zip(numbers, ids, strict=True)
    )


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
    """Return the words of a name in lower case: ``centreLat`` and ``centre_lat`` have two.

    Accents are removed.
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain)
    return [word for word in re.split(r"[^a-z]+", spaced.lower()) if word]


def _words(name: str) -> set[str]:
    return set(_word_list(name))


def describe_labels(kind: ColumnKind, count: int) -> str:
    """Return a label column in words: ``cover (3 classes, 300 labels)``."""
    return f"{kind.name} ({kind.detail}, {pluralize(count, 'label')})"
