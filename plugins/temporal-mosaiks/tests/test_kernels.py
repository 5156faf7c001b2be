"""The kernels of the reference, from the seed alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neuco_plugin_temporal_mosaiks.kernels import (
    empirical_kernels,
    gaussian_kernels,
    patch_places,
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
    places = patch_places(stream, 16, *images.shape[::2], images.shape[3], 3)
    patches = [
        images[i, :, r : r + 3, c : c + 3]
        for i, r, c in zip(places.image, places.row, places.column, strict=True)
    ]
    kernels = empirical_kernels(np.stack(patches))
    np.testing.assert_allclose(kernels, reference["empirical_weights"], rtol=0, atol=1e-4)


def test_patches_without_contrast_stay_finite() -> None:
    assert (empirical_kernels(np.ones((4, 2, 3, 3), np.float32)) == 0).all()


def test_other_seeds_give_other_kernels() -> None:
    one, two = (gaussian_kernels(seed, 16, 5, 3)[0] for seed in (1, 2))
    assert np.abs(one - two).max() > 1


def test_a_last_short_block_is_drawn_again() -> None:
    """Of 20 normals the last 16 come from uniforms 21 to 36, so 17 fewer draws do not move them."""
    whole = TorchStream(3).normals(20)
    later = TorchStream(3)
    later.uniforms(20)
    np.testing.assert_array_equal(whole[4:], later.normals(16))
    np.testing.assert_array_equal(whole[:4], TorchStream(3).normals(16)[:4])


def test_fewer_normals_than_a_block_are_refused() -> None:
    with pytest.raises(ValueError, match="blocks of 16 or more, not 15"):
        TorchStream(3).normals(15)


def test_kernels_lie_in_memory_row_by_row() -> None:
    patches = np.random.default_rng(0).standard_normal((8, 2, 3, 3), dtype=np.float32)
    assert empirical_kernels(patches).flags.c_contiguous
