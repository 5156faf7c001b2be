"""The residual network compared with the same network written in numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from neuco_plugin_torch.device import reproducible
from neuco_plugin_torch.resnet import ResNet, ResNetShape
from neucocore.plugin import DataError

SHAPES = {
    "basic": ResNetShape(blocks=(2, 1, 1, 1), bottleneck=False, channels=3, stem=4),
    "bottleneck": ResNetShape(blocks=(1, 2, 1, 1), bottleneck=True, channels=3, stem=4),
}
Weights = dict[str, np.ndarray]


def network_of(shape: ResNetShape) -> ResNet:
    with reproducible(1):
        network = ResNet(shape)
        for name, weight in network.state_dict().items():
            if name.endswith("running_var"):
                weight.uniform_(0.5, 2)
            elif weight.is_floating_point():
                weight.normal_(0, 0.3)
    return network.eval().requires_grad_(False)


def conv(x: np.ndarray, kernel: np.ndarray, stride: int = 1) -> np.ndarray:
    size = kernel.shape[2]
    x = np.pad(x, ((0, 0), *2 * ((size // 2, size // 2),)))
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2))
    return np.einsum("cyxij,kcij->kyx", windows[:, ::stride, ::stride], kernel)


def batch_norm(x: np.ndarray, weights: Weights, name: str) -> np.ndarray:
    mean, var, gain, bias = (
        weights[f"{name}.{part}"][:, None, None]
        for part in ("running_mean", "running_var", "weight", "bias")
    )
    return (x - mean) / np.sqrt(var + 1e-5) * gain + bias


def block(x: np.ndarray, weights: Weights, name: str, stride: int, bottleneck: bool) -> np.ndarray:
    strides = (1, stride, 1) if bottleneck else (stride, 1)
    branch = x
    for number, step in enumerate(strides, 1):
        branch = conv(branch, weights[f"{name}.conv{number}.weight"], step)
        branch = batch_norm(branch, weights, f"{name}.bn{number}")
        if number < len(strides):
            branch = branch.clip(0)
    if f"{name}.downsample.0.weight" in weights:
        x = conv(x, weights[f"{name}.downsample.0.weight"], stride)
        x = batch_norm(x, weights, f"{name}.downsample.1")
    return (branch + x).clip(0)


def features_of(image: np.ndarray, weights: Weights, shape: ResNetShape) -> np.ndarray:
    x = batch_norm(conv(image, weights["conv1.weight"], 2), weights, "bn1").clip(0)
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))  # all values are at least 0
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    x = windows[:, ::2, ::2].max(axis=(3, 4))
    for stage, count in enumerate(shape.blocks, 1):
        for number in range(count):
            stride = 2 if stage > 1 and number == 0 else 1
            x = block(x, weights, f"layer{stage}.{number}", stride, shape.bottleneck)
    return x.mean(axis=(1, 2))


@pytest.mark.parametrize("kind", SHAPES)
def test_features_equal_those_of_the_network_in_numpy(kind: str) -> None:
    shape = SHAPES[kind]
    network = network_of(shape)
    image = np.random.default_rng(2).normal(size=(3, 40, 48))
    weights = {name: w.double().numpy() for name, w in network.state_dict().items()}
    expected = features_of(image, weights, shape)
    features = network(torch.from_numpy(image[None]).float())[0]
    assert features.shape == (network.columns,)
    np.testing.assert_allclose(features, expected, rtol=1e-3, atol=1e-4)


def test_the_shape_is_read_from_the_weights() -> None:
    for shape in SHAPES.values():
        assert ResNetShape.of(network_of(shape).state_dict()) == shape


def test_a_network_without_four_stages_is_an_error() -> None:
    weights = {
        n: w for n, w in network_of(SHAPES["basic"]).state_dict().items() if "layer4" not in n
    }
    with pytest.raises(DataError, match="not a residual network with four stages"):
        ResNetShape.of(weights)
