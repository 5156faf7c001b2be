"""A vision transformer with the weight names of timm and DINO, its shape read from its weights.

After Dosovitskiy et al. 2021, An image is worth 16 x 16 words.
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
"""Numbers an attention head works on, in all of the published models."""
POOLINGS = ("class", "mean", "both")


@dataclass(frozen=True, slots=True)
class VitShape:
    """What tells one vision transformer from another.

    Attributes
    ----------
    width
        Numbers a token.
    depth
        Blocks.
    heads
        Attention heads, a divisor of the width.
    hidden
        Numbers inside a block's perceptron.
    patch
        Pixels along each side of a patch.
    channels
        Channels of an image.
    grid
        Patches along each side of the images the positions were learned on.
    registers
        Tokens beside the class and the patches.
    class_token, class_position
        Whether there is a class token, and whether it has a position.
    qkv_bias, layer_scale
        Whether attention has biases, and each branch a learned scale.
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
        """Read the shape off a backbone's weights.

        Parameters
        ----------
        heads
            Which weights do not tell; None: one for every 64 numbers of the width.

        Raises
        ------
        DataError
            Weights that every such model has are missing.
        ConfigError
            The heads do not divide the width.
        """
        needed = (ANCHOR, "pos_embed", "blocks.0.mlp.fc1.weight", "norm.weight")
        missing = [name for name in needed if name not in weights]
        if missing:
            raise DataError(f"the checkpoint is no vision transformer: it has no {missing[0]}")
        width, channels, patch, _ = weights[ANCHOR].shape
        if heads is None:
            heads = max(width // HEAD_WIDTH, 1)
        if heads < 1 or width % heads:
            raise ConfigError(f"heads={heads} does not divide the checkpoint's width of {width}")
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
    """Images to one vector each."""

    def __init__(self, shape: VitShape, pooling: str = "class") -> None:
        super().__init__()
        if pooling != "mean" and not shape.class_token:
            raise ConfigError(
                f"pooling={pooling} needs a class token, which the checkpoint has not",
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
        """Numbers an image."""
        return self.shape.width * (2 if self.pooling == "both" else 1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return one row per image.

        Parameters
        ----------
        images
            Shape (n, channel, y, x); y and x multiples of the patch.

        Returns
        -------
        Tensor
            Shape (n, width): the class token (``class``), the patches' mean (``mean``); or both
            side by side, (n, 2 width).
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
        """Return all tokens after the last norm: class, registers, patches row by row."""
        height, width = images.shape[2:]
        if height % self.shape.patch or width % self.shape.patch:
            raise ShapeError(
                f"images of {height} x {width} pixels cannot be cut into patches of "
                f"{self.shape.patch} x {self.shape.patch}",
                hint=f"--set crop={min(height, width) // self.shape.patch * self.shape.patch}",
            )
        patches = self.patch_embed["proj"](images)
        rows, columns = patches.shape[2:]
        patches = patches.flatten(2).transpose(1, 2)
        own, of_patches = self._positions(rows, columns)
        front = []
        if self.shape.class_token:
            front.append(self.cls_token + own)
        if self.shape.registers:
            front.append(self.reg_token)
        front = [part.expand(len(images), -1, -1) for part in front]
        tokens = torch.cat([*front, patches + of_patches], dim=1)
        for block in self.blocks:
            tokens = block(tokens)
        return self.norm(tokens)

    def _positions(self, rows: int, columns: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the class token's and the patches' positions, resampled to the images' grid."""
        split = int(self.shape.class_position)
        own, grid = self.pos_embed[:, :split], self.pos_embed[:, split:]
        if not split:
            own = torch.zeros_like(grid[:, :1])
        side = self.shape.grid
        if (rows, columns) != (side, side):
            picture = grid.reshape(1, side, side, -1).permute(0, 3, 1, 2)
            picture = functional.interpolate(
                picture, (rows, columns), mode="bicubic", antialias=True
            )
            grid = picture.flatten(2).transpose(1, 2)
        return own, grid


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
