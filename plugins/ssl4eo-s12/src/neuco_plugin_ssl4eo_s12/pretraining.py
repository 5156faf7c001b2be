"""SSL4EO-S12 v1.1: many samples per file."""

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
LOCATION = {"lon": "center_lon", "lat": "center_lat"}


class Pretraining:
    """The cubes of ``<split>/{S1GRD,S2L1C,S2L2A}/ssl4eos12_<split>_seasonal_data_<n>.zarr.zip``.

    Ids are ``<file>/<sample>`` with two or more digits for the sample, so that sorted ids are in
    the order of the files. Sentinel-2 values have an offset of +1000.

    Parameters
    ----------
    path
        The folder that contains the splits.
    split
        ``train`` or ``val``.
    modalities, seasons, bands, offset, keep_nodata
        What to read, as for `CubeFolder`.
    missing_chunks, incomplete
        ``error``, ``warn`` or ``fill`` for missing chunks; ``error`` or ``drop`` for samples
        that are missing in one of the modalities.
    subset
        Must be None: the data set has no labels.

    Raises
    ------
    MissingFileError
        The folder does not exist, or has no cubes of the split.
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
                hint="select cubes with --ids FILE",
            )
        self.path = Path(path)
        self._missing_chunks = missing_chunks
        self._incomplete = incomplete
        self._files = self._find_files(split, modalities)
        self.schemas = {modality: schemas(OFFSET)[modality] for modality in self._files}
        self.selection = CubeSelection.of(seasons, bands, offset, keep_nodata)
        self.selection.band_positions({m: s.bands for m, s in self.schemas.items()})

    @property
    def modalities(self) -> tuple[str, ...]:
        """Names of the modalities that are read."""
        return tuple(self._files)

    @property
    def folder_schemas(self) -> Mapping[str, CubeSchema]:
        """The schema of the files in each folder, by which ``neuco validate`` checks them."""
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

    def files(self, id: str) -> Mapping[str, Path]:  # noqa: A002  the standard name
        """Return the file of each modality that contains the cube."""
        name, _ = split_id(id)
        try:
            return {modality: files[name] for modality, files in self._files.items()}
        except KeyError:
            raise MissingFileError(
                f"{id}: there is no file {name}.zarr.zip for each of {', '.join(self._files)}",
                hint="check the ids given with --ids",
            ) from None

    def read(self, ids: Sequence[str]) -> Iterator[Cube]:
        """Yield the cubes of ``ids`` in order; a file is opened once for consecutive ids."""
        for _, group in groupby(ids, key=lambda member: split_id(member)[0]):
            members = list(group)
            with ExitStack() as stack:
                opened = {
                    modality: stack.enter_context(CubeFile(file, self.schemas[modality]))
                    for modality, file in self.files(members[0]).items()
                }
                locations = _locations(opened)
                samples = next(iter(opened.values())).samples
                for member in members:
                    sample = split_id(member)[1]
                    if sample >= samples:
                        raise IdError(
                            f"there is no cube {member}: its file has {samples} samples",
                            hint="check the ids given with --ids",
                        )
                    cube = read_cube(
                        member,
                        opened,
                        sample=sample,
                        season_names=SEASON_NAMES,
                        metadata={key: float(values[sample]) for key, values in locations.items()},
                        missing_chunks=self._missing_chunks,
                    )
                    yield self.selection.apply(cube)

    def label_files(self) -> list[Path]:
        """Return no files: the data set has no labels."""
        return []

    def _find_files(
        self, split: str, modalities: Sequence[str] | None
    ) -> dict[str, dict[str, Path]]:
        """Return the files of each modality by name without suffix."""
        root = self.path / split
        available = find_cubes([root], tuple(FOLDERS.values())) if root.is_dir() else {}
        selected = modalities or [m for m, folder in FOLDERS.items() if folder in available]
        missing = [m for m in selected if FOLDERS.get(m) not in available]
        if missing or not selected:
            raise MissingFileError(
                f"no cubes of {', '.join(missing) or 'any modality'} in {root}",
                hint=f"neuco data download ssl4eo-s12-pretraining -o DIR --only '{split}/*'",
            )
        return {modality: available[FOLDERS[modality]] for modality in selected}

    def _names(self) -> list[str]:
        complete = set.intersection(*map(set, self._files.values()))
        incomplete = sorted(set.union(*map(set, self._files.values())) - complete)
        if incomplete and self._incomplete == "error":
            raise MissingFileError(
                f"{len(incomplete)} files of {self.path} are missing in one of the modalities: "
                f"{', '.join(incomplete[:3])}",
                hint="download the rest, or leave them out: --set dataset.incomplete=drop",
            )
        return sorted(complete)

    @cached_property
    def _samples(self) -> dict[str, int]:
        """Number of samples in each file, read from the first modality."""
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
    """Return the file name and the sample number of an id.

    Raises
    ------
    IdError
        The id is not ``<file>/<number>``.
    """
    name, _, sample = id.rpartition("/")
    if not name or not sample.isdecimal():
        raise IdError(
            f"{id!r} is not an id of this data set", hint=f"ids look like {sample_id('FILE', 7)}"
        )
    return name, int(sample)


def _locations(opened: Mapping[str, CubeFile]) -> dict[str, Any]:
    """Return longitude and latitude of each sample, after comparing the samples of the files.

    Raises
    ------
    CorruptCubeError
        The files of the modalities have different samples.
    """
    first, *others = opened.values()
    samples = first.coordinate("sample")
    for other in others:
        others_samples = other.coordinate("sample")
        same = samples is None or others_samples is None or np.array_equal(samples, others_samples)
        if other.samples != first.samples or not same:
            raise CorruptCubeError(
                f"{first.path} and {other.path} have different samples",
                hint="download both files again",
            )
    coordinates = {key: first.coordinate(name) for key, name in LOCATION.items()}
    return {
        key: values
        for key, values in coordinates.items()
        if values is not None and values.shape == (first.samples,)
    }
