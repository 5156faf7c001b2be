"""Kernels compared with the reference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neuco_plugin_temporal_mosaiks.kernels import (
    empirical_kernels,
    gaussian_kernels,
    patch_positions,
)
from neuco_plugin_temporal_mosaiks.stream import TorchStream

SEED = 10012023
REFERENCE = Path(__file__).parent / "fixtures" / "random_convolutional_features.npz"


def test_gaussian_kernels_equal_the_reference() -> None:
    reference = np.load(REFERENCE)["gaussian_weights"]
    kernels, _ = gaussian_kernels(SEED, 16, 5, 3)
    assert kernels.dtype == np.float32
    np.testing.assert_allclose(kernels, reference, rtol=0, atol=1e-6)


def test_empirical_kernels_equal_the_reference() -> None:
    reference = np.load(REFERENCE)
    images = reference["images"]
    _, stream = gaussian_kernels(SEED, 16, 5, 3)
    positions = patch_positions(stream, 16, *images.shape[::2], images.shape[3], 3)
    patches = [
        images[i, :, r : r + 3, c : c + 3]
        for i, r, c in zip(positions.image, positions.row, positions.column, strict=True)
    ]
    kernels = empirical_kernels(np.stack(patches))
    np.testing.assert_allclose(kernels, reference["empirical_weights"], rtol=0, atol=1e-4)


def test_constant_patches_give_finite_kernels() -> None:
    assert (empirical_kernels(np.ones((4, 2, 3, 3), np.float32)) == 0).all()


def test_different_seeds_give_different_kernels() -> None:
    one, two = (gaussian_kernels(seed, 16, 5, 3)[0] for seed in (1, 2))
    assert np.abs(one - two).max() > 1


def test_the_last_16_normals_are_drawn_again_if_the_last_block_is_short() -> None:
    """The last 16 of 20 normal numbers come from uniform numbers 21 to 36."""
    normals = TorchStream(3).normals(20)
    later = TorchStream(3)
    later.uniforms(20)
    np.testing.assert_array_equal(normals[4:], later.normals(16))
    np.testing.assert_array_equal(normals[:4], TorchStream(3).normals(16)[:4])


def test_fewer_than_16_normals_are_an_error() -> None:
    with pytest.raises(ValueError, match="at least 16 normal numbers must be drawn, not 15"):
        TorchStream(3).normals(15)


def test_kernels_are_in_c_order() -> None:
    patches = np.random.default_rng(0).standard_normal((8, 2, 3, 3), dtype=np.float32)
    assert empirical_kernels(patches).flags.c_contiguous
