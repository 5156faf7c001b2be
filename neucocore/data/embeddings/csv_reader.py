"""Embeddings as CSV: ``id,0,1,...,d-1``, one line per sample.

Lines are read in blocks, so memory holds the matrix and a few blocks. Plain lines are read by the
compiled kernel; all others by `neucocore.data.embeddings.csv_rows`, which finds every problem.
Small files are read without the kernel.
"""

from __future__ import annotations

import csv
import gzip
import os
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from neucocore.data.embeddings.cells import BadCells
from neucocore.data.embeddings.csv_rows import CsvColumns, LineReader
from neucocore.data.embeddings.layouts import Column
from neucocore.data.embeddings.quantisation import StoredRows
from neucocore.data.embeddings.roles import assign_roles
from neucocore.data.embeddings.row_numbers import row_number_columns_of_csv
from neucocore.data.embeddings.scale_columns import unused_scales
from neucocore.data.embeddings.table import EmbeddingTable, ReadOptions, damaged_file
from neucocore.data.embeddings.vector_text import column_of_cells
from neucocore.errors import DataError
from neucocore.files.content_type import check_text
from neucocore.files.findings import Finding, raise_for_findings

BLOCK_BYTES = 8 << 20
MAX_LINE_BYTES = 256 << 20
# For smaller files, loading the compiled kernel takes longer than it saves.
KERNEL_FROM_BYTES = 8 << 20
MAX_THREADS = 4
# Lines that show whether the cells of a column are numbers, lists or other text.
LINES_LOOKED_AT = 8
BOM = b"\xef\xbb\xbf"


def read_csv(path: Path, options: ReadOptions) -> EmbeddingTable:
    """Read a CSV file of embeddings; compressed with gzip if it is named ``.csv.gz``.

    Raises
    ------
    DataError
        The file cannot be read as a table at all; other problems are returned as findings.
    """
    size = path.stat().st_size
    try:
        with _open(path) as stream:
            header, start, number, findings = _header(stream, path)
            first = b"".join(_line(stream, path) for _ in range(LINES_LOOKED_AT))
            columns = _columns(header, first)
            roles = assign_roles(
                columns, options, lambda: row_number_columns_of_csv(path, len(columns))
            )
            findings.extend(roles.findings)
            if not roles.has_vectors:
                raise_for_findings(path, findings)
            names = roles.names
            if roles.vector is not None:
                names = tuple(map(str, range(columns[roles.vector].length or 0)))
            body = _Body(CsvColumns.from_roles(roles, names), options)
            _read_body(_blocks(stream, path, first, start, number), body, size)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise damaged_file(path, error) from error
    findings.extend(roles.note(columns, len(names)))
    line_numbers = body.line_numbers
    findings.extend(body.lines.findings(len(line_numbers)))
    texts = list(body.texts)
    ids = None if roles.id is None else texts.pop(0)
    matrix = body.matrix()
    extra: dict[str, Sequence[Any]] = {}
    for position, cells in zip(roles.metadata, texts, strict=True):
        extra.setdefault(columns[position].name, cells)
    others = [(columns[position].name, "") for position in roles.metadata]
    part = StoredRows("", slice(0, len(matrix)), "text", unused_scales=unused_scales(others, ()))
    return EmbeddingTable(
        ids=ids,
        matrix=matrix,
        describe_row=lambda row: f"line {line_numbers[row]}",
        dtype="text",
        findings=findings,
        extra=extra,
        parts=[part],
        columns=roles.names,
    )


def _columns(header: list[str], first: bytes) -> list[Column]:
    """Return the columns of a header; the first lines tell numbers, lists and text apart."""
    lines = (line for line in first.decode(errors="replace").splitlines() if line.strip())
    # Not strictly: a cell with a line end inside is open here, and its start says what it is.
    rows = [next(csv.reader([line], skipinitialspace=True), []) for line in lines]
    return [
        column_of_cells(name.strip(), (row[position] for row in rows if position < len(row)))
        for position, name in enumerate(header)
    ]


def _open(path: Path) -> IO[bytes]:
    opener = gzip.open if path.name.lower().endswith(".gz") else open
    return cast("IO[bytes]", opener(path, "rb"))


