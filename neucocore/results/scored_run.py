"""Scoring under one protocol with a run folder at the end, or the one that is there already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neucocore.components.discovery import installation
from neucocore.evaluation.evaluate import Prepared, Progress, components_of, score
from neucocore.evaluation.protocols import Protocol
from neucocore.provenance.machine import Meter, file_digest, machine, software
from neucocore.results.layout import check_name, check_output
from neucocore.results.run_folder import Run, find_run, read_provenance, write_run


@dataclass(frozen=True, slots=True)
class RunReport:
    """What became of one evaluation: its folder, and the tasks as ``run.json`` describes them."""

    protocol: str
    folder: Path
    up_to_date: bool
    tasks: tuple[Mapping[str, Any], ...]

    def rows(self) -> list[dict[str, Any]]:
        """Return one row a task for a table."""
        names = ("task", "metric", "score", "std", "q", "n", "d", "status", "reason")
        return [{name: task[name] for name in names} for task in self.tasks]


def run_protocol(
    prepared: Prepared,
    chosen: Protocol,
    *,
    jobs: int = 1,
    force: bool = False,
    progress: Progress | None = None,
) -> RunReport:
    """Score prepared input and write its run folder; an equal run that is there is found.

    Raises
    ------
    ConfigError
        The method or the phase cannot be a folder's name.
    """
    request = prepared.request
    check_name(request.method, "method")
    check_name(request.phase, "phase")
    check_output(request.output)
    key = prepared.key(chosen)
    if not force and (folder := find_run(request.output, request.phase, request.method, key)):
        return RunReport(chosen.identity, folder, True, tuple(_tasks(folder)))
    meter = Meter()
    outcomes = score(prepared, chosen, jobs=jobs, progress=progress)
    run = Run(
        method=request.method,
        phase=request.phase,
        protocol=chosen,
        outcomes=outcomes,
        key=key,
        config=request.config,
        provenance=_provenance(prepared, chosen, meter, jobs),
        noted=_noted(prepared, chosen),
        warnings=(*prepared.warnings, *prepared.ignored(chosen)),
        partial=prepared.partial,
        unregistered=any(not plugin.registered for plugin in installation().plugins),
        fold_results=request.switches.fold_results,
    )
    folder = write_run(request.output, run)
    if request.switches.plots:
        from neucocore.results.plots import draw_plots

        draw_plots(folder, outcomes)
    return RunReport(chosen.identity, folder, False, tuple(_tasks(folder)))


def _tasks(folder: Path) -> list[Mapping[str, Any]]:
    record = read_provenance(folder) or {}
    return list(record.get("tasks", ()))


def _provenance(prepared: Prepared, chosen: Protocol, meter: Meter, jobs: int) -> dict[str, Any]:
    request = prepared.request
    components = components_of(chosen, prepared.selection.tasks)
    file = request.embeddings
    return {
        "software": software({component.distribution for component in components}),
        "machine": machine(),
        "costs": {**meter.read(), "jobs": jobs},
        "embeddings": {
            "file": file.name,
            "sha256": file_digest(file) if file.is_file() else None,
            "rows": len(prepared.embeddings.ids),
            "dimension": prepared.embeddings.dimension,
            "metadata": prepared.embeddings.metadata,
        },
        "parameters": {
            "nan": request.nan,
            "allow_missing": request.allow_missing,
            "lenient": request.lenient,
            "groups": request.groups is not None,
            "exclude": request.exclude is not None,
            "dimension": request.limit,
        },
    }


def _noted(prepared: Prepared, chosen: Protocol) -> dict[str, Any]:
    """Return what moves scores without being an option of the protocol."""
    given = prepared.given(chosen)
    return {
        "tasks": [task.key for task in given.tasks],
        "where": prepared.request.where,
        "store_probes": given.store_probe,
    }
