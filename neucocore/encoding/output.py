"""The embeddings file and its sidecar: written at the end of a run, recognised by a later one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from neucocore.components.discovery import installation
from neucocore.data.embeddings.formats import save_embeddings
from neucocore.data.embeddings.sidecar import check_sidecar, read_sidecar, write_sidecar
from neucocore.encoding.assembly import Assembly
from neucocore.encoding.costs import RunMeter, costs_of
from neucocore.encoding.journal import count_notes
from neucocore.encoding.report import EncodeReport
from neucocore.encoding.workload import Workload
from neucocore.errors import DataError
from neucocore.files.outputs import OutputFile, WrittenFile
from neucocore.provenance.code import identity_of
from neucocore.provenance.machine import file_digest, machine

COMMAND = "encode"


def output_file(work: Workload) -> OutputFile:
    """Check that the embeddings file of a run can be written, and may be replaced if it exists.

    Raises
    ------
    ConfigError
        It cannot, or must not without ``force``.
    """
    path, force = work.request.output, work.request.execution.force
    check_sidecar(path, force=force)
    sidecar = _sidecar(path)
    record = None
    if isinstance(sidecar.get("key"), str) and isinstance(sidecar.get("sha256"), str):
        record = WrittenFile(path.name, COMMAND, sidecar["key"], sidecar["sha256"])
    return OutputFile(path, command=COMMAND, key=work.file_key, force=force, record=record)


def _sidecar(path: Path) -> dict[str, Any]:
    """Return the content of a sidecar, empty if it is missing or cannot be read."""
    try:
        return read_sidecar(path) or {}
    except DataError:
        return {}


def write_output(
    work: Workload,
    output: OutputFile,
    assembly: Assembly,
    meter: RunMeter,
    *,
    encoded: int,
    resumed: int,
) -> EncodeReport:
    """Write the embeddings file and its sidecar.

    Parameters
    ----------
    output
        The file, see `output_file`.
    encoded, resumed
        Cubes encoded by this run and by earlier ones.
    """
    embeddings, path = assembly.embeddings, output.path
    with output.writing():
        save_embeddings(embeddings, path)
    report = EncodeReport(
        path=path,
        rows=len(embeddings.ids),
        columns=embeddings.matrix.shape[1],
        fit=work.fit,
        resumed=resumed,
        failures=tuple(sorted(assembly.failures.items())),
        warnings=count_notes(work.folder.path),
        costs=costs_of(work, meter, encoded=encoded, resumed=resumed),
    )
    components = (work.request.encoder, work.request.dataset)
    distributions = {"neucocore", *(component.distribution for component in components)}
    write_sidecar(
        path,
        {
            "key": work.file_key,
            "sha256": file_digest(path),
            "rows": report.rows,
            "columns": report.columns,
            "what": dict(embeddings.metadata),
            "software": [identity_of(name) for name in sorted(distributions)],
            "machine": machine(),
            "costs": dict(report.costs),
            "warnings": [{"what": message, "cubes": n} for message, n in report.warnings],
            "failures": [{"id": cube, "reason": reason} for cube, reason in report.failures],
            "plugins_not_loaded": installation().not_loaded(),
        },
    )
    return report


def read_report(path: Path, key: str) -> EncodeReport | None:
    """Return the report of an embeddings file that is up to date, else None.

    Parameters
    ----------
    path
        The embeddings file.
    key
        Key that the file must have: same input, same code.
    """
    sidecar = _sidecar(path)
    if not path.is_file() or sidecar.get("key") != key:
        return None
    if sidecar.get("sha256") != file_digest(path):
        return None
    try:
        return EncodeReport(
            path,
            sidecar["rows"],
            sidecar["columns"],
            sidecar["what"]["fit"],
            up_to_date=True,
            failures=tuple((row["id"], row["reason"]) for row in sidecar["failures"]),
            warnings=tuple((row["what"], row["cubes"]) for row in sidecar["warnings"]),
        )
    except (KeyError, TypeError):
        return None
