"""An encoder that combines other encoders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_fusion.scaling import (
    ColumnStatistics,
    check_scaling,
    read_weights,
    scale,
    scale_factors,
)
from neucocore import create, find
from neucocore.plugin import ConfigError, Cube, CubeSource, Encoder, ShapeError


class Fusion:
    """The scaled embeddings of several encoders, concatenated.

    For an encoder with a reducer, its embedding before the reduction is used; the run then reduces
    all parts together.

    Parameters
    ----------
    encoders
        Names of installed encoders, used with their default parameters.
    weights
        One positive number per encoder; empty for equal weights.
    scaling
        ``block``, ``column`` or ``none``, see `neuco_plugin_fusion.scaling.scale_factors`.
    """

    def __init__(
        self,
        encoders: Sequence[str] = ("core/mean",),
        weights: Sequence[str | float] = (),
        scaling: str = "block",
    ) -> None:
        self.names = tuple(encoders)
        self._scaling = check_scaling(scaling)
        self._weights = read_weights(weights, len(self.names))
        self._parts = [_part(name) for name in _distinct(self.names)]
        self._means: list[NDArray[np.float64]] = []
        self._factors: list[NDArray[np.float64]] = []

    def prepare(self, source: CubeSource) -> None:
        """Prepare the encoders that need it, and compute mean and variance of all columns."""
        for part in self._parts:
            if hasattr(part, "prepare"):
                part.prepare(source)
        statistics = [ColumnStatistics() for _ in self._parts]
        for cube in source.read(source.ids):
            for part, columns in zip(self._parts, statistics, strict=True):
                columns.add(part.encode([cube]))
        self._factors = [
            scale_factors(columns, self._scaling, weight)
            for columns, weight in zip(statistics, self._weights, strict=True)
        ]
        self._means = [columns.mean for columns in statistics]

    def encode(self, cubes: Sequence[Cube]) -> NDArray[np.float32]:
        """Return one row per cube: the scaled rows of all parts, concatenated; float32.

        Raises
        ------
        ConfigError
            The encoder was not prepared.
        ShapeError
            The cubes differ in form from those that it was prepared on.
        """
        if not self._means:
            raise ConfigError(
                "the encoder fusion is not prepared", hint="call prepare(source) before encode"
            )
        rows = [part.encode(cubes) for part in self._parts]
        widths = [part.shape[1] for part in rows]
        expected = [len(mean) for mean in self._means]
        if widths != expected:
            raise ShapeError(
                f"the encoders of this fusion return {widths} dimensions for cube {cubes[0].id}, "
                f"and returned {expected} for the cubes that it was prepared on",
                hint="encode cubes with the same dates, bands and size",
            )
        scaled = [
            scale(part, mean, factor)
            for part, mean, factor in zip(rows, self._means, self._factors, strict=True)
        ]
        return np.concatenate(scaled, axis=1)

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Return the scales and the states of the parts, under ``<index>/``."""
        state: dict[str, NDArray[Any]] = {}
        for index, part in enumerate(self._parts):
            state[f"{index}/fusion-mean"] = self._means[index]
            state[f"{index}/fusion-factor"] = self._factors[index]
            if hasattr(part, "prepare"):
                state |= {f"{index}/{name}": array for name, array in part.state().items()}
        return state

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take the state of a prepared encoder with the same parameters."""
        self._means, self._factors = [], []
        for index, part in enumerate(self._parts):
            own = {
                name.partition("/")[2]: array
                for name, array in state.items()
                if name.partition("/")[0] == str(index)
            }
            self._means.append(own.pop("fusion-mean"))
            self._factors.append(own.pop("fusion-factor"))
            if hasattr(part, "prepare"):
                part.restore(own)


def _distinct(names: Sequence[str]) -> Sequence[str]:
    if not names or len(set(names)) < len(names):
        raise ConfigError(
            f"fusion needs one or more different encoders, not {', '.join(names) or 'none'}",
            hint="--set encoders=mean,thumbnails",
        )
    return names


def _part(name: str) -> Any:
    component = find("encoder", name)
    fit = getattr(component.spec, "fit", "none")
    if component.name == "fusion" or fit == "train":
        reason = "a fusion" if component.name == "fusion" else "fitted on training cubes"
        raise ConfigError(
            f"the encoder {component.full_name} cannot be part of a fusion because it is {reason}",
            hint="encode with each encoder and fuse the files: neuco fusion make FILE FILE -o FILE",
        )
    part: Encoder = create(component)
    return part
