"""Selecting a part of a cube: its seasons, its bands, and the offset of its values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from neucocore.data.cubes.cube import Cube
from neucocore.data.cubes.offset import OFFSETS, shifted
from neucocore.errors import ConfigError


@dataclass(frozen=True)
class CubeSelection:
    """The part of every cube to read.

    Attributes
    ----------
    seasons
        Season names or indices from 0, in the order of the result; None: all.
    bands
        ``B04``: this band of every modality that has it; ``s2l2a:B04``: of one; None: all.
    offset
        Digital-number offset of Sentinel-2 values in the result, 0 or 1000; None: as stored.
    keep_nodata
        Whether no-data values stay unchanged by a change of the offset.
    """

    seasons: tuple[str | int, ...] | None = None
    bands: tuple[str, ...] | None = None
    offset: int | None = None
    keep_nodata: bool = True

    def __post_init__(self) -> None:
        if self.offset is not None and self.offset not in OFFSETS:
            raise ConfigError(f"the offset {self.offset} is not 0 or 1000", hint="use 0 or 1000")

    @classmethod
    def of(
        cls,
        seasons: Sequence[str | int] | None = None,
        bands: Sequence[str] | None = None,
        offset: int | None = None,
        keep_nodata: bool = True,
    ) -> CubeSelection:
        """Return the selection for the parameters of a data set, which are lists."""
        return cls(
            seasons=None if seasons is None else tuple(seasons),
            bands=None if bands is None else tuple(bands),
            offset=offset,
            keep_nodata=keep_nodata,
        )

    def band_positions(self, bands: Mapping[str, Sequence[str]]) -> dict[str, list[int]]:
        """Return the positions of the selected bands in each modality.

        Raises
        ------
        ConfigError
            A selected band is in no modality, or no band of a modality is selected.
        """
        if self.bands is None:
            return {modality: list(range(len(names))) for modality, names in bands.items()}
        positions: dict[str, list[int]] = {modality: [] for modality in bands}
        for selected in self.bands:
            only, _, name = selected.rpartition(":")
            having = [m for m, names in bands.items() if name in names and only in ("", m)]
            if not having:
                available = "; ".join(f"{m}: {' '.join(names)}" for m, names in bands.items())
                raise ConfigError(
                    f"no modality has a band {selected!r}", hint=f"available bands: {available}"
                )
            for modality in having:
                positions[modality].append(list(bands[modality]).index(name))
        empty = [modality for modality, selected in positions.items() if not selected]
        if empty:
            raise ConfigError(
                f"no band of {', '.join(empty)} is selected",
                hint=f"add bands of {empty[0]}, or read the others only: --set dataset.modalities="
                + ",".join(modality for modality, selected in positions.items() if selected),
            )
        return positions

    def season_positions(self, count: int, names: Sequence[str]) -> list[int]:
        """Return the indices of the selected seasons of a cube with `count` seasons.

        Raises
        ------
        ConfigError
            The cube does not have a selected season.
        """
        if self.seasons is None:
            return list(range(count))
        known = {name: position for position, name in enumerate(names)}
        known |= {str(position): position for position in range(count)}
        unknown = [str(season) for season in self.seasons if str(season) not in known]
        if unknown:
            raise ConfigError(
                f"there is no season {', '.join(map(repr, unknown))}",
                hint=f"available seasons: {', '.join(known)}",
            )
        return [known[str(season)] for season in self.seasons]

    def apply(self, cube: Cube) -> Cube:
        """Return the selected part of a cube; arrays that do not change are not copied."""
        bands = self.band_positions(cube.bands)
        arrays = {}
        offsets = dict(cube.offset)
        for modality, array in cube.arrays.items():
            if self.seasons is not None:
                array = array[self.season_positions(len(array), cube.season_names)]
            if self.bands is not None:
                array = array[:, bands[modality]]
            if self.offset is not None and modality in cube.offset:
                nodata = cube.nodata.get(modality) if self.keep_nodata else None
                array = shifted(array, self.offset - cube.offset[modality], nodata)
                offsets[modality] = self.offset
            arrays[modality] = array
        names = cube.season_names
        if self.seasons is not None and names:
            names = tuple(names[i] for i in self.season_positions(len(names), names))
        return replace(
            cube,
            arrays=arrays,
            bands={m: tuple(cube.bands[m][i] for i in bands[m]) for m in cube.arrays},
            offset=offsets,
            season_names=names,
        )
