"""Checking every cube of a data set, of any kind of files, by reading it."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucocore.components.discovery import Component
from neucocore.components.factory import create, plugin_errors
from neucocore.data.audit.cube import FileReport
from neucocore.data.audit.workers import submitted
from neucocore.data.cubes.cube import Cube
from neucocore.data.cubes.quality import audit_values, nodata_share
from neucocore.data.dataset_output import listed_ids
from neucocore.errors import NeucoError
from neucocore.files.findings import EXAMPLES_SHOWN, Finding

CUBES_PER_JOB = 16


def audit_dataset(
    component: Component,
    path: Path,
    params: Mapping[str, Any],
    *,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> list[FileReport]:
    """Read every cube of a data set and report its findings.

    Parameters
    ----------
    component
        The data set.
    path
        Its folder.
    params
        Its parameters.
    jobs
        Worker processes.
    progress
        Called with (cubes done, total number of cubes).

    Returns
    -------
    list
        One report per cube and modality in the order of the ids; one per cube that cannot be read.

    Raises
    ------
    DataError
        The data set cannot be opened.
    RunError
        A worker died.
    """
    dataset = create(component, path, **params)
    ids = listed_ids(dataset, component)
    reports: list[FileReport] = []
    contents: list[str] = []
    done = 0
    for part in _audited(component, path, params, ids, jobs):
        reports += [report for report, _ in part]
        contents += [content for _, content in part]
        done = len({report.id for report in reports})
        if progress is not None:
            progress(done, len(ids))
    return _compared(_marked_copies(reports, contents))


Audited = list[tuple[FileReport, str]]
"""Reports with the digest of the values; empty where there are none, or only one value."""


def _audited(
    component: Component, path: Path, params: Mapping[str, Any], ids: Sequence[str], jobs: int
) -> Iterator[Audited]:
    """Yield the reports of some cubes at a time, in the order of the ids."""
    parts = [ids[first : first + CUBES_PER_JOB] for first in range(0, len(ids), CUBES_PER_JOB)]
    if jobs <= 1 or len(parts) <= 1:
        dataset = create(component, path, **params)
        for sample in ids:
            yield _audit_cube(component, dataset, path, sample)
        return
    calls = [(component, path, dict(params), part) for part in parts]
    with submitted(calls, jobs, _audit_cubes) as futures:
        for future in futures:
            yield future.result()


def _audit_cubes(
    component: Component, path: Path, params: Mapping[str, Any], ids: Sequence[str]
) -> Audited:
    dataset = create(component, path, **params)
    return [entry for sample in ids for entry in _audit_cube(component, dataset, path, sample)]


def _audit_cube(component: Component, dataset: Any, path: Path, sample: str) -> Audited:
    file = _first_file(dataset, path, sample)
    try:
        with plugin_errors(component):
            (cube,) = dataset.read([sample])
    except (NeucoError, OSError) as error:
        problems: Sequence[str] = (str(error),)
        if isinstance(error, NeucoError):
            problems = error.problems or (error.message.removeprefix(f"cube {sample}: "),)
        findings = tuple(Finding("corrupt", "error", problem) for problem in problems)
        modality = next(iter(getattr(dataset, "modalities", ())), "-")
        return [(FileReport(file, modality, sample, findings), "")]
    return [_audit_modality(cube, modality, file) for modality in cube.modalities]


def _first_file(dataset: Any, path: Path, sample: str) -> Path:
    try:
        return Path(next(iter(dataset.files(sample).values())))
    except Exception:  # noqa: BLE001  the method is optional; reading reports what is wrong
        return path / sample


def _audit_modality(cube: Cube, modality: str, file: Path) -> tuple[FileReport, str]:
    array, nodata = cube.arrays[modality], cube.nodata.get(modality)
    findings = list(cube.findings) if modality == cube.modalities[0] else []
    known = {finding.code for finding in findings}
    values = array
    if nodata is not None and np.isnan(nodata):
        values = np.nan_to_num(array, nan=0)
    for finding in audit_values(values) if array.size else [_EMPTY]:
        if finding.code not in known:
            findings.append(finding)
    varies = array.size and bool((array != array.flat[0]).any())
    if varies:
        findings += _of_bands(array, cube.bands[modality])
        findings += _repeated_seasons(array)
    report = FileReport(
        path=file,
        modality=modality,
        id=cube.id,
        findings=tuple(findings),
        shape=array.shape,
        bands=tuple(cube.bands[modality]),
        dtype=str(array.dtype),
        samples=1,
        nodata=nodata_share(array, nodata) if nodata is not None and array.size else 0.0,
    )
    return report, _content(array) if varies else ""


_EMPTY = Finding("empty", "error", "an array without values")


def _content(array: NDArray[Any]) -> str:
    text = f"{array.shape} {array.dtype} ".encode()
    return hashlib.sha256(text + np.ascontiguousarray(array).tobytes()).hexdigest()


def _of_bands(array: NDArray[Any], bands: Sequence[str]) -> list[Finding]:
    """Return a finding if bands have one value everywhere in a season that is not constant."""
    flat = (array == array[..., :1, :1]).all(axis=(2, 3))
    flat &= ~flat.all(axis=1, keepdims=True)
    places = np.argwhere(flat).tolist()
    if not places:
        return []
    examples = tuple(f"{bands[band]} of season {season}" for season, band in places)
    message = "band has the same value everywhere"
    return [Finding("constant-band", "warning", message, len(places), examples[:EXAMPLES_SHOWN])]


def _repeated_seasons(array: NDArray[Any]) -> list[Finding]:
    """Return a finding if a season that is not constant has the values of an earlier one."""
    first: dict[bytes, int] = {}
    examples = []
    for season, values in enumerate(array):
        if (values == values.flat[0]).all():
            continue
        other = first.setdefault(np.ascontiguousarray(values).tobytes(), season)
        if other != season:
            examples.append(f"season {season} equals season {other}")
    if not examples:
        return []
    message = "season has the values of an earlier one"
    shown = tuple(examples[:EXAMPLES_SHOWN])
    return [Finding("repeated-season", "warning", message, len(examples), shown)]


def _marked_copies(reports: Sequence[FileReport], contents: Sequence[str]) -> list[FileReport]:
    """Add a warning to cubes that have exactly the values of an earlier one."""
    first: dict[tuple[str, str], str] = {}
    marked = []
    for report, content in zip(reports, contents, strict=True):
        original = first.setdefault((report.modality, content), report.id) if content else report.id
        if original != report.id:
            message = "all values are those of another cube"
            added = Finding(
                "copy", "warning", message, examples=(f"{report.id} equals {original}",)
            )
            report = replace(report, findings=(*report.findings, added))
        marked.append(report)
    return marked


def _compared(reports: Sequence[FileReport]) -> list[FileReport]:
    """Add the differences from most cubes of a modality.

    Bands and types must be equal. Encoders for any sensor take any number of dates and any size,
    so these are warnings.
    """
    groups: dict[str, list[FileReport]] = defaultdict(list)
    for report in reports:
        if report.shape:
            groups[report.modality].append(report)
    common = {
        modality: {
            name: Counter(_form(report)[name] for report in group).most_common(1)[0]
            for name in _form(group[0])
        }
        for modality, group in groups.items()
    }
    compared = []
    for report in reports:
        added = []
        if report.shape:
            for name, own in _form(report).items():
                majority, count = common[report.modality][name]
                if own != majority:
                    level = "error" if name in ("bands", "type") else "warning"
                    message = f"{name} {own}; {count} cubes have {majority}"
                    added.append(Finding(name, level, message))  # type: ignore[arg-type]
        compared.append(replace(report, findings=(*report.findings, *added)) if added else report)
    return compared


def _form(report: FileReport) -> dict[str, str]:
    seasons, _, height, width = report.shape
    return {
        "bands": " ".join(report.bands),
        "type": report.dtype,
        "number of dates": str(seasons),
        "size": f"{width} x {height}",
    }
