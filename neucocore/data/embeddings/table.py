"""What the readers of the file formats are told and what they return."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.data.embeddings.quantisation import StoredRows
from neucocore.errors import DataError
from neucocore.files.findings import Finding, Level


@dataclass(frozen=True)
class ReadOptions:
    """How strictly a file is read.

    Attributes
    ----------
    lenient
        As NeuCo-Bench reads: cells that are not numbers count as 0, short rows are filled with 0.
    nan_as_zero
        Cells that are empty, NaN, infinite or text count as 0 (``--nan zero``).
    id
        Column of the ids (``--id``); None for ``id`` or the one of a known product.
    vector
        Columns of the numbers (``--vector``): a name, a pattern, or several separated by commas;
        None for the rule of `neucocore.data.embeddings.roles`.
    drop_no_data
        Rows without data are left out instead of refused (``--drop-no-data``).
    """

    lenient: bool = False
    nan_as_zero: bool = False
    id: str | None = None
    vector: str | None = None
    drop_no_data: bool = False

    @property
    def duplicate_columns_level(self) -> Level:
        """Level of the finding about a repeated column name; the first column is used."""
        return "warning" if self.lenient else "error"


def damaged_file(path: Path, error: Exception) -> DataError:
    """Return the error about a file that its format's library cannot read to the end."""
    return DataError(
        f"{path} is truncated or damaged: {error}", hint="download or write the file again"
    )


@dataclass(eq=False)
class EmbeddingTable:
    """The content of an embeddings file, before the ids and the complete matrix are checked.

    Attributes
    ----------
    ids
        Ids as written, one per row; None if the file has no ids.
    matrix
        (n, d) float32; cells that are not finite numbers are 0 and counted in `findings`.
    describe_row
        Returns the place of row i in the file, for messages, such as ``line 7``.
    metadata
        Metadata stored in the file.
    dtype
        Type of the stored values; ``text`` for CSV.
    findings
        Problems, warnings and repairs.
    extra
        The metadata columns by name, one value per row: text for CSV, else as stored.
    parts
        How the rows are stored, one entry per file.
    without_data
        Rows that hold no data, and are among the problems.
    unread
        Rows whose vectors could not be read, and are among the problems.
    columns
        Names of the columns of the dimensions; empty if the vectors are lists.
    no_data
        Rows that the reader found to hold no data.
    year_column
        The column of years that is part of the ids (``id@year``), or None.
    """

    ids: list[str] | None
    matrix: NDArray[np.float32]
    describe_row: Callable[[int], str]
    metadata: dict[str, Any] = field(default_factory=dict)
    dtype: str = "float32"
    findings: list[Finding] = field(default_factory=list)
    extra: dict[str, Sequence[Any]] = field(default_factory=dict)
    parts: list[StoredRows] = field(default_factory=list)
    without_data: frozenset[int] = frozenset()
    unread: frozenset[int] = frozenset()
    columns: tuple[str, ...] = ()
    year_column: str | None = None
    no_data: frozenset[int] = frozenset()

    def drop(self, rows: NDArray[np.intp]) -> None:
        """Leave out some rows."""
        kept = np.setdiff1d(np.arange(len(self.matrix)), rows)
        describe_row = self.describe_row
        self.matrix = self.matrix[kept]
        self.describe_row = lambda row: describe_row(int(kept[row]))
        if self.ids is not None:
            self.ids = [self.ids[row] for row in kept.tolist()]
        self.extra = {
            name: [values[row] for row in kept.tolist()] for name, values in self.extra.items()
        }
        self.parts = []
