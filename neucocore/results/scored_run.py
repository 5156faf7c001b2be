"""Scores an evaluation under one protocol and writes its run folder, unless it exists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neucocore.components.discovery import installation
from neucocore.evaluation.prepare import Prepared, ProtocolInputs
from neucocore.evaluation.protocols import ChosenProtocol, Progress, components_of
from neucocore.provenance.machine import Meter, machine, software
from neucocore.results.layout import check_name, check_output
from neucocore.results.run_folder import Run, write_run
from neucocore.results.run_json import find_run, read_provenance


@dataclass(frozen=True, slots=True)
class RunReport:
    """The result of one evaluation.

    Attributes
    ----------
    protocol
        Identity of the protocol.
    folder
        Folder of the run.
    up_to_date
        Whether an equal run already existed.
    tasks
        The tasks as ``run.json`` describes them.
    notes
        What was asked for and has no effect under this protocol.
    """

    protocol: str
    folder: Path
    up_to_date: bool
    tasks: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...] = ()

    def rows(self) -> list[dict[str, Any]]:
        """Return one row per task, for a table."""
        names = ("task", "metric", "score", "std", "q", "n", "d", "status", "reason")
        return [{name: task[name] for name in names} for task in self.tasks]


def run_protocol(
    prepared: Prepared, protocol: ChosenProtocol, *, progress: Progress | None = None
) -> RunReport:
    """Score a prepared evaluation under one protocol and write its run folder.

    An equal run that exists is returned instead, unless the options ask for ``force``.

    Raises
    ------
    ConfigError
        The method or the phase cannot be the name of a folder.
    """
    request, options = prepared.request, prepared.request.options
    output = Path(options.output)
    check_name(request.method, "method")
    check_name(request.phase, "phase")
    check_output(output)
    inputs = prepared.for_protocol(protocol)
    key = inputs.key
    if not options.force and (folder := find_run(output, request.phase, request.method, key)):
        return RunReport(protocol.identity, folder, True, tuple(_tasks(folder)), inputs.notes)
    meter = Meter()
    outcomes = inputs.score(jobs=options.jobs, progress=progress)
    run = Run(
        method=request.method,
        phase=request.phase,
        protocol=protocol,
        outcomes=outcomes,
        key=key,
        config=request.config,
        provenance=_provenance(prepared, inputs, meter),
        context=_context(prepared, inputs),
        warnings=(*prepared.warnings, *inputs.notes),
        partial=prepared.joined.partial,
        unregistered=any(not plugin.registered for plugin in installation().plugins),
        fold_results=request.fold_results,
    )
    folder = write_run(output, run)
    if request.plots:
        from neucocore.results.plots import draw_plots

        draw_plots(folder, outcomes)
    return RunReport(protocol.identity, folder, False, tuple(_tasks(folder)), inputs.notes)


def _tasks(folder: Path) -> list[Mapping[str, Any]]:
    record = read_provenance(folder) or {}
    return list(record.get("tasks", ()))


def _provenance(prepared: Prepared, inputs: ProtocolInputs, meter: Meter) -> dict[str, Any]:
    options, loaded = prepared.request.options, prepared.inputs
    components = components_of(inputs.chosen, inputs.implementation, inputs.scoring.tasks)
    distributions = {component.distribution for component in (*components, inputs.chosen.component)}
    return {
        "software": software(distributions),
        "machine": machine(),
        "costs": {**meter.read(), "jobs": options.jobs},
        "embeddings": {
            "file": Path(options.embeddings).name,
            "sha256": loaded.file_sha256,
            "rows": len(loaded.embeddings.ids),
            "dimension": loaded.embeddings.dimension,
            "metadata": loaded.embeddings.metadata,
        },
        "parameters": {
            "nan": options.nan,
            "allow_missing": options.allow_missing,
            "lenient": prepared.request.lenient,
            "split": loaded.split,
            "exclude": loaded.exclude,
            "dimension": options.dimension,
        },
    }


def _context(prepared: Prepared, inputs: ProtocolInputs) -> dict[str, Any]:
    """Return what changes scores without being an option of the protocol."""
    return {
        "tasks": [task.key for task in inputs.scoring.tasks],
        "subset": prepared.request.options.subset,
        "store_probes": inputs.scoring.store_probe,
    }
