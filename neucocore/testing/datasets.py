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
from neucocore.testing.declarations import ComponentBench
from neucocore.testing.records import Skip, Violation, check, expect
from neucocore.testing.side_effects import watching

MOST = 4
"""Cubes read by a check."""


class DatasetBench(ComponentBench):
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
def dataset_made(bench: DatasetBench) -> None:
    """It opens a folder and has what the interface asks for."""
    missing = [name for name in ("ids", "read", "label_files") if not hasattr(bench.dataset, name)]
    expect(not missing, f"it has no {'(), no '.join(missing)}()")


@check("dataset-ids", "dataset")
def dataset_ids(bench: DatasetBench) -> None:
    """Its ids are texts, sorted, each once."""
    ids = bench.dataset.ids()
    expect(ids, "its example has no cube")
    expect(all(isinstance(sample, str) for sample in ids), "ids are not texts")
    expect(ids == sorted(set(ids)), f"ids are not sorted, each once: {ids[:3]}")


@check("dataset-order", "dataset")
def dataset_order(bench: DatasetBench) -> None:
    """It reads the cubes asked for, in the order asked for."""
    found = [cube.id for cube in bench.cubes]
    expect(found == bench.ids, f"asked for {bench.ids[:3]}, read {found[:3]}")
    one = [cube.id for cube in bench.read(bench.ids[:1])]
    expect(one == bench.ids[:1], f"asked for {bench.ids[:1]} alone, read {one[:3]}")


@check("dataset-shapes", "dataset")
def dataset_shapes(bench: DatasetBench) -> None:
    """Arrays are (season, band, y, x), their bands named, as the spec declares them."""
    for cube in bench.cubes:
        for modality, array in cube.arrays.items():
            said = f"{modality} of {cube.id}"
            expect(array.ndim == 4, f"{said} has shape {array.shape}; expected 4 dimensions")
            bands = cube.bands.get(modality, ())
            expect(
                array.shape[1] == len(bands), f"{said} has {array.shape[1]} bands, named {bands}"
            )
            declared = bench.spec_of_data.bands.get(modality, bands)
            expect(
                tuple(bands) == tuple(declared),
                f"{said} has the bands {tuple(bands)}; the spec says {tuple(declared)}",
            )
    declared_modalities = set(bench.spec_of_data.bands)
    found = set(bench.cubes[0].arrays)
    expect(
        not declared_modalities or found == declared_modalities,
        f"the cubes have {sorted(found)}; the spec says {sorted(declared_modalities)}",
    )


@check("dataset-audit", "dataset")
def dataset_audit(bench: DatasetBench) -> None:
    """Its example is sound: finite values, and nothing the reader calls an error."""
    for cube in bench.cubes:
        errors = messages(cube.findings, "error")
        expect(not errors, f"{cube.id}: {'; '.join(errors[:3])}")
        for modality, array in cube.arrays.items():
            expect(np.isfinite(array).all(), f"{modality} of {cube.id} holds NaN or infinity")


@check("dataset-repeatable", "dataset")
def dataset_repeatable(bench: DatasetBench) -> None:
    """Reading again gives the same bytes, also from a second data set on the folder."""
    again = list(cast(Dataset, create(bench.component, bench.folder)).read(bench.ids))
    for one, other in zip(bench.cubes, again, strict=True):
        for modality, array in one.arrays.items():
            same = array.tobytes() == other.arrays[modality].tobytes()
            expect(same, f"{modality} of {one.id} differs when it is read again")


@check("dataset-unknown-id", "dataset")
def dataset_unknown_id(bench: DatasetBench) -> None:
    """An id that is not there is an error, not a gap."""
    try:
        found = bench.read(["no-such-cube"])
    except Exception:  # noqa: BLE001  any error will do
        return
    raise Violation(f"asked for a cube that is not there, it gave {len(found)} cubes and no error")


@check("dataset-labels", "dataset")
def dataset_labels(bench: DatasetBench) -> None:
    """Its label files can be read, and label its cubes."""
    files = list(bench.dataset.label_files())
    if not files:
        raise Skip("its example has no label files")
    there = set(bench.dataset.ids())
    for file in files:
        labelled = read_label_file(file).ids
        expect(there & set(labelled), f"{Path(file).name} labels no cube of the example")


@check("dataset-side-effects", "dataset")
def dataset_side_effects(bench: DatasetBench) -> None:
    """Reading writes nothing into the folder and opens no connection."""
    with watching() as seen:
        bench.read(bench.ids)
    shown = "; ".join(effect.what for effect in seen[:3])
    expect(not seen, f"reading does what it must not, {len(seen)} times: {shown}")
