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
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from neucocore.data.embeddings.cells import BadCells
from neucocore.data.embeddings.columns import EmbeddingColumns, choose_columns
from neucocore.data.embeddings.csv_rows import LineReader
from neucocore.data.embeddings.table import EmbeddingTable, ReadOptions, damaged_file
from neucocore.errors import DataError
from neucocore.files.content_type import check_text
from neucocore.files.findings import Finding, raise_for_findings

BLOCK_BYTES = 8 << 20
MAX_LINE_BYTES = 256 << 20
# For smaller files, loading the compiled kernel takes longer than it saves.
KERNEL_FROM_BYTES = 8 << 20
MAX_THREADS = 4
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
            columns = choose_columns(header, options)
            findings.extend(columns.findings)
            if not columns.dimensions:
                raise_for_findings(path, findings)
            body = _Body(columns, options)
            _read_body(_blocks(stream, path, start, number), body, columns, size)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise damaged_file(path, error) from error
    findings.extend(body.lines.findings())
    line_numbers = body.line_numbers
    return EmbeddingTable(
        ids=None if columns.id is None else body.ids,
        matrix=body.matrix(),
        describe_row=lambda row: f"line {line_numbers[row]}",
        dtype="text",
        findings=findings,
    )


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


def _blocks(stream: IO[bytes], path: Path, offset: int, number: int) -> Iterator[_Block]:
    while text := stream.read(BLOCK_BYTES):
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
    ids, lines : (n, 2) int64
        Start and end (exclusive) of each line's id and of each line.
    plain : (n,) bool
        Whether the kernel could read the line.
    """

    values: NDArray[np.float32]
    ids: NDArray[np.int64]
    lines: NDArray[np.int64]
    plain: NDArray[np.bool_]


def _parse(block: _Block, columns: EmbeddingColumns) -> _Parsed:
    from neucocore.data.embeddings.csv_kernel import read_plain_lines

    targets = np.full(columns.count, -1, dtype=np.int64)
    targets[list(columns.dimensions)] = np.arange(len(columns.dimensions))
    id_cell = -1 if columns.id is None else columns.id
    return _Parsed(*read_plain_lines(block.text, targets, id_cell, len(columns.dimensions)))


def _skip_kernel(block: _Block, columns: EmbeddingColumns) -> _Parsed:
    """Mark every line of a block as not plain, for the line reader."""
    ends = np.nonzero(np.frombuffer(block.text, dtype=np.uint8) == ord("\n"))[0]
    starts = np.concatenate([[0], ends[:-1] + 1])
    return _Parsed(
        values=np.empty((len(ends), len(columns.dimensions)), dtype=np.float32),
        ids=np.zeros((len(ends), 2), dtype=np.int64),
        lines=np.column_stack([starts, ends]),
        plain=np.zeros(len(ends), dtype=np.bool_),
    )


class _Body:
    """Collects the rows of a file, block by block."""

    def __init__(self, columns: EmbeddingColumns, options: ReadOptions) -> None:
        self.ids: list[str] = []
        self.line_numbers: list[int] = []
        self.lines = LineReader(columns, options, BadCells(columns.names))
        self._columns = columns
        self._dimension = len(columns.dimensions)
        self._rows = 0
        self._matrix = np.empty((0, self._dimension), dtype=np.float32)

    def add(self, block: _Block, parsed: _Parsed, expected_rows: int) -> None:
        """Add the rows of a block; read the lines that are not plain one by one."""
        kept = parsed.plain.copy()
        ids = [""] * len(kept)
        for row in np.nonzero(~parsed.plain)[0].tolist():
            start, end = parsed.lines[row].tolist()
            line = block.text[start:end].rstrip(b"\r")
            if not line.strip():
                continue
            id_and_values = self.lines.read(line, block.number + row, block.offset + start)
            if id_and_values is not None:
                ids[row], parsed.values[row] = id_and_values
                kept[row] = True
        if self._columns.id is not None:
            self._decode_plain_ids(block, parsed, ids)
        if kept.all():
            self.line_numbers.extend(range(block.number, block.number + len(kept)))
            self.ids.extend(ids)
            self._append(parsed.values, expected_rows)
        else:
            rows = np.nonzero(kept)[0]
            self.line_numbers.extend((rows + block.number).tolist())
            self.ids.extend(ids[row] for row in rows.tolist())
            self._append(parsed.values[rows], expected_rows)

    def _decode_plain_ids(self, block: _Block, parsed: _Parsed, ids: list[str]) -> None:
        """Write the ids of plain lines into `ids`."""
        spans = parsed.ids.tolist()
        for row in np.nonzero(parsed.plain)[0].tolist():
            start, end = spans[row]
            number = block.number + row
            ids[row] = self.lines.decode(block.text[start:end], number, block.offset + start)
            if ids[row].startswith('"'):
                self.lines.note("quotes", f"line {number}")
                ids[row] = ids[row][1:-1]

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


def _read_body(stream: Iterator[_Block], body: _Body, columns: EmbeddingColumns, size: int) -> None:
    """Parse blocks in threads, a few at a time, and add them in order."""
    parse = _parse if size >= KERNEL_FROM_BYTES else _skip_kernel
    threads = min(MAX_THREADS, os.cpu_count() or 1)
    with ThreadPoolExecutor(threads) as pool:
        while group := list(islice(stream, threads)):
            parsed = pool.map(parse, group, [columns] * len(group))
            for block, result in zip(group, parsed, strict=True):
                # Number of rows of the file if all lines are as long as these.
                expected = size * len(result.plain) // len(block.text) + 64
                body.add(block, result, expected)
