"""Share of some classes among the pixels of a cube."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.data.labels.labels import Labels
from neucocore.derivation.labelling import NoLabel, label_each
from neucocore.derivation.layers import Layer
from neucocore.derivation.rasters import Patch
from neucocore.errors import DataError


@dataclass(frozen=True)
class Legend:
    """What the codes of a raster mean.

    Attributes
    ----------
    name
        For messages, such as ``CORINE grid codes``.
    classes
        Codes that count in the share's denominator.
    left_out
        Codes that may occur and do not count: no data, sea.
    """

    name: str
    classes: frozenset[int]
    left_out: frozenset[int]

    def pluralize(self, patch: Patch) -> NDArray[np.bool_]:
        """Tell which pixels hold a class.

        Raises
        ------
        DataError
            A code is not in the legend: the raster is another product than was said.
        """
        # As they are: 23.5 is no class, and int() would make it one.
        codes = np.unique(patch.values[patch.covered]).tolist()
        strangers = [code for code in codes if code not in self.classes | self.left_out]
        if strangers:
            shown = ", ".join(map(str, strangers[:3]))
            raise DataError(
                f"the raster holds {len(strangers)} codes that are not {self.name}: {shown}",
                hint="say what its codes are with --set, or take the product the task is made from",
            )
        return patch.covered & np.isin(patch.values, list(self.classes))


def label_shares(
    ids: Sequence[str],
    layer: Layer,
    legend: Legend,
    wanted: Collection[int],
    *,
    minimum: float,
) -> Labels:
    """Label each cube with the share of its pixels that hold one of the wanted classes.

    Parameters
    ----------
    ids
        Ids of the cubes.
    layer
        Gives codes by cube.
    legend
        Which codes count.
    wanted
        Codes of the numerator.
    minimum
        Least share of a cube's pixels that must hold a class for it to be labelled.

    Returns
    -------
    Labels
        Shares from 0 to 1, of the pixels that hold a class.

    Raises
    ------
    DataError
        A code is not in the legend, no cube gets a label, or none holds a wanted class.
    """

    def share(cube: str) -> float:
        patch = layer.read(cube)
        counted = legend.pluralize(patch)
        if not counted.any() or counted.mean() < minimum:
            raise NoLabel(f"less than {minimum:.0%} of its pixels hold a class")
        return share_of(patch.values[counted], wanted)

    labels = label_each(ids, share)
    if not labels.y.any():
        raise DataError(
            f"none of {len(labels.ids)} cubes holds one of the wanted classes: "
            f"{legend.name} {', '.join(map(str, sorted(wanted)))}",
            hint="check that the source is the right product and covers the cubes",
        )
    return labels


def share_of(values: NDArray[Any], wanted: Collection[int]) -> float:
    """Return the share (0 to 1) of values that are one of the wanted codes."""
    return float(np.isin(values, list(wanted)).mean())
