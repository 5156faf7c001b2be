"""Embeddings in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.errors import IdError, NonFiniteError, ShapeError
from neucocore.files.findings import Finding

ROWS_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class Embeddings:
    """One vector a sample.

    Attributes
    ----------
    ids
        Sample ids, each once.
    matrix
        (n, d) float32, finite; row i belongs to ``ids[i]``.
    metadata
        Plain JSON values about the embeddings that hold for every run that made them.
    findings
        What was repaired or noticed when they were read.
    dtype
        The type of the values in the file they came from; ``text`` for CSV.

    Raises
    ------
    ShapeError, IdError, NonFiniteError
        When the parts do not fit together.
    """

    ids: tuple[str, ...]
    matrix: NDArray[np.float32]
    metadata: dict[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    dtype: str = "float32"

    def __post_init__(self) -> None:
        if self.matrix.ndim != 2 or self.matrix.dtype != np.float32:
            raise ShapeError(
                f"embeddings are an (n, d) float32 matrix, not {self.matrix.dtype} "
                f"of shape {self.matrix.shape}"
            )
        if len(self.ids) != len(self.matrix):
            raise ShapeError(f"{len(self.ids)} ids for {len(self.matrix)} rows of embeddings")
        if len(set(self.ids)) != len(self.ids):
            raise IdError("ids of embeddings must occur once each")
        blocks = range(0, len(self.matrix), ROWS_AT_ONCE)
        if not all(np.isfinite(self.matrix[row : row + ROWS_AT_ONCE]).all() for row in blocks):
            raise NonFiniteError("embeddings hold NaN or infinite values")

    def __repr__(self) -> str:
        """Say how many there are: the numbers themselves would fill the screen."""
        return f"<Embeddings: {len(self.ids)} ids x {self.dimension} dimensions>"

    @property
    def dimension(self) -> int:
        """Number of values a sample, d."""
        return int(self.matrix.shape[1])
