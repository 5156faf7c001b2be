"""A baseline for cubes of any sensor: the mean of every band."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neucocore.data.cubes.cube import Cube
from neucocore.errors import DataError, ShapeError


class BandMeansEncoder:
    """The mean of every band over all pixels of all dates, of values scaled as declared.

    The dimension is the number of bands, whatever the size of the cubes and their number of dates.
    Modalities are in the order of their names; no data counts as 0 (`Cube.scaled`).

    Parameters
    ----------
    modalities
        The modalities to encode; None: all.
    """

    def __init__(self, modalities: Sequence[str] | None = None) -> None:
        self.modalities = modalities

    def encode(self, cubes: Sequence[Cube]) -> NDArray[np.float32]:
        """Return one row per cube, shape (len(cubes), bands), float32.

        Raises
        ------
        DataError
            A cube lacks a modality.
        ShapeError
            The cubes have different numbers of bands, or an array is empty.
        """
        rows = [self._row(cube) for cube in cubes]
        if len({row.size for row in rows}) > 1:
            first = {row.size: cube.id for cube, row in zip(cubes, rows, strict=True)}
            examples = ", ".join(f"{name} has {size}" for size, name in first.items())
            raise ShapeError(
                f"the cubes have different numbers of bands: {examples}",
                hint="select what all cubes have: --set modalities=NAME",
            )
        return np.stack(rows) if rows else np.empty((0, 0), np.float32)

    def _row(self, cube: Cube) -> NDArray[np.float32]:
        names = sorted(set(cube.modalities if self.modalities is None else self.modalities))
        missing = [name for name in names if name not in cube.arrays]
        if missing or not names:
            raise DataError(
                f"cube {cube.id} has no modality {', '.join(missing) or '(none is selected)'}; it "
                f"has {', '.join(cube.modalities) or 'none'}",
                hint=f"--set modalities={','.join(cube.modalities)}",
            )
        for name in names:
            if 0 in cube.arrays[name].shape:
                raise ShapeError(
                    f"cube {cube.id}: {name} has shape {cube.arrays[name].shape}, without values",
                    hint="leave such cubes out with --ids FILE",
                )
        means = [cube.scaled(name).mean(axis=(0, 2, 3), dtype=np.float64) for name in names]
        return np.concatenate(means).astype(np.float32)
