from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from neuco_plugin_torch.backbones import Backbone, resnet_encoder, vit_encoder
from neuco_plugin_torch.device import reproducible
from neuco_plugin_torch.resnet import ResNet, ResNetShape
from neuco_plugin_torch.vit import VisionTransformer, VitShape
from neucocore.plugin import ConfigError, Cube, DataError, MissingFileError, ShapeError, make_cubes

SMALL: dict[str, Any] = {"resize": 16, "crop": None}


def vit_weights(channels: int) -> dict[str, torch.Tensor]:
    shape = VitShape(width=8, depth=1, heads=2, hidden=8, patch=8, channels=channels, grid=2)
    with reproducible(1):
        return VisionTransformer(shape).state_dict()


def resnet_weights(channels: int) -> dict[str, torch.Tensor]:
    with reproducible(1):
        return ResNet(ResNetShape((1, 1, 1, 1), False, channels, stem=4)).state_dict()


@pytest.fixture(params=["vit", "resnet"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def checkpoint(tmp_path: Path, kind: str) -> Path:
    """Return a checkpoint for images with 13 channels."""
    weights = {"vit": vit_weights, "resnet": resnet_weights}[kind](13)
    torch.save(weights, tmp_path / "w.pth")
    return tmp_path / "w.pth"


@pytest.fixture
def encoder_of(kind: str) -> Callable[..., Backbone]:
    def make(weights: Path | str, **more: Any) -> Backbone:
        if kind == "vit":
            return vit_encoder(str(weights), heads=2, **{**SMALL, **more})
        return resnet_encoder(str(weights), **{**SMALL, **more})

    return make


def test_a_row_does_not_depend_on_the_other_cubes_of_the_batch(
    encoder_of: Callable[..., Backbone], checkpoint: Path, cubes: list[Cube]
) -> None:
    encoder = encoder_of(checkpoint)
    rows = encoder.encode(cubes)
    assert rows.dtype == np.float32
    alone = np.concatenate([encoder.encode([cube]) for cube in reversed(cubes)])[::-1]
    assert rows.tobytes() == alone.tobytes()
    assert len(np.unique(rows, axis=0)) == len(cubes)


def test_the_weights_are_read_from_the_file(
    encoder_of: Callable[..., Backbone], checkpoint: Path, cubes: list[Cube]
) -> None:
    before = encoder_of(checkpoint).encode(cubes)
    weights = torch.load(checkpoint)
    last = "norm.bias" if "norm.bias" in weights else "layer4.0.bn2.bias"
    weights[last] += 5
    torch.save(weights, checkpoint)
    assert (encoder_of(checkpoint).encode(cubes) - before).min() > 3


def test_seasons_are_combined_by_mean_maximum_or_concatenation(
    encoder_of: Callable[..., Backbone], checkpoint: Path, cubes: list[Cube]
) -> None:
    mean, largest, both = (
        encoder_of(checkpoint, seasons=name).encode(cubes)
        for name in ("mean", "max", "concatenate")
    )
    first, second = np.split(both, 2, axis=1)
    assert not np.array_equal(first, second)
    np.testing.assert_allclose(mean, (first + second) / 2, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(largest, np.maximum(first, second))


def test_concatenating_different_numbers_of_seasons_is_an_error(
    encoder_of: Callable[..., Backbone], checkpoint: Path, cubes: list[Cube]
) -> None:
    other = make_cubes(1, seasons=3, size=16, seed=9)
    with pytest.raises(ShapeError, match="different numbers of seasons"):
        encoder_of(checkpoint, seasons="concatenate").encode([cubes[0], *other])
    assert len(encoder_of(checkpoint).encode([cubes[0], *other])) == 2


def test_bands_must_match_the_channels_of_the_checkpoint(
    encoder_of: Callable[..., Backbone], checkpoint: Path
) -> None:
    with pytest.raises(
        ConfigError, match=r"w\.pth needs images of 13 channels, but bands lists 12"
    ):
        encoder_of(checkpoint, bands=["s2l2a"])


def test_a_missing_checkpoint_is_an_error_not_random_weights(
    encoder_of: Callable[..., Backbone], tmp_path: Path
) -> None:
    with pytest.raises(MissingFileError, match="does not exist"):
        encoder_of(tmp_path / "none.pth")


def test_unexpected_weights_are_an_error(
    encoder_of: Callable[..., Backbone], checkpoint: Path
) -> None:
    weights = torch.load(checkpoint)
    weights["rotary.weight"] = torch.zeros(2)
    torch.save(weights, checkpoint)
    with pytest.raises(DataError) as caught:
        encoder_of(checkpoint)
    assert "rotary.weight" in str(caught.value)
    assert "do not fit the detected architecture" in caught.value.message


def test_a_checkpoint_of_the_other_encoder_is_an_error(
    encoder_of: Callable[..., Backbone], kind: str, tmp_path: Path
) -> None:
    torch.save({"vit": resnet_weights, "resnet": vit_weights}[kind](13), tmp_path / "w.pth")
    with pytest.raises(DataError, match=r"w\.pth has no weight"):
        encoder_of(tmp_path / "w.pth")


def test_random_weights_depend_on_the_seed(
    encoder_of: Callable[..., Backbone], cubes: list[Cube]
) -> None:
    first, again, other = (
        encoder_of("random", bands=["s1"], seed=seed).encode(cubes[:1]) for seed in (1, 1, 2)
    )
    assert first.tobytes() == again.tobytes()
    assert not np.allclose(first, other)


def test_fault_56_the_key_depends_on_the_weights_but_not_on_path_or_device(
    encoder_of: Callable[..., Backbone], checkpoint: Path
) -> None:
    key = encoder_of(checkpoint).cache_key_fields()
    moved = checkpoint.rename(checkpoint.with_name("moved.pth"))
    assert encoder_of(moved, device="cpu").cache_key_fields() == key
    assert encoder_of(moved, seasons="max").cache_key_fields() != key
    weights = torch.load(moved)
    next(iter(weights.values())).add_(1)
    torch.save(weights, moved)
    assert encoder_of(moved).cache_key_fields() != key


def test_a_size_that_is_not_a_multiple_of_the_patch_is_an_error_before_reading_cubes() -> None:
    with pytest.raises(
        ConfigError, match="images of 40 pixels cannot be divided into patches of 16"
    ):
        vit_encoder(resize=64, crop=40)


def test_all_invalid_sizes_are_reported_together() -> None:
    with pytest.raises(ConfigError) as caught:
        resnet_encoder(resize=0, crop=-1)
    assert len(caught.value.problems) == 2
    with pytest.raises(ConfigError, match="invalid size"):
        resnet_encoder(resize=64, crop=128)


def test_the_size_of_a_cube_must_be_a_multiple_of_the_patch(tmp_path: Path) -> None:
    torch.save(vit_weights(13), tmp_path / "w.pth")
    encoder = vit_encoder(str(tmp_path / "w.pth"), heads=2, resize=None, crop=None)
    cube = make_cubes(1, seasons=1, size=20)[0]
    with pytest.raises(ShapeError, match=f"cube {cube.id}: images of 20 x 20 pixels cannot"):
        encoder.encode([cube])
