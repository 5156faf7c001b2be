"""A residual network with the weight names of timm; its shape is read from its weights.

He et al. 2016, Deep residual learning for image recognition. The stride of a bottleneck block is in
its 3 x 3 convolution, as in all published weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from neucocore.plugin import DataError

ANCHOR = "conv1.weight"
STAGES = 4


@dataclass(frozen=True, slots=True)
class ResNetShape:
    """The shape of a residual network.

    Attributes
    ----------
    blocks
        Number of blocks in each of the four stages.
    bottleneck
        Whether a block is 1 x 1, 3 x 3, 1 x 1 instead of two times 3 x 3.
    channels
        Channels of an image.
    stem
        Channels after the first convolution.
    """

    blocks: tuple[int, ...]
    bottleneck: bool
    channels: int
    stem: int = 64

    @classmethod
    def of(cls, weights: Mapping[str, torch.Tensor]) -> ResNetShape:
        """Read the shape from the weights of a backbone.

        Raises
        ------
        DataError
            Weights that every residual network has are missing.
        """
        blocks = tuple(
            sum(
                name.startswith(f"layer{stage}.") and name.endswith(".bn1.weight")
                for name in weights
            )
            for stage in range(1, STAGES + 1)
        )
        if not all(blocks) or weights[ANCHOR].ndim != 4:
            raise DataError(
                "the checkpoint is not a residual network with four stages",
                hint="the encoder resnet supports only such networks",
            )
        stem, channels = weights[ANCHOR].shape[:2]
        return cls(blocks, "layer1.0.conv3.weight" in weights, channels, stem)

    @property
    def columns(self) -> int:
        """Number of features per image."""
        return self.stem * 2 ** (STAGES - 1) * (4 if self.bottleneck else 1)


class ResNet(nn.Module):
    """Maps each image to the mean of the last stage over its positions."""

    def __init__(self, shape: ResNetShape) -> None:
        super().__init__()
        self.shape = shape
        self.conv1 = nn.Conv2d(shape.channels, shape.stem, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(shape.stem)
        width = shape.stem
        for stage, count in enumerate(shape.blocks):
            inner = shape.stem * 2**stage
            outer = inner * (4 if shape.bottleneck else 1)
            kind = _Bottleneck if shape.bottleneck else _Basic
            blocks = []
            for block in range(count):
                stride = 2 if stage and not block else 1
                blocks.append(kind(width if not block else outer, inner, outer, stride))
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
            width = outer

    @property
    def columns(self) -> int:
        """Number of features per image."""
        return self.shape.columns

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return one row per image, (n, columns), for images of shape (n, channel, y, x)."""
        features = functional.relu(self.bn1(self.conv1(images)))
        features = functional.max_pool2d(features, 3, stride=2, padding=1)
        for stage in range(1, STAGES + 1):
            features = getattr(self, f"layer{stage}")(features)
        return features.mean(dim=(2, 3))


class _Block(nn.Module):
    """The sum of a branch and the identity, or a projection where the shape changes."""

    def __init__(self, width: int, outer: int, stride: int) -> None:
        super().__init__()
        if stride != 1 or width != outer:
            self.downsample = nn.Sequential(
                nn.Conv2d(width, outer, 1, stride=stride, bias=False), nn.BatchNorm2d(outer)
            )
        else:
            self.downsample = nn.Identity()

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return functional.relu(self.branch(features) + self.downsample(features))

    def branch(self, features: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError


class _Basic(_Block):
    def __init__(self, width: int, inner: int, outer: int, stride: int) -> None:
        super().__init__(width, outer, stride)
        self.conv1 = nn.Conv2d(width, inner, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, outer, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outer)

    def branch(self, features: torch.Tensor) -> torch.Tensor:
        features = functional.relu(self.bn1(self.conv1(features)))
        return self.bn2(self.conv2(features))


class _Bottleneck(_Block):
    def __init__(self, width: int, inner: int, outer: int, stride: int) -> None:
        super().__init__(width, outer, stride)
        self.conv1 = nn.Conv2d(width, inner, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, inner, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv3 = nn.Conv2d(inner, outer, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outer)

    def branch(self, features: torch.Tensor) -> torch.Tensor:
        features = functional.relu(self.bn1(self.conv1(features)))
        features = functional.relu(self.bn2(self.conv2(features)))
        return self.bn3(self.conv3(features))
