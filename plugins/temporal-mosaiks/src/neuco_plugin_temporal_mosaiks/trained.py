"""Random convolutional features with patches and PCA from training cubes."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuco_plugin_temporal_mosaiks.encoder import TemporalMosaiks
from neucocore.plugin import PCA, Cube, CubeSource


class TrainedTemporalMosaiks:
    """`TemporalMosaiks` and a PCA, both fitted by `prepare`: a row depends only on its own cube.

    Parameters
    ----------
    dimension
        Maximum number of columns; also limited by the numbers of features and training cubes.
    params
        Parameters of `TemporalMosaiks`.
    """

    def __init__(self, dimension: int = 1024, **params: Any) -> None:
        self._features = TemporalMosaiks(**params)
        self._pca = PCA(dimension)

    def prepare(self, source: CubeSource) -> None:
        """Cut the patches from the training cubes, encode the cubes, and fit the PCA.

        The features are stored in a temporary file, so memory does not grow with the cubes.
        """
        self._features.prepare(source)
        with tempfile.TemporaryFile() as spool:
            for cube in source.read(source.ids):
                spool.write(self._features.encode([cube]).tobytes())
            spool.flush()
            shape = (len(source.ids), 2 * self._features.count)
            self._pca.fit(np.memmap(spool, np.float32, "r", shape=shape))

    def encode(self, cubes: Sequence[Cube]) -> NDArray[np.float32]:
        """Return one reduced row per cube, float32; errors as for `TemporalMosaiks.encode`."""
        return self._pca.apply(self._features.encode(cubes))

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Return the kernels and the state of the PCA."""
        return {**self._features.state(), **self._pca.state()}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take the state of a prepared encoder with the same parameters."""
        self._features.restore(state)
        self._pca.restore(state)
