"""Training of the compressor: error plus weighted rate, a fixed number of steps."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from neuco_plugin_torch.compressor.network import CompressorNetwork
from neucocore.plugin import ComponentOutputError

_LARGEST_STEP = 1.0
"""Norm of the gradient that longer ones are shortened to."""
_WARM_UP = 0.05
"""Share of the steps over which the learning rate grows; afterwards it falls along a cosine."""


@dataclass(frozen=True, slots=True)
class Training:
    """How a compressor is trained.

    Attributes
    ----------
    rate_weight
        What 1000 bits a cube cost, in the error of a picture.
    epochs, batch
        Times every picture is seen, and pictures a step.
    learning_rate
        Its peak, of Adam.
    quantisation
        ``straight-through`` or ``noise``, see `CompressorNetwork.losses`.
    """

    rate_weight: float = 0.02
    epochs: int = 20
    batch: int = 8
    learning_rate: float = 1e-3
    quantisation: str = "straight-through"

    def run(self, network: CompressorNetwork, pictures: NDArray[np.float16]) -> None:
        """Train a network in place; call it with torch's generator seeded.

        Parameters
        ----------
        network
            On the device to compute on.
        pictures
            Shape (n, channel, y, x), may be memory-mapped.

        Raises
        ------
        ComponentOutputError
            The loss became NaN or infinite.
        """
        device = next(network.parameters()).device
        optimiser = torch.optim.Adam(network.parameters(), lr=self.learning_rate)
        steps = self.epochs * math.ceil(len(pictures) / self.batch)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _share(step, steps))
        for _ in range(self.epochs):
            for chosen in torch.randperm(len(pictures)).split(self.batch):
                # In order of their place on the disk.
                seen = torch.from_numpy(pictures[np.sort(chosen.numpy())])
                error, bits = network.losses(seen.to(device).float(), self.quantisation)
                loss = error + self.rate_weight * bits / 1000
                if not torch.isfinite(loss):
                    raise ComponentOutputError(
                        "training the neural compressor diverged: its loss is not finite",
                        hint="--set learning_rate=..., smaller",
                    )
                optimiser.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(network.parameters(), _LARGEST_STEP)
                optimiser.step()
                schedule.step()


def _share(step: int, steps: int) -> float:
    """Return the share of the learning rate at a step."""
    rising = max(_WARM_UP * steps, 1)
    if step < rising:
        return (step + 1) / (rising + 1)
    return 0.5 + 0.5 * math.cos(math.pi * min((step - rising) / max(steps - rising, 1), 1))
