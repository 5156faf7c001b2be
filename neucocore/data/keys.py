"""Rows that are identified by id, or by id and year where both tables have several years."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from neucocore.data.embeddings.embeddings import Embeddings
from neucocore.data.labels.label_file import LabelFile
from neucocore.data.labels.subset import subset_files
from neucocore.data.years import YEAR_COLUMNS, key, read_year, site_of, year_column, year_of
from neucocore.errors import IdError
from neucocore.messages import Note

Value = TypeVar("Value")


@dataclass(frozen=True, eq=False)
class KeyedTables:
    """Embeddings and labels whose rows are identified in the same way.

    Attributes
    ----------
    embeddings, label_files
        With ids, or with keys ``id@year``.
    by_year
        Whether they have keys.
    warnings
        How rows are identified, if it is not by id alone.
    """

    embeddings: Embeddings
    label_files: tuple[LabelFile, ...]
    by_year: bool = False
    warnings: tuple[str, ...] = ()

    def sites(self) -> dict[str, str]:
        """Return the id of each key of the embeddings and the labels."""
        rows = [self.embeddings.ids, *(file.ids for file in self.label_files)]
        return {composed: site_of(composed) for ids in rows for composed in ids}


def match_keys(
    embeddings: Embeddings, label_files: Sequence[LabelFile], subset: str | None = None
) -> KeyedTables:
    """Identify the rows of both tables by id and year, if ids repeat in at least one of them.

    Parameters
    ----------
    subset
        The rule ``COLUMN`` or ``COLUMN=VALUE``, which may leave one year per id.

    Raises
    ------
    IdError
        Ids repeat, and the other table has no years, rows without a year, or other years only.
    """
    files = [_within(file, subset) for file in label_files]
    if embeddings.year_column is None and all(file.year_column is None for file in files):
        return KeyedTables(embeddings, tuple(files))
    column = embeddings.year_column or year_column(embeddings.extra)
    if column is None:
        raise _without_years(
            "the embeddings", [file.name for file in files if file.year_column is not None]
        )
    lacking = [file.name for file in files if _column_of(file) is None]
    if lacking:
        raise _without_years(", ".join(lacking[:3]), ["the embeddings"])
    if embeddings.year_column is None:
        ids = _composed(embeddings.ids, embeddings.extra[column], "the embeddings", column)
        embeddings = replace(embeddings, ids=tuple(ids), year_column=column)
    keyed = [_keyed(file) for file in files]
    _check_years(embeddings, column, keyed)
    text = Note(
        f"rows are identified by id and year (column {column!r} of the embeddings, "
        f"{_column_of(keyed[0])!r} of the labels)"
    )
    return KeyedTables(embeddings, tuple(keyed), by_year=True, warnings=(text,))


def of_keys(values: Mapping[str, Value], composed: Collection[str]) -> dict[str, Value]:
    """Return values by key: those of a key itself, else those of its id."""
    found = dict(values)
    for name in composed:
        if name not in found and site_of(name) in values:
            found[name] = values[site_of(name)]
    return found


def _within(file: LabelFile, subset: str | None) -> LabelFile:
    """Return the rows of a subset if ids repeat; if they are unique then, without their years."""
    if file.year_column is None or subset is None or subset.partition("=")[0] not in file.extra:
        return file
    (kept,) = subset_files([file], subset)
    sites = [site_of(name) for name in kept.ids]
    if len(set(sites)) < len(sites):
        return kept
    return replace(kept, ids=tuple(sites), year_column=None)


def _column_of(file: LabelFile) -> str | None:
    return file.year_column or year_column(file.extra)


def _keyed(file: LabelFile) -> LabelFile:
    column = _column_of(file)
    if file.year_column is not None or column is None:
        return file
    ids = _composed(file.ids, file.extra[column], file.name, column)
    return replace(file, ids=tuple(ids), year_column=column)


def _composed(ids: Sequence[str], cells: Sequence[Any], where: str, column: str) -> list[str]:
    years = [read_year(cell) for cell in cells]
    if None in years:
        missing = [name for name, year in zip(ids, years, strict=True) if year is None]
        raise IdError(
            f"rows are identified by id and year, and {len(missing)} rows of {where} have no year "
            f"in the column {column!r}: {', '.join(missing[:3])}",
            hint="give every row a year such as 2021",
        )
    return [key(name, year) for name, year in zip(ids, years, strict=True)]


def _without_years(what: str, repeating: Sequence[str]) -> IdError:
    return IdError(
        f"the ids of {', '.join(repeating[:3])} repeat in different years, but {what} has no "
        "column of years",
        hint=f"add a column {YEAR_COLUMNS[0]!r} to {what}, or keep one year: --subset year=2021 "
        "for labels",
    )


def _check_years(embeddings: Embeddings, column: str, files: Sequence[LabelFile]) -> None:
    own = {year_of(name) for name in embeddings.ids}
    others = {year_of(name) for file in files for name in file.ids}
    if own & others or not own or not others:
        return
    first = next(name for file in files for name in file.ids)
    raise IdError(
        f"the years do not match: the embeddings are of {_range(own)} (column {column!r}), the "
        f"labels of {_range(others)}",
        problems=[
            f"first id of the embeddings: {_with_year(embeddings.ids[0])}",
            f"first labelled id: {_with_year(first)}",
        ],
        hint="use embeddings of the years of the labels; or, if the years do not matter, rename "
        "the column in one of the tables and keep one row per id",
    )


def _with_year(composed: str) -> str:
    return f"{site_of(composed)!r} in {year_of(composed)}"


def _range(years: Collection[int]) -> str:
    low, high = min(years), max(years)
    return str(low) if low == high else f"{low} to {high}"
