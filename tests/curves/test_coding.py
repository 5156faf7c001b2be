"""Code lengths, against a real coder that decodes what it wrote."""

from __future__ import annotations

import numpy as np
import pytest

from neucocore.curves.coding import bits_of, code_length, frequencies, normal, unpacked

TOTAL_BITS = 16


def table(probabilities):
    """Return integer frequencies (levels,) that sum to 2^16, each at least 1."""
    counts = np.maximum(1, np.floor(probabilities * 2**TOTAL_BITS)).astype(np.int64)
    counts[np.argmax(counts)] += 2**TOTAL_BITS - counts.sum()
    return counts


def encode(symbols, tables):
    """Code symbols into one integer (rANS, Duda 2009); `tables` has one table per symbol."""
    state = 1
    for symbol, counts in zip(symbols[::-1], tables[::-1], strict=True):
        count, start = int(counts[symbol]), int(counts[:symbol].sum())
        state = (state // count << TOTAL_BITS) + start + state % count
    return state


def decode(state, tables):
    symbols = []
    for counts in tables:
        slot = state & (2**TOTAL_BITS - 1)
        edges = np.concatenate([[0], np.cumsum(counts)])
        symbol = int(np.searchsorted(edges, slot, side="right")) - 1
        symbols.append(symbol)
        state = int(counts[symbol]) * (state >> TOTAL_BITS) + slot - int(edges[symbol])
    assert state == 1
    return symbols


@pytest.mark.parametrize("model", [frequencies, normal])
@pytest.mark.parametrize("levels", [2, 4, 16, 256])
def test_a_coder_reaches_the_length_and_decodes_the_same_codes(model, levels):
    rng = np.random.default_rng(levels)
    spread = levels / 6
    draw = lambda n: np.clip(rng.normal(levels / 2, spread, (n, 5)), 0, levels - 1).astype("u1")  # noqa: E731
    training, held_out = draw(400), draw(60)
    probabilities = model(training, levels)
    assert probabilities.sum(axis=1) == pytest.approx(1)
    tables = [table(row) for row in probabilities]
    symbols = held_out.ravel().tolist()
    of_symbol = [tables[i % 5] for i in range(len(symbols))]
    coded = encode(symbols, of_symbol)
    assert decode(coded, of_symbol) == symbols
    expected = bits_of(held_out, probabilities)
    assert coded.bit_length() == pytest.approx(expected, rel=0.01, abs=2 * TOTAL_BITS)


def test_the_length_is_that_of_held_out_rows_and_not_their_own_entropy():
    rng = np.random.default_rng(0)
    training, held_out = (rng.integers(0, 256, (n, 20)).astype("u1") for n in (300, 100))
    found = code_length(training, held_out, 256)
    assert found.rows == 100
    assert found.bits / 100 / 20 > 7.9  # uniform codes of 8 bits cannot be coded in fewer
    own = frequencies(held_out, 256) - 0.5 / (100 + 128)
    entropy = -np.sum(own * np.log2(np.maximum(own, 1e-12))) / 20
    assert entropy < 7


def test_the_model_that_codes_training_rows_in_fewer_bits_is_used():
    rng = np.random.default_rng(1)
    two_values = np.where(rng.random((500, 4)) < 0.5, 10, 240).astype("u1")
    found = code_length(two_values[:400], two_values[400:], 256)
    assert found.bits / 100 / 4 < 1.7  # a normal distribution would need about 9 bits
    assert found.side_bits == 16 * 256 * 4
    normal_codes = np.clip(rng.normal(128, 40, (500, 4)), 0, 255).astype("u1")
    assert code_length(normal_codes[:400], normal_codes[400:], 256).side_bits == 64 * 4


def test_codes_are_unpacked_from_bytes():
    assert unpacked(np.array([[0b11100100, 0b01000000]], "u1"), 5, 2).tolist() == [[3, 2, 1, 0, 1]]
    assert unpacked(np.array([[0xAB]], "u1"), 2, 4).tolist() == [[10, 11]]
    assert unpacked(np.array([[7, 255]], "u1"), 2, 8).tolist() == [[7, 255]]


def test_a_code_that_never_occurred_has_a_probability():
    training, held_out = np.zeros((50, 1), "u1"), np.full((1, 1), 255, "u1")
    for model in (frequencies, normal):
        assert np.isfinite(bits_of(held_out, model(training, 256)))
