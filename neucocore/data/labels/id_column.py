"""The column of a label table that holds the ids, and what is removed from them."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from neucocore.data.ids import ID, PRODUCT_ID_COLUMNS, bare_id
from neucocore.data.labels.label_sd import is_sd_column
from neucocore.errors import DataError
from neucocore.files.cells import is_missing, is_number
from neucocore.files.text_table import TextTable

NAMES_SHOWN = 8
TIE_SHARE = 0.9
"""Share of the ids that the best column matches, from which on another column matches as well."""


def find_id_column(
    file: Path, table: TextTable, id_column: str | None, sample_ids: Collection[str]
) -> str:
    """Return the column that holds the ids.

    Parameters
    ----------
    id_column
        The column of ``--id``.
    sample_ids
        Ids of the embeddings, if they are known.

    Raises
    ------
    DataError
        No column, or several, may hold the ids.
    """
    if id_column is not None and id_column in table.columns:
        return id_column
    if ID in table.columns:
        return ID
    cells = {name: table.column(name) for name in table.columns if not is_sd_column(name)}
    if sample_ids:
        known = set(sample_ids)
        common = {
            name: len({bare_id(cell) for cell in column} & known) for name, column in cells.items()
        }
        if any(common.values()):
            return _best_match(file, cells, common)
    known_names = [name for name in PRODUCT_ID_COLUMNS if name in table.columns]
    texts = [
        name
        for name, column in cells.items()
        if len(set(column)) == len(column)
        and not any(is_missing(cell) or is_number(cell) for cell in column)
    ]
    # Free text, such as remarks, may differ in every row too; ids rarely have spaces.
    words = [name for name in texts if not any(" " in cell for cell in cells[name])]
    for candidates in (known_names, texts, words):
        if len(candidates) == 1:
            return candidates[0]
    names = ", ".join(map(repr, table.columns))
    which = f"{' and '.join(map(repr, texts))} could be it" if texts else f"only {names}"
    raise DataError(
        f"{file} has no column {ID!r} with the ids: {which}",
        hint="name the column of the ids: --id COLUMN",
    )


def _best_match(file: Path, cells: Mapping[str, Sequence[str]], common: Mapping[str, int]) -> str:
    """Return the column that shares most ids with the embeddings, if it is the only one.

    Of columns that match equally well, a known name and then a column without repeated cells is
    preferred; equal columns are one. Another tie cannot be decided: a column of neighbours holds
    the same ids as the column of the samples, in other rows.
    """
    best = max(common, key=common.__getitem__)
    tied = [name for name, count in common.items() if count >= TIE_SHARE * common[best]]
    if known := [name for name in tied if name in PRODUCT_ID_COLUMNS]:
        tied = known
    if without_repeats := [name for name in tied if len(set(cells[name])) == len(cells[name])]:
        tied = without_repeats
    different = {tuple(map(bare_id, cells[name])): name for name in reversed(tied)}
    if len(different) == 1:
        return best if best in tied else tied[0]
    counts = " and ".join(f"{name!r} ({common[name]} ids)" for name in tied)
    raise DataError(
        f"several columns of {file} match the ids of the embeddings: {counts}",
        hint="name the column that holds each row's own id: "
        + " or ".join(f"--id {shlex.quote(name)}" for name in tied[:NAMES_SHOWN]),
    )


def removed_from_ids(raw: Sequence[str]) -> str:
    """Return what `neucocore.data.ids.bare_id` removes: ``; '.tif' removed from 140 ids``.

    Parameters
    ----------
    raw
        Ids as written in a file.

    Returns
    -------
    str
        To be added to a sentence; empty if nothing is removed.
    """
    counts: Counter[str] = Counter()
    for text in map(str.strip, raw):
        name = bare_id(text)
        start = text.rfind(name)
        if name and name != text and start >= 0:
            suffix = text[start + len(name) :]
            parts = [*(["folders"] if start else []), *([repr(suffix)] if suffix else [])]
            counts[" and ".join(parts)] += 1
    return "".join(f"; {what} removed from {count} ids" for what, count in counts.most_common(3))
