"""Sample ids: cleaned, checked, and read from a file."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

from neucocore.files.findings import EXAMPLES_SHOWN, Finding, raise_for_findings
from neucocore.files.text_table import read_text, read_text_table, split_cells

ID = "id"
PRODUCT_ID_COLUMNS = (
    "system:index",  # tables exported by Earth Engine
    "unique_id",  # Major TOM
    "file_id",  # TerraTorch
    "source_url",  # Clay
    "cell_id",  # MINDSET
    "filenames",  # LightlyOne
)
"""Columns that hold the ids in tables of known products without a column ``id``."""
SUFFIXES = (
    *(".zarr.zip", ".zarr", ".tif", ".tiff", ".jp2", ".png", ".jpg", ".jpeg"),
    *(".npy", ".npz", ".nc", ".h5", ".hdf5", ".vrt", ".safe"),
)
"""Suffixes of files of images and arrays; they are removed from ids, in upper case too."""
COLUMNS_SHOWN = 5
EXPORT_AS_TEXT = (
    "export the ids as text from where all their digits are known: in a spreadsheet, format the "
    "column as text before you import or type the ids; in pandas, read it with dtype=str"
)
_SCIENTIFIC = re.compile(r"\d(\.\d*)?[eE]\+?\d{1,3}")
_LONG_NUMBER = re.compile(r"[1-9]\d{15,29}")
_MOST = 0.8
# A URL, an absolute path, or a path that starts at the current folder, at its parent or at home.
_PATH = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://|[A-Za-z]:[\\/]|/|\.{1,2}/|~/")


def bare_id(text: str) -> str:
    r"""Return an id without surrounding spaces, folders and the suffix of an image or array.

    Folders are removed from URLs, from paths that start like one (``/``, ``./``, ``C:\``), and
    from names that end in a known suffix: ``s3://tiles/a.tif``, ``./a`` and ``tiles/a.tif`` become
    ``a``. ``tiles/a`` stays, because a slash alone may be part of an id. Characters with several
    Unicode forms are composed (NFC).
    """
    text = _composed(text.strip())
    if "/" not in text and "\\" not in text and "." not in text:
        return text
    while (shorter := _shorten(text)) != text:
        text = shorter
    return text


def _composed(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _shorten(text: str) -> str:
    is_path = _PATH.match(text) is not None
    if is_path and "://" in text:
        text = re.split(r"[?#]", text, maxsplit=1)[0]
    has_suffix = text.lower().endswith(SUFFIXES)
    if has_suffix:
        text = text[: -max(len(s) for s in SUFFIXES if text.lower().endswith(s))]
    if is_path or has_suffix:
        name = re.split(r"[\\/]", text.rstrip("\\/"))[-1]
        text = name or ("" if has_suffix else text)
    return text.strip()


def _has_folders(raw: str, cleaned: str) -> bool:
    return any(separator in raw for separator in "\\/") and _composed(raw.strip()) != cleaned


def clean_ids(
    raw: Sequence[str], describe_row: Callable[[int], str]
) -> tuple[list[str], list[Finding]]:
    """Clean ids by the rule of `bare_id`, and check that each occurs once.

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
        ``id-blanks``, ``id-path``, ``id-suffix`` and ``id-unicode`` (repaired); ``empty-ids``,
        ``duplicate-ids``, ``rounded-ids`` and ``id-collision`` (errors).
    """
    ids = [bare_id(text) for text in raw]
    findings = []
    if ids != list(raw):
        changed = [i for i, text in enumerate(raw) if _composed(text.strip()) != ids[i]]
        with_folders = [i for i in changed if _has_folders(raw[i], ids[i])]
        with_suffix = [i for i in changed if not _has_folders(raw[i], ids[i])]
        decomposed = [i for i, text in enumerate(raw) if text != _composed(text)]
        with_spaces = [i for i, text in enumerate(raw) if text != text.strip()]
        for code, message, rows in (
            ("id-blanks", "spaces around an id removed", with_spaces),
            ("id-path", "folders and file suffix removed from an id", with_folders),
            ("id-suffix", "file suffix removed from an id", with_suffix),
            ("id-unicode", "accented characters of an id composed (Unicode NFC)", decomposed),
        ):
            if rows:
                show = ascii if code == "id-unicode" else repr
                examples = tuple(show(raw[i]) for i in rows[:EXAMPLES_SHOWN])
                findings.append(Finding(code, "repaired", message, len(rows), examples))
    empty = [i for i, text in enumerate(ids) if not text]
    if empty:
        examples = tuple(describe_row(i) for i in empty[:EXAMPLES_SHOWN])
        findings.append(Finding("empty-ids", "error", "empty id", len(empty), examples))
    findings.extend(_duplicates(raw, ids, describe_row))
    return ids, findings


def ids_as_text(values: Sequence[Any]) -> tuple[list[str], list[Finding]]:
    """Return typed ids (integers, bytes, whole floats) as text; None becomes an empty id.

    Returns
    -------
    list of str
    list of Finding
        ``typed-ids`` (repaired); ``binary-ids`` and ``float-ids`` (errors) for bytes that are not
        UTF-8 and numbers with a fraction.
    """
    ids: list[str] = []
    kinds: set[str] = set()
    undecoded: list[str] = []
    fractions: list[str] = []
    for value in values:
        if isinstance(value, str):
            ids.append(value)
            continue
        if value is None:
            ids.append("")
            continue
        kinds.add(
            {"bytes": "binary", "int": "integer"}.get(type(value).__name__, type(value).__name__)
        )
        if isinstance(value, bytes):
            try:
                ids.append(value.decode())
            except UnicodeDecodeError:
                undecoded.append(repr(value))
                ids.append(value.hex())
        elif isinstance(value, float):
            # Tables turn integers into floats when a cell is empty.
            if not value.is_integer():
                fractions.append(repr(value))
            ids.append(str(int(value)) if value.is_integer() else str(value))
        else:
            ids.append(str(value))
    findings = []
    if kinds:
        message = f"{' and '.join(sorted(kinds))} ids read as text"
        findings.append(Finding("typed-ids", "repaired", message))
    if undecoded:
        examples = tuple(undecoded[:EXAMPLES_SHOWN])
        message = "binary id is not UTF-8 text"
        hint = "store the ids as text, or name another column with --id COLUMN"
        findings.append(Finding("binary-ids", "error", message, len(undecoded), examples, hint))
    if fractions:
        examples = tuple(fractions[:EXAMPLES_SHOWN])
        message = "id is a number with a fraction"
        hint = "name the column of the ids with --id COLUMN"
        findings.append(Finding("float-ids", "error", message, len(fractions), examples, hint))
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
    rounded = [case for case in repeated if _looks_rounded(case[0])]
    for code, message, cases in (
        (
            "rounded-ids",
            "id is a rounded number whose last digits are lost, and occurs more than once",
            rounded,
        ),
        ("duplicate-ids", "id occurs more than once", [c for c in repeated if c not in rounded]),
        (
            "id-collision",
            "ids are equal once spaces, folders, file suffixes and Unicode forms are ignored",
            collisions,
        ),
    ):
        if cases:
            examples = tuple(
                " and ".join(f"{raw[row]!r} ({describe_row(row)})" for row in rows[:EXAMPLES_SHOWN])
                if code == "id-collision"
                else f"{text} ({', '.join(describe_row(row) for row in rows[:EXAMPLES_SHOWN])})"
                for text, rows in cases[:EXAMPLES_SHOWN]
            )
            hint = EXPORT_AS_TEXT if code == "rounded-ids" else None
            yield Finding(code, "error", message, len(cases), examples, hint)


def rounded_ids(ids: Collection[str]) -> list[str]:
    """Return the ids that look like numbers rounded by a program, if most of them do.

    A spreadsheet writes long numbers as ``1.001E+05``, and float64 holds about 15 digits.
    """
    rounded = [text for text in ids if _looks_rounded(text)]
    return rounded if len(rounded) >= _MOST * max(1, len(ids)) else []


def _looks_rounded(text: str) -> bool:
    if _SCIENTIFIC.fullmatch(text):
        return True
    return _LONG_NUMBER.fullmatch(text) is not None and (
        int(float(text)) == int(text) or text.endswith("00")
    )


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
