"""The embeddings file and its sidecar: written at the end of a run, recognised by a later one."""

from __future__ import annotations

from pathlib import Path

from neucocore.data.embeddings.formats import save_embeddings
from neucocore.data.embeddings.sidecar import read_sidecar, write_sidecar
from neucocore.encoding.assembly import Assembly
from neucocore.encoding.costs import RunMeter, costs_of
from neucocore.encoding.journal import count_notes
from neucocore.encoding.report import EncodeReport
from neucocore.encoding.workload import Workload
from neucocore.errors import DataError
from neucocore.provenance.code import identity_of
from neucocore.provenance.machine import file_digest, machine


def write_output(
    work: Workload, assembly: Assembly, meter: RunMeter, *, encoded: int, resumed: int
) -> EncodeReport:
    """Write the embeddings file and its sidecar.

    Parameters
    ----------
    encoded, resumed
        Cubes encoded by this run and by earlier ones.
    """
    embeddings, output = assembly.embeddings, work.request.output
    save_embeddings(embeddings, output)
    report = EncodeReport(
        path=output,
        rows=len(embeddings.ids),
        columns=embeddings.matrix.shape[1],
        resumed=resumed,
        failures=tuple(sorted(assembly.failures.items())),
        warnings=count_notes(work.folder.path),
        costs=costs_of(work, meter, encoded=encoded, resumed=resumed),
    )
    components = (work.request.encoder, work.request.dataset)
    distributions = {"neucocore", *(component.distribution for component in components)}
    write_sidecar(
        output,
        {
            "key": work.file_key,
            "sha256": file_digest(output),
            "rows": report.rows,
            "columns": report.columns,
            "what": dict(embeddings.metadata),
            "software": [identity_of(name) for name in sorted(distributions)],
            "machine": machine(),
            "costs": dict(report.costs),
            "warnings": [{"what": message, "cubes": n} for message, n in report.warnings],
            "failures": [{"id": cube, "reason": reason} for cube, reason in report.failures],
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
    try:
        sidecar = read_sidecar(path)
    except DataError:
        return None
    if sidecar is None or not path.is_file() or sidecar.get("key") != key:
        return None
    if sidecar.get("sha256") != file_digest(path):
        return None
    try:
        return EncodeReport(
            path,
            sidecar["rows"],
            sidecar["columns"],
            up_to_date=True,
            failures=tuple((row["id"], row["reason"]) for row in sidecar["failures"]),
            warnings=tuple((row["what"], row["cubes"]) for row in sidecar["warnings"]),
        )
    except (KeyError, TypeError):
        return None
