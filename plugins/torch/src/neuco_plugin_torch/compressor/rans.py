"""An entropy coder: range asymmetric numeral systems (rANS).

Duda 2013, Asymmetric numeral systems. It uses only integers, so the bytes are the same on every
machine. The context of a symbol selects the table of frequencies that it is coded with.
"""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

from neucocore.plugin import DataError

PRECISION = 16
"""Bits of a frequency: the frequencies of a table sum to 2**16."""
_MIN_STATE = 1 << 23
"""The state stays between this and 2**31, and is output byte by byte."""
_STATE_BYTES = 4


def encode(
    symbols: NDArray[np.integer], contexts: NDArray[np.integer], cumulative: NDArray[np.integer]
) -> bytes:
    """Return the code of symbols.

    Parameters
    ----------
    symbols, contexts
        Shape (n,), from 0; the symbol must have a frequency above 0 in the table of its context.
    cumulative
        Shape (contexts, symbols + 1), increasing from 0 to 2**16 in each row: symbol s has the
        frequency cumulative[c, s + 1] - cumulative[c, s] in context c.
    """
    tables = cumulative.tolist()
    state = _MIN_STATE
    out = bytearray()
    for symbol, context in zip(symbols[::-1].tolist(), contexts[::-1].tolist(), strict=True):
        start, end = tables[context][symbol : symbol + 2]
        frequency = end - start
        full = (_MIN_STATE >> PRECISION << 8) * frequency
        while state >= full:
            out.append(state & 0xFF)
            state >>= 8
        state = (state // frequency << PRECISION) + state % frequency + start
    out += state.to_bytes(_STATE_BYTES, "little")
    return bytes(out[::-1])


def decode(
    code: bytes, contexts: NDArray[np.integer], cumulative: NDArray[np.integer]
) -> NDArray[np.int64]:
    """Return the symbols, shape (n,), from the code and the contexts and tables given to `encode`.

    Raises
    ------
    DataError
        The bytes are not the code of this number of symbols.
    """
    tables = cumulative.tolist()
    state = int.from_bytes(code[:_STATE_BYTES], "big")
    rest = iter(code[_STATE_BYTES:])
    symbols = np.empty(len(contexts), np.int64)
    for index, context in enumerate(contexts.tolist()):
        table = tables[context]
        slot = state & ((1 << PRECISION) - 1)
        symbol = bisect_right(table, slot) - 1
        start, end = table[symbol : symbol + 2] if symbol + 1 < len(table) else (0, 0)
        state = (end - start) * (state >> PRECISION) + slot - start
        while state < _MIN_STATE and (byte := next(rest, None)) is not None:
            state = state << 8 | byte
        symbols[index] = symbol
    if state != _MIN_STATE or next(rest, None) is not None:
        raise DataError(
            f"{len(code)} bytes are not the code of {len(contexts)} symbols",
            hint="decode with the state of the encoder that made the code",
        )
    return symbols
