"""Small tables of text cells (labels, lists of ids, groups), from CSV or Parquet, read strictly.

Nothing is guessed or filled in: a row with too few cells, a repeated column name or a byte that is
not UTF-8 is a problem, reported with its line.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from neucocore.errors import DataError
from neucocore.files.content_type import detect_content
from neucocore.files.findings import EXAMPLES_SHOWN, Finding
from neucocore.messages import pluralize

BOM = "\ufeff"
MAX_LINES_OF_CELL = 100
"""Most lines that a row may have because of line breaks inside quotes."""


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
        Line number of each row; the header is line 1. In Parquet the first row is row 1.
    findings
        Problems and repairs.
    unit
        What `lines` counts: ``line`` or ``row``.
    """

    columns: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]
    findings: list[Finding]
    unit: str = "line"

    def column(self, name: str) -> list[str]:
        """Return the cells of a column."""
        position = self.columns.index(name)
        return [row[position] for row in self.rows]

    def place(self, row: int) -> str:
        """Return the place of a row for messages, such as ``line 7``."""
        return f"{self.unit} {self.lines[row]}"


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
        text = data.decode().removeprefix(BOM)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start}",
            hint="save the file as UTF-8",
        ) from None
    if "\n" not in text:
        text = text.replace("\r", "\n")
    # Not splitlines(), which also splits at form feeds and Unicode separators inside a cell.
    for number, line in enumerate(text.split("\n"), start=1):
        yield number, line.removesuffix("\r")


def read_text_table(path: Path) -> TextTable:
    """Read a CSV file of text cells with a header.

    Raises
    ------
    DataError
        The file cannot be read or is empty; problems inside it are returned as findings.
    """
    lines = list(read_text(path))
    filled = [(position, line) for position, (_, line) in enumerate(lines) if line.strip()]
    if not filled:
        raise DataError(f"{path} is empty", hint="write a header line and one row per sample")
    header, line = filled[0]
    columns = tuple(split_cells(line) or ())
    findings = _header_findings(columns)
    rows, numbers = [], []
    ragged: list[str] = []
    with_nul: list[str] = []
    position = header + 1
    while position < len(lines):
        number, line = lines[position]
        position += 1
        if not line.strip():
            continue
        cells = split_cells(line)
        if cells is None and (continued := _continued_row(lines, position - 1, len(columns))):
            cells, position = continued
        if "\0" in line:
            with_nul.append(f"line {number}")
        if cells is None:
            ragged.append(f"line {number} has an open quote")
        elif len(cells) != len(columns):
            ragged.append(f"line {number} has {pluralize(len(cells), 'cell')}")
        else:
            rows.append(cells)
            numbers.append(number)
    if ragged:
        message = f"row without exactly {pluralize(len(columns), 'cell')}"
        examples = tuple(ragged[:EXAMPLES_SHOWN])
        findings.append(Finding("ragged-rows", "error", message, len(ragged), examples))
    if with_nul:
        examples = tuple(with_nul[:EXAMPLES_SHOWN])
        message = "line holds a NUL character"
        findings.append(Finding("nul-characters", "error", message, len(with_nul), examples))
    return TextTable(columns, rows, numbers, findings)


def read_table(path: Path) -> TextTable:
    """Read a CSV or Parquet file of single values as text cells.

    Raises
    ------
    DataError
        The file cannot be read or is empty; problems inside it are returned as findings.
    """
    return _read_parquet(path) if detect_content(path) == "parquet" else read_text_table(path)


def _read_parquet(path: Path) -> TextTable:
    """Read the columns of single values of a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"{path} cannot be read: {error}", hint="copy or download the file again"
        ) from error
    return arrow_cells(table)


def arrow_cells(table: Any) -> TextTable:
    """Return the columns of single values of a `pyarrow.Table` as text cells.

    Lists and structs are left out, with a finding.
    """
    import pyarrow as pa

    nested = [field.name for field in table.schema if pa.types.is_nested(field.type)]
    table = table.drop_columns(nested)
    columns = tuple(name.strip() for name in table.column_names)
    findings = _header_findings(columns)
    if nested:
        message = "column of lists or structures left out"
        examples = tuple(map(repr, nested[:EXAMPLES_SHOWN]))
        findings.append(Finding("nested-columns", "warning", message, len(nested), examples))
    cells = [[_cell_text(value) for value in column.to_pylist()] for column in table.columns]
    rows = [list(row) for row in zip(*cells, strict=True)]
    return TextTable(columns, rows, list(range(1, len(rows) + 1)), findings, unit="row")


def _cell_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        try:
            return value.decode().strip()
        except UnicodeDecodeError:
            return value.hex()
    return str(value).strip()


def _continued_row(
    lines: list[tuple[int, str]], position: int, count: int
) -> tuple[list[str], int] | None:
    """Join a line with an open quote with the next ones, until they are one row of `count` cells.

    Returns
    -------
    tuple or None
        The cells, and the position after the row; None if no row results.
    """
    text = lines[position][1]
    for end, (_, line) in enumerate(islice(lines, position + 1, position + MAX_LINES_OF_CELL)):
        text += f"\n{line}"
        if text.count('"') % 2 == 0:
            cells = split_cells(text) or []
            return (cells, position + end + 2) if len(cells) == count else None
    return None


def split_cells(text: str) -> list[str] | None:
    """Return the cells of a row, without surrounding spaces; None if a quote stays open."""
    try:
        lines = (f"{line}\n" for line in text.split("\n"))
        return [cell.strip() for cell in next(csv.reader(lines, strict=True), [])]
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
