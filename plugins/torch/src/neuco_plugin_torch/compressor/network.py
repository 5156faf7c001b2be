"""The convolutional networks that map images to latents and latents to images."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from neuco_plugin_torch.compressor.entropy import LogisticPrior

STRIDE = 16
"""Pixels of an image along y and x per position of the latents."""
_DOWN = (48, 64, 96, 128)
_UP = (96, 64, 48, 32)


class CompressorNetwork(nn.Module):
    """The analysis and synthesis networks, and the prior of the latents.

    Parameters
    ----------
    channels
        Channels of an image: seasons times bands.
    latent_channels
        Channels of the latents.
    """

    def __init__(self, channels: int, latent_channels: int) -> None:
        super().__init__()
        down: list[nn.Module] = [nn.Conv2d(channels, _DOWN[0], 1)]
        for width, following in zip(_DOWN, (*_DOWN[1:], latent_channels), strict=True):
            down += [nn.GELU(), nn.Conv2d(width, following, 3, stride=2, padding=1)]
        up: list[nn.Module] = []
        for width, following in zip((latent_channels, *_UP[:-1]), _UP, strict=True):
            up += [nn.Conv2d(width, 4 * following, 3, padding=1), nn.PixelShuffle(2), nn.GELU()]
        self.analysis = nn.Sequential(*down)
        self.synthesis = nn.Sequential(*up, nn.Conv2d(_UP[-1], channels, 1))
        self.prior = LogisticPrior(latent_channels)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                # Keeps the variance from layer to layer, which the default of torch reduces.
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)

    def losses(self, images: torch.Tensor, quantisation: str) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the error of `error_of`, and the bits per image.

        Rounding has no useful gradient. The rate is computed for latents with uniform noise instead
        of rounding (Balle, Laparra and Simoncelli 2017). The image is decoded from the same noisy
        latents (``noise``), or from rounded latents with a gradient of 1 (``straight-through``).

        Parameters
        ----------
        images
            Shape (n, channel, y, x).
        quantisation
            ``straight-through`` or ``noise``.
        """
        latents = self.analysis(images)
        noisy = latents + torch.rand_like(latents) - 0.5
        rounded = latents + (latents.round() - latents).detach()
        inputs = noisy if quantisation == "noise" else rounded
        error = error_of(self.synthesis(inputs) - images)
        return error, self.prior.bits(noisy).sum() / len(images)


def error_of(difference: torch.Tensor) -> torch.Tensor:
    """Return the sum over scales of the mean squares of a difference, (n, channel, y, x).

    Each scale averages 2 x 2 cells of the previous one, until the number of cells along x is odd.
    Noise of single cells averages out, so errors over larger areas have a larger weight.
    """
    total = difference.square().mean()
    while difference.shape[-1] % 2 == 0:
        difference = functional.avg_pool2d(difference, 2)
        total = total + difference.square().mean()
    return total
