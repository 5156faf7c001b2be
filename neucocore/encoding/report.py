"""What an encode run returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, repr=False)
class EncodeReport:
    """The outcome of an encode run.

    Attributes
    ----------
    path
        The embeddings file.
    rows, columns
        Shape of the embeddings; 0 columns after a shard, which writes no embeddings file.
    fit
        What a row depends on besides its own cube: ``none``, ``train`` or ``transductive``; empty
        after a shard.
    up_to_date
        The file existed already, made from the same input by the same code.
    resumed
        Number of cubes that an earlier, interrupted run had finished.
    failures
        Cubes left out because of ``--skip-bad``: (id, reason).
    warnings
        What was noticed while reading the cubes: (message, number of cubes).
    costs
        Times in seconds, sizes in bytes, energy in joules, as in the sidecar.
    """

    path: Path
    rows: int
    columns: int
    fit: str = ""
    up_to_date: bool = False
    resumed: int = 0
    failures: tuple[tuple[str, str], ...] = ()
    warnings: tuple[tuple[str, int], ...] = ()
    costs: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Return file, shape and fit."""
        return f"<EncodeReport: {self.path}, {self.rows} x {self.columns}, fit {self.fit or '-'}>"