def _header(stream: IO[bytes], path: Path) -> tuple[list[str], int, int, list[Finding]]:
    """Read the header: the first line that is not empty.

    Returns
    -------
    names
        The cells of the header.
    offset, number
        Position and number of the line after it.
    findings
        Problems and repairs.
    """
    findings = []
    offset, number = 0, 1
    line = b""
    while not line.strip(b"\r\n \t" + BOM):
        line = _line(stream, path)
        if not line:
            raise DataError(f"{path} is empty", hint="write a header line and one row per sample")
        offset += len(line)
        number += 1
    check_text(path, line)
    if line.startswith(BOM):
        findings.append(Finding("bom", "repaired", "byte order mark at the start ignored"))
        line = line.removeprefix(BOM)
    if line.endswith(b"\r\n"):
        findings.append(Finding("crlf", "repaired", "lines end with carriage return and newline"))
    try:
        text = line.decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        at = offset - len(line) + error.start
        raise DataError(
            f"{path} is not UTF-8: byte 0x{line[error.start]:02x} at offset {at}",
            hint="save the file as UTF-8",
        ) from None
    if "," not in text and any(separator in text for separator in ";\t"):
        message = "the header is separated by semicolons or tabs, not by commas"
        findings.append(Finding("separator", "error", message))
        raise_for_findings(path, findings)
    try:
        return next(csv.reader([text], strict=True), []), offset, number, findings
    except csv.Error as error:
        raise DataError(
            f"{path}: the header cannot be read: {error}", hint="close all quotes in the header"
        ) from None


def _line(stream: IO[bytes], path: Path) -> bytes:
    line = stream.readline(MAX_LINE_BYTES)
    if len(line) == MAX_LINE_BYTES:
        raise DataError(
            f"{path} has a line longer than {MAX_LINE_BYTES >> 20} MiB, so it is not a table",
            hint="write one line per sample",
        )
    return line


@dataclass(frozen=True)
class _Block:
    """Complete lines, each with a final newline, and the position and number of the first."""

    text: bytes
    offset: int
    number: int


def _blocks(
    stream: IO[bytes], path: Path, first: bytes, offset: int, number: int
) -> Iterator[_Block]:
    """Yield the lines after the header; `first` are those that were already read."""
    while text := first + stream.read(BLOCK_BYTES):
        first = b""
        if not text.endswith(b"\n"):
            text += _line(stream, path)
        length = len(text)
        if not text.endswith(b"\n"):
            text += b"\n"
        yield _Block(text, offset, number)
        offset += length
        number += text.count(b"\n")


@dataclass(frozen=True)
class _Parsed:
    """What the kernel read from a block.

    Attributes
    ----------
    values : (n, d) float32
        One row per line; undefined where the line is not plain.
    spans : (n, texts, 2) int64
        Start and end (exclusive) of each cell of text.
    lines : (n, 2) int64
        Start and end (exclusive) of each line.
    plain : (n,) bool
        Whether the kernel could read the line.
    """

    values: NDArray[np.float32]
    spans: NDArray[np.int64]
    lines: NDArray[np.int64]
    plain: NDArray[np.bool_]


def _parse(block: _Block, columns: CsvColumns) -> _Parsed:
    from neucocore.data.embeddings.csv_kernel import read_plain_lines

    targets = np.empty(columns.count, dtype=np.int64)
    targets[list(columns.dimensions)] = np.arange(len(columns.dimensions))
    targets[list(columns.texts)] = -1 - np.arange(len(columns.texts))
    return _Parsed(*read_plain_lines(block.text, targets, len(columns.texts), len(columns.names)))


def _skip_kernel(block: _Block, columns: CsvColumns) -> _Parsed:
    """Mark every line of a block as not plain, for the line reader."""
    ends = np.nonzero(np.frombuffer(block.text, dtype=np.uint8) == ord("\n"))[0]
    starts = np.concatenate([[0], ends[:-1] + 1])
    return _Parsed(
        values=np.empty((len(ends), len(columns.names)), dtype=np.float32),
        spans=np.zeros((len(ends), len(columns.texts), 2), dtype=np.int64),
        lines=np.column_stack([starts, ends]),
        plain=np.zeros(len(ends), dtype=np.bool_),
    )


