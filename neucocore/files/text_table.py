"""Small tables of text cells as CSV (labels, lists of ids), read strictly.

Nothing is guessed or filled in: a row with too few cells, a repeated column name or a byte that is
not UTF-8 is a problem, reported with its line.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from neucocore.errors import DataError
from neucocore.files.content_type import detect_content
from neucocore.files.findings import EXAMPLES_SHOWN, Finding

BOM = "\ufeff"


@dataclass(frozen=True)
class TextTable:
    """A table of text cells.

    Attributes
    ----------
    columns
        Column names, without surrounding spaces.
    rows
        The valid rows; one list per row, with one cell per column.
    lines
        Line number of each row; the header is line 1.
    findings
        Problems and repairs.
    """

    columns: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]
    findings: list[Finding]

    def column(self, name: str) -> list[str]:
        """Return the cells of a column."""
        position = self.columns.index(name)
        return [row[position] for row in self.rows]


def read_text(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line number and text, without the line end, of each line of a UTF-8 file.

    Raises
    ------
    DataError
        The file is missing, not text, or not UTF-8 (the message names the offset).
    """
    content = detect_content(path)
    if content not in ("text", "empty"):
        raise DataError(
            f"{path} is not a text file: its content is {content}",
            hint="pass a CSV file, or a text file with one id per line",
        )
    data = path.read_bytes()
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start}",
            hint="save the file as UTF-8",
        ) from None
    # Not splitlines(), which also splits at form feeds and Unicode separators inside a cell.
    for number, line in enumerate(text.removeprefix(BOM).split("\n"), start=1):
        yield number, line.removesuffix("\r")


def read_text_table(path: Path) -> TextTable:
    """Read a CSV file of text cells with a header.

    Raises
    ------
    DataError
        The file cannot be read or is empty; problems inside it are returned as findings.
    """
    lines = [(number, line) for number, line in read_text(path) if line.strip()]
    if not lines:
        raise DataError(f"{path} is empty", hint="write a header line and one row per sample")
    columns = tuple(split_cells(lines[0][1]) or ())
    findings = _header_findings(columns)
    rows, numbers = [], []
    ragged: list[str] = []
    for number, line in lines[1:]:
        cells = split_cells(line)
        if cells is None:
            ragged.append(f"line {number} has an open quote")
        elif len(cells) != len(columns):
            ragged.append(f"line {number} has {len(cells)} cells")
        else:
            rows.append(cells)
            numbers.append(number)
    if ragged:
        message = f"row without exactly {len(columns)} cells"
        examples = tuple(ragged[:EXAMPLES_SHOWN])
        findings.append(Finding("ragged-rows", "error", message, len(ragged), examples))
    return TextTable(columns, rows, numbers, findings)


def split_cells(line: str) -> list[str] | None:
    """Return the cells of a line, without surrounding spaces; None if a quote stays open."""
    try:
        return [cell.strip() for cell in next(csv.reader([line], strict=True), [])]
    except csv.Error:
        return None


def _header_findings(columns: tuple[str, ...]) -> list[Finding]:
    findings = []
    if len(columns) == 1 and any(separator in columns[0] for separator in ";\t"):
        message = "the header is separated by semicolons or tabs, not by commas"
        findings.append(Finding("separator", "error", message))
    repeated = sorted({name for name in columns if columns.count(name) > 1})
    if repeated:
        message = "column name occurs more than once"
        examples = tuple(map(repr, repeated[:EXAMPLES_SHOWN]))
        findings.append(Finding("duplicate-columns", "error", message, len(repeated), examples))
    return findings
