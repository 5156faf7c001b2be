"""Scores an evaluation under one protocol and writes its run folder, unless it exists."""

from __future__ import annotations

import glob
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from neucocore.components.discovery import installation
from neucocore.data.embeddings.description import coded_bytes_per_row, stored_bytes_per_row
from neucocore.data.embeddings.embeddings import Embeddings
from neucocore.data.in_memory import InMemory
from neucocore.errors import ConfigError, RunError
from neucocore.evaluation.options import EvaluateOptions
from neucocore.evaluation.prepare import Prepared, ProtocolInputs
from neucocore.evaluation.protocols import ChosenProtocol, Progress, components_of
from neucocore.evaluation.request import EvaluateRequest
from neucocore.evaluation.split_rule import RANDOM, parse_split
from neucocore.evaluation.tasks import FailedTask
from neucocore.files.html import html_table, interval_text
from neucocore.files.image_file import require_matplotlib
from neucocore.messages import pluralize
from neucocore.provenance.keys import key_of
from neucocore.provenance.machine import Meter, machine, software
from neucocore.results.layout import check_name, check_output
from neucocore.results.plots import (
    PlotReport,
    draw_plots,
    plot_data,
    stored_plot_data,
)
from neucocore.results.run_folder import Run, task_records, write_run
from neucocore.results.run_json import find_run, read_provenance

METRIC_FIELDS = ("metric", "score", "low", "high", "interval_reason", "remarks", "chance")
NO_INTERVAL = "the run has no intervals; evaluate again with --force"


@dataclass(frozen=True, slots=True, repr=False)
class RunReport:
    """The result of one evaluation.

    Attributes
    ----------
    protocol
        Identity of the protocol.
    folder
        Folder of the run; None if none was asked for.
    up_to_date
        Whether an equal run already existed.
    tasks
        The tasks as ``run.json`` describes them.
    notes
        What was asked for and has no effect under this protocol, tasks with the same labels, and
        plots that could not be drawn.
    plots
        The plots, if they were asked for.
    split
        How rows are split.
    failed
        Selected tasks that have no score because their plugin fails.
    """

    protocol: str
    folder: Path | None
    up_to_date: bool
    tasks: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...] = ()
    plots: PlotReport | None = None
    split: str = RANDOM
    failed: tuple[FailedTask, ...] = ()

    def __repr__(self) -> str:
        """Return protocol, number of scores and folder: the scores would fill the screen."""
        scored = sum(task["score"] is not None for task in self.tasks)
        where = "" if self.folder is None else f", {self.folder}"
        return f"<RunReport: {self.protocol}, {pluralize(scored, 'task')} scored{where}>"

    def _repr_html_(self) -> str:
        """Return the scores as a table, for notebooks."""
        rows = [
            {**row, "95 % interval": interval_text(row["low"], row["high"])} for row in self.rows()
        ]
        columns = ("task", "metric", "score", "95 % interval", "chance", "n", "d", "unit")
        return html_table(self.protocol, columns, rows)

    def run_folder(self) -> Path:
        """Return the folder of the run.

        Raises
        ------
        RunError
            None was asked for.
        """
        if self.folder is None:
            raise RunError("the run was not written to a folder", hint="name one with output=...")
        return self.folder

    def rows(self) -> list[dict[str, Any]]:
        """Return one row per task, for a table and for JSON; tasks that failed to load are last."""
        names = ("task", "metric", "score")
        more = ("q", "n", "d", "status", "reason")
        further: dict[str, Any] = {
            "outputs": [],
            "details": {},
            "counts": {},
            "warnings": [],
            "places": None,
        }
        return [
            {
                **{name: task[name] for name in names},
                **_uncertainty(task),
                **{name: task[name] for name in more},
                "unit": task.get("unit", ""),
                "problem": task.get("problem"),
                "split": self.split,
                "attainable": task.get("attainable"),
                "std": task["std"],
                "metrics": [
                    {name: value for name, value in metric.items() if name in METRIC_FIELDS}
                    for metric in task.get("metrics", ())
                ],
                **{name: task.get(name, default) for name, default in further.items()},
                **self._plots_of(task["task"]),
            }
            for task in (*self.tasks, *map(_task_of_failure, self.failed))
        ]

    def _plots_of(self, task: str) -> dict[str, Any]:
        """Return the plots of a task, and why there are none, if plots were asked for."""
        if self.plots is None:
            return {}
        files = [path.name for path in self.plots.drawn if path.parent.parent.name == task]
        return {"plots": files, "plots_not_drawn": dict(self.plots.not_drawn).get(task, "")}

    @property
    def scored(self) -> bool:
        """Whether any task has a score."""
        return any(task["score"] is not None for task in self.tasks)


def _task_of_failure(failed: FailedTask) -> dict[str, Any]:
    """Return a task that could not be scored in the form of those in ``run.json``."""
    return {
        "task": failed.key,
        "metric": failed.metric,
        "problem": failed.problem,
        "status": "failed",
        "reason": failed.reason,
        **dict.fromkeys(("score", "q", "n", "d", "std")),
    }


