"""Cube files: one modality of one or several samples, checked and decoded in one pass.

A file is a Zarr group with an array ``bands`` (sample, time, band, y, x): a zip of Zarr format 2,
which is read directly, or anything else that zarr opens (`neucocore.data.cubes.store`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from neucocore.data.cubes.archive import DAMAGED_HINT
from neucocore.data.cubes.array_info import ArrayInfo
from neucocore.data.cubes.declarations import DeclarationError, cube_declarations, json_object
from neucocore.data.cubes.declared_values import NODATA_HINT, DeclaredValues, declared_values
from neucocore.data.cubes.offset import Offset
from neucocore.data.cubes.quality import audit_values
from neucocore.data.cubes.schema import CubeSchema, is_sentinel2
from neucocore.data.cubes.store import open_store
from neucocore.data.cubes.writing import DIMENSIONS
from neucocore.errors import ConfigError
from neucocore.files.findings import Finding
from neucocore.messages import pluralize

MissingChunks = Literal["error", "warn", "fill"]

VALUES = "bands"
COORDINATE_LIMIT = 1 << 28
"""Maximum size of a coordinate in memory, in bytes."""
ARRAY_LIMIT = 1 << 32
"""Maximum size of one sample of one modality in memory, in bytes."""
KIND_LETTERS = {"integer": "iu", "float": "f"}


class CubeFile:
    """A cube file, open for reading; a context manager.

    Parameters
    ----------
    path
        A ``.zarr.zip`` file, the folder of a Zarr store, or its address.
    schema
        What the data set declares about the file.

    Raises
    ------
    MissingFileError
        The file does not exist.
    CorruptCubeError
        It is not a cube, or has other bands or another kind of values than declared.
    """

    def __init__(self, path: str | Path, schema: CubeSchema | None = None) -> None:
        self.schema = schema or CubeSchema()
        self._has_schema = schema is not None
        self._store = open_store(path, VALUES)
        try:
            self._info = self._described(VALUES)
            self._check_shape()
            self.bands = self._band_names()
            self._values = self._declared_values()
            self._check_schema()
        except BaseException:
            self._store.close()
            raise

    def __enter__(self) -> CubeFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        del kind, value, trace
        self._store.close()

    @property
    def path(self) -> Path:
        """Path of the file."""
        return self._store.path

    @property
    def reader(self) -> str:
        """What reads the file: ``zip`` for the direct reader, or zarr with its version."""
        return self._store.reader

    @property
    def samples(self) -> int:
        """Number of samples in the file."""
        return self._info.shape[0]

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Shape of one sample: (season, band, y, x)."""
        _, seasons, bands, rows, columns = self._info.shape
        return seasons, bands, rows, columns

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values in memory (native byte order), with a declared scale applied."""
        return self._values.dtype

    @property
    def nodata(self) -> float | None:
        """The value of "no data" after reading; None: there is none."""
        return self._values.nodata

    @property
    def offset(self) -> Offset | None:
        """Digital-number offset: that of the schema or, if it is unknown, what the file declares.

        None for values without such an offset.
        """
        declared = self._values.offset
        if self.schema.offset == "unknown" and declared is not None:
            return declared
        return self.schema.offset

    def read(
        self, sample: int = 0, *, missing_chunks: MissingChunks = "error"
    ) -> tuple[NDArray[Any], list[Finding]]:
        """Read one sample and check its values.

        Parameters
        ----------
        sample
            Index of the sample.
        missing_chunks
            How to treat chunks absent from the file: ``error``; ``warn`` fills them with the fill
            value of the file (0 if it has none) and warns; ``fill`` fills and records them.

        Returns
        -------
        tuple
            The array (season, band, y, x) in the stored type, and the findings.

        Raises
        ------
        CorruptCubeError
            A chunk is damaged or missing, or values are NaN or infinite.
        """
        if missing_chunks not in get_args(MissingChunks):
            raise ConfigError(
                f"missing_chunks is {missing_chunks!r}", hint="use error, warn or fill"
            )
        if not 0 <= sample < self.samples:
            raise self._store.corrupt(f"there is no sample {sample}, the file holds {self.samples}")
        array, missing = self._store.read(VALUES, self._values.info, slice(sample, sample + 1))
        findings = [*self._store.findings, *self._unusual_shape()]
        if missing:
            findings.append(self._missing(missing, missing_chunks))
        values = array[0]
        if self._values.changes_values:
            values, applied = self._values.apply(values)
            findings += applied
        findings += audit_values(values)
        errors = [finding for finding in findings if finding.level == "error"]
        if errors:
            declared = any(finding.code.startswith("declared-") for finding in errors)
            raise self._store.corrupt(
                "; ".join(map(str, errors)), NODATA_HINT if declared else DAMAGED_HINT
            )
        return values, findings

    def coordinate(self, name: str) -> NDArray[Any] | None:
        """Return another array of the file (``center_lat``, ``time``, ...), or None.

        Raises
        ------
        CorruptCubeError
            It cannot be decoded, or is too large for a coordinate.
        """
        info = self._store.info(name)
        if info is None:
            return None
        size = math.prod(info.shape) * info.dtype.itemsize
        if not info.shape or max(size, info.chunk_bytes) > COORDINATE_LIMIT:
            raise self._store.corrupt(
                f"array {name} has shape {info.shape}, not that of a coordinate"
            )
        return self._store.read(name, info, None)[0]

    def attributes(self, name: str) -> dict[str, Any]:
        """Return the attributes of an array, such as the units of times; empty without any."""
        try:
            return dict(json_object(f"{name}/.zattrs", self._store.declarations(name)[1]))
        except DeclarationError:
            return {}

    def check_all(self) -> None:
        """Check the checksums of all members, also of those that `read` does not need.

        Raises
        ------
        CorruptCubeError
            A member is damaged.
        """
        self._store.check_all()

    def _described(self, name: str) -> ArrayInfo:
        info = self._store.info(name)
        if info is None:
            raise self._store.why_no_array(name)
        return info

    def _check_shape(self) -> None:
        info = self._info
        if len(info.shape) != len(DIMENSIONS) or 0 in info.shape:
            raise self._store.corrupt(
                f"array {VALUES} has shape {info.shape}, not ({', '.join(DIMENSIONS)})"
            )
        if info.dtype.kind not in "iuf":
            raise self._store.corrupt(f"array {VALUES} holds {info.dtype}, not numbers")
        size = math.prod(info.shape[1:]) * info.dtype.itemsize
        if max(size, info.chunk_bytes) > ARRAY_LIMIT:
            raise self._store.corrupt(
                f"array {VALUES} has shape {info.shape} in chunks {info.chunks}: "
                f"more than {ARRAY_LIMIT} bytes per sample"
            )

    def _declared_values(self) -> DeclaredValues:
        """Return how stored values become values, as the metadata of the file declare."""
        texts = self._store.declarations(VALUES)
        schema = self.schema
        digital_numbers = schema.offset is not None
        if not self._has_schema:
            digital_numbers = is_sentinel2(self.bands, self._info.dtype)
            schema = CubeSchema(nodata=0 if digital_numbers else None)
        try:
            dimensions = json_object(f"{VALUES}/.zattrs", texts[1]).get("_ARRAY_DIMENSIONS")
            if dimensions is not None and dimensions != list(DIMENSIONS):
                raise self._store.corrupt(
                    f"array {VALUES} has dimensions {dimensions}, not {list(DIMENSIONS)}"
                )
            declared = cube_declarations(VALUES, *texts)
            return declared_values(self._info, declared, schema, digital_numbers=digital_numbers)
        except DeclarationError as error:
            raise self._store.corrupt(f"array {VALUES}: {error}", error.hint) from None

    def _band_names(self) -> tuple[str, ...]:
        names = self.coordinate("band")
        if names is None:
            return self.schema.bands
        if names.shape != (self.shape[1],):
            raise self._store.corrupt(f"it has {names.size} band names for {self.shape[1]} bands")
        return tuple(str(name) for name in names)

    def _check_schema(self) -> None:
        bands, kind = self.schema.bands, self.schema.kind
        if bands and (self.bands != bands or self.shape[1] != len(bands)):
            raise self._store.corrupt(
                f"its {self.shape[1]} bands are {' '.join(self.bands)}, not {' '.join(bands)}",
                "compare the file with the schema of the data set: neuco info DATASET",
            )
        if kind is not None and self.dtype.kind not in KIND_LETTERS[kind]:
            raise self._store.corrupt(
                f"its values are {self.dtype}, but the data set declares {kind} values",
                "compare the file with the schema of the data set: neuco info DATASET",
            )

    def _unusual_shape(self) -> Iterable[Finding]:
        seasons, _, rows, columns = self.shape
        schema = self.schema
        if schema.seasons is not None and seasons != schema.seasons:
            message = f"{pluralize(seasons, 'season')}; the data set has {schema.seasons}"
            yield Finding("seasons", "warning", message)
        if schema.size is not None and (rows, columns) != (schema.size, schema.size):
            message = f"{rows} x {columns} pixels; the data set has {schema.size} x {schema.size}"
            yield Finding("size", "warning", message)

    def _missing(self, names: Sequence[str], policy: MissingChunks) -> Finding:
        if policy == "error":
            raise self._store.corrupt(
                f"{pluralize(len(names), 'chunk')} missing: {', '.join(names[:3])}",
                "download the file again; if its writer omits empty chunks, pass "
                "--missing-chunks warn or fill",
            )
        level: Literal["warning", "repaired"] = "warning" if policy == "warn" else "repaired"
        return Finding("missing-chunk", level, "missing chunk filled", len(names), tuple(names[:3]))


def read_modality(
    path: str | Path,
    schema: CubeSchema | None = None,
    *,
    sample: int = 0,
    missing_chunks: MissingChunks = "error",
) -> tuple[NDArray[Any], list[Finding]]:
    """Read one sample of one modality: the array (season, band, y, x) and the findings.

    Parameters
    ----------
    path
        The ``.zarr.zip`` file.
    schema
        What the data set declares about the file.
    sample
        Index of the sample.
    missing_chunks
        ``error``, ``warn`` or ``fill``; see `CubeFile.read`.

    Raises
    ------
    MissingFileError, CorruptCubeError
        As for `CubeFile` and `CubeFile.read`.
    """
    with CubeFile(path, schema) as file:
        return file.read(sample, missing_chunks=missing_chunks)
