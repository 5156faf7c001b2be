"""Embeddings in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.errors import IdError, NonFiniteError, ShapeError
from neucocore.files.findings import Finding

ROWS_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class Embeddings:
    """One vector per sample.

    Attributes
    ----------
    ids
        Sample ids; each occurs once.
    matrix
        (n, d) float32, finite; row i belongs to ``ids[i]``.
    metadata
        Plain JSON values about the embeddings that do not vary from run to run.
    findings
        Warnings and repairs from reading the file.
    dtype
        Type of the values in the file that was read; ``text`` for CSV.
    extra
        The metadata columns of the file by name, one value per row (text for CSV): labels, places,
        years, groups. They are never dimensions.
    year_column
        The column of years that is part of the ids (``id@year``), because ids repeat; else None.

    Raises
    ------
    ShapeError, IdError, NonFiniteError
        Ids, matrix and its values do not fit together.
    """

    ids: tuple[str, ...]
    matrix: NDArray[np.float32]
    metadata: dict[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    dtype: str = "float32"
    extra: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    year_column: str | None = None

    def __post_init__(self) -> None:
        matrix: Any = self.matrix
        ids: Any = self.ids
        if not isinstance(matrix, np.ndarray):
            raise ShapeError(
                f"embeddings are an (n, d) float32 array, not {type(matrix).__name__}",
                hint="convert it: np.asarray(matrix, dtype=np.float32)",
            )
        if isinstance(ids, str) or not all(isinstance(text, str) for text in ids):
            raise IdError(
                "the ids of embeddings are a sequence of texts",
                hint="convert them: tuple(map(str, ids))",
            )
        object.__setattr__(self, "ids", tuple(map(str, ids)))  # of numpy texts too
        if self.matrix.ndim != 2 or self.matrix.dtype != np.float32:
            raise ShapeError(
                f"embeddings are an (n, d) float32 matrix, not {self.matrix.dtype} "
                f"of shape {self.matrix.shape}",
                hint="convert it: matrix.astype(np.float32)",
            )
        if len(self.ids) != len(self.matrix):
            raise ShapeError(
                f"{len(self.ids)} ids for {len(self.matrix)} rows of embeddings",
                hint="pass one id per row",
            )
        short = [name for name, values in self.extra.items() if len(values) != len(self.ids)]
        if short:
            raise ShapeError(
                f"metadata column {short[0]!r} has {len(self.extra[short[0]])} values for "
                f"{len(self.ids)} rows of embeddings",
                hint="pass one value per row",
            )
        if len(set(self.ids)) != len(self.ids):
            raise IdError(
                "an id of the embeddings occurs more than once", hint="keep one row per id"
            )
        blocks = range(0, len(self.matrix), ROWS_AT_ONCE)
        if not all(np.isfinite(self.matrix[row : row + ROWS_AT_ONCE]).all() for row in blocks):
            raise NonFiniteError(
                "the embeddings hold NaN or infinite values", hint="replace them or drop these rows"
            )

    def __repr__(self) -> str:
        """Return the size only: the numbers would fill the screen."""
        return f"<Embeddings: {len(self.ids)} ids x {self.dimension} dimensions>"

    def select(self, rows: Sequence[int]) -> Embeddings:
        """Return some rows, in the order of `rows`."""
        return replace(
            self,
            ids=tuple(self.ids[row] for row in rows),
            matrix=self.matrix[np.asarray(rows, dtype=np.intp)],
            extra={name: [values[row] for row in rows] for name, values in self.extra.items()},
        )

    @property
    def dimension(self) -> int:
        """Number of dimensions, d."""
        return int(self.matrix.shape[1])
