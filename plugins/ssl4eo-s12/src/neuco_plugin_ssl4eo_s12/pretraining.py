"""SSL4EO-S12 v1.1: many samples a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from neuco_plugin_ssl4eo_s12.folders import SEASON_NAMES, schemas
from neucocore.plugin import (
    ConfigError,
    CorruptCubeError,
    Cube,
    CubeFile,
    CubeSchema,
    CubeSelection,
    IdError,
    MissingFileError,
    find_cubes,
    read_cube,
)

OFFSET = 1000
FOLDERS = {"s1": "S1GRD", "s2l1c": "S2L1C", "s2l2a": "S2L2A"}
PLACE = {"lon": "center_lon", "lat": "center_lat"}


class Pretraining:
    """The cubes of ``<split>/{S1GRD,S2L1C,S2L2A}/ssl4eos12_<split>_seasonal_data_<n>.zarr.zip``.

    Ids are ``<file>/<sample>`` with two digits or more for the sample, so that text order is
    file order. Sentinel-2 carries +1000.

    Parameters
    ----------
    path
        The folder that holds the splits.
    split
        ``train`` or ``val``.
    modalities, seasons, bands, offset, keep_nodata
        What to read, as for `CubeFolder`.
    missing_chunks, incomplete
        ``error``, ``warn`` or ``fill``; ``error`` or ``drop``.
    subset
        Not possible here: the data set has no labels.

    Raises
    ------
    MissingFileError
        No such folder, or no cubes of the split in it.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        split: str = "train",
        modalities: Sequence[str] | None = None,
        seasons: Sequence[str | int] | None = None,
        bands: Sequence[str] | None = None,
        offset: int | None = None,
        keep_nodata: bool = True,
        missing_chunks: str = "error",
        incomplete: str = "error",
        subset: str | None = None,
    ) -> None:
        if subset is not None:
            raise ConfigError(
                f"subset={subset}: ssl4eo-s12-pretraining has no label files",
                hint="choose the cubes with --ids FILE",
            )
        self.path = Path(path)
        self._missing_chunks = missing_chunks
        self._incomplete = incomplete
        self._files = self._found(split, modalities)
        self.schemas = {modality: schemas(OFFSET)[modality] for modality in self._files}
        self.selection = CubeSelection.of(seasons, bands, offset, keep_nodata)
        self.selection.band_positions({m: s.bands for m, s in self.schemas.items()})

    @property
    def modalities(self) -> tuple[str, ...]:
        """Names of the modalities that are read."""
        return tuple(self._files)

    @property
    def folder_schemas(self) -> Mapping[str, CubeSchema]:
        """What the files in each folder look like; ``neuco data check`` knows folders only."""
        return {FOLDERS[modality]: schema for modality, schema in self.schemas.items()}

    def ids(self) -> list[str]:
        """Return all cube ids, sorted.

        Raises
        ------
        MissingFileError
            A file of one modality is missing in another.
        """
        return [
            sample_id(name, sample)
            for name in self._names()
            for sample in range(self._samples[name])
        ]

    def files(self, id: str) -> Mapping[str, Path]:  # noqa: A002  the field's word
        """Return the file of each modality that holds the cube."""
        name, _ = split_id(id)
        try:
            return {modality: files[name] for modality, files in self._files.items()}
        except KeyError:
            raise MissingFileError(
                f"{id}: no file {name}.zarr.zip in every one of {', '.join(self._files)}"
            ) from None

    def read(self, ids: Sequence[str]) -> Iterator[Cube]:
        """Yield cubes in the order given; neighbours of one file open it once."""
        for _, group in groupby(ids, key=lambda member: split_id(member)[0]):
            members = list(group)
            with ExitStack() as stack:
                opened = {
                    modality: stack.enter_context(CubeFile(file, self.schemas[modality]))
                    for modality, file in self.files(members[0]).items()
                }
                places = _places(opened)
                samples = next(iter(opened.values())).samples
                for member in members:
                    sample = split_id(member)[1]
                    if sample >= samples:
                        raise IdError(f"there is no cube {member}: its file holds {samples}")
                    cube = read_cube(
                        member,
                        opened,
                        sample=sample,
                        season_names=SEASON_NAMES,
                        metadata={key: float(values[sample]) for key, values in places.items()},
                        missing_chunks=self._missing_chunks,
                    )
                    yield self.selection.apply(cube)

    def label_files(self) -> list[Path]:
        """Return no files: the data have no labels."""
        return []

    def _found(self, split: str, modalities: Sequence[str] | None) -> dict[str, dict[str, Path]]:
        root = self.path / split
        found = find_cubes([root], tuple(FOLDERS.values())) if root.is_dir() else {}
        wanted = modalities or [m for m, folder in FOLDERS.items() if folder in found]
        absent = [m for m in wanted if FOLDERS.get(m) not in found]
        if absent or not wanted:
            raise MissingFileError(
                f"no cubes of {', '.join(absent) or 'any modality'} in {root}",
                hint="neuco data download ssl4eo-s12-pretraining --out DIR --only 'val/*'",
            )
        return {modality: found[FOLDERS[modality]] for modality in wanted}

    def _names(self) -> list[str]:
        everywhere = set.intersection(*map(set, self._files.values()))
        lacking = sorted(set.union(*map(set, self._files.values())) - everywhere)
        if lacking and self._incomplete == "error":
            raise MissingFileError(
                f"{len(lacking)} files of {self.path} lack a modality: {', '.join(lacking[:3])}",
                hint="download the rest, or drop them with --dataset-set incomplete=drop",
            )
        return sorted(everywhere)

    @cached_property
    def _samples(self) -> dict[str, int]:
        """How many samples each file holds, by its first modality."""
        counts = {}
        files = next(iter(self._files.values()))
        for name in self._names():
            with CubeFile(files[name]) as file:
                counts[name] = file.samples
        return counts


def sample_id(name: str, sample: int) -> str:
    """Return the id of a sample of a file."""
    return f"{name}/{sample:02d}"


def split_id(id: str) -> tuple[str, int]:  # noqa: A002
    """Return the file's name and the position of a sample.

    Raises
    ------
    IdError
        The id is not ``<file>/<number>``.
    """
    name, _, sample = id.rpartition("/")
    if not name or not sample.isdecimal():
        raise IdError(f"{id!r} is no id of this data set; they look like {sample_id('FILE', 7)}")
    return name, int(sample)


def _places(opened: Mapping[str, CubeFile]) -> dict[str, Any]:
    """Return longitudes and latitudes by sample, having compared the files' samples.

    Raises
    ------
    CorruptCubeError
        The modalities' files hold different samples.
    """
    first, *others = opened.values()
    samples = first.coordinate("sample")
    for other in others:
        theirs = other.coordinate("sample")
        same = samples is None or theirs is None or np.array_equal(samples, theirs)
        if other.samples != first.samples or not same:
            raise CorruptCubeError(f"{first.path} and {other.path} hold different samples")
    found = {key: first.coordinate(name) for key, name in PLACE.items()}
    return {
        key: values
        for key, values in found.items()
        if values is not None and values.shape == (first.samples,)
    }
