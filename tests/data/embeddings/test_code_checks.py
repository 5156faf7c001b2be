"""Wrapped codes and scales along the wrong axis; ordinary codes raise nothing."""

from __future__ import annotations

import numpy as np
import pytest

from neucocore.data.embeddings.code_checks import code_findings, lattice_findings

RNG = np.random.default_rng(21)


def messages(codes, dtype, axis=None):
    return [finding.message for finding in code_findings(codes.astype("f4"), dtype, axis)]


def correlated(n, d, rng, share=0.85):
    hidden = rng.normal(size=(n, 4))
    x = hidden @ rng.normal(size=(4, d))
    x /= x.std(axis=0)
    return np.sqrt(share) * x + np.sqrt(1 - share) * rng.normal(size=(n, d))


def test_int8_read_as_uint8_and_the_reverse():
    codes = np.clip(np.round(RNG.normal(0, 25, (300, 32))), -127, 127)
    assert "seem to be int8" in messages(np.where(codes < 0, codes + 256, codes), "uint8")[0]
    centred = codes + 128  # uint8 with its middle at 128
    as_int8 = np.where(centred > 127, centred - 256, centred)
    assert "seem to be uint8" in messages(as_int8, "int8")[0]
    assert "seem to be int8" in messages(np.where(codes < 0, codes + 256, codes), "text")[0]


def test_overflow_of_correlated_columns():
    x = np.round(60 * correlated(600, 24, RNG))
    wrapped = (x + 128) % 256 - 128
    assert (np.abs(x) > 128).any()
    (text,) = messages(wrapped, "int8")
    assert "differs by about 256" in text
    assert messages(np.clip(x, -127, 127), "int8") == []


def quantised(x, axis):
    scale = np.abs(x).max(axis=axis, keepdims=True) / 127
    return np.round(x / scale), scale


def test_a_scale_per_row_applied_per_dimension():
    x = RNG.normal(size=(64, 64)) * np.exp(RNG.normal(size=(64, 1)))
    codes, scale = quantised(x, axis=1)
    assert (
        "one scale per row, but the scale is one per dimension"
        in (messages(codes, "int8", "dimension")[0])
    )
    assert messages(codes, "int8", "row") == []
    (finding,) = lattice_findings((codes * scale.reshape(1, -1)).astype("f4"))
    assert "one scale per row, but the scale is one per dimension" in finding.message
    assert lattice_findings((codes * scale).astype("f4")) == []


def test_a_scale_per_dimension_applied_per_row():
    x = RNG.normal(size=(48, 48)) * np.exp(RNG.normal(size=(1, 48)))
    codes, scale = quantised(x, axis=0)
    assert "but the scale is one per row" in messages(codes, "int8", "row")[0]
    assert messages(codes, "int8", "dimension") == []
    (finding,) = lattice_findings((codes * scale.reshape(-1, 1)).astype("f4"))
    assert "but the scale is one per row" in finding.message


def test_many_rows_per_dimension():
    x = RNG.normal(size=(2000, 32))
    codes, _ = quantised(x, axis=0)
    assert messages(codes, "int8", "dimension") == []
    assert len(messages(codes, "int8", "row")) == 1
    codes, _ = quantised(x, axis=1)  # every dimension reaches 127 by chance
    assert messages(codes, "int8", "row") == []
    assert len(messages(codes, "int8", "dimension")) == 1


@pytest.mark.parametrize("seed", range(50))
def test_ordinary_codes_raise_nothing(seed):
    rng = np.random.default_rng(seed)
    n, d = 200, 32
    x = rng.normal(size=(n, d))
    signed = {
        "normal": np.clip(np.round(40 * x), -127, 127),
        "saturated": np.clip(np.round(150 * x), -127, 127),
        "uniform": rng.integers(-127, 128, (n, d)),
        "full range": rng.integers(-128, 128, (n, d)),
        "tanh": np.round(127 * np.tanh(3 * x)),
        "signs": np.sign(x) * 127,
        "zero point": np.clip(np.round(40 * np.maximum(x, 0)) - 128, -128, 127),
        "heavy": np.clip(np.round(20 * rng.standard_t(2, (n, d))), -127, 127),
        "correlated": np.clip(np.round(50 * correlated(n, d, rng)), -127, 127),
        "correlated relu": np.clip(
            np.round(60 * np.maximum(correlated(n, d, rng), 0)) - 128, -128, 127
        ),
        "two classes": np.clip(np.round(30 * x + 70 * np.sign(rng.normal(size=(n, 1)))), -127, 127),
        "aef": np.clip(np.round(np.sign(x) * np.sqrt(np.abs(x) / 5.7) * 127.5), -127, 127),
    }
    for name, codes in signed.items():
        for axis in (None, "dimension"):
            assert messages(np.asarray(codes), "int8", axis) == [], name
    unsigned = {
        "relu": np.clip(np.round(40 * np.maximum(x, 0)), 0, 255),
        "normal": np.clip(np.round(128 + 40 * x), 0, 255),
        "uniform": rng.integers(0, 256, (n, d)),
        "min-max": quantised(x, axis=0)[0] + 127,
        "sigmoid": np.round(255 / (1 + np.exp(-4 * x))),
    }
    for name, codes in unsigned.items():
        assert messages(np.asarray(codes), "uint8") == [], name
    for values in (x, rng.uniform(size=(n, d)), np.round(x, 2), np.maximum(x, 0), x.astype("f2")):
        assert lattice_findings(np.asarray(values, dtype="f4")) == []
        assert messages(np.asarray(values), "float32") == []
