"""The neural compressor as an encoder: a row is what its code decodes to."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from neuco_plugin_torch.compressor import rans
from neuco_plugin_torch.compressor.averaged_images import image_of
from neuco_plugin_torch.compressor.entropy import frequency_tables, symbol_range
from neuco_plugin_torch.compressor.network import STRIDE, CompressorNetwork
from neuco_plugin_torch.compressor.training import Training
from neuco_plugin_torch.device import device_of, name_of, one_thread, reproducible
from neuco_plugin_torch.energy import gpu_joules
from neucocore.plugin import ConfigError, Cube, CubeSource, DataError, ShapeError

BANDS = 27
"""Bands of s1, s2l1c and s2l2a together."""
_NETWORK = "network/"


class NeuralCompressor:
    """A convolutional encoder trained to store images in few bits.

    A row contains the quantised latents, which are integers. `to_codes` compresses them with the
    entropy coder; the length of the code is the size of a cube. `decode` returns the exact row.

    Parameters
    ----------
    dimension
        Maximum number of dimensions; rounded down to a multiple of (side / 16)**2.
    side
        Pixels along y and x of the averaged images, a multiple of 16.
    rate_weight, epochs, batch, learning_rate, quantisation
        See `Training`.
    seed
        Random seed of weights, order and noise; on a CPU the same seed gives the same bytes.
    device
        ``auto``, ``cpu`` or ``cuda``.

    Raises
    ------
    ConfigError
        Invalid parameters.
    """

    def __init__(
        self,
        dimension: int = 1024,
        side: int = 32,
        rate_weight: float = 0.02,
        epochs: int = 20,
        batch: int = 8,
        learning_rate: float = 1e-3,
        quantisation: str = "straight-through",
        seed: int = 42,
        device: str = "auto",
    ) -> None:
        self.side = side
        self.positions = (side // STRIDE) ** 2
        problems = _problems(dimension, side, rate_weight, epochs, batch, learning_rate)
        if problems:
            raise ConfigError(
                "invalid parameters for neural-compressor",
                problems=problems,
                hint="neuco info neural-compressor",
            )
        self.latent_channels = dimension // self.positions
        self.training = Training(rate_weight, epochs, batch, learning_rate, quantisation)
        self.seed = seed
        self.device = device_of(device)
        self._network: CompressorNetwork | None = None
        self._low = np.empty(0, np.int64)
        self._high = np.empty(0, np.int64)
        self._tables = np.empty((0, 0), np.uint32)

    def prepare(self, source: CubeSource) -> None:
        """Train on the cubes of ``source``, each read once; images are kept in a temporary file.

        Raises
        ------
        DataError
            There are no cubes.
        ShapeError
            Cubes have different numbers of seasons.
        """
        if not source.ids:
            raise DataError(
                "neural-compressor needs at least one cube to train on",
                hint="check the ids given with --ids or --fit-ids",
            )
        with tempfile.TemporaryFile() as spool:
            channels = self._spool_images(source, spool)
            shape = (len(source.ids), channels, self.side, self.side)
            images = np.memmap(spool, np.float16, "r", shape=shape)
            with reproducible(self.seed):
                self._network = self._new_network(channels)
                self.training.run(self._network, images)
                self._low, self._high = symbol_range(self._all_latents(images))
        prior = self._network.prior
        centre, scale = (
            part.detach().cpu().numpy().astype(np.float64)
            for part in (prior.centre, prior.log_scale.exp())
        )
        self._tables = frequency_tables(centre, scale, self._low, self._high)

    def encode(self, cubes: Sequence[Cube]) -> NDArray[np.float32]:
        """Return one row of integers per cube, (n, latent channels * positions), float32.

        Raises
        ------
        ConfigError
            The encoder was not prepared.
        DataError, ShapeError
            Modalities or bands are missing, or the number of seasons differs from the training.
        """
        network = self._ready()
        rows = np.empty((len(cubes), self.latent_channels * self.positions), np.float32)
        for row, cube in zip(rows, cubes, strict=True):
            image = image_of(cube, self.side)
            trained_on = network.analysis[0].in_channels
            if len(image) != trained_on:
                raise ShapeError(
                    f"cube {cube.id} has {len(image) // BANDS} seasons, but the compressor was "
                    f"trained on {trained_on // BANDS}",
                    hint="read the same seasons of all cubes: --set dataset.seasons=...",
                )
            with one_thread():
                latents = self._latents(image[None])[0]
            low, high = self._low[:, None, None], self._high[:, None, None]
            row[:] = np.rint(latents).clip(low, high).ravel()
        return rows

    def to_codes(self, rows: NDArray[np.float32]) -> list[bytes]:
        """Return the code of each row of `encode`."""
        self._ready()
        symbols = rows.astype(np.int64) - self._per_number(self._low)
        return [rans.encode(row, self._contexts(), self._tables) for row in symbols]

    def decode(self, codes: Sequence[bytes]) -> NDArray[np.float32]:
        """Return the rows from the codes of `to_codes`.

        Raises
        ------
        DataError
            Bytes that are not a valid code.
        """
        self._ready()
        symbols = [rans.decode(code, self._contexts(), self._tables) for code in codes]
        return (np.stack(symbols) + self._per_number(self._low)).astype(np.float32)

    def reconstruct(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the images that the rows decode to, (n, season * 27, side, side)."""
        network = self._ready()
        side = self.side // STRIDE
        latents = torch.from_numpy(rows.reshape(len(rows), -1, side, side)).to(self.device)
        with one_thread(), torch.inference_mode():
            images: NDArray[np.float32] = network.synthesis(latents).cpu().numpy()
        return images

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Return the weights under ``network/``, the ranges, and the tables of the coder."""
        weights = self._ready().state_dict()
        arrays = {_NETWORK + name: weight.cpu().numpy() for name, weight in weights.items()}
        return {**arrays, "low": self._low, "high": self._high, "tables": self._tables}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take the state of a prepared encoder with the same parameters."""
        weights = {
            name.removeprefix(_NETWORK): torch.from_numpy(np.array(array))
            for name, array in state.items()
            if name.startswith(_NETWORK)
        }
        with reproducible(self.seed):
            network = self._new_network(weights["analysis.0.weight"].shape[1])
        try:
            network.load_state_dict(weights)
        except RuntimeError as error:
            raise ShapeError(
                "the state is of a compressor with different parameters",
                hint="restore a state that was made with the same parameters",
            ) from error
        self._network = network
        self._low, self._high, self._tables = state["low"], state["high"], state["tables"]

    def cache_key_fields(self) -> Mapping[str, Any]:
        """Return what determines the rows: all parameters except the device."""
        training = {name: getattr(self.training, name) for name in Training.__slots__}
        return {
            **training,
            "latent_channels": self.latent_channels,
            "side": self.side,
            "seed": self.seed,
        }

    def device_name(self) -> str:
        """Return ``cpu``, or the name of the GPU."""
        return name_of(self.device)

    def energy_joules(self) -> float | None:
        """Return the energy counter of the GPU in joules; None without one."""
        return gpu_joules(self.device)

    def _ready(self) -> CompressorNetwork:
        if self._network is None:
            raise ConfigError(
                "the encoder neural-compressor is not prepared",
                hint="call prepare(source) before encode",
            )
        return self._network

    def _new_network(self, channels: int) -> CompressorNetwork:
        return CompressorNetwork(channels, self.latent_channels).to(self.device)

    def _spool_images(self, source: CubeSource, spool: Any) -> int:
        """Write the images of all cubes to a file; return their number of channels."""
        channels = 0
        for cube in source.read(source.ids):
            image = image_of(cube, self.side)
            if channels not in (0, len(image)):
                raise ShapeError(
                    f"cube {cube.id} has {len(image) // BANDS} seasons, but other cubes have "
                    f"{channels // BANDS}",
                    hint="read the same seasons of all cubes: --set dataset.seasons=...",
                )
            channels = len(image)
            spool.write(image.astype(np.float16).tobytes())
        spool.flush()
        return channels

    def _latents(self, images: NDArray[np.floating]) -> NDArray[np.float32]:
        inputs = torch.from_numpy(images).to(self.device).float()
        with torch.inference_mode():
            latents: NDArray[np.float32] = self._ready().analysis(inputs).cpu().numpy()
        return latents

    def _all_latents(self, images: NDArray[np.float16]) -> NDArray[np.float32]:
        latents = [self._latents(np.array(image)[None]) for image in images]
        return np.concatenate(latents)

    def _contexts(self) -> NDArray[np.int64]:
        return np.repeat(np.arange(self.latent_channels), self.positions)

    def _per_number(self, per_channel: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.repeat(per_channel, self.positions)


def _problems(
    dimension: int, side: int, rate_weight: float, epochs: int, batch: int, learning_rate: float
) -> list[str]:
    problems = []
    if side < STRIDE or side % STRIDE:
        problems.append(f"side={side} is not a multiple of {STRIDE}")
    elif dimension < (side // STRIDE) ** 2:
        problems.append(
            f"dimension={dimension} is less than the {(side // STRIDE) ** 2} needed for side={side}"
        )
    if not 0 <= rate_weight < float("inf"):
        problems.append(f"rate_weight={rate_weight} is not a finite number of at least 0")
    if not 0 < learning_rate < float("inf"):
        problems.append(f"learning_rate={learning_rate} is not a positive number")
    problems += [
        f"{name}={value} is less than 1"
        for name, value in (("epochs", epochs), ("batch", batch))
        if value < 1
    ]
    return problems
