"""Encoders with a pretrained backbone that maps the image of each season to a vector."""

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
from neuco_plugin_torch.images import ImageSelection, channels_of
from neucocore.plugin import ConfigError, Cube, DataError, ShapeError

RANDOM = "random"
VITS = {"tiny": (192, 3), "small": (384, 6), "base": (768, 12)}
"""Width and heads of vision transformers with random weights; depth 12, patches of 16 pixels."""
RESNETS = {
    "resnet18": ((2, 2, 2, 2), False),
    "resnet34": ((3, 4, 6, 3), False),
    "resnet50": ((3, 4, 6, 3), True),
}
"""Blocks per stage, and whether they are bottleneck blocks."""


class Backbone:
    """A network that is applied to the image of every season.

    Parameters
    ----------
    network
        Maps images (n, channel, y, x) to rows (n, d).
    selection
        How the images are made from a cube.
    seasons
        ``mean`` or ``max`` over the seasons, or ``concatenate`` for all seasons in order.
    device
        ``auto``, ``cpu`` or ``cuda``.
    key_fields
        What determines the network, for `cache_key_fields`.
    """

    def __init__(
        self,
        network: nn.Module,
        selection: ImageSelection,
        seasons: str,
        device: str,
        key_fields: Mapping[str, Any],
    ) -> None:
        self.selection = selection
        self.seasons = seasons
        self.device = device_of(device)
        self.network = network.to(self.device).eval().requires_grad_(False)
        self._key_fields = dict(key_fields)

    def encode(self, cubes: Sequence[Cube]) -> NDArray[np.float32]:
        """Return one row per cube, (n, d) float32.

        d is the width of the network, times the number of seasons if these are concatenated. The
        network processes one cube at a time, so that a row does not depend on other cubes.

        Raises
        ------
        DataError
            A cube has no such modality.
        ShapeError
            Bands are missing, the network cannot process the size, or cubes have different
            numbers of seasons.
        """
        with one_thread(), torch.inference_mode():
            rows = [self._row(cube) for cube in cubes]
        if len({row.size for row in rows}) > 1:
            sizes = ", ".join(
                f"{cube.id} gives {row.size}"
                for cube, row in list(zip(cubes, rows, strict=True))[:3]
            )
            raise ShapeError(
                "cubes with different numbers of seasons give embeddings of different dimensions: "
                f"{sizes}",
                hint="use --set seasons=mean",
            )
        return np.stack(rows) if rows else np.empty((0, 0), np.float32)

    def cache_key_fields(self) -> Mapping[str, Any]:
        """Return what determines the vectors: the digest of the weights, but not path or device."""
        return {
            **self._key_fields,
            "bands": [":".join(pair) for pair in self.selection.channels],
            "scaling": self.selection.scaling,
            "resize": self.selection.resize,
            "crop": self.selection.crop,
            "seasons": self.seasons,
        }

    def device_name(self) -> str:
        """Return ``cpu``, or the name of the GPU."""
        return name_of(self.device)

    def energy_joules(self) -> float | None:
        """Return the energy counter of the GPU in joules; None without one."""
        return gpu_joules(self.device)

    def _row(self, cube: Cube) -> NDArray[np.float32]:
        images = self.selection.images(cube).to(self.device)
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
        A checkpoint (see `load_checkpoint`), which determines the architecture; or ``random``.
    allow_download
        Whether a checkpoint may be downloaded from a hub.
    architecture, seed
        A name in `VITS` and the seed of the weights; only for ``random``.
    bands, scaling, resize, crop
        See `ImageSelection`; ``bands`` in the notation of `channels_of`.
    pooling
        ``class`` token, ``mean`` of the patches, or ``both``.
    seasons
        ``mean``, ``max`` or ``concatenate``.
    heads
        Attention heads of the checkpoint; None: width / 64.
    device
        ``auto``, ``cpu`` or ``cuda``.

    Raises
    ------
    MissingFileError
        The checkpoint is not on this machine.
    ConfigError
        Parameters that contradict each other or the checkpoint.
    DataError
        The checkpoint is not of a vision transformer.
    """
    selection = _selection(bands, scaling, resize, crop)
    if weights == RANDOM:
        shape = _random_vit(architecture, selection)
        with reproducible(seed):
            network = vit.VisionTransformer(shape, pooling)
        key_fields: dict[str, Any] = {"weights": RANDOM, "architecture": architecture, "seed": seed}
    else:
        checkpoint = load_checkpoint(weights, allow_download=allow_download)
        backbone = checkpoint.backbone(vit.ANCHOR)
        shape = vit.VitShape.of(backbone, heads)
        _check_channels(checkpoint, shape.channels, selection)
        network = _filled(vit.VisionTransformer(shape, pooling), backbone, checkpoint)
        key_fields = {"weights": checkpoint.digest, "heads": shape.heads}
    if selection.side is not None and selection.side % shape.patch:
        raise ConfigError(
            f"images of {selection.side} pixels cannot be divided into patches of {shape.patch}",
            hint=f"--set crop={selection.side // shape.patch * shape.patch or shape.patch}",
        )
    return Backbone(network, selection, seasons, device, {**key_fields, "pooling": pooling})


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
    """Return an encoder with a residual network; parameters and errors as for `vit_encoder`."""
    selection = _selection(bands, scaling, resize, crop)
    if weights == RANDOM:
        blocks, bottleneck = RESNETS[architecture]
        shape = resnet.ResNetShape(blocks, bottleneck, len(selection.channels))
        with reproducible(seed):
            network = resnet.ResNet(shape)
        key_fields = {"weights": RANDOM, "architecture": architecture, "seed": seed}
    else:
        checkpoint = load_checkpoint(weights, allow_download=allow_download)
        backbone = checkpoint.backbone(resnet.ANCHOR)
        shape = resnet.ResNetShape.of(backbone)
        _check_channels(checkpoint, shape.channels, selection)
        network = _filled(resnet.ResNet(shape), backbone, checkpoint)
        key_fields = {"weights": checkpoint.digest}
    return Backbone(network, selection, seasons, device, key_fields)


def _selection(
    bands: Sequence[str], scaling: str, resize: int | None, crop: int | None
) -> ImageSelection:
    problems = [
        f"{name}={value} is less than 1"
        for name, value in (("resize", resize), ("crop", crop))
        if value is not None and value < 1
    ]
    if resize is not None and crop is not None and crop > resize:
        problems.append(f"crop={crop} is larger than resize={resize}")
    if problems:
        raise ConfigError(
            "invalid size of the images",
            problems=problems,
            hint="--set resize=256 --set crop=224",
        )
    return ImageSelection(channels_of(bands), scaling, resize, crop)


def _random_vit(architecture: str, selection: ImageSelection) -> vit.VitShape:
    width, heads = VITS[architecture]
    patch = 16
    return vit.VitShape(
        width=width,
        depth=12,
        heads=heads,
        hidden=4 * width,
        patch=patch,
        channels=len(selection.channels),
        grid=max((selection.side or 224) // patch, 1),
    )


def _check_channels(checkpoint: Checkpoint, channels: int, selection: ImageSelection) -> None:
    if channels != len(selection.channels):
        raise ConfigError(
            f"the checkpoint {checkpoint.path.name} needs images of {channels} channels, but bands "
            f"lists {len(selection.channels)}",
            hint="list the bands that it was trained on, in that order: --set bands=s2l2a:B04,...",
        )


def _filled(
    network: nn.Module, weights: Mapping[str, torch.Tensor], checkpoint: Checkpoint
) -> nn.Module:
    """Load the weights; missing, unexpected and mismatched weights are an error."""
    try:
        network.load_state_dict({name: weight.float() for name, weight in weights.items()})
    except RuntimeError as error:
        problems = [line.strip() for line in str(error).splitlines()[1:4]]
        raise DataError(
            f"the weights of {checkpoint.path.name} do not fit the detected architecture",
            problems=problems,
            hint="vit and resnet support only plain vision transformers and residual networks",
        ) from error
    return network
