"""One cube assembled from the open files of its modalities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from neucocore.data.cubes.cube import Cube
from neucocore.data.cubes.file import CubeFile, MissingChunks
from neucocore.data.cubes.offset import audit_offsets
from neucocore.files.findings import Finding


def read_cube(
    id: str,  # noqa: A002  the field's word
    files: Mapping[str, CubeFile],
    *,
    sample: int = 0,
    season_names: Sequence[str] = (),
    metadata: Mapping[str, Any] | None = None,
    missing_chunks: MissingChunks = "error",
) -> Cube:
    """Read one sample of every modality and check them together.

    Parameters
    ----------
    id
        The cube's id.
    files
        Modality name to open file; its schema declares the offset and the no-data value.
    sample
        Index of the sample in the files.
    season_names
        Names of the seasons; ignored if the cube has another number of seasons.
    metadata
        Further information about the cube.
    missing_chunks
        See `CubeFile.read`.

    Raises
    ------
    CorruptCubeError
        As for `CubeFile.read`.
    """
    arrays, findings = {}, []
    for modality, file in files.items():
        arrays[modality], file_findings = file.read(sample, missing_chunks=missing_chunks)
        findings += [_of_modality(finding, modality) for finding in file_findings]
    bands = {modality: file.bands or _numbered_bands(file) for modality, file in files.items()}
    schemas = {modality: file.schema for modality, file in files.items()}
    declared = {m: file.offset for m, file in files.items() if file.offset is not None}
    findings += audit_offsets(arrays, bands, declared)
    has_these_seasons = all(len(array) == len(season_names) for array in arrays.values())
    return Cube(
        id=id,
        arrays=arrays,
        bands=bands,
        offset={m: 0 if offset == "unknown" else offset for m, offset in declared.items()},
        nodata={modality: schema.nodata for modality, schema in schemas.items()},
        scale={m: schema.scale for m, schema in schemas.items() if schema.scale is not None},
        season_names=tuple(season_names) if has_these_seasons else (),
        metadata=metadata or {},
        findings=tuple(findings),
    )


def _of_modality(finding: Finding, modality: str) -> Finding:
    return replace(finding, message=f"{modality}: {finding.message}")


def _numbered_bands(file: CubeFile) -> tuple[str, ...]:
    """Return names for bands without names."""
    return tuple(f"b{position}" for position in range(file.shape[1]))
