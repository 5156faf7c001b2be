"""What an encode run says of itself when it has ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class EncodeReport:
    """What an encode run did.

    Attributes
    ----------
    rows, columns
        Shape of the embeddings; 0 columns for a shard, which writes no file of its own.
    found
        The file was there already, made from the same input by the same code.
    resumed
        Cubes that an earlier, interrupted run had finished.
    failures
        Bad cubes left out under ``--skip-bad``: (id, reason).
    warnings
        What reading the cubes noticed, with the number of cubes.
    """

    path: Path
    rows: int
    columns: int
    up_to_date: bool = False
    resumed: int = 0
    failures: tuple[tuple[str, str], ...] = ()
    warnings: tuple[tuple[str, int], ...] = ()
    costs: dict[str, Any] = field(default_factory=dict)
