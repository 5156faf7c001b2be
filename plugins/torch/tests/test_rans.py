from __future__ import annotations

import numpy as np
import pytest

from neuco_plugin_torch.compressor import rans
from neucocore.plugin import DataError

TOTAL = 1 << rans.PRECISION


@pytest.fixture
def tables() -> np.ndarray:
    """Cumulative frequencies of three contexts: skewed, even, and one with a single symbol."""
    frequencies = np.array([[60000, 5000, 500, 36], [TOTAL // 4] * 4, [TOTAL, 0, 0, 0]])
    return np.concatenate([np.zeros((3, 1), int), frequencies.cumsum(axis=1)], axis=1)


def drawn(tables: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Symbols drawn with the frequencies of their contexts."""
    rng = np.random.default_rng(7)
    contexts = rng.integers(0, len(tables), count)
    slots = rng.integers(0, TOTAL, count)
    symbols = (tables[contexts, 1:] <= slots[:, None]).sum(axis=1)
    return symbols, contexts


@pytest.mark.parametrize("count", [0, 1, 5, 2000])
def test_symbols_come_back(tables: np.ndarray, count: int) -> None:
    symbols, contexts = drawn(tables, count)
    code = rans.encode(symbols, contexts, tables)
    np.testing.assert_array_equal(rans.decode(code, contexts, tables), symbols)


def test_the_rarest_symbols_come_back_too(tables: np.ndarray) -> None:
    symbols, contexts = np.full(50, 3), np.zeros(50, int)
    code = rans.encode(symbols, contexts, tables)
    np.testing.assert_array_equal(rans.decode(code, contexts, tables), symbols)


def test_the_bytes_are_the_information_of_the_symbols(tables: np.ndarray) -> None:
    symbols, contexts = drawn(tables, 20_000)
    shares = np.diff(tables, axis=1)[contexts, symbols] / TOTAL
    needed = -np.log2(shares).sum() / 8
    length = len(rans.encode(symbols, contexts, tables))
    assert needed <= length <= 1.001 * needed + 4


def test_what_is_certain_costs_nothing_but_the_state(tables: np.ndarray) -> None:
    assert len(rans.encode(np.zeros(1000, int), np.full(1000, 2), tables)) == 4


def test_bytes_that_are_no_code_are_refused(tables: np.ndarray) -> None:
    symbols, contexts = drawn(tables, 100)
    code = rans.encode(symbols, contexts, tables)
    for wrong in (code[:-1], code + b"\x00", b"", bytes(len(code))):
        with pytest.raises(DataError, match="are not the code of 100 symbols"):
            rans.decode(wrong, contexts, tables)
