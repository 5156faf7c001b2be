"""From class names to class codes, in a fixed order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neucocore.files.cells import canonical_value, is_number


def encode_classes(names: Sequence[str]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Map class names to codes 0, 1, ... in a fixed order.

    Numbers are compared by value, so ``1``, ``1.0`` and ``+1`` are one class. If all names are
    numbers, the order is numeric (negative numbers and gaps are allowed), else alphabetical. Of
    two classes the last one is the positive class.

    Parameters
    ----------
    names
        One class name per sample, none missing.

    Returns
    -------
    codes : (n,) int64
        Index of each sample's class in `classes`.
    classes
        The canonical class names, ordered by code.

    Examples
    --------
    >>> codes, classes = encode_classes(["3", "-1.0", "3.0"])
    >>> codes.tolist(), classes
    ([1, 0, 1], ('-1', '3'))
    """
    canonical = {name: canonical_value(name) for name in set(names)}
    classes = set(canonical.values())
    numeric = all(map(is_number, classes))
    ordered = sorted(classes, key=float) if numeric else sorted(classes)
    code_of = {name: code for code, name in enumerate(ordered)}
    codes = np.array([code_of[canonical[name]] for name in names], dtype=np.int64)
    return codes, tuple(ordered)
