"""Counts as a person writes them."""

from __future__ import annotations


def counted(number: int, thing: str) -> str:
    """Return ``1 file`` or ``2 files``."""
    return f"{number} {thing}{'' if number == 1 else 's'}"
