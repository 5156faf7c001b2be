"""Sizes are fitted on the training rows of a split, and on nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA

from neucocore.curves.sizes import FAMILIES, QUANTISERS, SharedTransforms, Size, SizeReduction, grid
from neucocore.errors import ComponentLookupError, ConfigError

RNG = np.random.default_rng(5)
TRAINING = RNG.normal(size=(120, 12)) * np.arange(12, 0, -1)
HELD_OUT = RNG.normal(size=(30, 12)) * np.arange(12, 0, -1)


def fit(family, dimension, bits=32, rows=TRAINING, shared=None):
    reduction = SizeReduction(Size(family, dimension, bits), shared or SharedTransforms())
    return reduction.fit(rows)


def test_prefix_keeps_the_first_dimensions():
    assert fit("prefix", 5).apply(HELD_OUT) == pytest.approx(HELD_OUT[:, :5], rel=1e-6)


def test_pca_is_that_of_the_training_rows():
    expected = PCA(4).fit(TRAINING).transform(HELD_OUT)
    found = fit("pca", 4).apply(HELD_OUT)
    signs = np.sign(np.sum(expected * found, axis=0))
    assert found * signs == pytest.approx(expected, abs=1e-3)
    other = fit("pca", 4, rows=TRAINING[:60]).apply(HELD_OUT)
    assert np.abs(np.abs(other) - np.abs(found)).max() > 0.01


def test_a_rotation_keeps_all_distances_and_is_the_same_in_every_split():
    first, second = (fit("rotation", 12, rows=rows) for rows in (TRAINING, TRAINING[:50]))
    rotated = first.apply(HELD_OUT)
    assert rotated == pytest.approx(second.apply(HELD_OUT))
    assert rotated @ rotated.T == pytest.approx(HELD_OUT @ HELD_OUT.T, abs=1e-2)
    assert np.abs(rotated - HELD_OUT).max() > 1


@pytest.mark.parametrize("bits", sorted(QUANTISERS))
def test_the_quantiser_knows_the_training_rows_only(bits):
    shared = SharedTransforms()
    found = fit("prefix", 12, bits, shared=shared)
    extreme = np.vstack([HELD_OUT, np.full((1, 12), 1000.0)])
    with_extreme = found.apply(extreme)
    assert with_extreme[:-1] == pytest.approx(found.apply(HELD_OUT))
    if bits <= 8:
        values = found.apply(RNG.normal(size=(5000, 12)) * 30)
        assert max(len(np.unique(column)) for column in values.T) <= 2**bits


def test_sizes_do_not_depend_on_which_others_are_asked_for():
    shared = SharedTransforms()
    fit("pca", 12, shared=shared)
    assert (fit("pca", 3, shared=shared).apply(HELD_OUT) == fit("pca", 3).apply(HELD_OUT)).all()


def test_another_reducer_takes_part():
    found = fit("projection", 3).apply(HELD_OUT)
    assert found.shape == (30, 3)


def test_bytes():
    assert Size("pca", 65, 1).bytes_per_row == 9
    assert Size("pca", 64, 8).bytes_per_row == 64
    assert Size("prefix", 64).bytes_per_row == 256


def test_the_grid_leaves_out_the_embedding_itself():
    sizes = grid(FAMILIES, [8, 4], [32, 8], 8)
    assert len(sizes) == 3 * (4 - 1)
    assert Size("prefix", 8, 32) not in sizes
    assert [s.bytes_per_row for s in sizes if s.family == "pca"] == [16, 8, 4]


def test_impossible_sizes_are_reported_together():
    with pytest.raises(ConfigError) as raised:
        grid(["pca"], [0, 4, 99], [3], 8)
    text = str(raised.value)
    assert "99 dimensions" in text
    assert "0 dimensions" in text
    assert "3 bits" in text
    with pytest.raises(ComponentLookupError, match="pcaa"):
        grid(["pcaa"], [4], [8], 8)


def test_coded_bytes_are_fewer_than_nominal_for_normal_columns():
    found = fit("pca", 6, 8).code_length(HELD_OUT)
    assert found is not None
    assert found.rows == 30
    assert 0.8 < found.bits / (30 * 6 * 8) < 1
    assert fit("pca", 6, 16).code_length(HELD_OUT) is None
    assert fit("pca", 6, 32).code_length(HELD_OUT) is None
