"""Writes the folder of a run.

It contains NeuCo-Bench's files with its keys (``results_summary.json``,
``<task>/<task>_result.json``) and, in addition, ``run.json`` (provenance), ``scores.jsonl`` (one
row per method, task, metric and split), out-of-fold predictions and stored probes. The summary is
written last: a folder without it is an incomplete run.
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from neucocore.evaluation.outcome import MetricScore, TaskOutcome
from neucocore.evaluation.protocols import ChosenProtocol
from neucocore.evaluation.same_labels import value_digest
from neucocore.files.atomic import replacing, write_bytes
from neucocore.provenance.machine import file_digest
from neucocore.results.influence_file import influence_record, write_influences
from neucocore.results.layout import (
    INFLUENCE,
    PREDICTIONS,
    RUN,
    SCORES,
    SUMMARY,
    check_name,
    new_run_folder,
)
from neucocore.results.probes import save_probe
from neucocore.results.run_json import FORMAT
from neucocore.runtime.interrupts import at_forced_end


@dataclass(frozen=True, eq=False)
class Run:
    """The content of a run folder.

    Attributes
    ----------
    outcomes
        Results of the tasks, in the order of the summary.
    key
        sha256 of everything the scores depend on, by which the run is found again.
    config
        Content of NeuCo-Bench's configuration file, if it was used; else empty.
    provenance
        JSON values for ``run.json``: software, machine, costs, embeddings, parameters.
    context
        What changes scores without being an option of the protocol: tasks, subset, stored probes.
    partial
        Whether labelled ids had no embedding. Such a run is not ranked.
    unregistered
        Whether code that is not installed (a file, an object in memory) made scores, labels or
        embeddings.
    fold_results
        Whether task files contain the score of each split (``q_t``).
    """

    method: str
    phase: str
    protocol: ChosenProtocol
    outcomes: Sequence[TaskOutcome]
    key: str
    config: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    partial: bool = False
    unregistered: bool = False
    fold_results: bool = True


def write_run(output: Path, run: Run, now: datetime | None = None) -> Path:
    """Write a run and return its folder.

    Parameters
    ----------
    output
        The results folder, above the phases.
    now
        Time in the folder's name; the current time by default.

    Raises
    ------
    ConfigError
        The name of the method, of the phase or of a task cannot be the name of a folder.
    """
    for outcome in run.outcomes:
        check_name(outcome.task.key, "task")
    folder = new_run_folder(output, run.phase, run.method, now)
    with at_forced_end(partial(shutil.rmtree, folder, ignore_errors=True)):
        try:
            _write(folder, run)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    return folder


def _write(folder: Path, run: Run) -> None:
    for outcome in run.outcomes:
        _write_task(folder / outcome.task.key, outcome, run)
    _write_scores(folder, run)
    summary = _json(_summary(folder.name, run))
    files = {
        path.relative_to(folder).as_posix(): file_digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    files[SUMMARY] = hashlib.sha256(summary).hexdigest()
    write_bytes(folder / RUN, _json(_provenance(folder.name, run, files)))
    write_bytes(folder / SUMMARY, summary)


def _write_task(folder: Path, outcome: TaskOutcome, run: Run) -> None:
    result: dict[str, Any] = {
        "q_stat": outcome.q,
        "mean_score": outcome.score,
        "std_dev": outcome.std,
        "hyperparamaters": dict(outcome.hyperparameters),
    }
    if run.fold_results:
        result["q_t"] = primary_values(outcome)
    result["n"] = outcome.n
    if outcome.outputs:
        result["outputs"] = [asdict(output) for output in outcome.outputs]
    write_bytes(folder / f"{outcome.task.key}_result.json", _json(result), durable=False)
    if outcome.predictions:
        with replacing(folder / PREDICTIONS, durable=False) as file:
            np.savez_compressed(file, **outcome.predictions)  # type: ignore[arg-type]
    write_influences(folder / INFLUENCE, outcome.metrics)
    if outcome.probe is not None:
        save_probe(folder / "probe", outcome.probe)


def primary_values(outcome: TaskOutcome) -> list[float | None]:
    """Return the primary metric of each split, in the order of the splits."""
    if not outcome.splits:
        return []
    primary = outcome.splits[0].metric
    return [split.value for split in outcome.splits if split.metric == primary]


def _write_scores(folder: Path, run: Run) -> None:
    with replacing(folder / SCORES, durable=False) as file:
        for outcome in run.outcomes:
            for split in outcome.splits:
                row = {
                    "method": run.method,
                    "phase": run.phase,
                    "protocol": run.protocol.identity,
                    "task": outcome.task.key,
                    "metric": split.metric,
                    "split": split.split,
                    "value": split.value,
                    "status": split.status,
                    "reason": split.reason,
                }
                file.write(_json(row, indent=None))


def _summary(experiment: str, run: Run) -> dict[str, Any]:
    q = {outcome.task.key: outcome.q for outcome in run.outcomes}
    scores = {outcome.task.key: outcome.score for outcome in run.outcomes}
    options = {"protocol": run.protocol.identity, **run.protocol.values()}
    return {
        "experiment": experiment,
        "overall_q_score": _mean(list(q.values())),
        "overall_acc_score": _mean(list(scores.values())),
        "task_q_scores": q,
        "task_acc_scores": scores,
        "config": dict(run.config) or options,
    }


def _mean(values: Sequence[float | None]) -> float | None:
    """Return the mean; None if a value is missing: a mean over fewer tasks is not comparable."""
    numbers = [value for value in values if value is not None]
    return float(np.mean(numbers)) if numbers and len(numbers) == len(values) else None


def _provenance(experiment: str, run: Run, files: Mapping[str, str]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "experiment": experiment,
        "method": run.method,
        "phase": run.phase,
        "key": run.key,
        "partial": run.partial,
        "unregistered": run.unregistered,
        "protocol": {
            "identity": run.protocol.identity,
            "name": run.protocol.name,
            "version": run.protocol.spec.version,
            "options": run.protocol.values(),
            "context": dict(run.context),
        },
        "tasks": task_records(run.outcomes),
        "costs": {},
        **run.provenance,
        "warnings": list(run.warnings),
        "files": dict(files),
    }


def task_records(outcomes: Sequence[TaskOutcome]) -> list[dict[str, Any]]:
    """Return what ``run.json`` holds about each task, as plain JSON values."""
    return [_finite(_task_record(outcome)) for outcome in outcomes]


def _task_record(outcome: TaskOutcome) -> dict[str, Any]:
    task = outcome.task
    return {
        "task": task.key,
        "stem": task.stem,
        "problem": task.problem,
        "metric": outcome.splits[0].metric if outcome.splits else task.metric,
        "classes": list(task.classes),
        "labels": task.digest,
        "label_values": value_digest(task),
        "n": outcome.n,
        "d": outcome.d,
        "status": outcome.status,
        **({"failed_plugin": outcome.failed_plugin} if outcome.failed_plugin else {}),
        "reason": outcome.reason,
        "q": outcome.q,
        "score": outcome.score,
        "std": outcome.std,
        "splits": len(primary_values(outcome)),
        "unit": task.unit,
        "source": task.source,
        "training_noise": outcome.training_noise,
        "attainable": outcome.attainable,
        "metrics": [_metric_record(metric) for metric in outcome.metrics],
        "extra": dict(outcome.extra),
        "outputs": [asdict(output) for output in outcome.outputs],
        "details": dict(outcome.details),
        "counts": dict(outcome.counts),
        "places": None if outcome.places is None else dict(outcome.places),
        "warnings": list(outcome.warnings),
    }


def _metric_record(metric: MetricScore) -> dict[str, Any]:
    sure = metric.interval
    return {
        "metric": metric.metric,
        "score": metric.score,
        "low": sure.low,
        "high": sure.high,
        "interval_reason": sure.reason,
        "remarks": list(sure.remarks),
        "standard_error": sure.standard_error,
        "n_effective": sure.n_effective,
        "independent": sure.unit,
        "n_independent": sure.n_units,
        "chance": metric.chance,
        "best": metric.best,
        "greater_is_better": metric.greater_is_better,
        "influence": influence_record(metric.influence),
        "no_influence_reason": getattr(metric.influence, "reason", ""),
    }


def _json(value: Mapping[str, Any], indent: int | None = 2) -> bytes:
    text = json.dumps(_finite(value), indent=indent, allow_nan=False, ensure_ascii=False)
    return (text + "\n").encode(errors="backslashreplace")  # bytes of names that are not UTF-8


def _finite(value: Any) -> Any:
    """Return JSON values, with None for NaN and infinity, which JSON does not have."""
    if isinstance(value, Mapping):
        return {str(name): _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return _finite(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
