"""Sample ids: cleaned, checked, and read from a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from neucocore.files.findings import EXAMPLES_SHOWN, Finding, raise_for_findings
from neucocore.files.text_table import read_text, read_text_table, split_cells

ID = "id"
SUFFIXES = (".zarr.zip", ".zarr")
COLUMNS_SHOWN = 5


def bare_id(text: str) -> str:
    """Return an id without surrounding spaces and without ``.zarr.zip`` or ``.zarr``."""
    text = text.strip()
    for suffix in SUFFIXES:
        text = text.removesuffix(suffix)
    return text


def clean_ids(
    raw: Sequence[str], describe_row: Callable[[int], str]
) -> tuple[list[str], list[Finding]]:
    """Clean ids and check that each occurs once.

    Parameters
    ----------
    raw
        Ids as written in a file.
    describe_row
        Returns the place of row i for messages, such as ``line 7``.

    Returns
    -------
    list of str
        The cleaned ids, one per row, in the same order.
    list of Finding
        ``id-blanks`` and ``id-suffix`` (repaired); ``empty-ids``, ``duplicate-ids`` and
        ``id-collision`` (errors).
    """
    ids = [bare_id(text) for text in raw]
    findings = []
    if ids != list(raw):
        with_spaces = [i for i, text in enumerate(raw) if text != text.strip()]
        with_suffix = [i for i, text in enumerate(raw) if text.strip() != ids[i]]
        for code, message, rows in (
            ("id-blanks", "spaces around an id removed", with_spaces),
            ("id-suffix", "file suffix removed from an id", with_suffix),
        ):
            if rows:
                examples = tuple(repr(raw[i]) for i in rows[:EXAMPLES_SHOWN])
                findings.append(Finding(code, "repaired", message, len(rows), examples))
    empty = [i for i, text in enumerate(ids) if not text]
    if empty:
        examples = tuple(describe_row(i) for i in empty[:EXAMPLES_SHOWN])
        findings.append(Finding("empty-ids", "error", "empty id", len(empty), examples))
    findings.extend(_duplicates(raw, ids, describe_row))
    return ids, findings


def _duplicates(
    raw: Sequence[str], ids: Sequence[str], describe_row: Callable[[int], str]
) -> Iterable[Finding]:
    """Distinguish ids that are repeated as written from those that collide once cleaned."""
    if len(set(ids)) == len(ids):
        return
    rows_of_id: dict[str, list[int]] = {}
    for row, text in enumerate(ids):
        if text:
            rows_of_id.setdefault(text, []).append(row)
    repeated: list[tuple[str, list[int]]] = []
    collisions: list[tuple[str, list[int]]] = []
    for text, rows in rows_of_id.items():
        if len(rows) > 1:
            spellings = Counter(raw[row] for row in rows)
            (repeated if max(spellings.values()) > 1 else collisions).append((text, rows))
    for code, message, cases in (
        ("duplicate-ids", "id occurs more than once", repeated),
        ("id-collision", "ids are equal once spaces and suffixes are removed", collisions),
    ):
        if cases:
            examples = tuple(
                f"{text} ({', '.join(describe_row(row) for row in rows[:EXAMPLES_SHOWN])})"
                for text, rows in cases[:EXAMPLES_SHOWN]
            )
            yield Finding(code, "error", message, len(cases), examples)


def no_id_column(columns: Sequence[str]) -> Finding:
    """Return the problem of a table without a column of ids.

    Parameters
    ----------
    columns
        The column names of the table.
    """
    names = ", ".join(map(repr, columns[:COLUMNS_SHOWN]))
    more = f", ... ({len(columns)} columns)" if len(columns) > COLUMNS_SHOWN else ""
    return Finding("no-id-column", "error", f"no column {ID!r}, only {names}{more}")


def read_id_file(path: str | Path) -> tuple[str, ...]:
    """Read a file of ids: one per line, or a CSV file with an ``id`` column.

    Raises
    ------
    DataError
        The file is missing or holds no id, or an id occurs more than once.
    """
    ids, findings = _read_ids(Path(path))
    if not ids:
        findings.append(Finding("empty-file", "error", "the file holds no id"))
    raise_for_findings(path, findings)
    return tuple(ids)


def read_excluded_ids(path: str | Path) -> frozenset[str]:
    """Read a file of ids to exclude, as `read_id_file`; it may be empty and may repeat ids.

    Raises
    ------
    DataError
        The file is missing or is not a list of ids.
    """
    ids, findings = _read_ids(Path(path))
    problems = [f for f in findings if f.code not in ("duplicate-ids", "id-collision")]
    raise_for_findings(path, problems)
    return frozenset(ids)


def _read_ids(file: Path) -> tuple[list[str], list[Finding]]:
    """Return the cleaned ids of a file, and the findings about them."""
    lines = [(number, line) for number, line in read_text(file) if line.strip()]
    raw, numbers = [line for _, line in lines], [number for number, _ in lines]
    findings: list[Finding] = []
    if lines and ID in (split_cells(lines[0][1]) or []):
        table = read_text_table(file)
        raw, numbers, findings = table.column(ID), table.lines, list(table.findings)
    ids, id_findings = clean_ids(raw, lambda row: f"line {numbers[row]}")
    return ids, [*findings, *id_findings]
