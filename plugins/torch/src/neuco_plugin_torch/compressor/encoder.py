"""The neural compressor as an encoder: its rows are what its bytes decode to."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from neuco_plugin_torch.compressor import rans
from neuco_plugin_torch.compressor.entropy import frequency_tables, symbol_range
from neuco_plugin_torch.compressor.network import SHRINKING, CompressorNetwork
from neuco_plugin_torch.compressor.pictures import picture_of
from neuco_plugin_torch.compressor.training import Training
from neuco_plugin_torch.device import device_of, name_of, one_thread, reproducible
from neuco_plugin_torch.energy import gpu_joules
from neucocore.plugin import ConfigError, Cube, CubeSource, DataError, ShapeError

BANDS = 27
"""Bands of s1, s2l1c and s2l2a together."""
_NETWORK = "network/"


class NeuralCompressor:
    """A convolutional encoder trained to keep what a picture needs, in few bits.

    A row holds the quantised latents, whole numbers. What they are compressed to by the entropy
    coder, `codes`, is what a cube costs; `decode` gives the row back exactly.

    Parameters
    ----------
    dimension
        The most numbers a cube; a multiple of (side / 16)**2 is used.
    side
        Pixels along each side of the pictures cubes are averaged to, a multiple of 16.
    rate_weight, epochs, batch, learning_rate, quantisation
        See `Training`.
    seed
        Of weights, order and noise; on a CPU the same seed gives the same bytes.
    device
        ``auto``, ``cpu`` or ``cuda``.

    Raises
    ------
    ConfigError
        Parameters that cannot be used.
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
        self.places = (side // SHRINKING) ** 2
        problems = _problems(dimension, side, rate_weight, epochs, batch, learning_rate)
        if problems:
            raise ConfigError(
                "the parameters of the neural compressor cannot be used",
                problems=problems,
                hint="neuco info neural-compressor",
            )
        self.latent_channels = dimension // self.places
        self.training = Training(rate_weight, epochs, batch, learning_rate, quantisation)
        self.seed = seed
        self.device = device_of(device)
        self._network: CompressorNetwork | None = None
        self._low = np.empty(0, np.int64)
        self._high = np.empty(0, np.int64)
        self._tables = np.empty((0, 0), np.uint32)

    def prepare(self, source: CubeSource) -> None:
        """Train on the cubes of ``source``, each read once; pictures are spooled, not held.

        Raises
        ------
        DataError
            There are no cubes.
        ShapeError
            Cubes differ in seasons.
        """
        if not source.ids:
            raise DataError("the neural compressor was given no cubes to be trained on")
        with tempfile.TemporaryFile() as spool:
            channels = self._spool_pictures(source, spool)
            shape = (len(source.ids), channels, self.side, self.side)
            pictures = np.memmap(spool, np.float16, "r", shape=shape)
            with reproducible(self.seed):
                self._network = self._new_network(channels)
                self.training.run(self._network, pictures)
                self._low, self._high = symbol_range(self._all_latents(pictures))
        prior = self._network.prior
        centre, scale = (
            part.detach().cpu().numpy().astype(np.float64)
            for part in (prior.centre, prior.log_scale.exp())
        )
        self._tables = frequency_tables(centre, scale, self._low, self._high)

    def encode(self, cubes: Sequence[Cube]) -> NDArray[np.float32]:
        """Return one row of whole numbers per cube, (n, latent channels * places), float32.

        Raises
        ------
        ConfigError
            The encoder was not prepared.
        DataError, ShapeError
            A cube lacks modalities or bands, or has other seasons than those trained on.
        """
        network = self._ready()
        rows = np.empty((len(cubes), self.latent_channels * self.places), np.float32)
        for row, cube in zip(rows, cubes, strict=True):
            picture = picture_of(cube, self.side)
            wanted = network.analysis[0].in_channels
            if len(picture) != wanted:
                raise ShapeError(
                    f"cube {cube.id} has {len(picture) // BANDS} seasons; the compressor was "
                    f"trained on {wanted // BANDS}"
                )
            with one_thread():
                latents = self._latents(picture[None])[0]
            low, high = self._low[:, None, None], self._high[:, None, None]
            row[:] = np.rint(latents).clip(low, high).ravel()
        return rows

    def to_codes(self, rows: NDArray[np.float32]) -> list[bytes]:
        """Return the bytes of rows of `encode`, one text of bytes a row."""
        self._ready()
        symbols = rows.astype(np.int64) - self._per_number(self._low)
        return [rans.encode(row, self._contexts(), self._tables) for row in symbols]

    def decode(self, codes: Sequence[bytes]) -> NDArray[np.float32]:
        """Return the rows of `codes`, exactly.

        Raises
        ------
        DataError
            Bytes that are not such a code.
        """
        self._ready()
        symbols = [rans.decode(code, self._contexts(), self._tables) for code in codes]
        return (np.stack(symbols) + self._per_number(self._low)).astype(np.float32)

    def reconstruct(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the pictures rows stand for, (n, season * 27, side, side)."""
        network = self._ready()
        across = self.side // SHRINKING
        latents = torch.from_numpy(rows.reshape(len(rows), -1, across, across)).to(self.device)
        with one_thread(), torch.inference_mode():
            pictures: NDArray[np.float32] = network.synthesis(latents).cpu().numpy()
        return pictures

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Return the network's weights under ``network/``, the ranges and the coder's tables."""
        weights = self._ready().state_dict()
        arrays = {_NETWORK + name: weight.cpu().numpy() for name, weight in weights.items()}
        return {**arrays, "low": self._low, "high": self._high, "tables": self._tables}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take over the state of a prepared encoder with the same parameters."""
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
            raise ShapeError("the state is that of a compressor with other parameters") from error
        self._network = network
        self._low, self._high, self._tables = state["low"], state["high"], state["tables"]

    def cache_key_fields(self) -> Mapping[str, Any]:
        """Return what decides the rows: all parameters but the device."""
        training = {name: getattr(self.training, name) for name in Training.__slots__}
        return {
            **training,
            "latent_channels": self.latent_channels,
            "side": self.side,
            "seed": self.seed,
        }

    def device_name(self) -> str:
        """Return what computes: ``cpu`` or a GPU's name."""
        return name_of(self.device)

    def energy_joules(self) -> float | None:
        """Return the GPU's energy counter, if there is one."""
        return gpu_joules(self.device)

    def _ready(self) -> CompressorNetwork:
        if self._network is None:
            raise ConfigError(
                "the neural compressor is not trained yet", hint="call prepare(source) first"
            )
        return self._network

    def _new_network(self, channels: int) -> CompressorNetwork:
        return CompressorNetwork(channels, self.latent_channels).to(self.device)

    def _spool_pictures(self, source: CubeSource, spool: Any) -> int:
        """Write the pictures of all cubes one after the other; return their channels."""
        channels = 0
        for cube in source.read(source.ids):
            picture = picture_of(cube, self.side)
            if channels not in (0, len(picture)):
                raise ShapeError(
                    f"cube {cube.id} has {len(picture) // BANDS} seasons, others have "
                    f"{channels // BANDS}: the compressor needs equal ones"
                )
            channels = len(picture)
            spool.write(picture.astype(np.float16).tobytes())
        spool.flush()
        return channels

    def _latents(self, pictures: NDArray[np.floating]) -> NDArray[np.float32]:
        seen = torch.from_numpy(pictures).to(self.device).float()
        with torch.inference_mode():
            latents: NDArray[np.float32] = self._ready().analysis(seen).cpu().numpy()
        return latents

    def _all_latents(self, pictures: NDArray[np.float16]) -> NDArray[np.float32]:
        each = [self._latents(np.array(picture)[None]) for picture in pictures]
        return np.concatenate(each)

    def _contexts(self) -> NDArray[np.int64]:
        return np.repeat(np.arange(self.latent_channels), self.places)

    def _per_number(self, per_channel: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.repeat(per_channel, self.places)


def _problems(
    dimension: int, side: int, rate_weight: float, epochs: int, batch: int, learning_rate: float
) -> list[str]:
    problems = []
    if side < SHRINKING or side % SHRINKING:
        problems.append(f"side is {side}, not a multiple of {SHRINKING}")
    elif dimension < (side // SHRINKING) ** 2:
        problems.append(
            f"dimension is {dimension}; pictures of side {side} need at least "
            f"{(side // SHRINKING) ** 2}"
        )
    if not 0 <= rate_weight < float("inf"):
        problems.append(f"rate_weight is {rate_weight}, not a number from 0")
    if not 0 < learning_rate < float("inf"):
        problems.append(f"learning_rate is {learning_rate}, not a positive number")
    problems += [
        f"{name} is {value}, not at least 1"
        for name, value in (("epochs", epochs), ("batch", batch))
        if value < 1
    ]
    return problems