def _uncertainty(task: Mapping[str, Any]) -> dict[str, Any]:
    """Return the interval of a task's score and what it is compared with."""
    primary = next(iter(task.get("metrics", ())), None)
    names = ("low", "high", "interval_reason", "remarks", "chance", "n_effective")
    if primary is not None:
        return {name: primary[name] for name in names}
    reason = NO_INTERVAL if task["score"] is not None else task["reason"]
    return {**dict.fromkeys(names), "interval_reason": reason, "remarks": []}


def require_scores(reports: Sequence[RunReport]) -> None:
    """Check that at least one task has a score.

    Raises
    ------
    RunError
        No task has one under any protocol; all reasons are reported.
    """
    if any(report.scored for report in reports):
        return
    tasks = {row["task"]: row["reason"] for report in reports for row in report.rows()}
    raise RunError(
        f"no task has a score: {pluralize(len(tasks), 'task')} undefined",
        problems=[f"{task}: {reason}" for task, reason in tasks.items()],
        hint="use labels with at least two different values, or choose other tasks with --tasks",
    )


def require_no_failures(reports: Sequence[RunReport]) -> None:
    """Check that no task failed because of its plugin.

    Raises
    ------
    RunError
        One did; the scores of the others are written.
    """
    failed = {task.key: task.reason for report in reports for task in report.failed}
    failed |= {
        task["task"]: task["reason"]
        for report in reports
        for task in report.tasks
        if task.get("failed_plugin")
    }
    if failed:
        raise RunError(
            f"{pluralize(len(failed), 'task')} failed; the scores of the others are written",
            problems=[f"{task}: {reason}" for task, reason in failed.items()],
            hint="neuco plugins check PLUGIN shows what is wrong with the plugin of a task",
        )


def check_request(request: EvaluateRequest) -> None:
    """Check what the results need, before any file is read: names, folder, and matplotlib.

    Raises
    ------
    ConfigError
        The method or the phase cannot be the name of a folder, the output folder is not writable,
        or plots cannot be drawn.
    """
    check_name(request.method, "method")
    check_name(request.phase, "phase")
    if request.options.output is None:
        if request.plots or request.store_probes:
            raise ConfigError(
                "plots and stored probes are files of a run folder", hint="name one with output=..."
            )
        return
    output = Path(request.options.output)
    earlier_runs = (output / request.phase).glob(f"{glob.escape(request.method)}_*")
    if next(earlier_runs, None) is None:  # otherwise the run may exist, and need not be written
        check_output(output)
    if request.plots:
        require_matplotlib()


def run_protocol(
    prepared: Prepared, protocol: ChosenProtocol, *, progress: Progress | None = None
) -> RunReport:
    """Score a prepared evaluation under one protocol and write its run folder, if one is named.

    An equal run that exists is returned instead, unless the options ask for ``force``.

    Raises
    ------
    ConfigError
        The method or the phase cannot be the name of a folder, or plots cannot be drawn.
    """
    report = _scored_or_stored(prepared, protocol, progress)
    return replace(report, failed=prepared.selection.failed)


def _scored_or_stored(
    prepared: Prepared, protocol: ChosenProtocol, progress: Progress | None
) -> RunReport:
    request, options = prepared.request, prepared.request.options
    check_request(request)
    inputs = prepared.for_protocol(protocol)
    split = inputs.split
    if options.output is None:
        outcomes = inputs.score(jobs=options.jobs, progress=progress)
        return _report(protocol, None, task_records(outcomes), inputs.notes, None, split)
    output = Path(options.output)
    key = inputs.key
    if not options.force and (folder := find_run(output, request.phase, request.method, key)):
        tasks = tuple(_tasks(folder))
        plots = None
        if request.plots:
            stored = stored_plot_data(folder, tasks, request.method, protocol.identity)
            plots = draw_plots(folder, stored)
        return _report(protocol, folder, tasks, inputs.notes, plots, split, up_to_date=True)
    check_output(output)
    meter = Meter()
    outcomes = inputs.score(jobs=options.jobs, progress=progress)
    run = Run(
        method=request.method,
        phase=request.phase,
        protocol=protocol,
        outcomes=outcomes,
        key=key,
        config=request.config,
        provenance={
            **_provenance(prepared, inputs, meter),
            "suite": None
            if request.suite is None
            else request.suite.record(outcomes, partial=prepared.joined.partial),
        },
        context=_context(prepared, inputs),
        warnings=(*prepared.warnings, *inputs.notes),
        partial=prepared.joined.partial,
        unregistered=_unregistered(prepared, inputs),
        fold_results=request.fold_results,
    )
    folder = write_run(output, run)
    plots = None
    if request.plots:
        scored = [plot_data(one, request.method, protocol.identity) for one in outcomes]
        plots = draw_plots(folder, scored)
    return _report(protocol, folder, _tasks(folder), inputs.notes, plots, split)


def _report(
    protocol: ChosenProtocol,
    folder: Path | None,
    tasks: Sequence[Mapping[str, Any]],
    notes: Sequence[str],
    plots: PlotReport | None,
    split: str,
    *,
    up_to_date: bool = False,
) -> RunReport:
    missing_plots = () if plots is None else plots.notes()
    return RunReport(
        protocol.identity, folder, up_to_date, tuple(tasks), (*notes, *missing_plots), plots, split
    )


