"""The features of temporal-mosaiks, computed on a GPU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from neuco_plugin_temporal_mosaiks.encoder import TemporalMosaiks
from neuco_plugin_torch.device import device_of, name_of, one_thread
from neuco_plugin_torch.energy import gpu_joules
from neucocore.plugin import Cube, CubeSource

_POSITIONS = {"cpu": 1 << 11, "cuda": 1 << 17}
"""Number of positions convolved at once: limited by the CPU cache or the GPU memory."""


class GpuMosaiks:
    """Random convolutional features of every date, averaged over the dates.

    Kernels, seed and parameters are those of `TemporalMosaiks`; the features are equal up to
    rounding.

    Parameters
    ----------
    device
        ``auto``, ``cpu`` or ``cuda``; without a GPU the CPU is used.
    params
        Parameters of `TemporalMosaiks`.
    """

    def __init__(self, device: str = "cuda", **params: Any) -> None:
        self.device = device_of(device)
        self._mosaiks = TemporalMosaiks(**params)
        self._params = params
        self._kernels: torch.Tensor | None = None

    def prepare(self, source: CubeSource) -> None:
        """Cut the patches for the kernels from the cubes, see `TemporalMosaiks.prepare`."""
        self._mosaiks.prepare(source)
        self._kernels = None

    def encode(self, cubes: Sequence[Cube]) -> NDArray[np.float32]:
        """Return one row of features per cube, (n, features) float32.

        Raises
        ------
        ConfigError
            The encoder was not prepared.
        DataError, ShapeError
            Modalities or bands are missing, or a cube is smaller than a kernel.
        """
        rows = np.empty((len(cubes), 2 * self._mosaiks.count), np.float32)
        with one_thread(), torch.inference_mode(), _full_precision():
            for row, cube in zip(rows, cubes, strict=True):
                row[:] = self._row(cube)
        return rows

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Return the kernels."""
        return self._mosaiks.state()

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take the kernels of a prepared encoder with the same parameters."""
        self._mosaiks.restore(state)
        self._kernels = None

    def cache_key_fields(self) -> Mapping[str, Any]:
        """Return what determines the features: all parameters except the device."""
        return self._params

    def device_name(self) -> str:
        """Return ``cpu``, or the name of the GPU."""
        return name_of(self.device)

    def energy_joules(self) -> float | None:
        """Return the energy counter of the GPU in joules; None without one."""
        return gpu_joules(self.device)

    def _row(self, cube: Cube) -> NDArray[np.float64]:
        images = torch.from_numpy(self._mosaiks.images(cube)).to(self.device)
        if self._kernels is None:
            self._kernels = torch.from_numpy(self._mosaiks.kernels).to(self.device)
        features = [self._features(image, self._kernels) for image in images]
        row: NDArray[np.float64] = torch.stack(features).mean(dim=0).cpu().numpy()
        return row

    def _features(self, image: torch.Tensor, kernels: torch.Tensor) -> torch.Tensor:
        """Return the means of max(z, 0) and of max(-z, 0) over all positions, (features,)."""
        stride, size = self._mosaiks.stride, self._mosaiks.size
        heights = (image.shape[1] - size) // stride + 1
        widths = (image.shape[2] - size) // stride + 1
        rows = max(_POSITIONS[self.device.type] // widths, 1)
        sums = torch.zeros(2, len(kernels), dtype=torch.float64, device=self.device)
        for top in range(0, heights, rows):
            bottom = min(top + rows, heights)
            part = image[None, :, top * stride : (bottom - 1) * stride + size]
            z = functional.conv2d(part, kernels, stride=stride)[0] + self._mosaiks.bias
            sums[0] += z.clamp_min(0).sum(dim=(1, 2))
            sums[1] += z.clamp_max(0).neg().sum(dim=(1, 2))
        return (sums / (heights * widths)).flatten()


def _full_precision() -> Any:
    """Return a context in which a GPU multiplies float32 with full precision, without TF32."""
    return torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False)
