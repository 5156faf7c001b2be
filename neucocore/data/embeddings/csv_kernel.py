"""The compiled reader of well-formed embedding lines.

It reads bytes directly into float32 and reports which lines were plain. Lines that are not plain
(quotes inside, text, NaN, a wrong number of cells, a value too close to the middle between two
float32 numbers) are left to `neucocore.data.embeddings.csv_rows`, which finds their problems. So
this module is fast, but decides nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.runtime.compiled import compiled

NEWLINE, RETURN, SPACE, QUOTE = 10, 13, 32, 34
PLUS, COMMA, MINUS, POINT, ZERO = 43, 44, 45, 46, 48
UPPER_E, LOWER_E = 69, 101
ONE = np.uint64(1)  # positions stay unsigned, so the compiler needs no sign check

# Further digits do not fit into 64 bits; they only change the exponent, which is a relative error
# below 1e-18.
DIGITS = 19
LARGEST_EXPONENT = 300
POWERS_OF_TEN = np.array([float(f"1e{power}") for power in range(LARGEST_EXPONENT + 1)])
SMALLEST_NORMAL = float(np.finfo(np.float32).tiny)
LARGEST = float(np.finfo(np.float32).max)

# The mantissa of a float64 has 29 bits more than that of a float32. A 64-bit integer multiplied or
# divided by a power of ten, all rounded, is off by less than 2 units in the last place, so rounding
# to float32 is certain unless these 29 bits are within a few units of the middle.
EXTRA_BITS = (1 << 29) - 1
MIDDLE = 1 << 28
DOUBT = 4


@compiled()
def read_mantissa(text: Any, at: Any) -> Any:
    """Read digits with at most one point, as an integer and a power of ten.

    Returns
    -------
    at
        Position after them.
    mantissa : uint64
        The first 19 significant digits.
    exponent : int64
        The power of ten of the mantissa.
    found : bool
        Whether there was a digit.
    """
    mantissa = np.uint64(0)
    exponent = 0
    digits = 0
    found = False
    after_point = False
    while True:
        digit = np.uint8(text[at] - ZERO)
        if digit <= 9:
            found = True
            if digits < DIGITS:
                mantissa = mantissa * np.uint64(10) + np.uint64(digit)
                digits += mantissa != 0
                exponent -= after_point
            else:
                exponent += not after_point
        elif text[at] == POINT and not after_point:
            after_point = True
        else:
            return at, mantissa, exponent, found
        at += ONE


@compiled()
def read_exponent(text: Any, at: Any) -> Any:
    """Read what follows the mantissa: nothing, or ``e`` and an integer.

    Returns
    -------
    at
        Position after it.
    exponent : int64
        The integer, or a larger one than any limit; 0 for nothing.
    found : bool
        False for an ``e`` without an integer.
    """
    if text[at] != LOWER_E and text[at] != UPPER_E:
        return at, 0, True
    at += ONE
    negative = text[at] == MINUS
    if negative or text[at] == PLUS:
        at += ONE
    exponent = 0
    found = False
    while np.uint8(text[at] - ZERO) <= 9:
        found = True
        if exponent < LARGEST_EXPONENT * 10:
            exponent = exponent * 10 + int(text[at] - ZERO)
        at += ONE
    return at, -exponent if negative else exponent, found


@compiled()
def read_number(text: Any, at: Any, powers: Any, scratch: Any, bits: Any) -> Any:
    """Read one decimal number at byte `at`; `scratch` and `bits` share one float64.

    Returns
    -------
    at
        Position after the number.
    value : float64
        Rounds correctly to float32 if `plain`.
    plain : bool
        False if there is no plain number at this position.
    """
    negative = text[at] == MINUS
    if negative or text[at] == PLUS:
        at += ONE
    at, mantissa, exponent, found = read_mantissa(text, at)
    at, power, complete = read_exponent(text, at)
    exponent += power
    if not (found and complete):
        return at, 0.0, False
    if mantissa == 0:
        return at, -0.0 if negative else 0.0, True
    if not -LARGEST_EXPONENT <= exponent <= LARGEST_EXPONENT:
        return at, 0.0, False
    value = np.float64(mantissa)
    value = value * powers[exponent] if exponent >= 0 else value / powers[-exponent]
    scratch[0] = value
    certain = abs((bits[0] & EXTRA_BITS) - MIDDLE) > DOUBT
    return at, -value if negative else value, certain and SMALLEST_NORMAL <= value <= LARGEST


@compiled()
def skip_cell(text: Any, at: Any) -> Any:
    """Skip a cell that is not a number; return its end and whether it was plain.

    A plain cell has no quotes, or one pair around it, with a comma or line end after them; two
    quotes inside stand for one.
    """
    quoted = text[at] == QUOTE
    if quoted:
        closed = False
        while not closed:
            at += ONE
            while text[at] != QUOTE and text[at] != NEWLINE:
                at += ONE
            if text[at] == NEWLINE:
                return at, False
            at += ONE
            closed = text[at] != QUOTE
    plain = True
    while text[at] != COMMA and text[at] != RETURN and text[at] != NEWLINE:
        plain = plain and not quoted and text[at] != QUOTE
        at += ONE
    return at, plain


@compiled()
def skip_spaces(text: Any, at: Any) -> Any:
    """Return the position of the first byte from `at` on that is not a space."""
    while text[at] == SPACE:
        at += ONE
    return at


@compiled()
def read_line(
    text: Any, at: Any, targets: Any, powers: Any, scratch: Any, bits: Any, numbers: Any,
    spans: Any,
) -> Any:  # fmt: skip
    """Read one line into `numbers` and `spans`; return its end and whether it was plain."""
    cells = targets.shape[0]
    for cell in range(cells):
        if targets[cell] < 0:
            start = at
            at, plain = skip_cell(text, at)
            spans[-1 - targets[cell], 0] = start
            spans[-1 - targets[cell], 1] = at
        else:
            at = skip_spaces(text, at)
            at, value, plain = read_number(text, at, powers, scratch, bits)
            numbers[targets[cell]] = value
            at = skip_spaces(text, at)
        if not plain:
            return at, False
        if cell < cells - 1:
            if text[at] != COMMA:
                return at, False
            at += ONE
    if text[at] == RETURN:
        at += ONE
    return at, text[at] == NEWLINE


@compiled()
def read_lines(
    text: Any, targets: Any, powers: Any, out: Any, spans: Any, lines: Any, plain: Any
) -> None:
    """Read lines of comma-separated cells.

    Parameters
    ----------
    text : (bytes,) uint8
        As many lines as `out` has rows, each with a final newline.
    targets : (cells,) int64
        Dimension of each cell of a line, or ``-1 - i`` for the i-th cell of text.
    powers : (301,) float64
        Powers of ten.
    out : (n, d) float32
        Filled with the numbers of plain lines.
    spans : (n, texts, 2) int64
        Filled with the start and the end (exclusive) of each cell of text.
    lines : (n, 2) int64
        Filled with the start and the end (exclusive) of each line.
    plain : (n,) bool
        Filled with whether the line was plain; if not, its row of `out` and `spans` is undefined.
    """
    scratch = np.empty(1, dtype=np.float64)
    bits = scratch.view(np.int64)
    at = np.uint64(0)
    for row in range(out.shape[0]):
        lines[row, 0] = at
        at, plain[row] = read_line(text, at, targets, powers, scratch, bits, out[row], spans[row])
        while text[at] != NEWLINE:
            at += ONE
        lines[row, 1] = at
        at += ONE


def read_plain_lines(
    text: bytes, targets: NDArray[np.int64], texts: int, dimension: int
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Read complete lines, each with a final newline; see `read_lines` for the results.

    Parameters
    ----------
    text, targets
        As in `read_lines`.
    texts, dimension
        Number of cells of text, and of numbers, of a line.

    Returns
    -------
    out : (n, dimension) float32
    spans : (n, texts, 2) int64
    lines : (n, 2) int64
    plain : (n,) bool
    """
    count = text.count(b"\n")
    out = np.empty((count, dimension), dtype=np.float32)
    spans = np.zeros((count, texts, 2), dtype=np.int64)
    lines = np.empty((count, 2), dtype=np.int64)
    plain = np.empty(count, dtype=np.bool_)
    buffer = np.frombuffer(text, dtype=np.uint8)
    read_lines(buffer, targets, POWERS_OF_TEN, out, spans, lines, plain)
    return out, spans, lines, plain
