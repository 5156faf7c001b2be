"""An encoder made of other encoders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_fusion.scaling import Moments, check_scaling, factors, read_weights, scaled
from neucocore import create, find
from neucocore.plugin import ConfigError, Cube, CubeSource, Encoder


class Fusion:
    """The outputs of several encoders side by side, made comparable.

    A part that ends in a reducer takes part with its features; the run reduces all parts together.

    Parameters
    ----------
    encoders
        Names of installed encoders, used with their default parameters.
    weights
        One positive number each; none for equal weights.
    scaling
        ``block``, ``column`` or ``none``, see `neuco_plugin_fusion.scaling.factors`.
    """

    def __init__(
        self,
        encoders: Sequence[str] = ("mean",),
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
        """Prepare the parts that want it, and take the mean and variance of all their columns."""
        for part in self._parts:
            if hasattr(part, "prepare"):
                part.prepare(source)
        moments = [Moments() for _ in self._parts]
        for cube in source.read(source.ids):
            for part, gathered in zip(self._parts, moments, strict=True):
                gathered.add(part.encode([cube]))
        self._factors = [
            factors(gathered, self._scaling, weight)
            for gathered, weight in zip(moments, self._weights, strict=True)
        ]
        self._means = [gathered.mean for gathered in moments]

    def encode(self, cubes: Sequence[Cube]) -> NDArray[np.float32]:
        """Return one row per cube: the parts' rows, scaled, one after the other; float32.

        Raises
        ------
        ConfigError
            The encoder was not prepared.
        """
        if not self._means:
            raise ConfigError("fusion has no scales yet", hint="call prepare(source) first")
        scaled_parts = [
            scaled(part.encode(cubes), mean, factor)
            for part, mean, factor in zip(self._parts, self._means, self._factors, strict=True)
        ]
        return np.concatenate(scaled_parts, axis=1)

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Return the scales, and the parts' own states under ``<index>/``."""
        state: dict[str, NDArray[Any]] = {}
        for index, part in enumerate(self._parts):
            state[f"{index}/fusion-mean"] = self._means[index]
            state[f"{index}/fusion-factor"] = self._factors[index]
            if hasattr(part, "prepare"):
                state |= {f"{index}/{name}": array for name, array in part.state().items()}
        return state

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take over the state of a prepared encoder with the same parameters."""
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
            f"fusion is made of different encoders, not of {', '.join(names) or 'none'}",
            hint="--set encoders=mean,thumbnails",
        )
    return names


def _part(name: str) -> Any:
    component = find("encoder", name)
    fit = getattr(component.spec, "fit", "none")
    if component.name == "fusion" or fit == "train":
        what = "itself" if component.name == "fusion" else "one that needs training cubes"
        raise ConfigError(
            f"the encoder {component.full_name} cannot be a part of fusion: it is {what}",
            hint="encode it alone and fuse the files: neuco fusion make",
        )
    part: Encoder = create(component)
    return part
