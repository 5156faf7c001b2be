"""Smaller embeddings and fewer training rows inside each split, for curves of scores.

A reduction is fitted on the training rows of a split and applied to all its rows. Nothing about the
held-out rows enters, not even their range.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class CodeLength:
    """How many bits the codes of some rows take when they are coded with an adaptive length.

    Attributes
    ----------
    rows
        Number of rows.
    bits
        Bits of all rows together.
    side_bits
        Bits of what a decoder needs besides, once for all rows.
    """

    rows: int
    bits: float
    side_bits: float


class FittedReduction(Protocol):
    """A reduction fitted on the training rows of one split."""

    def apply(self, X: Matrix) -> Matrix:
        """Return rows (m, d) as they are read back from the smaller form, (m, k) float64."""

    def code_length(self, X: Matrix) -> CodeLength | None:
        """Return the length of the codes of rows (m, d); None if they have none."""


class Reduction(Protocol):
    """Makes embeddings smaller inside each split."""

    @property
    def dimension(self) -> int:
        """Number of columns k afterwards."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """Plain JSON values that determine the result."""

    @property
    def bytes_per_row(self) -> float:
        """Bytes of a row, without what is stored once for all rows."""

    def fit(self, X: Matrix) -> FittedReduction:
        """Fit on the training rows (n, d) of one split; safe to call from several threads."""
