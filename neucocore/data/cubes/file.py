"""Cube files: one modality of one or many samples, audited and decoded in one pass.

A file is a zip holding a Zarr format 2 array ``bands`` (sample, time, band, y, x). It is read
without the zarr package, which fills what is missing with zeros and says nothing.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from neucocore.data.cubes.archive import CubeArchive, directory_bytes
from neucocore.data.cubes.array_info import ArrayInfo, ZarrError, array_info
from neucocore.data.cubes.chunks import read_array
from neucocore.data.cubes.quality import audit_values
from neucocore.data.cubes.schema import CubeSchema
from neucocore.data.cubes.writing import DIMENSIONS
from neucocore.errors import ConfigError, CorruptCubeError
from neucocore.files.findings import Finding
from neucocore.messages import pluralize

MissingChunks = Literal["error", "warn", "fill"]

VALUES = "bands"
DESCRIPTION_LIMIT = 1 << 20
"""Bytes that a description may have."""
COORDINATE_LIMIT = 1 << 28
"""Bytes that a coordinate may have in memory."""
ARRAY_LIMIT = 1 << 32
"""Bytes that one sample of one modality may have in memory."""
KIND_LETTERS = {"integer": "iu", "float": "f"}


class CubeFile:
    """A cube file open for reading; use as a context manager.

    Parameters
    ----------
    path
        The ``.zarr.zip`` file.
    schema
        What it should look like.

    Raises
    ------
    MissingFileError
        No such file.
    CorruptCubeError
        Not a cube, or one with other bands or another kind of values than the schema's.
    """

    def __init__(self, path: str | Path, schema: CubeSchema | None = None) -> None:
        self.schema = schema or CubeSchema()
        self._archive = CubeArchive(path)
        try:
            self._info = self._described(VALUES)
            self._check_shape()
            self.bands = self._band_names()
            self._check_schema()
        except BaseException:
            self._archive.__exit__(None, None, None)
            raise

    def __enter__(self) -> CubeFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._archive.__exit__(kind, value, trace)

    @property
    def path(self) -> Path:
        """The file."""
        return self._archive.path

    @property
    def samples(self) -> int:
        """How many samples the file holds."""
        return self._info.shape[0]

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Lengths of one sample: (season, band, y, x)."""
        _, seasons, bands, rows, columns = self._info.shape
        return seasons, bands, rows, columns

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values in memory."""
        return self._info.dtype.newbyteorder("=")

    def read(
        self, sample: int = 0, *, missing_chunks: MissingChunks = "error"
    ) -> tuple[NDArray[Any], list[Finding]]:
        """Read one sample and audit it.

        Parameters
        ----------
        sample
            Position along the sample dimension.
        missing_chunks
            What to do when a chunk is not in the file: ``error``; ``warn`` fills it with the
            file's fill value (0 where there is none) and warns; ``fill`` does the same and only
            records it.

        Returns
        -------
        tuple
            The array (season, band, y, x) in the stored type, and the findings.

        Raises
        ------
        CorruptCubeError
            A damaged or missing chunk, NaN or infinite values.
        """
        if missing_chunks not in get_args(MissingChunks):
            raise ConfigError(
                f"missing_chunks is {missing_chunks!r}; it can be error, warn or fill"
            )
        if not 0 <= sample < self.samples:
            raise self._archive.corrupt(f"no sample {sample}, the file holds {self.samples}")
        array, missing = self._read(VALUES, self._info, slice(sample, sample + 1))
        findings = [*self._archive.findings, *self._unusual()]
        if missing:
            findings.append(self._missing(missing, missing_chunks))
        values = array[0]
        findings += audit_values(values)
        errors = [finding for finding in findings if finding.level == "error"]
        if errors:
            raise self._archive.corrupt("; ".join(map(str, errors)))
        return values, findings

    def coordinate(self, name: str) -> NDArray[Any] | None:
        """Return another array of the file (``center_lat``, ``time``, ...), None if not there.

        Raises
        ------
        CorruptCubeError
            It cannot be decoded, or is larger than a coordinate may be.
        """
        if f"{name}/.zarray" not in self._archive.members:
            return None
        info = self._described(name)
        size = math.prod(info.shape) * info.dtype.itemsize
        if not info.shape or max(size, info.chunk_bytes) > COORDINATE_LIMIT:
            raise self._archive.corrupt(f"array {name} has shape {info.shape}, no coordinate's")
        return self._read(name, info, None)[0]

    def check_all(self) -> None:
        """Check all members, also those that reading does not touch.

        Raises
        ------
        CorruptCubeError
            One of them is damaged.
        """
        self._archive.check_all()

    def _described(self, name: str) -> ArrayInfo:
        member = f"{name}/.zarray"
        if member not in self._archive.members:
            raise self._archive.corrupt(self._why_no_array(member))
        try:
            return array_info(self._archive.read(member, DESCRIPTION_LIMIT))
        except ZarrError as error:
            raise self._archive.corrupt(f"array {name}: {error}") from None

    def _why_no_array(self, member: str) -> str:
        names = self._archive.members
        nested = [name for name in names if name.endswith(f"/{member}")]
        if nested:
            folder = nested[0].removesuffix(member)
            return f"the cube lies in the folder {folder} of the zip instead of at its top"
        if "zarr.json" in names:
            return "the cube has Zarr format 3; cubes have format 2"
        return f"no array {VALUES!r} in it (its {len(names)} members begin {sorted(names)[:3]})"

    def _check_shape(self) -> None:
        info = self._info
        if len(info.shape) != len(DIMENSIONS) or 0 in info.shape:
            raise self._archive.corrupt(
                f"array {VALUES} has shape {info.shape}, not ({', '.join(DIMENSIONS)})"
            )
        if info.dtype.kind not in "iuf":
            raise self._archive.corrupt(f"array {VALUES} holds {info.dtype}, not numbers")
        size = math.prod(info.shape[1:]) * info.dtype.itemsize
        if max(size, info.chunk_bytes) > ARRAY_LIMIT:
            raise self._archive.corrupt(
                f"array {VALUES} claims shape {info.shape} in chunks {info.chunks}, "
                f"more than {ARRAY_LIMIT} bytes a sample"
            )
        attributes = f"{VALUES}/.zattrs"
        if attributes in self._archive.members:
            said = self._json(attributes).get("_ARRAY_DIMENSIONS")
            if said is not None and said != list(DIMENSIONS):
                raise self._archive.corrupt(f"array {VALUES} has dimensions {said}")

    def _json(self, member: str) -> dict[str, Any]:
        try:
            said = json.loads(self._archive.read(member, DESCRIPTION_LIMIT))
        except (ValueError, RecursionError) as error:
            raise self._archive.corrupt(f"{member} is not JSON ({error})") from None
        return said if isinstance(said, dict) else {}

    def _band_names(self) -> tuple[str, ...]:
        names = self.coordinate("band")
        if names is None:
            return self.schema.bands
        if names.shape != (self.shape[1],):
            raise self._archive.corrupt(f"{names.size} band names for {self.shape[1]} bands")
        return tuple(str(name) for name in names)

    def _check_schema(self) -> None:
        wanted, kind = self.schema.bands, self.schema.kind
        if wanted and (self.bands != wanted or self.shape[1] != len(wanted)):
            raise self._archive.corrupt(
                f"its {self.shape[1]} bands are {' '.join(self.bands)}, not {' '.join(wanted)}"
            )
        if kind is not None and self.dtype.kind not in KIND_LETTERS[kind]:
            raise self._archive.corrupt(f"its values are {self.dtype}, not of a type for {kind}s")

    def _unusual(self) -> Iterable[Finding]:
        seasons, _, rows, columns = self.shape
        schema = self.schema
        if schema.seasons is not None and seasons != schema.seasons:
            message = f"{pluralize(seasons, 'season')} where the data set has {schema.seasons}"
            yield Finding("seasons", "warning", message)
        if schema.size is not None and (rows, columns) != (schema.size, schema.size):
            message = f"{rows} x {columns} pixels where the data set has {schema.size}"
            yield Finding("size", "warning", message)

    def _read(
        self, name: str, info: ArrayInfo, first: slice | None
    ) -> tuple[NDArray[Any], list[str]]:
        members = self._archive.members
        # Packed by the zip or not, a sound chunk is hardly larger than its values.
        limit = 2 * info.chunk_bytes + DESCRIPTION_LIMIT

        def chunk(key: str) -> bytes | None:
            member = f"{name}/{key}"
            return self._archive.read(member, limit) if member in members else None

        try:
            return read_array(info, chunk, first)
        except ZarrError as error:
            raise self._archive.corrupt(f"array {name}: {error}") from None

    def _missing(self, names: Sequence[str], policy: MissingChunks) -> Finding:
        if policy == "error":
            shown = ", ".join(names[:3])
            raise CorruptCubeError(
                f"cube {self.path}: {len(names)} chunks are missing: {shown}",
                hint="download the file again, or take --missing-chunks warn or fill if the "
                "writer leaves out chunks without data",
            )
        level: Literal["warning", "repaired"] = "warning" if policy == "warn" else "repaired"
        return Finding(
            "missing-chunk", level, "a missing chunk was filled", len(names), tuple(names[:3])
        )


def read_modality(
    path: str | Path,
    schema: CubeSchema | None = None,
    *,
    sample: int = 0,
    missing_chunks: MissingChunks = "error",
) -> tuple[NDArray[Any], list[Finding]]:
    """Read one sample of one modality: the array (season, band, y, x) and what was noticed.

    Parameters
    ----------
    path
        The ``.zarr.zip`` file.
    schema
        What it should look like.
    sample
        Position along the sample dimension.
    missing_chunks
        ``error``, ``warn`` or ``fill``; see `CubeFile.read`.

    Raises
    ------
    MissingFileError, CorruptCubeError
        As for `CubeFile` and `CubeFile.read`.
    """
    with CubeFile(path, schema) as file:
        return file.read(sample, missing_chunks=missing_chunks)


def cube_digest(paths: Iterable[str | Path]) -> str:
    """Return the sha256 of what the files hold, from their zips' directories alone.

    Names, sizes and CRC-32 of the members count; times and places of the files do not.

    Raises
    ------
    MissingFileError, CorruptCubeError
        A file is missing or no zip.
    """
    digest = hashlib.sha256()
    for path in paths:
        digest.update(hashlib.sha256(directory_bytes(path)).digest())
    return digest.hexdigest()
