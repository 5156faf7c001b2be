"""Rules of quantisation by name, against the producers' formulas written out here."""

from __future__ import annotations

import numpy as np
import pytest

from neucocore import dequantise
from neucocore.errors import ConfigError, ShapeError

RNG = np.random.default_rng(2)


def test_aef():
    unit = RNG.normal(size=(50, 64))
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    codes = np.clip(np.round(np.sign(unit) * np.sqrt(np.abs(unit)) * 127.5), -127, 127)
    codes = codes.astype("i1")
    codes[3] = -128
    found = dequantise(codes, "aef")
    assert list(found.no_data) == ["the code -128 in all bands"]
    assert found.valid.sum() == 49
    norms = np.linalg.norm(found.values[found.valid], axis=1)
    assert norms.min() > 0.98
    assert norms.max() < 1.02
    assert found.values[found.valid] == pytest.approx(unit[found.valid], abs=0.01)
    assert (found.values[3] == 0).all()


def test_tessera_with_a_scale_per_row_and_its_states():
    codes = RNG.integers(-127, 128, (6, 128)).astype("i1")
    scale = np.array([0.01, np.nan, np.inf, 1.5, 0.02, 0.03], "f4")
    found = dequantise(codes, "tessera", scale=scale)
    states = {reason: np.flatnonzero(rows).tolist() for reason, rows in found.no_data.items()}
    assert states == {
        "water (scale NaN)": [1],
        "land that was not filled (scale +inf)": [2],
        "invalid (scale above 1)": [3],
    }
    expected = codes[[0, 4, 5]].astype("f4") * scale[[0, 4, 5], None]
    assert (found.values[found.valid] == expected).all()
    per_value = np.broadcast_to(scale[:, None], codes.shape)
    assert (dequantise(codes, "tessera", scale=per_value).values == found.values).all()


def test_earth_engine_uint16():
    codes = np.array([[0, 0, 0], [8192, 16384, 0], [4096, 8192, 12288]], "u2")
    found = dequantise(codes, "earth-engine-uint16")
    assert found.valid.tolist() == [False, True, True]
    assert found.values[1:].tolist() == [[0, 1, -1], [-0.5, 0, 0.5]]


def test_linear_per_row_and_per_dimension():
    codes = RNG.integers(0, 200, (4, 3)).astype("u1")
    rows, columns = np.arange(1.0, 5), np.array([[1.0, 2.0, 3.0]])
    assert dequantise(codes, "linear", scale=rows).values == pytest.approx(codes * rows[:, None])
    found = dequantise(codes, "linear", scale=columns, offset=-1)
    assert found.values == pytest.approx(codes * columns - 1)
    with pytest.raises(ShapeError, match="one per row"):
        dequantise(codes[:3], "linear", scale=[1, 2, 3])


def test_wrong_rules_are_refused():
    codes = np.ones((3, 4), "i1")
    with pytest.raises(ConfigError, match="unknown quantisation rule 'sqrt'"):
        dequantise(codes, "sqrt")
    with pytest.raises(ConfigError, match="is for uint16"):
        dequantise(codes, "earth-engine-uint16")
    with pytest.raises(ConfigError, match="need their scales"):
        dequantise(codes, "tessera")
    with pytest.raises(ConfigError, match="no scale"):
        dequantise(codes, "aef", scale=0.1)
    with pytest.raises(ShapeError):
        dequantise(codes, "tessera", scale=np.ones(5))
    with pytest.raises(ShapeError, match="matrix"):
        dequantise(codes[0], "aef")
