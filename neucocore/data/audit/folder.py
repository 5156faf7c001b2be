"""Checking every cube of a folder, alone and in comparison with the others, in parallel."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import as_completed
from dataclasses import replace
from pathlib import Path

from neucocore.data.audit.cube import FileReport, audit_cube
from neucocore.data.audit.workers import submitted
from neucocore.data.cubes.file import MissingChunks
from neucocore.data.cubes.layouts import SUFFIX, cube_id, is_cube, modality_folder
from neucocore.data.cubes.offset import wrong_offset_message
from neucocore.data.cubes.schema import CubeSchema
from neucocore.data.cubes.store_keys import address_of, is_store_folder
from neucocore.errors import MissingFileError
from neucocore.files.findings import Finding
from neucocore.messages import missing_file_hint

CUBES_PER_JOB = 16


CubeFiles = tuple[Path, str, Mapping[str, Path]]
"""Root folder, id, and modality to file, of one cube."""


def audit_folder(
    path: str | Path,
    *,
    schemas: Mapping[str, CubeSchema] | None = None,
    missing_chunks: MissingChunks = "error",
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> list[FileReport]:
    """Read every cube file below a folder and report its findings.

    Files are compared with `schemas` and with most files of their modality.

    Parameters
    ----------
    path
        A folder in any layout with ``.../<modality>/<id>.zarr.zip``, with or without folders
        ``part-*`` in between; or one cube file.
    schemas
        Name of a modality's folder to the declared form of its files.
    missing_chunks
        See `CubeFile.read`.
    jobs
        Worker processes.
    progress
        Called with (cubes done, total number of cubes).

    Returns
    -------
    list
        One report per file, and one per file that a cube lacks; sorted by path.

    Raises
    ------
    MissingFileError
        The path does not exist, or holds no cube.
    RunError
        A worker died.
    """
    cubes, repeated = find_all(Path(path))
    declared = dict(schemas or {})
    reports: list[FileReport] = []
    for done, cube_reports in enumerate(_audit(cubes, declared, missing_chunks, jobs), 1):
        reports += cube_reports
        if progress is not None:
            progress(done, len(cubes))
    reports = _compared(reports, declared)
    reports += [*_missing_files(cubes), *repeated]
    return sorted(reports, key=lambda report: report.path)


def find_all(path: Path) -> tuple[list[CubeFiles], list[FileReport]]:
    """Find all cubes below a folder in any layout, and the files that repeat an id.

    Raises
    ------
    MissingFileError
        The path does not exist, or holds no cube.
    """
    if path.is_file() or is_cube(path) or is_store_folder(path) or address_of(path):
        home = modality_folder(path.absolute().parent)
        return [(home.parent, cube_id(path), {home.name: path})], []
    if not path.is_dir():
        raise MissingFileError(f"there is no file or folder {path}", hint=missing_file_hint(path))
    cubes: dict[tuple[Path, str], dict[str, Path]] = defaultdict(dict)
    repeated = []
    for folder, folders, names in os.walk(path, followlinks=True):
        cube_folders = [name for name in folders if is_cube(Path(folder, name))]
        folders[:] = sorted({*folders} - {*cube_folders} - {n for n in folders if n[0] == "."})
        home = modality_folder(Path(folder))
        for name in sorted([*names, *cube_folders]):
            file = Path(folder, name)
            if not is_cube(file):
                continue
            first = cubes[home.parent, cube_id(file)].setdefault(home.name, file)
            if first != file:
                finding = Finding("duplicate-id", "error", f"the id has another file, {first}")
                repeated.append(FileReport(file, home.name, cube_id(file), (finding,)))
    if not cubes:
        raise MissingFileError(
            f"no cubes (*{SUFFIX}) below {path}", hint="neuco data download NAME -o DIR"
        )
    return [(root, id, files) for (root, id), files in sorted(cubes.items())], repeated  # noqa: A001


def _audit(
    cubes: Sequence[CubeFiles],
    schemas: Mapping[str, CubeSchema],
    missing_chunks: MissingChunks,
    jobs: int,
) -> Iterator[list[FileReport]]:
    """Yield the reports of one cube at a time, in the order in which they finish."""
    if jobs <= 1 or len(cubes) <= CUBES_PER_JOB:
        for _, _, files in cubes:
            yield audit_cube(files, schemas, missing_chunks)
        return
    chunks = [
        [files for _, _, files in cubes[start : start + CUBES_PER_JOB]]
        for start in range(0, len(cubes), CUBES_PER_JOB)
    ]
    calls = [(part, schemas, missing_chunks) for part in chunks]
    with submitted(calls, jobs, _audit_cubes) as futures:
        for finished in as_completed(futures):
            yield from finished.result()


def _audit_cubes(
    cubes: Sequence[Mapping[str, Path]],
    schemas: Mapping[str, CubeSchema],
    missing_chunks: MissingChunks,
) -> list[list[FileReport]]:
    return [audit_cube(files, schemas, missing_chunks) for files in cubes]


def _compared(reports: Sequence[FileReport], schemas: Mapping[str, CubeSchema]) -> list[FileReport]:
    """Add the findings that need a comparison with the other files of the modality."""
    by_modality: dict[str, list[FileReport]] = defaultdict(list)
    for report in reports:
        by_modality[report.modality].append(report)
    compared = []
    for modality, group in by_modality.items():
        majority = _Majority(group, schemas.get(modality))
        compared += [majority.compare(report) for report in group]
    return compared


class _Majority:
    """The form and the offset of most files of a modality."""

    def __init__(self, reports: Sequence[FileReport], schema: CubeSchema | None) -> None:
        opened = [report for report in reports if report.shape]
        self._forms = {
            name: Counter(getattr(report, name) for report in opened)
            for name in ("shape", "bands", "dtype")
        }
        estimated: Counter[int] = Counter()
        for report in opened:
            estimated.update(report.offsets)
        declared = None if schema is None else schema.offset
        self._offset = declared if isinstance(declared, int) else _most_common(estimated)

    def compare(self, report: FileReport) -> FileReport:
        """Return a report with the differences to most files added."""
        added = []
        if report.shape:
            for name, counts in self._forms.items():
                majority, count = counts.most_common(1)[0]
                own = getattr(report, name)
                if own != majority:
                    message = f"{name} {_form(own)}; {count} files have {_form(majority)}"
                    added.append(Finding(name, "error", message))
            wrong = sum(n for offset, n in report.offsets.items() if offset != self._offset)
            if wrong and self._offset is not None:
                message = wrong_offset_message(self._offset)
                added.append(Finding("offset", "warning", message, wrong))
        return replace(report, findings=(*report.findings, *added)) if added else report


def _most_common(counts: Counter[int]) -> int | None:
    return counts.most_common(1)[0][0] if counts else None


def _form(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(map(str, value)) or "without names"
    return str(value)


def _missing_files(cubes: Sequence[CubeFiles]) -> list[FileReport]:
    """Report every modality that a cube lacks and other cubes of the same root have."""
    modalities: dict[Path, dict[str, Path]] = defaultdict(dict)
    for root, _, files in cubes:
        for modality, path in files.items():
            modalities[root].setdefault(modality, path)
    return [
        FileReport(
            root / modality / f"{id}{SUFFIX}",
            modality,
            id,
            (Finding("missing-modality", "error", "the cube has no file of this modality"),),
        )
        for root, id, files in cubes  # noqa: A001
        for modality in modalities[root]
        if modality not in files
    ]