def _tasks(folder: Path) -> list[Mapping[str, Any]]:
    record = read_provenance(folder) or {}
    return list(record.get("tasks", ()))


def _unregistered(prepared: Prepared, inputs: ProtocolInputs) -> bool:
    """Return whether code that is not installed made the scores, the labels or the embeddings."""
    tasks = inputs.scoring.tasks
    components = components_of(inputs.chosen, inputs.implementation, tasks)
    unlisted = {plugin.name for plugin in installation().plugins if not plugin.registered}
    return (
        prepared.inputs.unregistered
        or not all(one.registered for one in (*components, inputs.chosen.component))
        or any(task.plugin in unlisted for task in tasks)
    )


def _provenance(prepared: Prepared, inputs: ProtocolInputs, meter: Meter) -> dict[str, Any]:
    options, loaded = prepared.request.options, prepared.inputs
    components = components_of(inputs.chosen, inputs.implementation, inputs.scoring.tasks)
    distributions = {component.distribution for component in (*components, inputs.chosen.component)}
    return {
        "hidden": options.hidden,
        "software": software(distributions),
        "machine": machine(),
        "costs": {**meter.read(), "jobs": options.jobs},
        "embeddings": {
            "file": Path(options.embeddings).name,
            "in_memory": isinstance(options.embeddings, InMemory),
            **_identity_of(prepared),
            "rows": len(loaded.embeddings.ids),
            "dimension": loaded.embeddings.dimension
            if prepared.request.reduction is None
            else prepared.request.reduction.dimension,
            "bytes_per_row": _bytes_per_row(loaded.embeddings),
            "metadata": loaded.embeddings.metadata,
            "product": loaded.product,
            "columns_constant": prepared.columns.constant,
            "columns_nearly_constant": prepared.columns.nearly_constant,
        },
        "labels": {
            "files": loaded.label_records(),
            "skipped": [{"name": name, "reason": reason} for name, reason in loaded.skipped_files],
        },
        "tasks_left_out": [
            {"task": task, "reason": reason}
            for task, reason in (*prepared.selection.left_out, *prepared.joined.left_out)
        ],
        "tasks_failed": [
            {"task": failed.key, "reason": failed.reason} for failed in prepared.selection.failed
        ],
        "plugins_not_loaded": installation().not_loaded(),
        "parameters": {
            "nan": options.nan,
            "allow_missing": options.allow_missing,
            "lenient": prepared.request.lenient,
            "split": prepared.partition.record(loaded),
            "exclude": loaded.exclude,
            "subset": _subset(prepared),
            "dimension": options.dimension,
        },
        "options": options_in_force(options),
    }


def _bytes_per_row(embeddings: Embeddings) -> float:
    """Return the bytes of a row; float32 holds what is scored, whatever the file's type."""
    stored = min(stored_bytes_per_row(embeddings), 4.0 * embeddings.dimension)
    return coded_bytes_per_row(embeddings.metadata, stored)


def _identity_of(prepared: Prepared) -> dict[str, Any]:
    """Return the digests by which embeddings are recognised, and what happens inside splits."""
    loaded, inside = prepared.inputs, prepared.request.inside_splits
    if not inside:
        return {"sha256": loaded.file_sha256, "digest": loaded.content_digest}
    digest = key_of([loaded.content_digest, inside])
    return {"sha256": None, "digest": digest, "inside_splits": inside}


def _subset(prepared: Prepared) -> dict[str, Any] | None:
    """Return the rule of the subset and how many labelled rows it keeps, over all label files."""
    rule = prepared.request.options.subset
    if rule is None:
        return None
    total = sum(len(file.ids) for file in prepared.inputs.label_files)
    outside = sum(counts["rows_outside_subset"] for counts in prepared.selection.counts.values())
    left_out = {stem for stem, _ in prepared.selection.left_out}
    outside += sum(len(file.ids) for file in prepared.inputs.label_files if file.stem in left_out)
    return {"rule": rule, "rows": total - outside, "rows_outside": outside}


def options_in_force(options: EvaluateOptions) -> dict[str, Any]:
    """Return the options of an evaluation as JSON values, with file names instead of paths.

    What does not change a result is left out: the output folder, threads, ``force`` and the mark
    ``hidden``.
    """
    values = {}
    for option in fields(options):
        value = getattr(options, option.name)
        if option.name in ("output", "jobs", "force", "ids", "hidden"):
            continue
        if option.name in ("embeddings", "labels", "config", "exclude_file") and value is not None:
            value = Path(value).name
        elif option.name == "split":
            value = str(parse_split(value))
        values[option.name] = value
    return values


def _context(prepared: Prepared, inputs: ProtocolInputs) -> dict[str, Any]:
    """Return what changes scores without being an option of the protocol."""
    return {
        "tasks": [task.key for task in inputs.scoring.tasks],
        "subset": prepared.request.options.subset,
        "store_probes": inputs.scoring.store_probe,
    }
