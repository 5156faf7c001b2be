"""Reading embedding lines one by one: slower than the kernel, and it names what is wrong."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neucocore.data.embeddings.cells import BadCells, read_cells
from neucocore.data.embeddings.columns import EmbeddingColumns
from neucocore.data.embeddings.table import Reading
from neucocore.files.findings import Finding

_CODES = {
    "ragged-rows": ("error", "row with another number of cells than the header"),
    "open-quotes": ("error", "line with an open or misplaced quote"),
    "encoding": ("error", "line that is not UTF-8"),
    "decimal-commas": ("error", "decimal comma"),
    "quotes": ("repaired", "line with quotes around cells, removed"),
}


@dataclass
class LineReader:
    """Reads lines that are not plain.

    Attributes
    ----------
    columns
        The columns of the header.
    reading
        How strictly to read.
    cells
        Where cells that are no finite number are counted.
    """

    columns: EmbeddingColumns
    reading: Reading
    cells: BadCells
    _counts: Counter[str] = field(default_factory=Counter)
    _examples: dict[str, list[str]] = field(default_factory=dict)

    def read(self, line: bytes, number: int, offset: int) -> tuple[str, NDArray[np.float32]] | None:
        """Read one line without its line end.

        Parameters
        ----------
        line
            The bytes of the line.
        number
            Its line number, the first line of the file being 1.
        offset
            Its first byte in the file.

        Returns
        -------
        id, values
            Or None for a line that gives no row; what was wrong is noted.
        """
        cells = self._split(line, number, offset)
        if cells is None:
            return None
        wanted = [cells[position] for position in self.columns.dimensions]
        values, kinds = read_cells(wanted)
        for position, kind in kinds.items():
            text = wanted[position]
            self.cells.add(kind, number, position, f"line {number}", text)
            if kind == "text" and text.count(",") == 1 and text.replace(",", "").isdigit():
                self.note("decimal-commas", f"line {number} {text!r}")
        identifier = "" if self.columns.id is None else cells[self.columns.id]
        return identifier, values

    def _split(self, line: bytes, number: int, offset: int) -> list[str] | None:
        """Split a line into its cells, or note why that is impossible."""
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
        if missing > 0 and self.reading.lenient:
            return cells + [""] * missing
        if missing:
            self.note("ragged-rows", self._ragged(number, len(cells)))
            return None
        return cells

    def decode(self, text: bytes, number: int, offset: int) -> str:
        """Decode UTF-8, noting the line and the offset of a byte that is not."""
        try:
            return text.decode()
        except UnicodeDecodeError as error:
            at = error.start
            self.note("encoding", f"line {number} byte 0x{text[at]:02x} at offset {offset + at}")
            return text.decode(errors="replace")

    def _ragged(self, number: int, found: int) -> str:
        example = f"line {number} has {found} instead of {self.columns.count}"
        if found == self.columns.count + len(self.columns.dimensions):
            example += " (decimal commas?)"
        return example

    def note(self, code: str, example: str) -> None:
        """Count a problem of a line."""
        self._counts[code] += 1
        examples = self._examples.setdefault(code, [])
        if len(examples) < 3:
            examples.append(example)

    def findings(self) -> list[Finding]:
        """Return what was noted about lines and cells."""
        noted = [
            Finding(code, level, message, self._counts[code], tuple(self._examples[code]))  # type: ignore[arg-type]
            for code, (level, message) in _CODES.items()
            if self._counts[code]
        ]
        return noted + self.cells.findings(self.reading)
