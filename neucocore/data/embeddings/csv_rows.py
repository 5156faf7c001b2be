"""Reading the lines of a CSV file one by one: slower than the kernel, but finds every problem."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neucocore.data.embeddings.cells import BadCells, read_cells
from neucocore.data.embeddings.columns import EmbeddingColumns
from neucocore.data.embeddings.table import ReadOptions
from neucocore.files.findings import Finding

_CODES = {
    "ragged-rows": ("error", "row with another number of cells than the header"),
    "open-quotes": ("error", "line with an open or misplaced quote"),
    "encoding": ("error", "line that is not UTF-8"),
    "decimal-commas": ("error", "decimal comma"),
    "quotes": ("repaired", "quotes around the cells of a line removed"),
}


@dataclass
class LineReader:
    """Reads the lines that are not plain.

    Attributes
    ----------
    columns
        The columns of the header.
    options
        How strictly to read.
    cells
        Counts the cells that are not finite numbers.
    """

    columns: EmbeddingColumns
    options: ReadOptions
    cells: BadCells
    _counts: Counter[str] = field(default_factory=Counter)
    _examples: dict[str, list[str]] = field(default_factory=dict)

    def read(self, line: bytes, number: int, offset: int) -> tuple[str, NDArray[np.float32]] | None:
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
        id, values
            None if the line has no usable row; its problem is noted.
        """
        cells = self._split(line, number, offset)
        if cells is None:
            return None
        numbers = [cells[position] for position in self.columns.dimensions]
        values, kinds = read_cells(numbers)
        for position, kind in kinds.items():
            text = numbers[position]
            self.cells.add(kind, number, position, f"line {number}", text)
            if kind == "text" and text.count(",") == 1 and text.replace(",", "").isdigit():
                self.note("decimal-commas", f"line {number} {text!r}")
        identifier = "" if self.columns.id is None else cells[self.columns.id]
        return identifier, values

    def _split(self, line: bytes, number: int, offset: int) -> list[str] | None:
        """Split a line into its cells; return None and note the problem if that is impossible."""
        text = self.decode(line, number, offset)
        if '"' in text:
            try:
                cells = next(csv.reader([text], strict=True, skipinitialspace=True))
            except csv.Error:
                self.note("open-quotes", f"line {number}")
                return None
            self.note("quotes", f"line {number}")
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

    def note(self, code: str, example: str) -> None:
        """Count a problem of a line; keep the first examples."""
        self._counts[code] += 1
        examples = self._examples.setdefault(code, [])
        if len(examples) < 3:
            examples.append(example)

    def findings(self) -> list[Finding]:
        """Return the findings about lines and cells."""
        findings = [
            Finding(code, level, message, self._counts[code], tuple(self._examples[code]))  # type: ignore[arg-type]
            for code, (level, message) in _CODES.items()
            if self._counts[code]
        ]
        return findings + self.cells.findings(self.options)
