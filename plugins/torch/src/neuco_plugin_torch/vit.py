"""A vision transformer with the weight names of timm and DINO; its shape is read from its weights.

Dosovitskiy et al. 2021, An image is worth 16 x 16 words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isqrt

import torch
from torch import nn
from torch.nn import functional

from neucocore.plugin import ConfigError, DataError, ShapeError

ANCHOR = "patch_embed.proj.weight"
EPSILON = 1e-6
HEAD_WIDTH = 64
"""Width of an attention head in all published models."""
POOLINGS = ("class", "mean", "both")


@dataclass(frozen=True, slots=True)
class VitShape:
    """The shape of a vision transformer.

    Attributes
    ----------
    width
        Width of a token.
    depth
        Number of blocks.
    heads
        Number of attention heads, a divisor of the width.
    hidden
        Width of the hidden layer in the perceptron of a block.
    patch
        Pixels along y and x of a patch.
    channels
        Channels of an image.
    grid
        Patches along y and x of the images that the positions were learned on.
    registers
        Number of tokens in addition to the class token and the patches.
    class_token, class_position
        Whether there is a class token, and whether it has a position.
    qkv_bias, layer_scale
        Whether attention has biases, and whether each branch has a learned scale.
    """

    width: int
    depth: int
    heads: int
    hidden: int
    patch: int
    channels: int
    grid: int
    registers: int = 0
    class_token: bool = True
    class_position: bool = True
    qkv_bias: bool = True
    layer_scale: bool = False

    @classmethod
    def of(cls, weights: Mapping[str, torch.Tensor], heads: int | None = None) -> VitShape:
        """Read the shape from the weights of a backbone.

        Parameters
        ----------
        heads
            Number of heads, which is not in the weights; None: width / 64.

        Raises
        ------
        DataError
            Weights that every vision transformer has are missing.
        ConfigError
            The width is not a multiple of the heads.
        """
        needed = (ANCHOR, "pos_embed", "blocks.0.mlp.fc1.weight", "norm.weight")
        missing = [name for name in needed if name not in weights]
        if missing:
            raise DataError(
                f"the checkpoint is not a vision transformer: it has no weight {missing[0]}",
                hint="the encoder vit supports only plain vision transformers",
            )
        width, channels, patch, _ = weights[ANCHOR].shape
        if heads is None:
            heads = max(width // HEAD_WIDTH, 1)
        if heads < 1 or width % heads:
            raise ConfigError(
                f"the width {width} of the checkpoint is not a multiple of heads={heads}",
                hint=f"--set heads={max(width // HEAD_WIDTH, 1)}",
            )
        positions = weights["pos_embed"].shape[1]
        return cls(
            width=width,
            depth=sum(name.endswith(".norm1.weight") for name in weights),
            heads=heads,
            hidden=len(weights["blocks.0.mlp.fc1.weight"]),
            patch=patch,
            channels=channels,
            grid=isqrt(positions),
            registers=weights["reg_token"].shape[1] if "reg_token" in weights else 0,
            class_token="cls_token" in weights,
            class_position=isqrt(positions) ** 2 != positions,
            qkv_bias="blocks.0.attn.qkv.bias" in weights,
            layer_scale="blocks.0.ls1.gamma" in weights,
        )


class VisionTransformer(nn.Module):
    """Maps each image to one vector."""

    def __init__(self, shape: VitShape, pooling: str = "class") -> None:
        super().__init__()
        if pooling != "mean" and not shape.class_token:
            raise ConfigError(
                f"pooling={pooling} needs a class token, which the checkpoint does not have",
                hint="--set pooling=mean",
            )
        self.shape = shape
        self.pooling = pooling
        width = shape.width
        self.patch_embed = nn.ModuleDict(
            {"proj": nn.Conv2d(shape.channels, width, shape.patch, shape.patch)}
        )
        if shape.class_token:
            self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        if shape.registers:
            self.reg_token = nn.Parameter(torch.zeros(1, shape.registers, width))
        positions = shape.grid**2 + shape.class_position
        self.pos_embed = nn.Parameter(torch.zeros(1, positions, width))
        nn.init.trunc_normal_(self.pos_embed, std=0.02)
        self.blocks = nn.ModuleList(_Block(shape) for _ in range(shape.depth))
        self.norm = nn.LayerNorm(width, eps=EPSILON)

    @property
    def columns(self) -> int:
        """Number of features per image."""
        return self.shape.width * (2 if self.pooling == "both" else 1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return one row per image.

        Parameters
        ----------
        images
            Shape (n, channel, y, x); y and x are multiples of the patch.

        Returns
        -------
        Tensor
            Shape (n, width): the class token (``class``) or the mean of the patches (``mean``); or
            both concatenated, (n, 2 width).
        """
        tokens = self.tokens(images)
        prefix = self.shape.class_token + self.shape.registers
        parts = []
        if self.pooling in ("class", "both"):
            parts.append(tokens[:, 0])
        if self.pooling in ("mean", "both"):
            parts.append(tokens[:, prefix:].mean(dim=1))
        return torch.cat(parts, dim=1)

    def tokens(self, images: torch.Tensor) -> torch.Tensor:
        """Return all tokens after the last norm: class, registers, then patches row by row."""
        height, width = images.shape[2:]
        if height % self.shape.patch or width % self.shape.patch:
            raise ShapeError(
                f"images of {height} x {width} pixels cannot be divided into patches of "
                f"{self.shape.patch} x {self.shape.patch}",
                hint=f"--set crop={min(height, width) // self.shape.patch * self.shape.patch}",
            )
        patches = self.patch_embed["proj"](images)
        rows, columns = patches.shape[2:]
        patches = patches.flatten(2).transpose(1, 2)
        of_class, of_patches = self._positions(rows, columns)
        front = []
        if self.shape.class_token:
            front.append(self.cls_token + of_class)
        if self.shape.registers:
            front.append(self.reg_token)
        front = [part.expand(len(images), -1, -1) for part in front]
        tokens = torch.cat([*front, patches + of_patches], dim=1)
        for block in self.blocks:
            tokens = block(tokens)
        return self.norm(tokens)

    def _positions(self, rows: int, columns: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the positions of class token and patches, resampled to the grid of the images."""
        split = int(self.shape.class_position)
        of_class, grid = self.pos_embed[:, :split], self.pos_embed[:, split:]
        if not split:
            of_class = torch.zeros_like(grid[:, :1])
        side = self.shape.grid
        if (rows, columns) != (side, side):
            resampled = grid.reshape(1, side, side, -1).permute(0, 3, 1, 2)
            resampled = functional.interpolate(
                resampled, (rows, columns), mode="bicubic", antialias=True
            )
            grid = resampled.flatten(2).transpose(1, 2)
        return of_class, grid


class _Block(nn.Module):
    def __init__(self, shape: VitShape) -> None:
        super().__init__()
        width = shape.width
        self.heads = shape.heads
        self.norm1 = nn.LayerNorm(width, eps=EPSILON)
        self.attn = nn.ModuleDict(
            {
                "qkv": nn.Linear(width, 3 * width, bias=shape.qkv_bias),
                "proj": nn.Linear(width, width),
            }
        )
        self.norm2 = nn.LayerNorm(width, eps=EPSILON)
        self.mlp = nn.ModuleDict(
            {"fc1": nn.Linear(width, shape.hidden), "fc2": nn.Linear(shape.hidden, width)}
        )
        if shape.layer_scale:
            self.ls1 = nn.ParameterDict({"gamma": torch.ones(width)})
            self.ls2 = nn.ParameterDict({"gamma": torch.ones(width)})
        self.layer_scale = shape.layer_scale

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        branch = self._attention(self.norm1(tokens))
        tokens = tokens + (branch * self.ls1["gamma"] if self.layer_scale else branch)
        branch = self.mlp["fc2"](functional.gelu(self.mlp["fc1"](self.norm2(tokens))))
        return tokens + (branch * self.ls2["gamma"] if self.layer_scale else branch)

    def _attention(self, tokens: torch.Tensor) -> torch.Tensor:
        count, length, width = tokens.shape
        parts = self.attn["qkv"](tokens).reshape(count, length, 3, self.heads, -1)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(query, key, value)
        return self.attn["proj"](mixed.transpose(1, 2).reshape(count, length, width))
