"""The bands of Sentinel-1 and Sentinel-2 cubes, and the statistics they are standardised with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neucocore.data.cubes.cube import Cube
from neucocore.errors import DataError, ShapeError

_S2L2A = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12")

BANDS: Mapping[str, tuple[str, ...]] = {
    "s1": ("vv", "vh"),
    "s2l1c": (*_S2L2A[:10], "B10", *_S2L2A[10:]),
    "s2l2a": _S2L2A,
}


@dataclass(frozen=True)
class ChannelStatistics:
    """Mean and standard deviation per band, and the offset of the values they were taken from.

    Attributes
    ----------
    offset
        The digital-number offset of Sentinel-2 the statistics belong to: 0 or 1000.
    mean, std
        Modality name to one number per band, in the order of `BANDS`: dB for s1, digital
        numbers (reflectance times 10,000, plus the offset) for s2l1c and s2l2a.
    """

    offset: int
    mean: Mapping[str, tuple[float, ...]]
    std: Mapping[str, tuple[float, ...]]


# fmt: off
SSL4EO_STATISTICS = ChannelStatistics(
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
"""SSL4EO-S12 v1.1, whose Sentinel-2 values carry +1000."""

CHALLENGE_STATISTICS = ChannelStatistics(
    offset=0,
    mean={
        "s1": (-11.834, -19.243),
        "s2l1c": (1635.299, 1402.885, 1289.505, 1281.272, 1534.981, 2272.474, 2630.972, 2587.956,
                  2889.274, 976.031, 20.369, 2109.307, 1350.051),
        "s2l2a": (802.067, 917.472, 1130.01, 1210.515, 1587.985, 2355.781, 2650.339, 2787.571,
                  2860.466, 2921.651, 2221.172, 1549.952),
    },
    std={
        "s1": (4.305, 5.479),
        "s2l1c": (1123.963, 1187.2, 1128.715, 1322.882, 1285.925, 1250.079, 1325.492, 1294.318,
                  1343.536, 636.232, 27.82, 1023.855, 834.773),
        "s2l2a": (1563.348, 1604.422, 1553.908, 1622.652, 1593.07, 1523.264, 1556.785, 1618.961,
                  1532.417, 1653.532, 1183.218, 1025.306),
    },
)
"""The cubes of SSL4EO-S12-downstream, whose Sentinel-2 values carry no offset."""
# fmt: on


def standardised(
    cube: Cube, modality: str, statistics: ChannelStatistics, *, keep_nodata: bool = True
) -> NDArray[np.float32]:
    """Return a modality as (value - mean) / std per band.

    The cube is brought onto the offset of the statistics first, and its bands into the order of
    `BANDS`.

    Parameters
    ----------
    cube
        The cube, on either offset.
    modality
        ``s1``, ``s2l1c`` or ``s2l2a``.
    statistics
        `SSL4EO_STATISTICS` or `CHALLENGE_STATISTICS`.
    keep_nodata
        Leave no-data values out of the shift, see `Cube.shifted`.

    Returns
    -------
    ndarray
        Shape (season, band, y, x), float32.

    Raises
    ------
    DataError
        The cube lacks the modality.
    ShapeError
        The modality lacks bands, or is not (season, band, y, x).
    """
    order = _band_order(cube, modality)
    offset = 0 if modality == "s1" else statistics.offset
    values = cube.shifted(modality, offset, keep_nodata=keep_nodata)
    if order is not None:
        values = values[:, order]
    values -= np.array(statistics.mean[modality], np.float32)[:, None, None]
    values /= np.array(statistics.std[modality], np.float32)[:, None, None]
    return values


def stacked(
    cube: Cube,
    statistics: ChannelStatistics,
    modalities: tuple[str, ...] = tuple(BANDS),
    *,
    keep_nodata: bool = True,
) -> NDArray[np.float32]:
    """Return several modalities, `standardised`, along one channel axis.

    Returns
    -------
    ndarray
        Shape (season, channel, y, x), float32; 27 channels for s1, s2l1c and s2l2a together.

    Raises
    ------
    DataError, ShapeError
        As `standardised`; also when the modalities differ in seasons or pixels.
    """
    parts = [
        standardised(cube, modality, statistics, keep_nodata=keep_nodata) for modality in modalities
    ]
    frames = {(part.shape[0], *part.shape[2:]) for part in parts}
    if len(frames) > 1:
        found = ", ".join(
            f"{modality} {part.shape}" for modality, part in zip(modalities, parts, strict=True)
        )
        raise ShapeError(
            f"cube {cube.id}: modalities of different seasons or pixels cannot be stacked: {found}"
        )
    return np.concatenate(parts, axis=1)


def _band_order(cube: Cube, modality: str) -> list[int] | None:
    """Return the places of the standard bands; None when they already are in order."""
    if modality not in cube.arrays:
        raise DataError(
            f"cube {cube.id} has no modality {modality!r}; it has {', '.join(cube.modalities)}",
            hint="a data set with that modality, or an encoder that does not need it "
            "(neuco list encoders)",
        )
    array, names, wanted = cube.arrays[modality], cube.bands[modality], BANDS[modality]
    if array.ndim != 4 or array.shape[1] != len(names):
        raise ShapeError(
            f"cube {cube.id}: {modality} has shape {array.shape}, "
            f"not (season, {len(names)} bands, y, x)"
        )
    missing = [name for name in wanted if name not in names]
    if missing:
        raise ShapeError(
            f"cube {cube.id}: {modality} lacks {len(missing)} of the {len(wanted)} bands needed: "
            f"{', '.join(missing[:3])}; it has {', '.join(names)}"
        )
    return None if tuple(names) == wanted else [names.index(name) for name in wanted]
