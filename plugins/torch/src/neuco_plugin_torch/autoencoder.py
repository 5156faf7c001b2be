"""The autoencoder of the challenge's winners as a reducer of embeddings.

Network and training are those of KTH and Friends, first in the 2025 CVPR EarthVision data
challenge: layer norm, dropout, linear, GELU, dropout, linear as encoder; one linear layer as
decoder; a weighted squared error of each source. The auxiliary regression targets are the semantic
enrichment of 404 Embedding Not Found (arXiv 2509.06993).
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
"""Default number of columns of the result."""
_DECAY_AT = (0.6, 0.9)
"""Shares of the epochs after which the learning rate is divided by 10."""


class KthAutoencoder:
    """The bottleneck of an autoencoder that reconstructs several sources.

    A source is a group of adjacent columns, such as the embedding of one model. The columns of each
    source are centred and divided by one standard deviation, so that units do not matter; the
    published autoencoder does not scale them.

    Parameters
    ----------
    dimension
        Width of the bottleneck, at most the number of columns; None: 1024.
    sources
        Number of columns of each source; empty: all columns are one source.
    weights
        Weight of each source in the error; empty: equal weights.
    hidden, dropout
        Width of the hidden layer, and dropout rate before both layers of the encoder.
    epochs, batch, learning_rate, weight_decay
        Parameters of the training with AdamW.
    target_weight
        Weight of the error of the auxiliary targets.
    seed
        Random seed of weights, order and dropout; on a CPU the same seed gives the same bytes.
    device
        ``auto``, ``cpu`` or ``cuda``.

    Raises
    ------
    ConfigError
        Invalid parameters.
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
                "invalid parameters for kth-autoencoder",
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
            Shape (n, t): auxiliary targets predicted from the bottleneck, NaN where unknown.

        Raises
        ------
        ShapeError, NonFiniteError
            Invalid matrix or targets.
        ConfigError
            ``sources`` does not add up to the columns of the matrix.
        """
        widths = self._widths(matrix)
        self._mean, self._scale = source_scales(matrix, widths)
        standardised = standard_targets(targets, len(matrix))
        with reproducible(self.seed):
            network = Bottleneck(
                columns=matrix.shape[1],
                hidden=self.hidden,
                width=min(self.dimension, matrix.shape[1]),
                targets=standardised.shape[1],
                dropout=self.dropout,
            ).to(self.device)
            self._train(network, matrix, standardised, widths)
        self._network = network.eval()
        return self

    def apply(self, matrix: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the bottleneck of every row, (n, k) float32, independent of the other rows."""
        network = self._ready()
        if matrix.ndim != 2 or matrix.shape[1] != len(self._mean):
            raise ShapeError(
                f"kth-autoencoder was fitted on {len(self._mean)} columns and cannot be applied to "
                f"a matrix of shape {matrix.shape}",
                hint="fit and apply it on embeddings of the same encoders",
            )
        reduced = np.empty((len(matrix), network.width), np.float32)
        # Always with the same number of rows, because BLAS rounds differently for other shapes.
        block = np.zeros((BLOCK_ROWS, matrix.shape[1]), np.float32)
        with one_thread(), torch.inference_mode():
            for top in range(0, len(matrix), BLOCK_ROWS):
                rows = matrix[top : top + BLOCK_ROWS]
                block[: len(rows)], block[len(rows) :] = self._scaled(rows), 0
                inputs = torch.from_numpy(block).to(self.device)
                reduced[top : top + len(rows)] = network.encode(inputs).cpu().numpy()[: len(rows)]
        return reduced

    def bytes_per_row(self) -> float:
        """Return 4 bytes per column."""
        return 4.0 * self._ready().width

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Return the weights of the network, and ``mean`` and ``scale`` of the columns."""
        weights = self._ready().state_dict()
        arrays = {f"network/{name}": weight.cpu().numpy() for name, weight in weights.items()}
        return {**arrays, "mean": self._mean, "scale": self._scale}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take the state of a fitted reducer."""
        weights = {
            name.removeprefix("network/"): torch.from_numpy(np.array(array))
            for name, array in state.items()
            if name.startswith("network/")
        }
        with reproducible(self.seed):
            network = Bottleneck(
                columns=len(weights["decoder.weight"]),
                hidden=len(weights["first.weight"]),
                width=len(weights["second.weight"]),
                targets=len(weights.get("predictor.weight", ())),
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
        decay_at = [round(share * self.epochs) for share in _DECAY_AT]
        schedule = torch.optim.lr_scheduler.MultiStepLR(optimiser, decay_at, gamma=0.1)
        for _ in range(self.epochs):
            for batch in torch.randperm(len(matrix)).split(self.batch):
                indices = np.sort(batch.numpy())  # in the order of the file
                rows = torch.from_numpy(self._scaled(matrix[indices])).to(self.device)
                true_targets = torch.from_numpy(targets[indices]).to(self.device)
                decoded, predicted = network(rows)
                loss = source_error(decoded, rows, widths, weights)
                loss = loss + self.target_weight * target_error(predicted, true_targets)
                if not torch.isfinite(loss):
                    raise ComponentOutputError(
                        "the training of kth-autoencoder diverged: the loss is not finite",
                        hint="use a smaller learning_rate",
                    )
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
            schedule.step()

    def _widths(self, matrix: NDArray[np.float32]) -> tuple[int, ...]:
        if matrix.ndim != 2 or 0 in matrix.shape:
            raise ShapeError(
                f"kth-autoencoder cannot be fitted on a matrix of shape {matrix.shape}",
                hint="embeddings need at least one row and one column",
            )
        widths = self.sources or (matrix.shape[1],)
        if sum(widths) != matrix.shape[1]:
            raise ConfigError(
                f"sources={','.join(map(str, widths))} add up to {sum(widths)} columns, but the "
                f"matrix has {matrix.shape[1]}",
                hint="give the number of columns of each source, or leave sources empty",
            )
        if self.weights and len(self.weights) != len(widths):
            raise ConfigError(
                f"there are {len(self.weights)} weights for {len(widths)} sources",
                hint="give one weight per source, separated by commas",
            )
        return widths

    def _problems(self) -> list[str]:
        problems = [
            f"{name}={value} is less than 1"
            for name in ("dimension", "hidden", "epochs", "batch")
            if (value := getattr(self, name)) < 1
        ]
        problems += [
            f"{name}={value} is not a finite number of at least 0"
            for name in ("learning_rate", "weight_decay", "target_weight")
            if not 0 <= (value := getattr(self, name)) < float("inf")
        ]
        if not 0 <= self.dropout < 1:
            problems.append(f"dropout={self.dropout} is not between 0 and 1")
        if any(width < 1 for width in self.sources):
            problems.append("every source needs at least 1 column")
        if any(not 0 <= weight < float("inf") for weight in self.weights):
            problems.append("weights must be finite numbers of at least 0")
        return problems


def _numbers(name: str, texts: Sequence[Any], kind: type) -> tuple[Any, ...]:
    try:
        return tuple(kind(text) for text in texts)
    except (TypeError, ValueError):
        raise ConfigError(
            f"{name}={','.join(map(str, texts))} is not a list of numbers",
            hint=f"separate the numbers by commas: {name}=1,2",
        ) from None
