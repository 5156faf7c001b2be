"""The vision transformer compared with the same network written in numpy."""

from __future__ import annotations

from dataclasses import replace
from math import erf

import numpy as np
import pytest
import torch

from neuco_plugin_torch.device import reproducible
from neuco_plugin_torch.vit import VisionTransformer, VitShape
from neucocore.plugin import ConfigError, DataError, ShapeError

SHAPE = VitShape(width=12, depth=2, heads=3, hidden=20, patch=4, channels=5, grid=2)
SHAPES = {
    "dino": SHAPE,
    "scaled": replace(SHAPE, layer_scale=True, qkv_bias=False),
    "registers": replace(SHAPE, registers=3),
    "class without position": replace(SHAPE, class_position=False),
    "patches only": replace(SHAPE, class_token=False, class_position=False),
}
Weights = dict[str, np.ndarray]


def network_of(shape: VitShape, pooling: str = "mean") -> VisionTransformer:
    """Return a network with random weights, including biases and norms."""
    with reproducible(1):
        network = VisionTransformer(shape, pooling)
        for weight in network.parameters():
            weight.data.normal_(0, 0.3)
    return network.eval().requires_grad_(False)


def norm(x: np.ndarray, weights: Weights, name: str) -> np.ndarray:
    centred = x - x.mean(axis=-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-6)
    return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def linear(x: np.ndarray, weights: Weights, name: str) -> np.ndarray:
    return x @ weights[f"{name}.weight"].T + weights.get(f"{name}.bias", 0)


def attention(x: np.ndarray, weights: Weights, name: str, heads: int) -> np.ndarray:
    width = x.shape[1] // heads
    mixed = []
    query, key, value = np.split(linear(x, weights, f"{name}.qkv"), 3, axis=1)
    for head in range(heads):
        part = slice(head * width, (head + 1) * width)
        logits = query[:, part] @ key[:, part].T / np.sqrt(width)
        share = np.exp(logits - logits.max(axis=1, keepdims=True))
        mixed.append(share / share.sum(axis=1, keepdims=True) @ value[:, part])
    return linear(np.concatenate(mixed, axis=1), weights, f"{name}.proj")


def tokens_of(image: np.ndarray, weights: Weights, shape: VitShape) -> np.ndarray:
    """Return all tokens of one image in float64."""
    side = image.shape[1] // shape.patch
    patches = [
        image[:, r : r + shape.patch, c : c + shape.patch].ravel()
        for r in range(0, side * shape.patch, shape.patch)
        for c in range(0, side * shape.patch, shape.patch)
    ]
    kernel = weights["patch_embed.proj.weight"].reshape(shape.width, -1)
    x = np.array(patches) @ kernel.T + weights["patch_embed.proj.bias"]
    positions = weights["pos_embed"][0]
    front = []
    if shape.class_token:
        front.append(weights["cls_token"][0] + (positions[:1] if shape.class_position else 0))
    if shape.registers:
        front.append(weights["reg_token"][0])
    x = np.concatenate([*front, x + positions[int(shape.class_position) :]])
    for block in (f"blocks.{i}" for i in range(shape.depth)):
        mixed = attention(norm(x, weights, f"{block}.norm1"), weights, f"{block}.attn", shape.heads)
        x = x + mixed * weights.get(f"{block}.ls1.gamma", 1)
        hidden = linear(norm(x, weights, f"{block}.norm2"), weights, f"{block}.mlp.fc1")
        hidden = hidden * 0.5 * (1 + np.vectorize(erf)(hidden / np.sqrt(2)))
        x = x + linear(hidden, weights, f"{block}.mlp.fc2") * weights.get(f"{block}.ls2.gamma", 1)
    return norm(x, weights, "norm")


@pytest.mark.parametrize("kind", SHAPES)
def test_tokens_equal_those_of_the_network_in_numpy(kind: str) -> None:
    shape = SHAPES[kind]
    network = network_of(shape)
    image = np.random.default_rng(2).normal(size=(5, 8, 8))
    weights = {name: w.double().numpy() for name, w in network.state_dict().items()}
    expected = tokens_of(image, weights, shape)
    tokens = network.tokens(torch.from_numpy(image[None]).float())[0]
    np.testing.assert_allclose(tokens, expected, rtol=1e-4, atol=1e-5)


def test_the_shape_is_read_from_the_weights() -> None:
    for shape in SHAPES.values():
        assert VitShape.of(network_of(shape).state_dict(), heads=3) == shape


def test_the_default_width_of_a_head_is_64() -> None:
    shape = replace(SHAPE, width=128, heads=2)
    assert VitShape.of(network_of(shape).state_dict()).heads == 2


def test_a_width_that_is_not_a_multiple_of_the_heads_is_an_error() -> None:
    with pytest.raises(
        ConfigError, match="the width 12 of the checkpoint is not a multiple of heads=5"
    ):
        VitShape.of(network_of(SHAPE).state_dict(), heads=5)


def test_pooling_returns_the_class_token_the_mean_of_the_patches_or_both() -> None:
    image = torch.randn(1, 5, 8, 8, generator=torch.Generator().manual_seed(4))
    shape = replace(SHAPE, registers=2)
    tokens = network_of(shape).tokens(image)[0]
    by_class, mean = tokens[0], tokens[3:].mean(dim=0)
    assert torch.equal(network_of(shape, "class")(image)[0], by_class)
    assert torch.equal(network_of(shape, "mean")(image)[0], mean)
    assert torch.equal(network_of(shape, "both")(image)[0], torch.cat([by_class, mean]))


def test_class_pooling_without_a_class_token_is_an_error() -> None:
    with pytest.raises(ConfigError, match="pooling=class needs a class token"):
        VisionTransformer(SHAPES["patches only"], "class")


def test_positions_learned_on_another_grid_are_resampled() -> None:
    network = network_of(SHAPE)
    # A gradient from left to right remains one on a finer grid.
    network.pos_embed[0, 1:] = torch.tensor([0.0, 1.0, 0.0, 1.0])[:, None]
    _, positions = network._positions(4, 4)
    rows = positions[0, :, 0].reshape(4, 4)
    assert torch.allclose(rows, rows[:1].expand(4, 4), atol=1e-6)
    assert (rows[0].diff() > 0).all()
    assert rows[0].mean() == pytest.approx(0.5)


def test_images_that_cannot_be_divided_into_patches_are_an_error() -> None:
    with pytest.raises(ShapeError, match="10 x 8 pixels cannot be divided into patches of 4 x 4"):
        network_of(SHAPE)(torch.zeros(1, 5, 10, 8))


def test_weights_of_a_different_network_are_an_error() -> None:
    weights = network_of(SHAPE).state_dict()
    del weights["pos_embed"]
    with pytest.raises(DataError, match="not a vision transformer: it has no weight pos_embed"):
        VitShape.of(weights)
