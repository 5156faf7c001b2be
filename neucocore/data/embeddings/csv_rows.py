"""Reading the lines of a CSV file one by one: slower than the kernel, but finds every problem."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neucocore.data.embeddings.cells import BadCells, read_cells
from neucocore.data.embeddings.roles import Roles
from neucocore.data.embeddings.table import ReadOptions
from neucocore.data.embeddings.vector_text import numbers_of_list
from neucocore.files.findings import Finding

_CODES = {
    "ragged-rows": ("error", "row with another number of cells than the header"),
    "open-quotes": ("error", "line with an open or misplaced quote"),
    "encoding": ("error", "line that is not UTF-8"),
    "vector-cells": ("error", "vector is not a JSON list of numbers"),
    "vector-lengths": ("error", "vector has another length than the first one"),
    "decimal-commas": ("error", "decimal comma"),
    "quotes": ("repaired", "quotes around the cells of a line removed"),
}


@dataclass(frozen=True)
class CsvColumns:
    """Which cells of a line are read as what.

    Attributes
    ----------
    count
        Number of cells of a line.
    names
        Name of each dimension.
    dimensions
        Position of the cell of each dimension; empty if one cell holds the vector as a JSON list.
    vector
        Position of that cell, or None.
    texts
        Positions of the cells kept as text: the id, if there is one, then the metadata.
    """

    count: int
    names: tuple[str, ...]
    dimensions: tuple[int, ...]
    vector: int | None
    texts: tuple[int, ...]

    @classmethod
    def from_roles(cls, roles: Roles, names: tuple[str, ...]) -> CsvColumns:
        """Return the columns with some roles; `names` are those of the dimensions."""
        texts = (*(() if roles.id is None else (roles.id,)), *roles.metadata)
        return cls(roles.count, names, roles.dimensions, roles.vector, texts)


@dataclass
class LineReader:
    """Reads the lines that are not plain.

    Attributes
    ----------
    columns
        The columns of the file.
    options
        How strictly to read.
    cells
        Counts the cells that are not finite numbers.
    """

    columns: CsvColumns
    options: ReadOptions
    cells: BadCells
    _counts: Counter[str] = field(default_factory=Counter)
    _examples: dict[str, list[str]] = field(default_factory=dict)

    def read(
        self, line: bytes, number: int, offset: int
    ) -> tuple[list[str], NDArray[np.float32]] | None:
        """Read one line without its line end.

        Parameters
        ----------
        line
            Bytes of the line.
        number
            Its line number, from 1.
        offset
            Position of its first byte in the file.

        Returns
        -------
        texts, values
            None if the line has no usable row; its problem is noted.
        """
        cells = self._split(line, number, offset)
        if cells is None:
            return None
        numbers = self._numbers(cells, number)
        if numbers is None:
            return None
        values, kinds = read_cells(numbers)
        for position, kind in kinds.items():
            text = numbers[position]
            self.cells.add(kind, number, position, f"line {number}", text)
            if kind == "text" and text.count(",") == 1 and text.replace(",", "").isdigit():
                self.note("decimal-commas", f"line {number} {text!r}")
        return [cells[position] for position in self.columns.texts], values

    def _numbers(self, cells: list[str], number: int) -> list[str] | None:
        """Return the cells of the dimensions, or the parts of the cell that holds all of them."""
        if self.columns.vector is None:
            return [cells[position] for position in self.columns.dimensions]
        cell = cells[self.columns.vector]
        numbers = numbers_of_list(cell)
        if numbers is None:
            self.note("vector-cells", f"line {number} {cell[:40]!r}")
        elif len(numbers) != len(self.columns.names):
            self.note("vector-lengths", f"line {number} has {len(numbers)}")
            return None
        return numbers

    def _split(self, line: bytes, number: int, offset: int) -> list[str] | None:
        """Split a line into its cells; return None and note the problem if that is impossible."""
        text = self.decode(line, number, offset)
        if '"' in text:
            try:
                cells = next(csv.reader([text], strict=True, skipinitialspace=True))
            except csv.Error:
                self.note("open-quotes", f"line {number}")
                return None
            self.note_quotes(number)
        else:
            cells = text.split(",")
        missing = self.columns.count - len(cells)
        if missing > 0 and self.options.lenient:
            return cells + [""] * missing
        if missing:
            self.note("ragged-rows", self._ragged(number, len(cells)))
            return None
        return cells

    def decode(self, text: bytes, number: int, offset: int) -> str:
        """Decode UTF-8; note the line and the offset of an invalid byte."""
        try:
            return text.decode()
        except UnicodeDecodeError as error:
            at = error.start
            self.note("encoding", f"line {number} byte 0x{text[at]:02x} at offset {offset + at}")
            return text.decode(errors="replace")

    def _ragged(self, number: int, count: int) -> str:
        example = f"line {number} has {count} instead of {self.columns.count}"
        if count == self.columns.count + len(self.columns.dimensions):
            example += " (perhaps decimal commas)"
        return example

    def note_quotes(self, number: int) -> None:
        """Note quotes, which ids and numbers do not need; other text and lists may need them."""
        if self.columns.vector is None and len(self.columns.texts) <= 1:
            self.note("quotes", f"line {number}")

    def note(self, code: str, example: str) -> None:
        """Count a problem of a line; keep the first examples."""
        self._counts[code] += 1
        examples = self._examples.setdefault(code, [])
        if len(examples) < 3:
            examples.append(example)

    def findings(self, rows: int) -> list[Finding]:
        """Return the findings about lines and cells of a file with `rows` rows."""
        findings = [
            Finding(code, level, message, self._counts[code], tuple(self._examples[code]))  # type: ignore[arg-type]
            for code, (level, message) in _CODES.items()
            if self._counts[code]
        ]
        return findings + self.cells.findings(self.options, rows)
