"""Embeddings and labels that Python passes as objects instead of files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

EMBEDDINGS, LABELS = "embeddings-in-memory", "labels-in-memory"


@dataclass(frozen=True, eq=False)
class InMemory:
    """An object in place of a file, with the name by which messages and records mention it.

    Attributes
    ----------
    value
        The object: embeddings, an array or a data frame.
    name
        What stands for the name of a file.
    ids
        Ids of the rows of an array.
    """

    value: Any
    name: str
    ids: Sequence[str] | None = None

    def __fspath__(self) -> str:
        return self.name

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        """Return the name only: the values would fill the screen."""
        return f"<{self.name}: {type(self.value).__name__}>"
