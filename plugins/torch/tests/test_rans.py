from __future__ import annotations

import numpy as np
import pytest

from neuco_plugin_torch.compressor import rans
from neucocore.plugin import DataError

TOTAL = 1 << rans.PRECISION


@pytest.fixture
def tables() -> np.ndarray:
    """Return cumulative frequencies of three contexts: skewed, uniform, and a single symbol."""
    frequencies = np.array([[60000, 5000, 500, 36], [TOTAL // 4] * 4, [TOTAL, 0, 0, 0]])
    return np.concatenate([np.zeros((3, 1), int), frequencies.cumsum(axis=1)], axis=1)


def random_symbols(tables: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return random symbols with the frequencies of their contexts, and the contexts."""
    rng = np.random.default_rng(7)
    contexts = rng.integers(0, len(tables), count)
    slots = rng.integers(0, TOTAL, count)
    symbols = (tables[contexts, 1:] <= slots[:, None]).sum(axis=1)
    return symbols, contexts


@pytest.mark.parametrize("count", [0, 1, 5, 2000])
def test_symbols_are_decoded_exactly(tables: np.ndarray, count: int) -> None:
    symbols, contexts = random_symbols(tables, count)
    code = rans.encode(symbols, contexts, tables)
    np.testing.assert_array_equal(rans.decode(code, contexts, tables), symbols)


def test_rare_symbols_are_decoded_exactly(tables: np.ndarray) -> None:
    symbols, contexts = np.full(50, 3), np.zeros(50, int)
    code = rans.encode(symbols, contexts, tables)
    np.testing.assert_array_equal(rans.decode(code, contexts, tables), symbols)


def test_the_length_of_the_code_is_the_entropy_of_the_symbols(tables: np.ndarray) -> None:
    symbols, contexts = random_symbols(tables, 20_000)
    shares = np.diff(tables, axis=1)[contexts, symbols] / TOTAL
    entropy = -np.log2(shares).sum() / 8
    length = len(rans.encode(symbols, contexts, tables))
    assert entropy <= length <= 1.001 * entropy + 4


def test_certain_symbols_need_only_the_bytes_of_the_state(tables: np.ndarray) -> None:
    assert len(rans.encode(np.zeros(1000, int), np.full(1000, 2), tables)) == 4


def test_bytes_that_are_not_a_code_are_an_error(tables: np.ndarray) -> None:
    symbols, contexts = random_symbols(tables, 100)
    code = rans.encode(symbols, contexts, tables)
    for invalid in (code[:-1], code + b"\x00", b"", bytes(len(code))):
        with pytest.raises(DataError, match="are not the code of 100 symbols"):
            rans.decode(invalid, contexts, tables)
