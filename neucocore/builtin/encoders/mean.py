"""The mean baseline of the 2025 EarthVision challenge: small thumbnails of averaged bands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import zoom

from neucocore.data.cubes.channels import ChannelStatistics, standardised
from neucocore.data.cubes.cube import Cube
from neucocore.errors import ShapeError

SIDE = 8
"""Pixels along y and x of a thumbnail."""

# fmt: off
STATISTICS = ChannelStatistics(
    offset=1000,
    mean={
        "s1": (-12.577, -20.265),
        "s2l1c": (2607.345, 2393.068, 2320.225, 2373.963, 2562.536, 3110.071, 3392.832, 3321.154,
                  3583.77, 1838.712, 1021.753, 3205.112, 2545.798),
        "s2l2a": (1793.243, 1924.863, 2184.553, 2340.936, 2671.402, 3240.082, 3468.412, 3563.244,
                  3627.704, 3711.071, 3416.714, 2849.625),
    },
    std={
        "s1": (5.179, 5.872),
        "s2l1c": (786.523, 849.702, 875.318, 1143.578, 1126.248, 1161.98, 1273.505, 1246.79,
                  1342.755, 576.795, 45.626, 1340.347, 1145.036),
        "s2l2a": (1160.144, 1201.092, 1219.943, 1397.225, 1400.035, 1373.136, 1429.17, 1485.025,
                  1447.836, 1652.703, 1471.002, 1365.307),
    },
)
# fmt: on
"""Statistics of SSL4EO-S12 v1.1 in the published notebook: they are part of the baseline."""


class MeanEncoder:
    """Four 8 x 8 thumbnails per season: visible to near infrared, B09, short-wave infrared, radar.

    Bands are standardised with the statistics of SSL4EO-S12 v1.1 (Sentinel-2 with offset 1000),
    sampled bilinearly at 8 x 8 points and averaged within four groups of bands. Four seasons give
    the 1024 dimensions of the published baseline; in general there are seasons * 4 * 8 * 8.

    Parameters
    ----------
    keep_nodata
        Leave no-data zeros at 0 when the offset is added. The published baseline adds the offset
        to them too, so that missing pixels look like a dark surface.

    Notes
    -----
    NeuCo-Bench, notebook ``baseline_compression_mean.ipynb``.
    """

    def __init__(self, keep_nodata: bool = False) -> None:
        self.keep_nodata = keep_nodata

    def encode(self, cubes: Sequence[Cube]) -> NDArray[np.float32]:
        """Return one row per cube, shape (len(cubes), seasons * 256), float32.

        Raises
        ------
        DataError
            A cube does not have all three modalities.
        ShapeError
            Bands are missing, or the numbers of seasons differ between modalities or cubes.
        """
        rows = [self._row(cube) for cube in cubes]
        if len({row.size for row in rows}) > 1:
            examples = ", ".join(
                f"{cube.id} has {row.size // (4 * SIDE * SIDE)}"
                for cube, row in list(zip(cubes, rows, strict=True))[:3]
            )
            raise ShapeError(
                f"the cubes have different numbers of seasons: {examples}",
                hint="read seasons that all cubes have, such as --set dataset.seasons=0",
            )
        return np.stack(rows) if rows else np.empty((0, 0), np.float32)

    def _row(self, cube: Cube) -> NDArray[np.float32]:
        l1c, l2a, s1 = (self._thumbnails(cube, name) for name in ("s2l1c", "s2l2a", "s1"))
        if not len(l1c) == len(l2a) == len(s1):
            raise ShapeError(
                f"cube {cube.id}: the modalities have different numbers of seasons: "
                f"s2l1c {len(l1c)}, s2l2a {len(l2a)}, s1 {len(s1)}",
                hint="read seasons that all modalities have, such as --set dataset.seasons=0",
            )
        groups = (
            np.concatenate([l1c[:, :9], l2a[:, :9]], axis=1),
            l1c[:, 9:10],  # as published, B09 of L2A is in no group
            np.concatenate([l1c[:, 10:], l2a[:, 10:]], axis=1),
            s1,
        )
        return np.stack([group.mean(axis=1) for group in groups], axis=1).ravel()

    def _thumbnails(self, cube: Cube, modality: str) -> NDArray[np.float32]:
        bands = standardised(cube, modality, STATISTICS, keep_nodata=self.keep_nodata)
        height, width = bands.shape[2:]
        if min(height, width) < 2:
            raise ShapeError(
                f"cube {cube.id}: {modality} has {height} x {width} pixels; "
                "the encoder mean needs at least 2 x 2",
                hint="leave such cubes out with --ids FILE",
            )
        # "nearest" keeps the last sample inside the image when its position is rounded upwards.
        factors = (1, 1, SIDE / height, SIDE / width)
        return zoom(bands, factors, order=1, mode="nearest", prefilter=False)  # type: ignore[no-any-return]
