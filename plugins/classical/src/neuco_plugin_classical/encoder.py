"""An encoder from a function that describes one cube."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_ssl4eo_s12.scaling import Dates, require_equal_dates, scaled_values
from neucocore.plugin import ConfigError, Cube, ShapeError

Describe = Callable[[Cube], NDArray[np.floating]]
"""A function of a cube; its result is flattened to one embedding."""
DescribeBands = Callable[[NDArray[np.float32]], NDArray[np.floating]]
"""A function of (date, band, y, x) values; its result begins with the axes date and band."""


class ClassicalEncoder:
    """Describe every cube by a function that uses nothing but this cube.

    Parameters
    ----------
    describe
        The function, called with one cube at a time.
    """

    def __init__(self, describe: Describe) -> None:
        self._describe = describe

    def encode(self, cubes: Sequence[Cube]) -> NDArray[np.float32]:
        """Return one row per cube, float32.

        Raises
        ------
        DataError
            A cube does not have a modality.
        ShapeError
            A cube is too small, or cubes give embeddings of different dimensions, because they have
            different numbers of dates or bands.
        """
        rows = [self._row(cube) for cube in cubes]
        if len({row.size for row in rows}) > 1:
            first = {row.size: cube for cube, row in zip(cubes, rows, strict=True)}
            examples = ", ".join(f"{_form(cube)} gives {size}" for size, cube in first.items())
            raise ShapeError(
                f"cubes of different form give embeddings of different dimensions: {examples}",
                hint="cubes with different numbers of dates: --set dates=mean; with different "
                "modalities: --set modalities=NAME",
            )
        return np.stack(rows) if rows else np.empty((0, 0), np.float32)

    def _row(self, cube: Cube) -> NDArray[np.float32]:
        try:
            return self._describe(cube).astype(np.float32).ravel()
        except ShapeError as error:
            message = error.message.removeprefix(f"cube {cube.id}: ")
            raise ShapeError(f"cube {cube.id}: {message}", hint=error.hint) from error


def per_band(
    describe: DescribeBands, modalities: Sequence[str] | None, dates: Dates
) -> ClassicalEncoder:
    """Return an encoder that describes every band of every date on its own.

    Modalities may have different numbers of pixels.

    Parameters
    ----------
    describe
        The function, called with one modality at a time.
    modalities
        The modalities to describe; None: all.
    dates
        ``each``: the descriptions of all dates are concatenated, so cubes and modalities need the
        same number of dates; ``mean``: they are averaged over the dates.
    """

    def row(cube: Cube) -> NDArray[np.floating]:
        described = {}
        for name, values in scaled_values(cube, modalities).items():
            try:
                bands = describe(values)
            except ShapeError as error:
                raise ShapeError(f"{name}: {error.message}", hint=error.hint) from error
            described[name] = bands.mean(axis=0, keepdims=True) if dates == "mean" else bands
        require_equal_dates(cube, described)
        return np.concatenate(list(described.values()), axis=1)

    return ClassicalEncoder(row)


def check_positive(name: str, value: int) -> None:
    """Check a parameter that must be at least 1.

    Raises
    ------
    ConfigError
        It is smaller.
    """
    if value < 1:
        raise ConfigError(f"{name}={value} is less than 1", hint=f"--set {name}=3")


def _form(cube: Cube) -> str:
    parts = (f"{name} {array.shape}" for name, array in cube.arrays.items())
    return f"cube {cube.id} ({', '.join(parts)})"
