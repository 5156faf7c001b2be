"""Small tables as CSV text (labels, id lists), read strictly: every problem with its line.

Nothing is guessed and nothing is filled: a short row, a doubled column name or a byte that is not
UTF-8 is a finding.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from neucocore.errors import DataError
from neucocore.files.content_type import sniff
from neucocore.files.findings import Finding

BOM = "\ufeff"


@dataclass(frozen=True)
class TextTable:
    """A table of text cells.

    Attributes
    ----------
    columns
        Column names without blanks around them.
    rows
        One list of cells a row, as many as there are columns.
    lines
        Line number of each row, the header being line 1.
    findings
        What was repaired or is wrong; rows that are wrong are left out of `rows`.
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
    """Yield the lines of a UTF-8 text file with their numbers, without line ends.

    Raises
    ------
    DataError
        When the file is missing, not text, or not UTF-8 (with the offset).
    """
    content = sniff(path)
    if content not in ("text", "empty"):
        raise DataError(f"{path} is not text: its content is {content}")
    data = path.read_bytes()
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start}",
            hint="save it as UTF-8",
        ) from None
    # Not splitlines(): that also splits at form feeds and Unicode separators inside a cell.
    for number, line in enumerate(text.removeprefix(BOM).split("\n"), start=1):
        yield number, line.removesuffix("\r")


def read_text_table(path: Path) -> TextTable:
    """Read a CSV file of text cells with a header.

    Raises
    ------
    DataError
        When there is nothing to read; what is wrong inside comes as findings.
    """
    lines = [(number, line) for number, line in read_text(path) if line.strip()]
    if not lines:
        raise DataError(
            f"{path} is empty", hint="a header line and one row per sample are expected"
        )
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
        findings.append(Finding("ragged-rows", "error", message, len(ragged), tuple(ragged[:3])))
    return TextTable(columns, rows, numbers, findings)


def split_cells(line: str) -> list[str] | None:
    """Return the cells of one line without blanks around them; None when a quote stays open."""
    try:
        return [cell.strip() for cell in next(csv.reader([line], strict=True), [])]
    except csv.Error:
        return None


def _header_findings(columns: tuple[str, ...]) -> list[Finding]:
    findings = []
    if len(columns) == 1 and any(sign in columns[0] for sign in ";\t"):
        message = "the header has no comma but semicolons or tabs: save it with comma separators"
        findings.append(Finding("separator", "error", message))
    doubled = sorted({name for name in columns if columns.count(name) > 1})
    if doubled:
        message = "column name occurs more than once"
        examples = tuple(map(repr, doubled[:3]))
        findings.append(Finding("duplicate-columns", "error", message, len(doubled), examples))
    return findings
