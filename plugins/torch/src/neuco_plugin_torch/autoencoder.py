"""The autoencoder of the challenge's winners over cached embeddings, as a reducer.

The network and its training are those of KTH and Friends, first of the 2025 CVPR EarthVision data
challenge: layer norm, dropout, linear, GELU, dropout, linear; one linear layer back; a weighted
squared error for each source. Auxiliary regression targets are the semantic enrichment of 404
Embedding Not Found (arXiv 2509.06993).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from neuco_plugin_torch.bottleneck import (
    BLOCK_ROWS,
    Bottleneck,
    source_error,
    source_scales,
    standard_targets,
    target_error,
)
from neuco_plugin_torch.device import device_of, one_thread, reproducible
from neucocore.plugin import (
    ComponentOutputError,
    ConfigError,
    ShapeError,
)

DIMENSION = 1024
"""Columns of the result if none are asked for."""
_FALLS_AT = (0.6, 0.9)
"""Shares of the epochs after which the learning rate falls to a tenth."""


class KthAutoencoder:
    """Rows squeezed through a bottleneck, of which every source must be told again.

    A source is a run of columns that belong together, such as one model's embedding. Each is
    centred and divided by one standard deviation of its own, so that their units do not matter;
    the published one takes them as they are.

    Parameters
    ----------
    dimension
        Numbers of the bottleneck; None for 1024. Never more than the columns.
    sources
        Columns of each source; none for one source of all columns.
    weights
        Weight of each source in the error; none for equal weights.
    hidden, dropout
        Width of the hidden layer, and the share of numbers dropped before both layers.
    epochs, batch, learning_rate, weight_decay
        Of the training with AdamW.
    target_weight
        Weight of the auxiliary targets' error.
    seed
        Of weights, order and dropout; on a CPU the same seed gives the same bytes.
    device
        ``auto``, ``cpu`` or ``cuda``.

    Raises
    ------
    ConfigError
        Parameters that cannot be used.
    """

    def __init__(
        self,
        dimension: int | None = None,
        sources: Sequence[str | int] = (),
        weights: Sequence[str | float] = (),
        hidden: int = 2048,
        dropout: float = 0.1,
        epochs: int = 160,
        batch: int = 32,
        learning_rate: float = 1e-4,
        weight_decay: float = 0.05,
        target_weight: float = 1.0,
        seed: int = 42,
        device: str = "auto",
    ) -> None:
        self.sources = _numbers("sources", sources, int)
        self.weights = _numbers("weights", weights, float)
        self.dimension = DIMENSION if dimension is None else dimension
        self.hidden, self.dropout = hidden, dropout
        self.epochs, self.batch = epochs, batch
        self.learning_rate, self.weight_decay = learning_rate, weight_decay
        self.target_weight = target_weight
        self.seed = seed
        self.device = device_of(device)
        if problems := self._problems():
            raise ConfigError(
                "the parameters of kth-autoencoder cannot be used",
                problems=problems,
                hint="neuco info kth-autoencoder",
            )
        self._network: Bottleneck | None = None
        self._mean = np.empty(0, np.float32)
        self._scale = np.empty(0, np.float32)

    def fit(
        self, matrix: NDArray[np.float32], targets: NDArray[np.floating] | None = None
    ) -> KthAutoencoder:
        """Train on all rows.

        Parameters
        ----------
        matrix
            Shape (n, d), float32, finite; may be memory-mapped.
        targets
            Shape (n, t): further numbers to tell from the bottleneck, NaN where one is not known.

        Raises
        ------
        ShapeError, NonFiniteError
            A matrix or targets that cannot be used.
        ConfigError
            ``sources`` are not the columns of the matrix.
        """
        widths = self._widths(matrix)
        self._mean, self._scale = source_scales(matrix, widths)
        wanted = standard_targets(targets, len(matrix))
        with reproducible(self.seed):
            network = Bottleneck(
                columns=matrix.shape[1],
                hidden=self.hidden,
                width=min(self.dimension, matrix.shape[1]),
                targets=wanted.shape[1],
                dropout=self.dropout,
            ).to(self.device)
            self._train(network, matrix, wanted, widths)
        self._network = network.eval()
        return self

    def apply(self, matrix: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the bottleneck of every row, (n, k) float32; a row does not depend on others."""
        network = self._ready()
        if matrix.ndim != 2 or matrix.shape[1] != len(self._mean):
            raise ShapeError(
                f"kth-autoencoder was fitted on {len(self._mean)} columns and cannot reduce a "
                f"matrix of shape {matrix.shape}"
            )
        reduced = np.empty((len(matrix), network.width), np.float32)
        # Always as many rows at a time: with other shapes BLAS answers with other last digits.
        block = np.zeros((BLOCK_ROWS, matrix.shape[1]), np.float32)
        with one_thread(), torch.inference_mode():
            for top in range(0, len(matrix), BLOCK_ROWS):
                rows = matrix[top : top + BLOCK_ROWS]
                block[: len(rows)], block[len(rows) :] = self._scaled(rows), 0
                seen = torch.from_numpy(block).to(self.device)
                reduced[top : top + len(rows)] = network.squeeze(seen).cpu().numpy()[: len(rows)]
        return reduced

    def bytes_per_row(self) -> float:
        """Return 4 bytes a column."""
        return 4.0 * self._ready().width

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Return the network's weights, and the columns' ``mean`` and ``scale``."""
        weights = self._ready().state_dict()
        arrays = {f"network/{name}": weight.cpu().numpy() for name, weight in weights.items()}
        return {**arrays, "mean": self._mean, "scale": self._scale}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take over the state of a fitted one."""
        weights = {
            name.removeprefix("network/"): torch.from_numpy(np.array(array))
            for name, array in state.items()
            if name.startswith("network/")
        }
        with reproducible(self.seed):
            network = Bottleneck(
                columns=len(weights["back.weight"]),
                hidden=len(weights["first.weight"]),
                width=len(weights["second.weight"]),
                targets=len(weights.get("tell.weight", ())),
                dropout=self.dropout,
            )
        network.load_state_dict(weights)
        self._network = network.to(self.device).eval()
        self._mean, self._scale = state["mean"], state["scale"]

    def _ready(self) -> Bottleneck:
        if self._network is None:
            raise RuntimeError("kth-autoencoder must be fitted first")
        return self._network

    def _scaled(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        scaled: NDArray[np.float32] = (rows - self._mean) / self._scale
        return scaled

    def _train(
        self,
        network: Bottleneck,
        matrix: NDArray[np.float32],
        targets: NDArray[np.float32],
        widths: Sequence[int],
    ) -> None:
        weights = self.weights or (1.0,) * len(widths)
        optimiser = torch.optim.AdamW(
            network.parameters(), lr=self.learning_rate, weight_decay=self.weight_decay
        )
        falls = [round(share * self.epochs) for share in _FALLS_AT]
        schedule = torch.optim.lr_scheduler.MultiStepLR(optimiser, falls, gamma=0.1)
        for _ in range(self.epochs):
            for batch in torch.randperm(len(matrix)).split(self.batch):
                chosen = np.sort(batch.numpy())  # in order of their place on the disk
                rows = torch.from_numpy(self._scaled(matrix[chosen])).to(self.device)
                known = torch.from_numpy(targets[chosen]).to(self.device)
                told, guessed = network(rows)
                loss = source_error(told, rows, widths, weights)
                loss = loss + self.target_weight * target_error(guessed, known)
                if not torch.isfinite(loss):
                    raise ComponentOutputError(
                        "training kth-autoencoder diverged: its loss is not finite",
                        hint="a smaller learning_rate",
                    )
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
            schedule.step()

    def _widths(self, matrix: NDArray[np.float32]) -> tuple[int, ...]:
        if matrix.ndim != 2 or 0 in matrix.shape:
            raise ShapeError(
                f"kth-autoencoder cannot be fitted on a matrix of shape {matrix.shape}"
            )
        widths = self.sources or (matrix.shape[1],)
        if sum(widths) != matrix.shape[1]:
            raise ConfigError(
                f"sources={','.join(map(str, widths))} are {sum(widths)} columns; the matrix has "
                f"{matrix.shape[1]}"
            )
        if self.weights and len(self.weights) != len(widths):
            raise ConfigError(f"weights are {len(self.weights)} numbers for {len(widths)} sources")
        return widths

    def _problems(self) -> list[str]:
        problems = [
            f"{name} is {value}, not at least 1"
            for name in ("dimension", "hidden", "epochs", "batch")
            if (value := getattr(self, name)) < 1
        ]
        problems += [
            f"{name} is {value}, not a number from 0"
            for name in ("learning_rate", "weight_decay", "target_weight")
            if not 0 <= (value := getattr(self, name)) < float("inf")
        ]
        if not 0 <= self.dropout < 1:
            problems.append(f"dropout is {self.dropout}, not from 0 to below 1")
        if any(width < 1 for width in self.sources):
            problems.append("sources have at least 1 column each")
        if any(not 0 <= weight < float("inf") for weight in self.weights):
            problems.append("weights are numbers from 0")
        return problems


def _numbers(name: str, texts: Sequence[Any], kind: type) -> tuple[Any, ...]:
    try:
        return tuple(kind(text) for text in texts)
    except (TypeError, ValueError):
        shown = ",".join(map(str, texts))
        raise ConfigError(f"{name}={shown} are not numbers, comma separated") from None
