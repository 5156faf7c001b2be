"""Training of the compressor: error plus weighted rate, for a fixed number of steps."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from neuco_plugin_torch.compressor.network import CompressorNetwork
from neucocore.plugin import ComponentOutputError

_MAX_GRADIENT = 1.0
"""Maximum norm of the gradient; larger gradients are scaled down."""
_WARM_UP = 0.05
"""Share of the steps in which the learning rate increases; then it decays along a cosine."""


@dataclass(frozen=True, slots=True)
class Training:
    """How a compressor is trained.

    Attributes
    ----------
    rate_weight
        Weight of 1000 bits per image relative to the error of the image.
    epochs, batch
        Passes over all images, and images per step.
    learning_rate
        Maximum learning rate of Adam.
    quantisation
        ``straight-through`` or ``noise``, see `CompressorNetwork.losses`.
    """

    rate_weight: float = 0.02
    epochs: int = 20
    batch: int = 8
    learning_rate: float = 1e-3
    quantisation: str = "straight-through"

    def run(self, network: CompressorNetwork, images: NDArray[np.float16]) -> None:
        """Train a network in place; the random generator of torch must be seeded.

        Parameters
        ----------
        network
            Network on the device that computes.
        images
            Shape (n, channel, y, x); may be memory-mapped.

        Raises
        ------
        ComponentOutputError
            The loss became NaN or infinite.
        """
        device = next(network.parameters()).device
        optimiser = torch.optim.Adam(network.parameters(), lr=self.learning_rate)
        steps = self.epochs * math.ceil(len(images) / self.batch)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _share(step, steps))
        for _ in range(self.epochs):
            for batch in torch.randperm(len(images)).split(self.batch):
                # Sorted, to read them in the order of the file.
                inputs = torch.from_numpy(images[np.sort(batch.numpy())])
                error, bits = network.losses(inputs.to(device).float(), self.quantisation)
                loss = error + self.rate_weight * bits / 1000
                if not torch.isfinite(loss):
                    raise ComponentOutputError(
                        "the training of neural-compressor diverged: the loss is not finite",
                        hint="use a smaller learning rate: --set learning_rate=0.0001",
                    )
                optimiser.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(network.parameters(), _MAX_GRADIENT)
                optimiser.step()
                schedule.step()


def _share(step: int, steps: int) -> float:
    """Return the factor of the learning rate at a step."""
    rising = max(_WARM_UP * steps, 1)
    if step < rising:
        return (step + 1) / (rising + 1)
    return 0.5 + 0.5 * math.cos(math.pi * min((step - rising) / max(steps - rising, 1), 1))
