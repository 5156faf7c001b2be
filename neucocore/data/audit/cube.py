"""Checking all files of one cube: members, values, offsets."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from neucocore.data.cubes.file import CubeFile, MissingChunks
from neucocore.data.cubes.layouts import cube_id
from neucocore.data.cubes.offset import estimate_offsets
from neucocore.data.cubes.quality import nodata_share
from neucocore.data.cubes.schema import CubeSchema, is_sentinel2
from neucocore.errors import DataError
from neucocore.files.findings import EXAMPLES_SHOWN, Finding


@dataclass(frozen=True, slots=True)
class FileReport:
    """The findings about one cube file.

    Attributes
    ----------
    path, modality, id
        The file, the name of the folder of its modality, and the id of its cube.
    findings
        Findings; those of level ``error`` make the file unusable.
    shape, bands, dtype
        Form of one sample; empty if the file cannot be opened.
    samples
        Number of samples in the file.
    reader
        What reads the file: ``zip``, or zarr with its version.
    nodata
        Mean share of pixels whose bands all have the no-data value (0 if there is none); None if
        no sample can be read.
    offsets
        Estimated digital-number offset to number of seasons.
    """

    path: Path
    modality: str
    id: str
    findings: tuple[Finding, ...] = ()
    shape: tuple[int, ...] = ()
    bands: tuple[str, ...] = ()
    dtype: str = ""
    samples: int = 0
    reader: str = ""
    nodata: float | None = None
    offsets: Mapping[int, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether the file can be used."""
        return all(finding.level != "error" for finding in self.findings)


def audit_cube(
    files: Mapping[str, Path],
    schemas: Mapping[str, CubeSchema],
    missing_chunks: MissingChunks = "error",
) -> list[FileReport]:
    """Check the files of one cube; a damaged file does not affect the others.

    Parameters
    ----------
    files
        Modality name to file.
    schemas
        Modality name to the declared form of its file; may lack modalities.
    missing_chunks
        See `CubeFile.read`.
    """
    reports, opened = {}, {}
    with ExitStack() as stack:
        for modality, path in files.items():
            reports[modality] = FileReport(path, modality, cube_id(path))
            try:
                file = stack.enter_context(CubeFile(path, schemas.get(modality)))
                file.check_all()
                opened[modality] = file
            except (DataError, OSError) as error:
                reports[modality] = replace(reports[modality], findings=(_unusable(path, error),))
        offsets: dict[str, Counter[int]] = defaultdict(Counter)
        audits = {modality: _FileAudit(file, missing_chunks) for modality, file in opened.items()}
        for sample in range(max((file.samples for file in opened.values()), default=0)):
            arrays = {modality: audit.read(sample) for modality, audit in audits.items()}
            digital_numbers = {
                modality: array
                for modality, array in arrays.items()
                if array is not None and _has_offset(opened[modality], schemas.get(modality))
            }
            bands = {modality: opened[modality].bands for modality in digital_numbers}
            for modality, seasons in estimate_offsets(digital_numbers, bands).items():
                offsets[modality].update(offset for offset in seasons if offset is not None)
        for modality, audit in audits.items():
            reports[modality] = audit.complete(reports[modality], offsets[modality])
    return list(reports.values())


def _has_offset(file: CubeFile, schema: CubeSchema | None) -> bool:
    """Whether the values carry an offset: as declared or, without a schema, by their form."""
    return is_sentinel2(file.bands, file.dtype) if schema is None else schema.offset is not None


class _FileAudit:
    """Collects the findings about the samples of one open file."""

    def __init__(self, file: CubeFile, missing_chunks: MissingChunks) -> None:
        self.file = file
        self.findings: dict[str, Finding] = {}
        self.shares: list[float] = []
        self._missing_chunks = missing_chunks

    def read(self, sample: int) -> NDArray[Any] | None:
        """Read a sample and note its findings; return None if it cannot be read."""
        if sample >= self.file.samples:
            return None
        try:
            array, findings = self.file.read(sample, missing_chunks=self._missing_chunks)
        except DataError as error:
            array, findings = None, [_unusable(self.file.path, error)]
        for finding in findings:
            first = self.findings.get(finding.code)
            self.findings[finding.code] = finding if first is None else _sum(first, finding)
        if array is not None:
            self.shares.append(nodata_share(array, self.file.nodata or 0))
        return array

    def complete(self, report: FileReport, offsets: Counter[int]) -> FileReport:
        """Return a report with the form, findings and offsets of all samples."""
        return replace(
            report,
            findings=tuple(self.findings.values()),
            shape=self.file.shape,
            bands=self.file.bands,
            dtype=str(self.file.dtype),
            samples=self.file.samples,
            reader=self.file.reader,
            nodata=sum(self.shares) / len(self.shares) if self.shares else None,
            offsets=dict(offsets),
        )


def _sum(first: Finding, other: Finding) -> Finding:
    """Add up the same finding about two samples."""
    examples = (*first.examples, *other.examples)[:EXAMPLES_SHOWN]
    return replace(first, count=first.count + other.count, examples=examples)


def _unusable(path: Path, error: Exception) -> Finding:
    message = error.message if isinstance(error, DataError) else str(error)
    return Finding("corrupt", "error", message.removeprefix(f"cube {path}: "))
