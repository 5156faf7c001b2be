"""Spatial blocks: rows of one square of an equal-area grid stay together."""

from __future__ import annotations

from collections.abc import Sequence

from neucocore.data.coordinates import Places
from neucocore.errors import DataError
from neucocore.evaluation.groups import Groups
from neucocore.messages import pluralize
from neucocore.statistics.sphere import grid_cells

LADDER = (1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0)
"""Sides of blocks in kilometres that are tried and chosen from."""
MIN_BLOCKS = 20
"""With fewer blocks nothing is scored."""
FEW_BLOCKS = 30


def block_names(places: Places, ids: Sequence[str], km: float, offset: float = 0.0) -> list[str]:
    """Return the block of each id, which must have a place.

    Parameters
    ----------
    km
        Side of the blocks in kilometres.
    offset
        Shift of the grid, as a share of a block, from 0 to 1.
    """
    lon, lat = places.of(ids)
    return [f"{band}:{cell}" for band, cell in grid_cells(lon, lat, km, offset).tolist()]


def blocks_of(
    places: Places | None, ids: Sequence[str], km: float, sites: Groups | None = None
) -> Groups:
    """Return the blocks of some ids as groups.

    Parameters
    ----------
    sites
        The sites of rows that are identified by id and year. All years of a site are in the block
        of its smallest id, because measured places differ a little from year to year.

    Raises
    ------
    DataError
        There are no usable coordinates, or fewer than `MIN_BLOCKS` blocks.
    """
    usable = require_places(places)
    located = [sample for sample in ids if sample in usable.of_id]
    usable = usable if sites is None else _one_place_per_site(usable, located, sites)
    names = block_names(usable, located, km)
    count = len(set(names))
    if count < MIN_BLOCKS:
        possible = [
            f"{side:g}"
            for side in LADDER
            if side < km and len(set(block_names(usable, located, side))) >= MIN_BLOCKS
        ]
        raise DataError(
            f"--split blocks:{km:g}: {pluralize(len(located), 'row')} lie in only "
            f"{pluralize(count, 'block')} of {km:g} km; {MIN_BLOCKS} are needed",
            hint=f"--split blocks:{possible[-1]} has enough blocks"
            if possible
            else "the rows are too close together for blocks; use --split group:COLUMN or random",
        )
    return Groups(dict(zip(located, names, strict=True)), f"blocks of {km:g} km", what="place")


def _one_place_per_site(places: Places, ids: Sequence[str], sites: Groups) -> Places:
    """Give all years of a site the place of the smallest id among some ids."""
    first: dict[str, tuple[float, float]] = {}
    for sample in sorted(ids):
        first.setdefault(sites.of_id[sample], places.of_id[sample])
    return places.with_values({sample: first[sites.of_id[sample]] for sample in ids})


def require_places(places: Places | None) -> Places:
    """Return the places.

    Raises
    ------
    DataError
        There are none, or the columns are not coordinates.
    """
    if places is None:
        raise DataError(
            "--split blocks needs coordinates, and neither the labels nor the embeddings have them",
            hint="add the columns 'lon' and 'lat' in degrees to the table of labels",
        )
    if places.problem:
        raise DataError(
            f"--split blocks: {places.problem}", hint="the columns are lon and lat in degrees"
        )
    return places
