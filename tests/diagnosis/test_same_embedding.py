"""How two embeddings files are related: every change is made here with numpy."""

from __future__ import annotations

import numpy as np
import pytest

from neucocore.data.embeddings.embeddings import Embeddings
from neucocore.diagnosis.same_embedding import relate
from neucocore.errors import IdError

N, D = 300, 24
RNG = np.random.default_rng(5)
HIDDEN = RNG.normal(size=(N, 6))
X = (HIDDEN @ RNG.normal(size=(6, D)) + 0.5 * RNG.normal(size=(N, D)) + 1).astype("f4")
IDS = tuple(f"s{row:04d}" for row in range(N))


def embeddings(matrix, ids=IDS):
    return Embeddings(tuple(ids), np.ascontiguousarray(matrix, dtype="f4"))


def related(matrix, ids=IDS):
    return relate(embeddings(X), embeddings(matrix, ids))


def rotation(d=D, seed=1):
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(d, d)))[0]


def test_the_same_file_in_another_row_order():
    order = np.random.default_rng(0).permutation(N)
    relation = related(X[order], [IDS[row] for row in order])
    assert relation.verdict == "equal"
    assert "every number is equal" in relation.text


def test_rounding_only():
    assert "rounding" in related(X * (1 + 1e-8 * RNG.normal(size=X.shape)) + 1e-8).text


def test_permuted_dimensions():
    order = np.roll(np.arange(D), 3)
    relation = related(X[:, order])
    assert relation.verdict == "same dimensions"
    assert (relation.moved, relation.flipped) == (D, 0)


def test_negated_dimensions():
    signs = np.where(np.arange(D) < 5, -1, 1)
    relation = related(X * signs)
    assert (relation.verdict, relation.flipped, relation.moved) == ("same dimensions", 5, 0)
    assert "5 of 24 dimensions with the other sign" in relation.text


def test_rescaled():
    relation = related(3 * X)
    assert relation.verdict == "same dimensions"
    assert relation.scales == pytest.approx((3, 3))
    assert relation.cosine == pytest.approx((1, 1, 1))
    relation = related(X * np.linspace(1, 2, D))
    assert relation.scales == pytest.approx((1, 2))
    assert "scaled by 1 to 2" in relation.text


def test_shifted():
    relation = related(X + 2)
    assert relation.verdict == "same dimensions"
    assert "shifted by up to 2" in relation.text


@pytest.mark.parametrize("bits", [8, 4, 2])
def test_quantised_again(bits):
    low, high = X.min(axis=0), X.max(axis=0)
    step = (high - low) / (2**bits - 1)
    relation = related(low + np.round((X - low) / step) * step)
    assert relation.verdict == "same dimensions"
    assert relation.levels is not None
    assert min(relation.levels) <= 2**bits
    if bits < 8:  # 8 bits change no correlation by more than rounding
        assert "fewer bits" in relation.text


def test_a_curved_scale():
    relation = related(np.sign(X) * np.abs(X) ** 2)
    assert relation.verdict == "same dimensions"
    assert "curved scale" in relation.text


def test_noise_in_few_levels_is_not_the_same_dimension():
    noisy = X + 0.3 * np.random.default_rng(4).normal(size=X.shape)
    assert related(np.round(noisy)).verdict != "same dimensions"


def test_rotated_and_scaled():
    relation = related(2 * (X - X.mean(axis=0)) @ rotation())
    assert relation.verdict == "rotation"
    assert relation.cka == pytest.approx(1, abs=1e-6)


def test_an_invertible_linear_map():
    relation = related(X @ (rotation() * np.linspace(0.3, 3, D)) @ rotation(seed=2))
    assert relation.verdict == "linear map"


def test_other_ids():
    relation = related(X, [f"new-{row}" for row in range(N)])
    assert relation.verdict == "other ids"
    assert "'s0000' in A is 'new-0' in B" in relation.text


def test_shifted_ids():
    relation = related(X, np.roll(IDS, 1))
    assert relation.verdict == "other ids"
    assert "such as" in relation.text
    part = relate(embeddings(X), embeddings(X[1:], IDS[:-1]))
    assert "shifted by 1 row" in part.text


def test_another_model_of_equal_quality():
    other = HIDDEN @ np.random.default_rng(8).normal(size=(6, 40))
    other = other + 1.5 * np.random.default_rng(9).normal(size=other.shape)
    relation = related(other)
    assert relation.verdict in ("similar", "different")
    assert relation.rotation is None
    assert relation.cosine is None


def test_noise_is_different_even_with_more_dimensions_than_rows():
    a = np.random.default_rng(1).normal(size=(60, 400))
    b = np.random.default_rng(2).normal(size=(60, 400))
    relation = relate(embeddings(a, IDS[:60]), embeddings(b, IDS[:60]))
    assert relation.verdict == "different"
    assert relation.cka < 0.1
    assert relation.linear is None


def test_a_slightly_changed_model_is_similar():
    relation = related(X @ rotation() + 0.3 * np.random.default_rng(3).normal(size=X.shape))
    assert relation.verdict == "similar"
    assert relation.linear is not None
    assert 0.5 < min(relation.linear) < 0.99


def test_constant_dimensions_are_left_aside():
    padded = np.hstack([X, np.full((N, 3), 0.1)])
    relation = relate(embeddings(padded), embeddings(np.roll(padded, 3, axis=1)))
    assert relation.verdict == "same dimensions"


def test_few_rows_and_no_rows():
    few = relate(embeddings(X[:5], IDS[:5]), embeddings(2 * X[:5], IDS[:5]))
    assert few.verdict == "too few rows"
    with pytest.raises(IdError, match="no id in common"):
        relate(embeddings(X), embeddings(2 * X, [f"t{row}" for row in range(N)]))


def test_json_has_no_nan():
    import json

    constant = np.ones((N, D))
    relation = relate(embeddings(constant), embeddings(2 * constant))
    json.dumps(relation.as_json(), allow_nan=False)
