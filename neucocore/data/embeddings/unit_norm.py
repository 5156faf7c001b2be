"""Embeddings of AlphaEarth Foundations: unit vectors, and the formulas with which they are misread.

Its codes are int8, value = sign(v) (|v| / 127.5)^2, and the 64 values of a pixel have length 1 up
to the rounding of the codes (0.9915 to 1.0092). A linear probe hides a wrong formula; the length
reveals it. A formula is named only if the codes that it implies are integers and have length 1 by
the right formula, which does not happen by chance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.files.findings import EXAMPLES_SHOWN, Finding

DIMENSIONS = 64
BAND_NAMES = tuple(f"A{band:02d}" for band in range(DIMENSIONS))
UNIT = (0.98, 1.02)
"""Lengths of valid pixels, with some room."""
SAMPLED_ROWS = 2000
MOST = 0.95
INTEGER_TOLERANCE = 0.02
MIN_ROWS = 4
PRODUCT_NAMES = ("alphaearth", "satellite embedding", "aef")
FORMULAS: Mapping[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "the codes themselves": lambda x: x,
    "v / 127 (linear)": lambda x: x * 127,
    "v / 127.5 (linear)": lambda x: x * 127.5,
    "v / 128 (linear)": lambda x: x * 128,
    "the codes read as uint8": lambda x: np.where(x > 127, x - 256, x),
}
"""Wrong formulas, and the codes that values of each imply."""
RIGHT = "value = sign(v) (|v| / 127.5)^2, the quantization method 'aef'"


def unit_norm_findings(
    matrix: NDArray[np.float32],
    names: Sequence[str],
    metadata: Mapping[str, Any],
    columns: Sequence[str] = (),
    without_data: frozenset[int] = frozenset(),
) -> list[Finding]:
    """Return a warning if the vectors of AlphaEarth do not have length 1, with the likely reason.

    Parameters
    ----------
    matrix
        (n, 64) values; nothing is checked for other numbers of dimensions.
    names
        Name of each row.
    metadata
        Those of the file, which may name the product.
    columns
        Names of the columns of the dimensions.
    without_data
        Rows that are not checked.
    """
    if matrix.shape[1] != DIMENSIONS or len(matrix) < MIN_ROWS:
        return []
    rows = np.arange(len(matrix))
    if without_data:
        rows = np.setdiff1d(rows, sorted(without_data))
    if len(rows) < MIN_ROWS:
        return []
    sampled = rows[np.linspace(0, len(rows) - 1, min(len(rows), SAMPLED_ROWS)).astype(np.intp)]
    x = matrix[sampled].astype(np.float64)
    norms = np.linalg.norm(x, axis=1)
    if _are_unit(norms):
        return _lost_signs(x) if _is_promised(metadata, columns) else []
    for formula, codes_of in FORMULAS.items():
        codes = codes_of(x)
        if _are_codes(codes) and _are_unit(np.linalg.norm(_decoded(codes), axis=1)):
            return [_wrong_formula(formula, len(rows))]
    for formula, values in _shifted(x).items():
        if _are_unit(np.linalg.norm(values, axis=1)):
            return [_wrong_formula(formula, len(rows), "(v - 8192) / 8192")]
    if not _is_promised(metadata, columns):
        return []
    return _other_lengths(matrix, rows, names, metadata)


def _decoded(codes: NDArray[np.float64]) -> NDArray[np.float64]:
    values: NDArray[np.float64] = np.sign(codes) * np.square(codes / 127.5)
    return values


def _are_unit(norms: NDArray[np.float64]) -> bool:
    return bool(((norms >= UNIT[0]) & (norms <= UNIT[1])).mean() >= MOST)


def _are_codes(codes: NDArray[np.float64]) -> bool:
    in_range = np.abs(codes).max(initial=0) <= 128.5
    near = np.abs(codes - np.round(codes)) < INTEGER_TOLERANCE
    return bool(in_range and near.mean() >= 0.99)


def _shifted(x: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Return the values that Earth Engine's uint16 export implies where its shift was left out."""
    if x.min() < 0:
        return {}
    return {
        "Earth Engine's uint16 codes, not shifted and scaled": (x - 8192) / 8192,
        "v / 8192, without the shift by 8192": x - 1,
    }


def _lost_signs(x: NDArray[np.float64]) -> list[Finding]:
    if x.min() < 0:
        return []
    message = "no value is negative, so the signs of the codes were probably lost"
    return [Finding("unit-norm", "warning", message, hint=f"the formula is {RIGHT}")]


def _wrong_formula(formula: str, rows: int, right: str = RIGHT) -> Finding:
    message = (
        f"the values look like AlphaEarth's by a wrong formula: {formula}; by the right one the "
        "vectors have length 1"
    )
    return Finding("unit-norm", "warning", message, rows, hint=f"the formula is {right}")


def _is_promised(metadata: Mapping[str, Any], columns: Sequence[str]) -> bool:
    """Whether the file says that it is AlphaEarth's: by product, model, rule, or band names."""
    if tuple(columns) == BAND_NAMES:
        return True
    product = metadata.get("product")
    rule = metadata.get("dequantised")
    said = [
        product.get("name") if isinstance(product, Mapping) else product,
        metadata.get("model"),
        rule.get("quantization") if isinstance(rule, Mapping) else None,
    ]
    text = " ".join(str(value) for value in said if value is not None).lower()
    return any(name in text for name in PRODUCT_NAMES)


def _other_lengths(
    matrix: NDArray[np.float32],
    rows: NDArray[np.intp],
    names: Sequence[str],
    metadata: Mapping[str, Any],
) -> list[Finding]:
    norms = np.linalg.norm(matrix[rows].astype(np.float64), axis=1)
    wrong = rows[(norms < UNIT[0]) | (norms > UNIT[1])]
    how = str(metadata.get("sampled", metadata.get("pooled", "")))
    if norms.max() <= UNIT[1] and "mean" in how:
        return []  # means of several unit vectors are shorter, and the file says that they are
    reason = "perhaps means of several pixels" if norms.max() <= UNIT[1] else "perhaps not scaled"
    message = (
        f"vector of AlphaEarth whose length is not 1 ({norms.min():.3g} to {norms.max():.3g}), "
        f"{reason}"
    )
    examples = tuple(names[row] for row in wrong[:EXAMPLES_SHOWN].tolist())
    hint = f"the formula is {RIGHT}; codes must not be averaged"
    return [Finding("unit-norm", "warning", message, len(wrong), examples, hint)]
