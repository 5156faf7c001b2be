"""The part of a cube that a user asks for: seasons, bands, the offset its values carry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from neucocore.data.cubes.cube import Cube
from neucocore.data.cubes.offset import OFFSETS, shifted
from neucocore.errors import ConfigError


@dataclass(frozen=True)
class CubeSelection:
    """What to take of every cube.

    Attributes
    ----------
    seasons
        Season names or positions from 0, in the order wanted; None: all.
    bands
        ``B04`` means that band of every modality that has it, ``s2l2a:B04`` that of one; None: all.
    offset
        The digital-number offset Sentinel-2 values shall carry, 0 or 1000; None: as stored.
    keep_nodata
        Whether no-data values stay as they are when the offset changes.
    """

    seasons: tuple[str | int, ...] | None = None
    bands: tuple[str, ...] | None = None
    offset: int | None = None
    keep_nodata: bool = True

    def __post_init__(self) -> None:
        if self.offset is not None and self.offset not in OFFSETS:
            raise ConfigError(f"an offset of {self.offset} is not known; it is 0 or 1000")

    @classmethod
    def of(
        cls,
        seasons: Sequence[str | int] | None = None,
        bands: Sequence[str] | None = None,
        offset: int | None = None,
        keep_nodata: bool = True,
    ) -> CubeSelection:
        """Make a selection from a data set's parameters, which come as lists."""
        return cls(
            seasons=None if seasons is None else tuple(seasons),
            bands=None if bands is None else tuple(bands),
            offset=offset,
            keep_nodata=keep_nodata,
        )

    def band_positions(self, bands: Mapping[str, Sequence[str]]) -> dict[str, list[int]]:
        """Return the positions of the chosen bands for each modality.

        Raises
        ------
        ConfigError
            A chosen band is in no modality, or a modality is left without bands.
        """
        if self.bands is None:
            return {modality: list(range(len(names))) for modality, names in bands.items()}
        positions: dict[str, list[int]] = {modality: [] for modality in bands}
        for chosen in self.bands:
            only, _, name = chosen.rpartition(":")
            homes = [m for m, names in bands.items() if name in names and only in ("", m)]
            if not homes:
                offered = "; ".join(f"{m}: {' '.join(names)}" for m, names in bands.items())
                raise ConfigError(f"no modality has a band {chosen!r}", hint=f"there are {offered}")
            for modality in homes:
                positions[modality].append(list(bands[modality]).index(name))
        empty = [modality for modality, chosen in positions.items() if not chosen]
        if empty:
            raise ConfigError(
                f"the chosen bands leave {', '.join(empty)} without any",
                hint=f"name bands of {empty[0]} too, or leave it out of modalities",
            )
        return positions

    def season_positions(self, count: int, names: Sequence[str]) -> list[int]:
        """Return the positions of the chosen seasons among `count`.

        Raises
        ------
        ConfigError
            A chosen season is not there.
        """
        if self.seasons is None:
            return list(range(count))
        known = {name: position for position, name in enumerate(names)}
        known |= {str(position): position for position in range(count)}
        unknown = [str(season) for season in self.seasons if str(season) not in known]
        if unknown:
            raise ConfigError(
                f"no season {', '.join(map(repr, unknown))}", hint=f"there are {', '.join(known)}"
            )
        return [known[str(season)] for season in self.seasons]

    def apply(self, cube: Cube) -> Cube:
        """Return the chosen part of a cube; arrays are views where nothing changes."""
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
