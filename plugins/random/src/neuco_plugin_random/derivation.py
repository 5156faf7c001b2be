"""The clean control: labels from a hash of the cube's id, so that they never change."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from neucocore.plugin import Labels, label_each


def number(ids: Sequence[str], sources: Sequence[Path] = ()) -> Labels:  # noqa: ARG001  the signature of every derivation
    """Label cubes with a number from 0 to 100 that depends only on the id.

    Parameters
    ----------
    ids
        Ids of the cubes.
    sources
        Not used: there is no source.
    """
    return label_each(ids, lambda cube: 100.0 * uniform("random-regression@2", cube))


def coin(ids: Sequence[str], sources: Sequence[Path] = ()) -> Labels:  # noqa: ARG001  the signature of every derivation
    """Label cubes with class 1 or 0 with equal probability, depending only on the id.

    The salt differs from that of `number`, so the two labels are independent.
    """
    return label_each(
        ids,
        lambda cube: float(uniform("random-classification@2", cube) >= 0.5),
        classes=("0", "1"),
    )


def uniform(salt: str, text: str) -> float:
    """Return a number from [0, 1): the first 53 bits of sha256(salt, NUL, text)."""
    digest = hashlib.sha256(f"{salt}\0{text}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2.0**53
