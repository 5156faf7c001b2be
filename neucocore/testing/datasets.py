"""Checks of data sets: cubes by id, in the order asked for, as the spec declares them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import cast

import numpy as np

from neucocore.components.factory import create, resolve
from neucocore.components.specs import DatasetSpec
from neucocore.data.cubes.cube import Cube
from neucocore.data.labels.labels import read_label_file
from neucocore.files.findings import messages
from neucocore.interfaces import Dataset
from neucocore.testing.declarations import ComponentContext
from neucocore.testing.records import CheckFailed, Skip, check, require
from neucocore.testing.side_effects import watching

MOST = 4
"""Cubes read by a check."""


class DatasetContext(ComponentContext):
    """A data set with its own example on disk."""

    @property
    def spec_of_data(self) -> DatasetSpec:
        """The spec."""
        return cast(DatasetSpec, self.spec)

    @cached_property
    def folder(self) -> Path:
        """A folder with the data set's example."""
        if self.spec_of_data.example is None:
            raise Skip(
                "the spec names no example; example='package.module:function' with "
                "function(folder) writing a few cubes lets the kit read them"
            )
        resolve(self.component, self.spec_of_data.example)(self.scratch)
        return self.scratch

    @cached_property
    def dataset(self) -> Dataset:
        """The data set."""
        return cast(Dataset, create(self.component, self.folder))

    @cached_property
    def ids(self) -> list[str]:
        """Some ids, not in the order of the data set."""
        return self.dataset.ids()[:MOST][::-1]

    @cached_property
    def cubes(self) -> list[Cube]:
        """The cubes of those ids."""
        return self.read(self.ids)

    def read(self, ids: Sequence[str]) -> list[Cube]:
        """Read cubes."""
        return list(self.dataset.read(ids))


@check("dataset-made", "dataset")
def dataset_made(context: DatasetContext) -> None:
    """It opens a folder and has what the interface asks for."""
    missing = [
        name for name in ("ids", "read", "label_files") if not hasattr(context.dataset, name)
    ]
    require(not missing, f"it has no {'(), no '.join(missing)}()")


@check("dataset-ids", "dataset")
def dataset_ids(context: DatasetContext) -> None:
    """Its ids are texts, sorted, each once."""
    ids = context.dataset.ids()
    require(ids, "its example has no cube")
    require(all(isinstance(sample, str) for sample in ids), "ids are not texts")
    require(ids == sorted(set(ids)), f"ids are not sorted, each once: {ids[:3]}")


@check("dataset-order", "dataset")
def dataset_order(context: DatasetContext) -> None:
    """It reads the cubes asked for, in the order asked for."""
    found = [cube.id for cube in context.cubes]
    require(found == context.ids, f"asked for {context.ids[:3]}, read {found[:3]}")
    one = [cube.id for cube in context.read(context.ids[:1])]
    require(one == context.ids[:1], f"asked for {context.ids[:1]} alone, read {one[:3]}")


@check("dataset-shapes", "dataset")
def dataset_shapes(context: DatasetContext) -> None:
    """Arrays are (season, band, y, x), their bands named, as the spec declares them."""
    for cube in context.cubes:
        for modality, array in cube.arrays.items():
            said = f"{modality} of {cube.id}"
            require(array.ndim == 4, f"{said} has shape {array.shape}; expected 4 dimensions")
            bands = cube.bands.get(modality, ())
            require(
                array.shape[1] == len(bands), f"{said} has {array.shape[1]} bands, named {bands}"
            )
            declared = context.spec_of_data.bands.get(modality, bands)
            require(
                tuple(bands) == tuple(declared),
                f"{said} has the bands {tuple(bands)}; the spec says {tuple(declared)}",
            )
    declared_modalities = set(context.spec_of_data.bands)
    found = set(context.cubes[0].arrays)
    require(
        not declared_modalities or found == declared_modalities,
        f"the cubes have {sorted(found)}; the spec says {sorted(declared_modalities)}",
    )


@check("dataset-audit", "dataset")
def dataset_audit(context: DatasetContext) -> None:
    """Its example is sound: finite values, and nothing the reader calls an error."""
    for cube in context.cubes:
        errors = messages(cube.findings, "error")
        require(not errors, f"{cube.id}: {'; '.join(errors[:3])}")
        for modality, array in cube.arrays.items():
            require(np.isfinite(array).all(), f"{modality} of {cube.id} holds NaN or infinity")


@check("dataset-repeatable", "dataset")
def dataset_repeatable(context: DatasetContext) -> None:
    """Reading again gives the same bytes, also from a second data set on the folder."""
    again = list(cast(Dataset, create(context.component, context.folder)).read(context.ids))
    for one, other in zip(context.cubes, again, strict=True):
        for modality, array in one.arrays.items():
            same = array.tobytes() == other.arrays[modality].tobytes()
            require(same, f"{modality} of {one.id} differs when it is read again")


@check("dataset-unknown-id", "dataset")
def dataset_unknown_id(context: DatasetContext) -> None:
    """An id that is not there is an error, not a gap."""
    try:
        found = context.read(["no-such-cube"])
    except Exception:  # noqa: BLE001  any error will do
        return
    raise CheckFailed(
        f"asked for a cube that is not there, it gave {len(found)} cubes and no error"
    )


@check("dataset-labels", "dataset")
def dataset_labels(context: DatasetContext) -> None:
    """Its label files can be read, and label its cubes."""
    files = list(context.dataset.label_files())
    if not files:
        raise Skip("its example has no label files")
    there = set(context.dataset.ids())
    for file in files:
        labelled = read_label_file(file).ids
        require(there & set(labelled), f"{Path(file).name} labels no cube of the example")


@check("dataset-side-effects", "dataset")
def dataset_side_effects(context: DatasetContext) -> None:
    """Reading writes nothing into the folder and opens no connection."""
    with watching() as seen:
        context.read(context.ids)
    shown = "; ".join(effect.what for effect in seen[:3])
    require(not seen, f"reading does what it must not, {len(seen)} times: {shown}")
