"""Rows that are identified by id and year, where an id occurs once per year."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from neucocore.data.ids import clean_ids
from neucocore.files.findings import Finding

YEAR_COLUMNS = ("year", "product_year", "observation_year")
"""Columns that hold the year of a row, in order of preference."""

SEPARATOR = "@"
REPEATED = "duplicate-ids"
_YEAR = re.compile(r"(1[89]\d\d|20\d\d|21\d\d)(\.0+)?(-\d\d(-\d\d.*)?)?")


def year_column(names: Collection[str]) -> str | None:
    """Return the column that holds the year of each row, or None."""
    by_name = {name.strip().lower(): name for name in names}
    return next((by_name[name] for name in YEAR_COLUMNS if name in by_name), None)


def read_year(cell: Any) -> int | None:
    """Return the year of a cell (``2020``, ``2020.0``, ``2020-06-01``), or None."""
    match = _YEAR.fullmatch("" if cell is None else str(cell).strip())
    return None if match is None else int(match[1])


def keys(ids: Sequence[str], cells: Sequence[Any]) -> list[str] | None:
    """Return ``id@year`` of each row, or None if the years do not tell all rows apart.

    Parameters
    ----------
    ids
        Cleaned ids, with repetitions.
    cells
        The cell of the year column of each row.
    """
    years = [read_year(cell) for cell in cells]
    if None in years:
        return None
    composed = [key(name, year) for name, year in zip(ids, years, strict=True)]
    return composed if len(set(composed)) == len(composed) else None


def key(name: str, year: int | None) -> str:
    """Return the text that identifies a row by id and year."""
    return f"{name}{SEPARATOR}{year}"


def site_of(composed: str) -> str:
    """Return the id of a key ``id@year``."""
    return composed.rpartition(SEPARATOR)[0]


def year_of(composed: str) -> int:
    """Return the year of a key ``id@year``."""
    return int(composed.rpartition(SEPARATOR)[2])


def clean_keys(
    raw: Sequence[str], describe_row: Callable[[int], str], columns: Mapping[str, Sequence[Any]]
) -> tuple[list[str], str | None, list[Finding]]:
    """Clean ids as `neucocore.data.ids.clean_ids`; ids may repeat if a column tells their years.

    Parameters
    ----------
    raw
        Ids as written in a file.
    describe_row
        Returns the place of row i for messages, such as ``line 7``.
    columns
        The other columns of the file.

    Returns
    -------
    list of str
        The ids, or ``id@year`` if ids repeat with different years.
    str or None
        The column of the years, if they are part of the ids.
    list of Finding
        Those of `clean_ids`; ``id-and-year`` (repaired) instead of ``duplicate-ids`` if the years
        tell the rows apart.
    """
    ids, findings = clean_ids(raw, describe_row)
    if not any(finding.code == REPEATED for finding in findings):
        return ids, None, findings
    column = year_column(columns)
    composed = None if column is None else keys(ids, columns[column])
    if composed is None:
        hint = (
            "keep one row per id; rows of several years need a column 'year'"
            if column is None
            else f"keep one row per id and year; the years are those of the column {column!r}"
        )
        return ids, None, [_with_hint(finding, hint) for finding in findings]
    message = f"ids repeat in different years: rows are identified by id and {column!r}"
    kept = [finding for finding in findings if finding.code != REPEATED]
    return composed, column, [*kept, Finding("id-and-year", "repaired", message)]


def _with_hint(finding: Finding, hint: str) -> Finding:
    return replace(finding, hint=hint) if finding.code == REPEATED else finding
