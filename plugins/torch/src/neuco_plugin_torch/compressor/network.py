"""Pictures to latents and back: small convolutional networks."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from neuco_plugin_torch.compressor.entropy import LogisticPrior

SHRINKING = 16
"""Pixels along each side of a picture that become one place of the latents."""
_DOWN = (48, 64, 96, 128)
_UP = (96, 64, 48, 32)


class CompressorNetwork(nn.Module):
    """Analysis, synthesis, and the prior of the latents between them.

    Parameters
    ----------
    channels
        Channels of a picture: seasons times bands.
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
                # Keeps the variance from layer to layer; torch's default shrinks it to nothing.
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)

    def losses(
        self, pictures: torch.Tensor, quantisation: str
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the error of `error_of`, and the bits a picture.

        Rounding has no slope. The rate is that of latents with uniform noise in its place, as in
        Balle, Laparra and Simoncelli 2017; the picture comes from the same noisy latents
        (``noise``), or from rounded ones whose slope is taken to be 1 (``straight-through``).

        Parameters
        ----------
        pictures
            Shape (n, channel, y, x).
        quantisation
            ``straight-through`` or ``noise``.
        """
        latents = self.analysis(pictures)
        noisy = latents + torch.rand_like(latents) - 0.5
        rounded = latents + (latents.round() - latents).detach()
        seen = noisy if quantisation == "noise" else rounded
        error = error_of(self.synthesis(seen) - pictures)
        return error, self.prior.bits(noisy).sum() / len(pictures)


def error_of(difference: torch.Tensor) -> torch.Tensor:
    """Return the mean squares of a difference, (n, channel, y, x), added up over scales.

    Each scale averages 2 x 2 cells of the one before, down to a side that is odd. Noise of single
    cells averages out, so what is wrong over a larger area weighs more.
    """
    total = difference.square().mean()
    while difference.shape[-1] % 2 == 0:
        difference = functional.avg_pool2d(difference, 2)
        total = total + difference.square().mean()
    return total
