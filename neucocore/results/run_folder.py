"""Writing a run folder, and finding one that is already there.

NeuCo-Bench's files (``results_summary.json``, ``<task>/<task>_result.json``) with its keys, and
beside them ``run.json`` (provenance), ``scores.jsonl`` (one row per method, task, metric, split),
out-of-fold predictions and stored probes. The summary is written last: a folder without it is no
run.
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from neucocore.errors import ResultsError
from neucocore.evaluation.outcome import TaskOutcome
from neucocore.evaluation.protocols import ChosenProtocol
from neucocore.files.atomic import replacing, write_bytes
from neucocore.provenance.machine import file_digest
from neucocore.results.layout import RUN, SCORES, SUMMARY, check_name, new_run_folder
from neucocore.results.probes import save_probe

FORMAT = 1


@dataclass(frozen=True, eq=False)
class Run:
    """What a run folder is written from.

    Attributes
    ----------
    key
        sha256 of everything the scores depend on; `find_run` looks for it.
    config
        NeuCo-Bench's YAML in the drop-in mode; empty otherwise.
    provenance
        Plain JSON for ``run.json``: software, machine, costs, embeddings, parameters.
    noted
        What moves scores without being an option: task list, ``where``, stored probes.
    partial
        Labelled ids had no embedding: the run is not ranked.
    unregistered
        A plugin was loaded from a file that nobody else has.
    fold_results
        Whether the task files hold the score of each split (``q_t``).
    """

    method: str
    phase: str
    protocol: ChosenProtocol
    outcomes: Sequence[TaskOutcome]
    key: str
    config: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    noted: Mapping[str, Any] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    partial: bool = False
    unregistered: bool = False
    fold_results: bool = True


def write_run(output: Path, run: Run, now: datetime | None = None) -> Path:
    """Write a run and return its folder.

    Parameters
    ----------
    now
        The time in the folder's name; the present by default.

    Raises
    ------
    ConfigError
        Method, phase or a task cannot be a folder's name.
    """
    for outcome in run.outcomes:
        check_name(outcome.task.key, "task")
    folder = new_run_folder(output, run.phase, run.method, now)
    try:
        _write(folder, run)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def find_run(output: Path, phase: str, method: str, key: str) -> Path | None:
    """Return the newest complete, unedited run of a method with this key, or None."""
    found = []
    for file in (output / phase).glob(f"*/{SUMMARY}"):
        folder = file.parent
        try:
            record = read_provenance(folder)
        except ResultsError:
            continue
        if not record or (record.get("method"), record.get("key")) != (method, key):
            continue
        if not edited_files(folder, record):
            found.append((record.get("costs", {}).get("started", ""), folder.name, folder))
    return max(found)[2] if found else None


def read_provenance(folder: Path) -> dict[str, Any] | None:
    """Return the content of ``run.json``; None for runs of NeuCo-Bench, which have none.

    Raises
    ------
    ResultsError
        It is not a JSON object.
    """
    file = folder / RUN
    try:
        record = json.loads(file.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ResultsError(f"{file} is not JSON: {error}") from None
    if not isinstance(record, dict):
        raise ResultsError(f"{file} is not a JSON object")
    return record


def edited_files(folder: Path, record: Mapping[str, Any]) -> list[str]:
    """Return the files of a run that are gone or differ from what the run wrote."""
    return [
        name
        for name, digest in record.get("files", {}).items()
        if not (folder / name).is_file() or file_digest(folder / name) != digest
    ]


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
    write_bytes(folder / f"{outcome.task.key}_result.json", _json(result), durable=False)
    if outcome.predictions:
        with replacing(folder / "predictions.npz", durable=False) as file:
            np.savez_compressed(file, **outcome.predictions)  # type: ignore[arg-type]
    if outcome.probe is not None:
        save_probe(folder / "probe", outcome.probe)


def primary_values(outcome: TaskOutcome) -> list[float | None]:
    """Return the primary metric of each split, in the splits' order."""
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
    own = {"protocol": run.protocol.identity, **run.protocol.values()}
    return {
        "experiment": experiment,
        "overall_q_score": _mean(list(q.values())),
        "overall_acc_score": _mean(list(scores.values())),
        "task_q_scores": q,
        "task_acc_scores": scores,
        "config": dict(run.config) or own,
    }


def _mean(values: Sequence[float | None]) -> float | None:
    """Return the plain mean; None when a value is missing, since fewer tasks are another mean."""
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
            "noted": dict(run.noted),
        },
        "tasks": [_described(outcome) for outcome in run.outcomes],
        "costs": {},
        **run.provenance,
        "warnings": list(run.warnings),
        "files": dict(files),
    }


def _described(outcome: TaskOutcome) -> dict[str, Any]:
    task = outcome.task
    return {
        "task": task.key,
        "stem": task.stem,
        "problem": task.problem,
        "metric": outcome.splits[0].metric if outcome.splits else task.metric,
        "labels": task.digest,
        "n": outcome.n,
        "d": outcome.d,
        "status": outcome.status,
        "reason": outcome.reason,
        "q": outcome.q,
        "score": outcome.score,
        "std": outcome.std,
        "splits": len(primary_values(outcome)),
        "extra": dict(outcome.extra),
        "warnings": list(outcome.warnings),
    }


def _json(value: Mapping[str, Any], indent: int | None = 2) -> bytes:
    text = json.dumps(_finite(value), indent=indent, allow_nan=False, ensure_ascii=False)
    return (text + "\n").encode()


def _finite(value: Any) -> Any:
    """Return plain JSON values, with null for what JSON has no number for."""
    if isinstance(value, Mapping):
        return {str(name): _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return _finite(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
