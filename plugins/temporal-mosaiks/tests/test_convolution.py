"""Features compared with the reference and with their definition."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from neuco_plugin_temporal_mosaiks import convolution
from neuco_plugin_temporal_mosaiks.convolution import mean_features

REFERENCE = Path(__file__).parent / "fixtures" / "random_convolutional_features.npz"


def by_definition(
    image: NDArray[np.float32], kernels: NDArray[np.float32], bias: float, stride: int
) -> NDArray[np.float64]:
    """Convolve position by position in float64, and rectify both signs."""
    size = kernels.shape[-1]
    z = np.array(
        [
            [
                (image[:, y : y + size, x : x + size] * k).sum(dtype=np.float64) + bias
                for k in kernels
            ]
            for y in range(0, image.shape[1] - size + 1, stride)
            for x in range(0, image.shape[2] - size + 1, stride)
        ]
    )
    return np.concatenate([np.maximum(z, 0).mean(axis=0), np.maximum(-z, 0).mean(axis=0)])


@pytest.mark.parametrize("mode", ["gaussian", "empirical"])
def test_features_equal_the_reference(mode: str) -> None:
    reference = np.load(REFERENCE)
    kernels = reference[f"{mode}_weights"]
    features = [mean_features(image, kernels, -1.0) for image in reference["images"]]
    assert features[0].dtype == np.float32
    np.testing.assert_allclose(features, reference[f"{mode}_features"], rtol=0, atol=1e-4)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("positions", [1, 40, 10_000])
def test_features_follow_the_definition(
    positions: int, stride: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(convolution, "_POSITIONS", positions)
    rng = np.random.default_rng(5)
    image = rng.standard_normal((3, 14, 17), dtype=np.float32)
    kernels = rng.standard_normal((4, 3, 3, 3), dtype=np.float32)
    features = mean_features(image, kernels, 0.5, stride)
    expected = by_definition(image, kernels, 0.5, stride)
    np.testing.assert_allclose(features, expected, rtol=0, atol=1e-5)


def test_an_image_of_the_size_of_a_kernel_has_one_position() -> None:
    image = np.ones((2, 3, 3), np.float32)
    kernels = np.stack([np.ones((2, 3, 3)), -np.ones((2, 3, 3))]).astype(np.float32)
    np.testing.assert_allclose(mean_features(image, kernels, -1.0), [17, 0, 0, 19], atol=1e-5)


def test_nan_is_preserved() -> None:
    image = np.ones((1, 6, 6), np.float32)
    image[0, 2, 2] = np.nan
    assert np.isnan(mean_features(image, np.ones((2, 1, 3, 3), np.float32), 0.0)[2:]).all()
