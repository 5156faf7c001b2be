"""Sample ids: how they are cleaned, compared and read from a list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from neucocore.files.findings import Finding, raise_for_findings
from neucocore.files.text_table import read_text, read_text_table, split_cells

ID = "id"
SUFFIXES = (".zarr.zip", ".zarr")


def bare_id(text: str) -> str:
    """Return an id without blanks around it and without ``.zarr.zip`` and ``.zarr``."""
    text = text.strip()
    for suffix in SUFFIXES:
        text = text.removesuffix(suffix)
    return text


def clean_ids(raw: Sequence[str], place: Callable[[int], str]) -> tuple[list[str], list[Finding]]:
    """Repair ids and say what was repaired or is wrong with them.

    Parameters
    ----------
    raw
        Ids as they stand in a file.
    place
        Where row i stands, for messages, such as ``line 7``.

    Returns
    -------
    list of str
        One id a row, repaired, in the order given.
    list of Finding
        ``id-blanks`` and ``id-suffix`` (repaired), ``empty-ids``, ``duplicate-ids``,
        ``id-collision``.
    """
    ids = [bare_id(text) for text in raw]
    findings = []
    if ids != list(raw):
        blanks = [i for i, text in enumerate(raw) if text != text.strip()]
        suffixes = [i for i, text in enumerate(raw) if text.strip() != ids[i]]
        for code, message, rows in (
            ("id-blanks", "blanks around an id removed", blanks),
            ("id-suffix", "file suffix removed from an id", suffixes),
        ):
            if rows:
                examples = tuple(repr(raw[i]) for i in rows[:3])
                findings.append(Finding(code, "repaired", message, len(rows), examples))
    empty = [i for i, text in enumerate(ids) if not text]
    if empty:
        places = tuple(place(i) for i in empty[:3])
        findings.append(Finding("empty-ids", "error", "empty id", len(empty), places))
    findings.extend(_duplicates(raw, ids, place))
    return ids, findings


def _duplicates(
    raw: Sequence[str], ids: Sequence[str], place: Callable[[int], str]
) -> Iterable[Finding]:
    """Tell ids that occur twice as written from those that collide only after the repair."""
    if len(set(ids)) == len(ids):
        return
    rows: dict[str, list[int]] = {}
    for row, text in enumerate(ids):
        if text:
            rows.setdefault(text, []).append(row)
    twice: list[tuple[str, list[int]]] = []
    collided: list[tuple[str, list[int]]] = []
    for text, found in rows.items():
        if len(found) > 1:
            written = Counter(raw[row] for row in found)
            (twice if max(written.values()) > 1 else collided).append((text, found))
    for code, message, cases in (
        ("duplicate-ids", "id occurs more than once", twice),
        ("id-collision", "ids become equal once blanks and suffixes are removed", collided),
    ):
        if cases:
            examples = tuple(
                f"{text} ({', '.join(place(row) for row in found[:3])})"
                for text, found in cases[:3]
            )
            yield Finding(code, "error", message, len(cases), examples)


def read_id_file(path: str | Path) -> tuple[str, ...]:
    """Read a list of ids: one a line, or a CSV with an ``id`` column.

    Raises
    ------
    DataError
        When the file is missing, holds no id, or holds one twice.
    """
    ids, findings = _listed_ids(Path(path))
    if not ids:
        findings.append(Finding("empty-file", "error", "the file holds no id"))
    raise_for_findings(path, findings)
    return tuple(ids)


def read_excluded_ids(path: str | Path) -> frozenset[str]:
    """Read ids to be left out, as `read_id_file`; one named twice, or none at all, does no harm.

    Raises
    ------
    DataError
        When the file is missing or is no such list.
    """
    ids, findings = _listed_ids(Path(path))
    harmless = ("duplicate-ids", "id-collision")
    raise_for_findings(
        Path(path), [finding for finding in findings if finding.code not in harmless]
    )
    return frozenset(ids)


def _listed_ids(file: Path) -> tuple[list[str], list[Finding]]:
    """Return the ids of a list and what is to be said of them."""
    lines = [(number, line) for number, line in read_text(file) if line.strip()]
    raw, numbers = [line for _, line in lines], [number for number, _ in lines]
    findings: list[Finding] = []
    if lines and ID in (split_cells(lines[0][1]) or []):
        table = read_text_table(file)
        raw, numbers, findings = table.column(ID), table.lines, list(table.findings)
    ids, of_ids = clean_ids(raw, lambda row: f"line {numbers[row]}")
    return ids, [*findings, *of_ids]
