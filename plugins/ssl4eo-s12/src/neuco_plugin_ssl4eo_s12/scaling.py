"""The values of a cube as encoders for any sensor use them: scaled, by fixed numbers only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_ssl4eo_s12.statistics import DOWNSTREAM_STATISTICS
from neucocore.plugin import BANDS, Cube, DataError, ShapeError, standardised

Dates = Literal["each", "mean"]


def scaled_values(
    cube: Cube, modalities: Sequence[str] | None = None
) -> dict[str, NDArray[np.float32]]:
    """Return the modalities of a cube, sorted by name, in numbers of order one.

    The bands of s1, s2l1c and s2l2a, if these are the modalities and have their standard bands, are
    standardised with the statistics of SSL4EO-S12-downstream, as published encoders do. All others
    are divided by the scale that their data set declares (`neucocore.plugin.Cube.scaled`). Neither
    depends on other cubes.

    Parameters
    ----------
    cube
        The cube, of any sensor.
    modalities
        The modalities to return; None: all.

    Returns
    -------
    dict
        Modality to an array of shape (date, band, y, x), float32.

    Raises
    ------
    DataError
        The cube lacks a modality.
    ShapeError
        An array is empty.
    """
    names = sorted(set(cube.modalities if modalities is None else modalities))
    missing = [name for name in names if name not in cube.arrays]
    if missing or not names:
        raise DataError(
            f"cube {cube.id} has no modality {', '.join(missing) or '(none is selected)'}; it has "
            f"{', '.join(cube.modalities) or 'none'}",
            hint=f"--set modalities={','.join(cube.modalities)}",
        )
    for name in names:
        if 0 in cube.arrays[name].shape:
            raise ShapeError(
                f"cube {cube.id}: {name} has shape {cube.arrays[name].shape}, without values",
                hint="leave such cubes out with --ids FILE",
            )
    if names == sorted(BANDS) and all(set(cube.bands[name]) == set(BANDS[name]) for name in names):
        return {name: standardised(cube, name, DOWNSTREAM_STATISTICS) for name in names}
    return {name: cube.scaled(name) for name in names}


def scaled_channels(
    cube: Cube, modalities: Sequence[str] | None = None, dates: Dates = "each"
) -> NDArray[np.float32]:
    """Return the scaled bands of all modalities along one axis.

    Modalities with fewer pixels are enlarged to the largest height and width among them; each pixel
    takes the value of the nearest one.

    Parameters
    ----------
    cube, modalities
        As for `scaled_values`.
    dates
        ``each``: all modalities must have the same number of dates; ``mean``: each modality is
        averaged over its dates first.

    Returns
    -------
    ndarray
        Shape (date, channel, y, x), float32.

    Raises
    ------
    DataError, ShapeError
        As for `scaled_values`; also if the numbers of dates differ.
    """
    values = scaled_values(cube, modalities)
    if dates == "mean":
        values = {name: array.mean(axis=0, keepdims=True) for name, array in values.items()}
    require_equal_dates(cube, values)
    height, width = (max(array.shape[axis] for array in values.values()) for axis in (2, 3))
    return np.concatenate([_enlarged(array, height, width) for array in values.values()], axis=1)


def require_equal_dates(cube: Cube, values: Mapping[str, NDArray[np.generic]]) -> None:
    """Check that all modalities of a cube have the same number of dates.

    Parameters
    ----------
    cube
        The cube, for the message.
    values
        Modality to an array whose first axis is the date.

    Raises
    ------
    ShapeError
        They do not.
    """
    counts = {name: len(array) for name, array in values.items()}
    if len(set(counts.values())) > 1:
        raise ShapeError(
            f"cube {cube.id}: the modalities have different numbers of dates: "
            + ", ".join(f"{name} {count}" for name, count in counts.items()),
            hint="--set dates=mean averages over the dates; --set modalities=NAME selects one",
        )


def _enlarged(array: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    if array.shape[2:] == (height, width):
        return array
    rows, columns = (
        ((np.arange(length) + 0.5) * old / length).astype(np.intp)
        for length, old in zip((height, width), array.shape[2:], strict=True)
    )
    enlarged: NDArray[np.float32] = array[:, :, rows[:, None], columns]
    return enlarged
