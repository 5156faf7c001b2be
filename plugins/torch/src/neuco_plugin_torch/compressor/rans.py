"""Symbols to bytes and back: range asymmetric numeral systems.

After Duda 2013, Asymmetric numeral systems. Whole numbers only, so the bytes are the same on every
machine. Each symbol has a context, which names the table of frequencies it is coded with.
"""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

from neucocore.plugin import DataError

PRECISION = 16
"""Bits of a frequency: those of a table add up to 2**16."""
_LOWEST = 1 << 23
"""The state stays between this and 2**31, so that it loses whole bytes."""
_STATE_BYTES = 4


def encode(
    symbols: NDArray[np.integer], contexts: NDArray[np.integer], cumulative: NDArray[np.integer]
) -> bytes:
    """Return the bytes of symbols.

    Parameters
    ----------
    symbols, contexts
        Shape (n,): from 0, a symbol of its context's table with a frequency above 0.
    cumulative
        Shape (contexts, symbols + 1), growing from 0 to 2**16 in each row: symbol s has the
        frequency cumulative[c, s + 1] - cumulative[c, s].
    """
    tables = cumulative.tolist()
    state = _LOWEST
    out = bytearray()
    for symbol, context in zip(symbols[::-1].tolist(), contexts[::-1].tolist(), strict=True):
        start, end = tables[context][symbol : symbol + 2]
        frequency = end - start
        full = (_LOWEST >> PRECISION << 8) * frequency
        while state >= full:
            out.append(state & 0xFF)
            state >>= 8
        state = (state // frequency << PRECISION) + state % frequency + start
    out += state.to_bytes(_STATE_BYTES, "little")
    return bytes(out[::-1])


def decode(
    code: bytes, contexts: NDArray[np.integer], cumulative: NDArray[np.integer]
) -> NDArray[np.int64]:
    """Return the symbols of `encode`, shape (n,), from its bytes and the same contexts and tables.

    Raises
    ------
    DataError
        The bytes are not those of so many symbols.
    """
    tables = cumulative.tolist()
    state = int.from_bytes(code[:_STATE_BYTES], "big")
    rest = iter(code[_STATE_BYTES:])
    symbols = np.empty(len(contexts), np.int64)
    for place, context in enumerate(contexts.tolist()):
        table = tables[context]
        slot = state & ((1 << PRECISION) - 1)
        symbol = bisect_right(table, slot) - 1
        start, end = table[symbol : symbol + 2] if symbol + 1 < len(table) else (0, 0)
        state = (end - start) * (state >> PRECISION) + slot - start
        while state < _LOWEST and (byte := next(rest, None)) is not None:
            state = state << 8 | byte
        symbols[place] = symbol
    if state != _LOWEST or next(rest, None) is not None:
        raise DataError(f"{len(code)} bytes are not the code of {len(contexts)} symbols")
    return symbols
