"""Encoders with a pretrained backbone: every season an image, every image a vector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from neuco_plugin_torch import resnet, vit
from neuco_plugin_torch.checkpoint import Checkpoint, load_checkpoint
from neuco_plugin_torch.device import device_of, name_of, one_thread, reproducible
from neuco_plugin_torch.energy import gpu_joules
from neuco_plugin_torch.images import ImageChoice, channels_of
from neucocore.plugin import ConfigError, Cube, DataError, ShapeError

RANDOM = "random"
VITS = {"tiny": (192, 3), "small": (384, 6), "base": (768, 12)}
"""Width and heads of the vision transformers with random weights; depth 12, patches of 16."""
RESNETS = {
    "resnet18": ((2, 2, 2, 2), False),
    "resnet34": ((3, 4, 6, 3), False),
    "resnet50": ((3, 4, 6, 3), True),
}
"""Blocks a stage, and whether they are bottlenecks."""


class Backbone:
    """A network over the images of every season, and what its vectors become.

    Parameters
    ----------
    network
        Images (n, channel, y, x) to rows (n, d), in evaluation mode.
    choice
        What of a cube becomes images.
    seasons
        ``mean``, ``max`` over the seasons, or ``concatenate`` them in their order.
    device
        Where to compute: ``auto``, ``cpu`` or ``cuda``.
    described
        What decided the network, for `cache_key_fields`.
    """

    def __init__(
        self,
        network: nn.Module,
        choice: ImageChoice,
        seasons: str,
        device: str,
        described: Mapping[str, Any],
    ) -> None:
        self.choice = choice
        self.seasons = seasons
        self.device = device_of(device)
        self.network = network.to(self.device).eval().requires_grad_(False)
        self._described = dict(described)

    def encode(self, cubes: Sequence[Cube]) -> NDArray[np.float32]:
        """Return one row per cube, (n, d) float32.

        d is the network's width, times the seasons if these are concatenated. Every cube goes
        through the network alone, so that its row does not depend on others.

        Raises
        ------
        DataError
            A cube lacks a modality.
        ShapeError
            It lacks bands, has a size the network cannot take, or the cubes differ in seasons.
        """
        with one_thread(), torch.inference_mode():
            rows = [self._row(cube) for cube in cubes]
        if len({row.size for row in rows}) > 1:
            found = ", ".join(
                f"{cube.id} gives {row.size}"
                for cube, row in list(zip(cubes, rows, strict=True))[:3]
            )
            raise ShapeError(f"the cubes differ in seasons, so do their rows in length: {found}")
        return np.stack(rows) if rows else np.empty((0, 0), np.float32)

    def cache_key_fields(self) -> Mapping[str, Any]:
        """Return what decides the vectors: the weights' digest, not their place; no device."""
        return {
            **self._described,
            "bands": [":".join(pair) for pair in self.choice.channels],
            "scaling": self.choice.scaling,
            "resize": self.choice.resize,
            "crop": self.choice.crop,
            "seasons": self.seasons,
        }

    def device_name(self) -> str:
        """Return what computes: ``cpu`` or a GPU's name."""
        return name_of(self.device)

    def energy_joules(self) -> float | None:
        """Return the GPU's energy counter, if there is one."""
        return gpu_joules(self.device)

    def _row(self, cube: Cube) -> NDArray[np.float32]:
        images = self.choice.images(cube).to(self.device)
        try:
            vectors = self.network(images).float()
        except ShapeError as error:
            raise ShapeError(f"cube {cube.id}: {error.message}", hint=error.hint) from error
        if self.seasons == "mean":
            row = vectors.mean(dim=0)
        elif self.seasons == "max":
            row = vectors.amax(dim=0)
        else:
            row = vectors.flatten()
        numbers: NDArray[np.float32] = row.cpu().numpy()
        return numbers


