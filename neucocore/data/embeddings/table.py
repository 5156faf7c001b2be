"""What the readers of the embedding formats hand over, and the rules they read by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.files.findings import Finding, Level


@dataclass(frozen=True)
class Reading:
    """How strictly a file is read.

    Attributes
    ----------
    lenient
        NeuCo-Bench's reading: whatever is no number counts as 0, short rows are filled.
    zero
        Cells that are empty, NaN, infinite or text count as 0 (``--nan zero``).
    """

    lenient: bool = False
    zero: bool = False

    @property
    def doubled_columns(self) -> Level:
        """Level of the finding about a column name that occurs twice; the first one counts."""
        return "warning" if self.lenient else "error"


@dataclass(eq=False)
class EmbeddingTable:
    """An embeddings file as it stands, before ids and values are judged as a whole.

    Attributes
    ----------
    ids
        Ids as written, one a row; None when the file has none.
    matrix
        (n, d) float32; cells that are no finite number are 0 and stand in `findings`.
    place
        Where row i stands in the file, for messages.
    metadata
        What the file says about itself.
    dtype
        The type of the stored values; ``text`` for CSV.
    findings
        What was repaired or is wrong.
    """

    ids: list[str] | None
    matrix: NDArray[np.float32]
    place: Callable[[int], str]
    metadata: dict[str, Any] = field(default_factory=dict)
    dtype: str = "float32"
    findings: list[Finding] = field(default_factory=list)
