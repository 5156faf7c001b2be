"""The share of some classes among the pixels of a cube."""

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
    """The codes of a raster.

    Attributes
    ----------
    name
        Name for messages, such as ``CORINE grid codes``.
    classes
        Codes of the pixels that shares are relative to.
    ignored
        Codes that may occur but are not counted, such as no data and sea.
    """

    name: str
    classes: frozenset[int]
    ignored: frozenset[int]

    def has_class(self, patch: Patch) -> NDArray[np.bool_]:
        """Return which pixels of a patch hold one of the classes.

        Raises
        ------
        DataError
            A code is not in the legend, so the raster is another product.
        """
        # Not converted to integers: 23.5 is not a class.
        codes = np.unique(patch.values[patch.covered]).tolist()
        unknown = [code for code in codes if code not in self.classes | self.ignored]
        if unknown:
            raise DataError(
                f"the raster holds {len(unknown)} codes that are not {self.name}: "
                f"{', '.join(map(str, unknown[:3]))}",
                hint="use the product that the task is derived from, or set the kind of codes: "
                "neuco info TASK lists the parameters",
            )
        return patch.covered & np.isin(patch.values, list(self.classes))


def label_shares(
    ids: Sequence[str],
    layer: Layer,
    legend: Legend,
    counted: Collection[int],
    *,
    minimum: float,
) -> Labels:
    """Label each cube with the share of its pixels that hold one of the counted classes.

    Parameters
    ----------
    ids
        Ids of the cubes.
    layer
        Returns the codes of a cube.
    legend
        The codes of the raster.
    counted
        Codes of the counted classes.
    minimum
        Minimum share of the pixels of a cube that must hold a class; other cubes get no label.

    Returns
    -------
    Labels
        Shares from 0 to 1, relative to the pixels that hold a class.

    Raises
    ------
    DataError
        A code is not in the legend, no cube gets a label, or no cube holds a counted class.
    """

    def share(cube: str) -> float:
        patch = layer.read(cube)
        has_class = legend.has_class(patch)
        if not has_class.any() or has_class.mean() < minimum:
            raise NoLabel(f"less than {minimum:.0%} of its pixels hold a class")
        return share_of(patch.values[has_class], counted)

    labels = label_each(ids, share)
    if not labels.y.any():
        raise DataError(
            f"none of {len(labels.ids)} cubes holds one of the counted classes: "
            f"{legend.name} {', '.join(map(str, sorted(counted)))}",
            hint="check that the source is the right product and covers the cubes",
        )
    return labels


def share_of(values: NDArray[Any], codes: Collection[int]) -> float:
    """Return the share (0 to 1) of values that are one of the codes."""
    return float(np.isin(values, list(codes)).mean())