def vit_encoder(
    weights: str = RANDOM,
    allow_download: bool = False,
    architecture: str = "tiny",
    bands: Sequence[str] = ("s2l1c",),
    scaling: str = "reflectance",
    resize: int | None = 256,
    crop: int | None = 224,
    pooling: str = "class",
    seasons: str = "mean",
    heads: int | None = None,
    seed: int = 42,
    device: str = "auto",
) -> Backbone:
    """Return an encoder with a vision transformer.

    Parameters
    ----------
    weights
        A checkpoint (`load_checkpoint`), which decides the architecture; or ``random``.
    allow_download
        Whether a hub's checkpoint may be fetched.
    architecture, seed
        A name of `VITS` and the seed of the weights, for ``random`` only.
    bands, scaling, resize, crop
        See `ImageChoice`; ``bands`` as `channels_of` reads them.
    pooling
        ``class`` token, ``mean`` of the patches, or ``both``.
    seasons
        ``mean``, ``max`` or ``concatenate``.
    heads
        Attention heads of the checkpoint; None: one for every 64 numbers of its width.
    device
        ``auto``, ``cpu`` or ``cuda``.

    Raises
    ------
    MissingFileError
        There is no such checkpoint here.
    ConfigError
        Parameters that do not fit each other or the checkpoint.
    DataError
        The checkpoint is not one of a vision transformer.
    """
    choice = _choice(bands, scaling, resize, crop)
    if weights == RANDOM:
        shape = _random_vit(architecture, choice)
        with reproducible(seed):
            network = vit.VisionTransformer(shape, pooling)
        described: dict[str, Any] = {"weights": RANDOM, "architecture": architecture, "seed": seed}
    else:
        checkpoint = load_checkpoint(weights, allow_download=allow_download)
        found = checkpoint.backbone(vit.ANCHOR)
        shape = vit.VitShape.of(found, heads)
        _check_channels(checkpoint, shape.channels, choice)
        network = _filled(vit.VisionTransformer(shape, pooling), found, checkpoint)
        described = {"weights": checkpoint.digest, "heads": shape.heads}
    if choice.side is not None and choice.side % shape.patch:
        raise ConfigError(
            f"images of {choice.side} pixels cannot be cut into patches of {shape.patch}",
            hint=f"--set crop={choice.side // shape.patch * shape.patch or shape.patch}",
        )
    return Backbone(network, choice, seasons, device, {**described, "pooling": pooling})


def resnet_encoder(
    weights: str = RANDOM,
    allow_download: bool = False,
    architecture: str = "resnet18",
    bands: Sequence[str] = ("s2l1c",),
    scaling: str = "reflectance",
    resize: int | None = 256,
    crop: int | None = 224,
    seasons: str = "mean",
    seed: int = 42,
    device: str = "auto",
) -> Backbone:
    """Return an encoder with a residual network; parameters and errors as `vit_encoder`."""
    choice = _choice(bands, scaling, resize, crop)
    if weights == RANDOM:
        blocks, bottleneck = RESNETS[architecture]
        shape = resnet.ResNetShape(blocks, bottleneck, len(choice.channels))
        with reproducible(seed):
            network = resnet.ResNet(shape)
        described = {"weights": RANDOM, "architecture": architecture, "seed": seed}
    else:
        checkpoint = load_checkpoint(weights, allow_download=allow_download)
        found = checkpoint.backbone(resnet.ANCHOR)
        shape = resnet.ResNetShape.of(found)
        _check_channels(checkpoint, shape.channels, choice)
        network = _filled(resnet.ResNet(shape), found, checkpoint)
        described = {"weights": checkpoint.digest}
    return Backbone(network, choice, seasons, device, described)


def _choice(
    bands: Sequence[str], scaling: str, resize: int | None, crop: int | None
) -> ImageChoice:
    problems = [
        f"{name} is {value}, not at least 1"
        for name, value in (("resize", resize), ("crop", crop))
        if value is not None and value < 1
    ]
    if resize is not None and crop is not None and crop > resize:
        problems.append(f"crop={crop} is more than resize={resize} leaves")
    if problems:
        raise ConfigError("the images' size cannot be used", problems=problems)
    return ImageChoice(channels_of(bands), scaling, resize, crop)


def _random_vit(architecture: str, choice: ImageChoice) -> vit.VitShape:
    width, heads = VITS[architecture]
    patch = 16
    return vit.VitShape(
        width=width,
        depth=12,
        heads=heads,
        hidden=4 * width,
        patch=patch,
        channels=len(choice.channels),
        grid=max((choice.side or 224) // patch, 1),
    )


def _check_channels(checkpoint: Checkpoint, channels: int, choice: ImageChoice) -> None:
    if channels != len(choice.channels):
        raise ConfigError(
            f"the checkpoint {checkpoint.path.name} takes images of {channels} channels; "
            f"bands names {len(choice.channels)}",
            hint="--set bands=..., as many as it was trained on and in that order",
        )


def _filled(
    network: nn.Module, weights: Mapping[str, torch.Tensor], checkpoint: Checkpoint
) -> nn.Module:
    """Load the weights; whatever does not fit is an error, nothing stays at random."""
    try:
        network.load_state_dict({name: weight.float() for name, weight in weights.items()})
    except RuntimeError as error:
        problems = [line.strip() for line in str(error).splitlines()[1:4]]
        raise DataError(
            f"the weights of {checkpoint.path.name} do not fit the architecture they look like",
            problems=problems,
            hint="vit and resnet know plain vision transformers and residual networks only",
        ) from error
    return network
