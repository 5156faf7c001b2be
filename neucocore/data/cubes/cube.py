"""One sample of a data set, in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.data.cubes.bands import REFLECTANCE, SCALES
from neucocore.data.cubes.offset import add_step
from neucocore.errors import ComponentOutputError
from neucocore.files.findings import Finding


@dataclass(frozen=True, eq=False)
class Cube:
    """One sample: per modality an array (season, band, y, x) and the names of its bands.

    Attributes
    ----------
    id
        Id of the sample, without file suffix.
    arrays
        Modality name to array of shape (season, band, y, x), in the stored dtype.
    bands
        Modality name to band names, in array order.
    offset
        Digital-number offset (0 or 1000) of each modality that holds Sentinel-2 digital numbers;
        other modalities, such as radar in dB, have no entry.
    nodata
        Modality name to the value that means "no data"; None if no value does.
    scale
        Modality name to the positive number that its values (without offset) are divided by to be
        of order one: 10,000 for reflectance times 10,000, 10 for dB. Without an entry it is 10 for
        ``s1``, 10,000 for digital numbers with an entry in `offset`, and 1 for others.
    season_names
        Names along the first axis, such as ``("spring", "summer", "fall", "winter")``.
    metadata
        Further information of the data set (place, longitude, latitude, ...).
    findings
        Warnings and repairs from reading the cube; they are recorded with a run.

    Raises
    ------
    ComponentOutputError
        An id that is not a text, something else than 4-D arrays of numbers, or band names that do
        not fit them.
    """

    id: str
    arrays: Mapping[str, NDArray[Any]]
    bands: Mapping[str, tuple[str, ...]]
    offset: Mapping[str, int] = field(default_factory=dict)
    nodata: Mapping[str, float | None] = field(default_factory=dict)
    scale: Mapping[str, float] = field(default_factory=dict, kw_only=True)
    season_names: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        if problems := list(self._problems()):
            raise ComponentOutputError(
                f"the cube {self.id!r} is not valid",
                problems=problems,
                hint="arrays are numpy arrays (season, band, y, x), bands tuples of band names",
            )

    def _problems(self) -> Iterator[str]:
        if not isinstance(self.id, str) or not self.id:
            yield f"id must be a text, found {self.id!r} ({type(self.id).__name__})"
        for name in ("arrays", "bands", "offset", "nodata", "scale", "metadata"):
            value = getattr(self, name)
            if not isinstance(value, Mapping):
                yield f"{name} must be a mapping, found {type(value).__name__}"
        yield from self._problems_of_scales()
        arrays: Any = self.arrays
        if not isinstance(arrays, Mapping) or not isinstance(self.bands, Mapping):
            return
        for modality, array in arrays.items():
            if not isinstance(array, np.ndarray):
                yield f"arrays[{modality!r}] must be a numpy array, found {type(array).__name__}"
                continue
            if array.ndim != 4 or array.dtype.kind not in "biuf":
                yield (
                    f"arrays[{modality!r}] must be numbers of shape (season, band, y, x), found "
                    f"{array.dtype} of shape {array.shape}"
                )
                continue
            bands: Any = self.bands.get(modality)
            if isinstance(bands, str) or not isinstance(bands, Sequence):
                yield f"bands[{modality!r}] must be a tuple of band names, found {bands!r}"
            elif len(bands) != array.shape[1]:
                yield (f"bands[{modality!r}] has {len(bands)} names for {array.shape[1]} bands")

    def _problems_of_scales(self) -> Iterator[str]:
        if isinstance(self.scale, Mapping):
            for modality, scale in self.scale.items():
                if not (isinstance(scale, int | float | np.number) and 0 < scale < np.inf):
                    yield f"scale[{modality!r}] must be a positive number, found {scale!r}"

    @property
    def modalities(self) -> tuple[str, ...]:
        """Names of the modalities, in stored order."""
        return tuple(self.arrays)

    @property
    def nbytes(self) -> int:
        """Native size of the cube: bytes of all arrays in their stored types."""
        return sum(int(array.nbytes) for array in self.arrays.values())

    def shifted(self, modality: str, to: int, *, keep_nodata: bool = True) -> NDArray[np.float32]:
        """Return a modality as float32, its digital numbers with the offset `to`.

        The cube knows which offset its values carry, so a shift is never applied twice. A modality
        without an entry in `offset` holds no digital numbers and is not shifted.

        Parameters
        ----------
        modality
            Name of the modality.
        to
            The offset of the result: 0 or 1000.
        keep_nodata
            Leave the values equal to `nodata` as they are; False shifts them too, as the published
            mean baseline does.
        """
        array = self.arrays[modality].astype(np.float32)
        if (step := to - self.offset.get(modality, to)) != 0:
            add_step(array, step, self.nodata.get(modality) if keep_nodata else None)
        return array

    def scaled(self, modality: str) -> NDArray[np.float32]:
        """Return a modality in numbers of order one: without offset, and divided by its scale.

        No data is 0. The numbers depend on nothing but the cube and its declared scale, so an
        encoder that uses them needs no statistics.

        Parameters
        ----------
        modality
            Name of the modality.

        Returns
        -------
        ndarray
            Shape (season, band, y, x), float32.
        """
        values = self.shifted(modality, 0)
        nodata = self.nodata.get(modality)
        if nodata:  # neither None nor 0; NaN is true
            stored = self.arrays[modality]
            values[np.isnan(stored) if np.isnan(nodata) else stored == nodata] = 0
        values /= np.float32(self._scale(modality))
        return values

    def _scale(self, modality: str) -> float:
        default = REFLECTANCE if modality in self.offset else 1.0
        return self.scale.get(modality, SCALES.get(modality, default))
