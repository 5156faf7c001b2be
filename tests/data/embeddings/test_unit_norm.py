"""AlphaEarth by right and wrong formulas; ordinary embeddings of 64 dimensions raise nothing."""

from __future__ import annotations

import numpy as np
import pytest

from neucocore.data.embeddings.unit_norm import BAND_NAMES, unit_norm_findings

N = 200
RNG = np.random.default_rng(12)
UNIT = RNG.normal(size=(N, 64))
UNIT /= np.linalg.norm(UNIT, axis=1, keepdims=True)
CODES = np.clip(np.round(np.sign(UNIT) * np.sqrt(np.abs(UNIT)) * 127.5), -127, 127)
RIGHT = np.sign(CODES) * np.square(np.abs(CODES) / 127.5)
NAMES = [f"r{row}" for row in range(N)]


def found(x, metadata=None, columns=(), without=frozenset()):
    return unit_norm_findings(x.astype("f4"), NAMES, metadata or {}, columns, without)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        (CODES / 128, "v / 128 (linear)"),
        (CODES / 127, "v / 127 (linear)"),
        (CODES / 127.5, "v / 127.5 (linear)"),
        (CODES, "the codes themselves"),
        (np.where(CODES < 0, CODES + 256, CODES), "the codes read as uint8"),
        (np.round(RIGHT * 8192 + 8192), "uint16 codes, not shifted and scaled"),
        (np.round(RIGHT * 8192 + 8192) / 8192, "without the shift"),
    ],
)
def test_wrong_formulas_are_named_whatever_the_file_says(values, named):
    (finding,) = found(values)
    assert named in finding.message
    assert finding.level == "warning"


def test_the_right_values_raise_nothing():
    assert found(RIGHT, {"product": {"name": "AlphaEarth Foundations"}}, BAND_NAMES) == []
    assert found(np.round(RIGHT * 8192) / 8192, columns=BAND_NAMES) == []


def test_lost_signs_and_means():
    (finding,) = found(np.abs(RIGHT), columns=BAND_NAMES)
    assert "no value is negative" in finding.message
    means = (RIGHT + np.roll(RIGHT, 1, axis=0)) / 2
    (finding,) = found(means, columns=BAND_NAMES)
    assert "perhaps means of several pixels" in finding.message
    assert finding.count == N
    said = {"product": {"name": "AlphaEarth"}, "sampled": "mean of 3 x 3 pixels"}
    assert found(means, said) == []
    (finding,) = found(5 * RIGHT, {"product": {"name": "AlphaEarth"}})
    assert "perhaps not scaled" in finding.message


def test_a_mean_of_codes_is_noticed():
    codes = np.round((CODES + np.roll(CODES, 1, axis=0) + np.roll(CODES, 2, axis=0)) / 3)
    values = np.sign(codes) * np.square(codes / 127.5)
    (finding,) = found(values, columns=BAND_NAMES)
    assert "codes must not be averaged" in finding.hint


@pytest.mark.parametrize("seed", range(50))
def test_other_embeddings_of_64_dimensions_raise_nothing(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(120, 64))
    kinds = [x, np.maximum(x, 0), rng.uniform(size=x.shape), x / np.linalg.norm(x, axis=1)[:, None],
             np.round(40 * x).clip(-127, 127), rng.integers(0, 256, x.shape), np.tanh(3 * x),
             rng.standard_t(2, x.shape), np.round(x * 100) / 100]  # fmt: skip
    for kind in kinds:
        assert unit_norm_findings(np.asarray(kind, dtype="f4"), NAMES, {}) == []


def test_rows_without_data_are_not_checked():
    x = RIGHT.copy()
    x[:20] = -1.00786
    assert found(x, columns=BAND_NAMES, without=frozenset(range(20))) == []
    assert len(found(x, columns=BAND_NAMES)) == 1