class _Body:
    """Collects the rows of a file, block by block.

    Attributes
    ----------
    texts
        One list per column of text, with one cell per row.
    line_numbers
        Line number of each row.
    lines
        Reads the lines that are not plain, and holds their problems.
    """

    def __init__(self, columns: CsvColumns, options: ReadOptions) -> None:
        self.columns = columns
        self.texts: list[list[str]] = [[] for _ in columns.texts]
        self.line_numbers: list[int] = []
        self.lines = LineReader(columns, options, BadCells(columns.names))
        self._dimension = len(columns.names)
        self._rows = 0
        self._matrix = np.empty((0, self._dimension), dtype=np.float32)

    def add(self, block: _Block, parsed: _Parsed, expected_rows: int) -> None:
        """Add the rows of a block; read the lines that are not plain one by one."""
        kept = parsed.plain.copy()
        columns = [self._plain_texts(block, parsed, column) for column in range(len(self.texts))]
        for row in np.nonzero(~parsed.plain)[0].tolist():
            start, end = parsed.lines[row].tolist()
            line = block.text[start:end].rstrip(b"\r")
            if not line.strip():
                continue
            texts_and_values = self.lines.read(line, block.number + row, block.offset + start)
            if texts_and_values is not None:
                texts, parsed.values[row] = texts_and_values
                for column, text in zip(columns, texts, strict=True):
                    column[row] = text
                kept[row] = True
        if kept.all():
            self.line_numbers.extend(range(block.number, block.number + len(kept)))
            for texts, column in zip(self.texts, columns, strict=True):
                texts.extend(column)
            self._append(parsed.values, expected_rows)
        else:
            rows = np.nonzero(kept)[0]
            self.line_numbers.extend((rows + block.number).tolist())
            for texts, column in zip(self.texts, columns, strict=True):
                texts.extend(column[row] for row in rows.tolist())
            self._append(parsed.values[rows], expected_rows)

    def _plain_texts(self, block: _Block, parsed: _Parsed, column: int) -> list[str]:
        """Return the cells of a column of text, in the plain lines of a block."""
        texts = [""] * len(parsed.plain)
        spans = parsed.spans[:, column].tolist()
        for row in np.nonzero(parsed.plain)[0].tolist():
            start, end = spans[row]
            number = block.number + row
            text = self.lines.decode(block.text[start:end], number, block.offset + start)
            if text.startswith('"'):
                self.lines.note_quotes(number)
                text = text[1:-1].replace('""', '"')
            texts[row] = text
        return texts

    def _append(self, values: NDArray[np.float32], expected_rows: int) -> None:
        end = self._rows + len(values)
        if end > len(self._matrix):
            rows = max(end, expected_rows if self._rows == 0 else end + end // 2)
            # In place: the system moves pages instead of copying, without a second matrix.
            self._matrix.resize((rows, self._dimension), refcheck=False)
        self._matrix[self._rows : end] = values
        self._rows = end

    def matrix(self) -> NDArray[np.float32]:
        """Return the (n, d) rows, as an array of exactly this size."""
        self._matrix.resize((self._rows, self._dimension), refcheck=False)
        return self._matrix


def _read_body(stream: Iterator[_Block], body: _Body, size: int) -> None:
    """Parse blocks in threads, a few at a time, and add them in order."""
    # The kernel reads one number per cell, not lists.
    fast = size >= KERNEL_FROM_BYTES and body.columns.vector is None
    parse = _parse if fast else _skip_kernel
    threads = min(MAX_THREADS, os.cpu_count() or 1)
    with ThreadPoolExecutor(threads) as pool:
        while group := list(islice(stream, threads)):
            parsed = pool.map(parse, group, [body.columns] * len(group))
            for block, result in zip(group, parsed, strict=True):
                # Number of rows of the file if all lines are as long as these.
                expected = size * len(result.plain) // len(block.text) + 64
                body.add(block, result, expected)
