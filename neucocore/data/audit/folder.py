"""Every cube of a folder audited, alone and beside its neighbours, in several processes."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

from neucocore.data.audit.cube import FileReport, audit_cube
from neucocore.data.cubes.file import MissingChunks
from neucocore.data.cubes.layouts import SUFFIX
from neucocore.data.cubes.offset import wrong_offset_message
from neucocore.data.cubes.schema import CubeSchema
from neucocore.errors import MissingFileError, RunError
from neucocore.files.findings import Finding
from neucocore.runtime.processes import block_sigint, end_with_parent

PART = "part-"
CUBES_A_TASK = 16


CubeFiles = tuple[Path, str, Mapping[str, Path]]
"""Root folder, id, and the file of each modality of one cube."""


def audit_folder(
    path: str | Path,
    *,
    schemas: Mapping[str, CubeSchema] | None = None,
    missing_chunks: MissingChunks = "error",
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> list[FileReport]:
    """Read every cube file under a folder and report what is noticed.

    Files are compared with `schemas`; without, with what most files of their modality are like.

    Parameters
    ----------
    path
        A folder in any layout whose files lie in folders named after their modality (parts in
        between are passed over), or one cube file.
    schemas
        Modality name to what its files should look like.
    missing_chunks
        See `CubeFile.read`.
    jobs
        Worker processes.
    progress
        Called with (cubes done, cubes in all).

    Returns
    -------
    list
        One report a file, and one for each file that is missing beside its cube's others; sorted.

    Raises
    ------
    MissingFileError
        The path does not exist, or holds no cube.
    RunError
        A worker died.
    """
    cubes, doubled = find_all(Path(path))
    wanted = dict(schemas or {})
    reports: list[FileReport] = []
    for done, found in enumerate(_audited(cubes, wanted, missing_chunks, jobs), 1):
        reports += found
        if progress is not None:
            progress(done, len(cubes))
    reports = _beside_neighbours(reports, wanted)
    reports += [*_missing_files(cubes), *doubled]
    return sorted(reports, key=lambda report: report.path)


def find_all(path: Path) -> tuple[list[CubeFiles], list[FileReport]]:
    """Find all cubes under a folder, whatever its layout, and files that repeat an id.

    Raises
    ------
    MissingFileError
        The path does not exist, or holds no cube.
    """
    if path.is_file():
        home = _modality_folder(path.absolute().parent)
        return [(home.parent, _id(path), {home.name: path})], []
    if not path.is_dir():
        raise MissingFileError(f"there is no file or folder {path}")
    cubes: dict[tuple[Path, str], dict[str, Path]] = defaultdict(dict)
    doubled = []
    for folder, folders, names in os.walk(path, followlinks=True):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        home = _modality_folder(Path(folder))
        for name in sorted(names):
            if not name.endswith(SUFFIX) or name.startswith("."):
                continue
            file = Path(folder, name)
            first = cubes[home.parent, _id(file)].setdefault(home.name, file)
            if first != file:
                finding = Finding("doubled-id", "error", f"its id has another file, {first}")
                doubled.append(FileReport(file, home.name, _id(file), (finding,)))
    if not cubes:
        raise MissingFileError(
            f"no cubes (*{SUFFIX}) under {path}", hint="neuco data download NAME --out DIR"
        )
    return [(root, id, files) for (root, id), files in sorted(cubes.items())], doubled  # noqa: A001


def _modality_folder(folder: Path) -> Path:
    """Return the folder named after the modality, above any parts."""
    while folder.name.startswith(PART):
        folder = folder.parent
    return folder


def _id(path: Path) -> str:
    return path.name.removesuffix(SUFFIX)


def _audited(
    cubes: Sequence[CubeFiles],
    schemas: Mapping[str, CubeSchema],
    missing_chunks: MissingChunks,
    jobs: int,
) -> Iterator[list[FileReport]]:
    """Yield the reports of one cube after the other, as they come."""
    if jobs <= 1 or len(cubes) <= CUBES_A_TASK:
        for _, _, files in cubes:
            yield audit_cube(files, schemas, missing_chunks)
        return
    chunks = [
        [files for _, _, files in cubes[start : start + CUBES_A_TASK]]
        for start in range(0, len(cubes), CUBES_A_TASK)
    ]
    with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=end_with_parent) as pool:
        with block_sigint():
            waiting = [pool.submit(_audit_cubes, part, schemas, missing_chunks) for part in chunks]
        try:
            for finished in as_completed(waiting):
                yield from finished.result()
        except BrokenProcessPool as error:
            raise RunError(
                "a worker died while cubes were audited (out of memory?)",
                hint="try fewer --jobs",
            ) from error
        finally:
            for future in waiting:
                future.cancel()


def _audit_cubes(
    cubes: Sequence[Mapping[str, Path]],
    schemas: Mapping[str, CubeSchema],
    missing_chunks: MissingChunks,
) -> list[list[FileReport]]:
    return [audit_cube(files, schemas, missing_chunks) for files in cubes]


def _beside_neighbours(
    reports: Sequence[FileReport], schemas: Mapping[str, CubeSchema]
) -> list[FileReport]:
    """Add what only the other files of the modality show."""
    by_modality: dict[str, list[FileReport]] = defaultdict(list)
    for report in reports:
        by_modality[report.modality].append(report)
    compared = []
    for modality, group in by_modality.items():
        usual = _Usual(group, schemas.get(modality))
        compared += [usual.compare(report) for report in group]
    return compared


class _Usual:
    """What most files of a modality are like."""

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
        """Return the report with what is unusual about the file added."""
        added = []
        if report.shape:
            for name, counts in self._forms.items():
                usual, count = counts.most_common(1)[0]
                own = getattr(report, name)
                if own != usual:
                    message = f"{name} {_form(own)}, where {count} files have {_form(usual)}"
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
    """Report each modality that a root's other cubes have, and a cube has not."""
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
