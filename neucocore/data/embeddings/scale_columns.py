"""Columns that look like the scale of stored integers: they act, or the file is refused.

A column or array that a rule uses is named ``scale`` or ``offset``, or by the quantization record.
Any other one with such a name would be ignored without a word, and the codes read as values.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from neucocore.data.embeddings.quantisation import (
    OFFSET_NAMES,
    SCALE_NAMES,
    SMALL_INTEGERS,
    StoredRows,
)
from neucocore.files.findings import Finding

_CAMEL_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SCALE_LIKE = re.compile(
    r"(.*[^a-z])?((re)?scales?|scaling|(scale|scaling|quant|dequant|quantization|quantisation)"
    r"[^a-z]?(factor|scale|step|offset)s?|zero[^a-z]?points?)([^a-z].*)?|offsets?"
)
SMALLEST, LARGEST = -(2**15), 2**16 - 1
"""Values of the small integer types."""


def is_scale_name(name: str) -> bool:
    """Whether a column is named like a scale or an offset of stored integers, in any case."""
    return _SCALE_LIKE.fullmatch(_CAMEL_CASE.sub("_", name.strip()).lower()) is not None


def unused_scales(columns: Iterable[tuple[str, str]], used: Collection[str]) -> tuple[str, ...]:
    """Return the columns named like a scale that no rule uses, as name and type for messages."""
    return tuple(
        f"{name!r} ({kind})" if kind else repr(name)
        for name, kind in columns
        if is_scale_name(name) and name not in used
    )


def unused_scale_findings(matrix: NDArray[np.float32], part: StoredRows) -> list[Finding]:
    """Return an error about columns named like a scale next to integers that they do not scale.

    The integers may also be stored as text or floating-point numbers, which name no type.

    Parameters
    ----------
    matrix
        (n, d) the stored values of the part.
    part
        How they are stored.
    """
    if not part.unused_scales or not matrix.size:
        return []
    if not part.dtype.startswith(("int", "uint")) and not _holds_small_integers(matrix):
        return []
    where = f"{part.name}: " if part.name else ""
    count, shown = len(part.unused_scales), part.unused_scales[:3]
    if part.rule is not None:
        message = f"{where}column of a scale, in addition to the scale that is used"
        hint = "keep one scale: remove the column, or the other one"
    elif not part.dtype.startswith(("int", "uint")):
        message = f"{where}values are small integers next to a column of a scale that is not used"
        hint = (
            "store code * scale and remove the column; or store the codes as int8 or uint8, with "
            "the column 'scale', in Parquet or npz"
        )
    elif any(name.startswith(tuple(map(repr, SCALE_NAMES))) for name in shown):
        message = f"{where}column of the scale does not hold one number per row"
        hint = "store one floating-point number per row in the column 'scale'"
    else:
        message = f"{where}column is named like a scale of the {part.dtype} values, but not used"
        hint = (
            f"rename it to {SCALE_NAMES[0]!r} (or {OFFSET_NAMES[0]!r}) if value = code * scale + "
            "offset, or to a name without 'scale' if it is something else"
        )
    return [Finding("quantisation", "error", message, count, shown, hint)]


def _holds_small_integers(matrix: NDArray[np.float32]) -> bool:
    for block in (matrix[:64], matrix):
        if (block != np.floor(block)).any() or block.min() < SMALLEST or block.max() > LARGEST:
            return False
    return True


def parts_without_scale(parts: Sequence[StoredRows]) -> list[Finding]:
    """Return an error about parts of integers without a scale next to parts that have another kind.

    Codes and values of an embedding cannot be compared.
    """
    integers = [part for part in parts if part.dtype.startswith(("int", "uint"))]
    scaled = [part for part in integers if part.rule is not None]
    if scaled:
        without = [part for part in integers if part.rule is None]
        unlike = f"unlike {scaled[0].name}"
    else:
        without = [part for part in integers if part.dtype in SMALL_INTEGERS]
        others = [part for part in parts if part not in without]
        if not without or not others:
            return []
        unlike = f"but {others[0].name} holds {others[0].dtype} values"
    if not without:
        return []
    message = f"part holds integers without a scale, {unlike}"
    shown = tuple(part.name for part in without[:3])
    hint = "store all parts of an embedding in the same way, each with its scale"
    return [Finding("quantisation", "error", message, len(without), shown, hint)]
