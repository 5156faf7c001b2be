"""What the readers of the file formats are told and what they return."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
    """

    lenient: bool = False
    nan_as_zero: bool = False

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
    """

    ids: list[str] | None
    matrix: NDArray[np.float32]
    describe_row: Callable[[int], str]
    metadata: dict[str, Any] = field(default_factory=dict)
    dtype: str = "float32"
    findings: list[Finding] = field(default_factory=list)
