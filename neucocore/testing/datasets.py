"""Checks of data sets: cubes by id, in the requested order, as the spec declares them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import cast

import numpy as np

from neucocore.components.factory import create, resolve
from neucocore.components.specs import DatasetSpec
from neucocore.data.cubes.cube import Cube
from neucocore.data.cubes.digest import values_digest
from neucocore.data.labels.label_file import read_label_file
from neucocore.files.findings import messages
from neucocore.interfaces import Dataset
from neucocore.messages import pluralize
from neucocore.testing.declarations import ComponentContext
from neucocore.testing.records import CheckFailed, Skip, check, require
from neucocore.testing.side_effects import require_no_side_effects, watching

MAX_CUBES = 4
"""Number of cubes that a check reads."""
ORDER_OF_ONE = (1e-3, 1e2)
"""Range of typical scaled values: from dark surfaces to dB without a declared scale."""


class DatasetContext(ComponentContext):
    """A data set with its own example on disk."""

    @property
    def dataset_spec(self) -> DatasetSpec:
        """The spec."""
        return cast(DatasetSpec, self.spec)

    @cached_property
    def folder(self) -> Path:
        """A folder with the example of the data set."""
        if self.dataset_spec.example is None:
            raise Skip(
                "the spec has no example; set example='package.module:function', with "
                "function(folder) writing a few cubes that the kit can read"
            )
        resolve(self.component, self.dataset_spec.example)(self.scratch)
        return self.scratch

    @cached_property
    def dataset(self) -> Dataset:
        """The data set."""
        return cast(Dataset, create(self.component, self.folder))

    @cached_property
    def ids(self) -> list[str]:
        """A few ids, in another order than that of the data set."""
        return self.dataset.ids()[:MAX_CUBES][::-1]

    @cached_property
    def cubes(self) -> list[Cube]:
        """The cubes with those ids."""
        return self.read(self.ids)

    def read(self, ids: Sequence[str]) -> list[Cube]:
        """Read cubes."""
        return list(self.dataset.read(ids))


@check("dataset-created", "dataset")
def dataset_created(context: DatasetContext) -> None:
    """It can be created from a folder and has the methods of the interface."""
    missing = [
        name for name in ("ids", "read", "label_files") if not hasattr(context.dataset, name)
    ]
    require(not missing, f"it has no {'() and no '.join(missing)}()")


@check("dataset-ids", "dataset")
def dataset_ids(context: DatasetContext) -> None:
    """Its ids are strings, sorted and distinct."""
    ids = context.dataset.ids()
    require(ids, "its example contains no cube")
    require(all(isinstance(sample, str) for sample in ids), "ids are not strings")
    require(ids == sorted(set(ids)), f"ids are not sorted and distinct: {ids[:3]}")


@check("dataset-order", "dataset")
def dataset_order(context: DatasetContext) -> None:
    """It reads the requested cubes, in the requested order."""
    ids = [cube.id for cube in context.cubes]
    require(ids == context.ids, f"requested {context.ids[:3]}, read {ids[:3]}")
    one = [cube.id for cube in context.read(context.ids[:1])]
    require(one == context.ids[:1], f"requested only {context.ids[:1]}, read {one[:3]}")


@check("dataset-shapes", "dataset")
def dataset_shapes(context: DatasetContext) -> None:
    """Arrays are (season, band, y, x), with the bands that the spec declares."""
    for cube in context.cubes:
        for modality, array in cube.arrays.items():
            where = f"{modality} of {cube.id}"
            require(array.ndim == 4, f"{where} has shape {array.shape}; expected 4 dimensions")
            bands = cube.bands.get(modality, ())
            require(
                array.shape[1] == len(bands),
                f"{where} has {array.shape[1]} bands but {len(bands)} band names: {bands}",
            )
            declared = context.dataset_spec.bands.get(modality, bands)
            require(
                tuple(bands) == tuple(declared),
                f"{where} has the bands {tuple(bands)}; the spec declares {tuple(declared)}",
            )
    declared_modalities = set(context.dataset_spec.bands)
    modalities = set(context.cubes[0].arrays)
    require(
        not declared_modalities or modalities == declared_modalities,
        f"the modalities are {sorted(modalities)}; the spec declares {sorted(declared_modalities)}",
    )


@check("dataset-quality", "dataset")
def dataset_quality(context: DatasetContext) -> None:
    """The cubes of its example have finite values, and reading them reports no error."""
    for cube in context.cubes:
        errors = messages(cube.findings, "error")
        require(not errors, f"{cube.id}: {'; '.join(errors[:3])}")
        for modality, array in cube.arrays.items():
            require(np.isfinite(array).all(), f"{modality} of {cube.id} contains NaN or infinity")


@check("dataset-scale", "dataset")
def dataset_scale(context: DatasetContext) -> None:
    """Declared scales are those of modalities that the cubes have."""
    for cube in context.cubes:
        unknown = sorted(set(cube.scale) - set(cube.arrays))
        require(not unknown, f"{cube.id} has a scale, but no modality, {', '.join(unknown)}")


@check("dataset-order-of-one", "dataset", level="should")
def dataset_order_of_one(context: DatasetContext) -> None:
    """Values divided by their scale are of order one, which encoders for any sensor rely on."""
    for cube in context.cubes:
        for modality in cube.arrays:
            values = np.abs(cube.scaled(modality))
            values = values[values > 0]
            typical = float(np.median(values)) if values.size else 1.0
            low, high = ORDER_OF_ONE
            require(
                low <= typical <= high,
                f"the values of {modality} of {cube.id}, divided by the scale, are about "
                f"{typical:.2g}; declare scale={{{modality!r}: ...}} so that they are of order one",
            )


@check("dataset-repeatable", "dataset")
def dataset_repeatable(context: DatasetContext) -> None:
    """Reading a cube again gives the same bytes, also from a second object for the same folder."""
    again = list(cast(Dataset, create(context.component, context.folder)).read(context.ids))
    for one, other in zip(context.cubes, again, strict=True):
        for modality, array in one.arrays.items():
            same = array.tobytes() == other.arrays[modality].tobytes()
            require(same, f"{modality} of {one.id} differs when it is read again")


@check("dataset-files", "dataset")
def dataset_files(context: DatasetContext) -> None:
    """Its optional files(id) names every file that a cube depends on, so that changes count."""
    files = getattr(context.dataset, "files", None)
    if files is None:
        raise Skip("it has no files(id); changes are found by reading every cube")
    for cube in context.cubes:
        named = files(cube.id)
        require(
            isinstance(named, Mapping) and len(named) > 0,
            f"files({cube.id!r}) returned {named!r}, not a mapping of names to files",
        )
        missing = [str(file) for file in named.values() if not Path(file).exists()]
        require(
            not missing,
            f"files({cube.id!r}) names {missing[0] if missing else ''}, which does not exist",
        )
        _require_only(context, cube, [Path(file) for file in named.values()])


def _require_only(context: DatasetContext, cube: Cube, files: Sequence[Path]) -> None:
    """Require that a cube is the same in a folder with these files only, and the label files."""
    labels = [Path(file) for file in context.dataset.label_files()]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in (*files, *labels):
            if file.absolute().is_relative_to(context.folder.absolute()):
                copy = folder / file.absolute().relative_to(context.folder.absolute())
                copy.parent.mkdir(parents=True, exist_ok=True)
                (shutil.copytree if file.is_dir() else shutil.copy)(file, copy)
        try:
            (alone,) = cast(Dataset, create(context.component, folder)).read([cube.id])
        except Exception as error:
            raise CheckFailed(
                f"files({cube.id!r}) names {pluralize(len(files), 'file')}, and with these alone "
                f"the cube cannot be read: {error}"
            ) from error
    # Places may come from a table about all cubes.
    alone, complete = (replace(each, metadata={}) for each in (alone, cube))
    same = values_digest(alone) == values_digest(complete)
    require(same, f"{cube.id} is another cube with the files of files({cube.id!r}) alone")


@check("dataset-unknown-id", "dataset")
def dataset_unknown_id(context: DatasetContext) -> None:
    """Reading an unknown id raises an error."""
    try:
        cubes = context.read(["no-such-cube"])
    except Exception:  # noqa: BLE001  any exception is accepted
        return
    raise CheckFailed(f"reading an unknown id returned {len(cubes)} cubes and raised no error")


@check("dataset-labels", "dataset")
def dataset_labels(context: DatasetContext) -> None:
    """Its label files can be read and contain labels for its cubes."""
    files = list(context.dataset.label_files())
    if not files:
        raise Skip("its example has no label files")
    ids = set(context.dataset.ids())
    for file in files:
        labelled = set(read_label_file(file).ids)
        require(ids & labelled, f"{Path(file).name} has no label for a cube of the example")


@check("dataset-side-effects", "dataset")
def dataset_side_effects(context: DatasetContext) -> None:
    """Reading writes no files, opens no connection and starts no program."""
    with watching() as seen:
        context.read(context.ids)
    require_no_side_effects(seen, "reading")
