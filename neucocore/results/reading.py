"""Reads the scores of run folders: those of neuco, and those of NeuCo-Bench in all its formats."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from neucocore.components.lookup import find
from neucocore.data.labels.values import CLASS_TYPES, REGRESSION_TYPES
from neucocore.errors import NeucoError, ResultsError
from neucocore.evaluation.neucobench.config import PROTOCOLS, nearest_protocol
from neucocore.evaluation.neucobench.random_stream import HELD_OUT_SHARE
from neucocore.evaluation.protocols import protocol, recorded_identity
from neucocore.files.content_type import no_folder
from neucocore.results.changed_options import ChangedOption, changed_options
from neucocore.results.layout import INFLUENCE, SUMMARY
from neucocore.results.neuco_bench_identity import neuco_bench_identity
from neucocore.results.run_json import edited_files, read_provenance
from neucocore.statistics.fold_scores import interval_of_folds
from neucocore.statistics.influence import Influence, Undefined

"""Protocol of runs of NeuCo-Bench whose configuration is not recorded, or is not one of ours.

In the latter case a digest of the configuration follows.
"""

_ROW_KEYS = ("n", "n_rows", "n_samples", "num_samples")
_CLASS_KEYS = ("n_classes", "num_classes")
_TIME = re.compile(r"_\d{8}_\d{6}$")
_SHORT_DIGEST = re.compile(r"\+[0-9a-f]{4}$")
"""End of an identity that was written when digests had four digits."""


@dataclass(frozen=True)
class TaskRecord:
    """The result of one task of a run.

    Attributes
    ----------
    q
        The value by which runs are ranked; None if it is undefined.
    score
        The primary metric; None if it is undefined or not recorded.
    labels
        Digest of ids and labels; empty for NeuCo-Bench's runs, which do not record it.
    reason
        Why there is no value.
    n
        Number of rows on which the task was scored; None if it is not recorded.
    classes
        Number of classes, 0 for regression; None if it is not recorded.
    values
        Digest of ids and label values whatever their order; empty if it is not recorded.
    details
        The task in ``run.json``, with its metrics and their intervals; those of their folds for
        NeuCo-Bench's runs.
    influence, ids
        Influence values of the primary metric and ids of the rows, if they were computed anew or
        come from a pack, whose ids are numbers; else they are in files.
    folds
        Score of each split, NaN where there is none, if the run comes from a pack; else in a file.
    """

    q: float | None
    score: float | None
    labels: str = ""
    reason: str = ""
    n: int | None = None
    classes: int | None = None
    values: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    influence: Influence | Undefined | None = None
    ids: tuple[str, ...] | None = None
    folds: tuple[float, ...] | None = None


@dataclass(frozen=True, eq=False)
class RunRecord:
    """One run, as tables need it.

    Attributes
    ----------
    protocol
        Identity of the protocol, or of NeuCo-Bench's configuration.
    started
        ISO time (UTC), or the time in the experiment's name. Newer runs have larger values.
    partial
        Whether embeddings are missing, so that the run is not ranked.
    remarks
        What a table should report about the run, such as edited results.
    embeddings
        Digests by which embeddings are recognised: of ids and numbers, and of the file. Empty for
        NeuCo-Bench's runs, which do not record them.
    labels_recorded
        Whether the run records its labels; NeuCo-Bench's runs do not.
    encoding
        How the embeddings were made: ``encoder``, ``fit``, ``dimension``, ``bytes_per_sample`` and
        ``training_data``, each None if it is not recorded.
    control
        Whether the encoder is a control, which contains no information.
    suite
        ``name@version`` of the suite of which the run scores every task; empty for other runs.
    changed
        Options that differ from the defaults of the protocol.
    packed
        Whether the run comes from a pack. `folder` is then a name, not a folder.
    product
        The record of the downloaded product that the embeddings are of; empty for others.
    """

    folder: Path
    phase: str
    experiment: str
    method: str
    protocol: str
    started: str
    tasks: Mapping[str, TaskRecord]
    partial: bool = False
    remarks: tuple[str, ...] = ()
    embeddings: frozenset[str] = frozenset()
    labels_recorded: bool = True
    encoding: Mapping[str, Any] = field(default_factory=dict)
    control: bool = False
    suite: str = ""
    changed: tuple[ChangedOption, ...] = ()
    packed: bool = False
    product: Mapping[str, Any] = field(default_factory=dict)


def read_runs(output: Path, phase: str | None = None) -> list[RunRecord]:
    """Read the complete runs in a results folder, sorted by phase and experiment.

    Only files ``<output>/<phase>/<run>/results_summary.json`` are found.

    Parameters
    ----------
    phase
        Read only the runs of this phase.

    Raises
    ------
    ResultsError
        There is no run, or runs cannot be read; all unreadable runs are reported together.
    """
    all_files = sorted(output.glob(f"*/*/{SUMMARY}"))
    files = [file for file in all_files if phase is None or file.parent.parent.name == phase]
    if not files:
        raise _no_run(output, phase, all_files)
    runs, problems = [], []
    for file in files:
        try:
            runs.append(read_run(file.parent))
        except ResultsError as error:
            problems.append(error.message)
    if problems:
        raise ResultsError(
            f"{len(problems)} of {len(files)} runs in {output} cannot be read",
            problems=problems,
            hint="move these folders elsewhere, or evaluate again",
        )
    return sorted(runs, key=lambda run: (run.phase, run.experiment))


def _no_run(output: Path, phase: str | None, all_files: list[Path]) -> ResultsError:
    if not output.is_dir():
        return ResultsError(
            no_folder(output), hint="pass the --output folder of neuco evaluate or neuco run"
        )
    for pattern, kind, levels in ((f"*/{SUMMARY}", "phase", 0), (SUMMARY, "run", 1)):
        if any(output.glob(pattern)):
            results = Path(os.path.relpath(output.resolve().parents[levels]))
            return ResultsError(
                f"{output} is one {kind}, not a results folder", hint=f"neuco leaderboard {results}"
            )
    phases = sorted({file.parent.parent.name for file in all_files})
    if phase is not None and phases:
        return ResultsError(
            f"{output} contains no run of the phase {phase!r}",
            hint=f"the phases are {', '.join(phases)}",
        )
    return ResultsError(
        f"{output} contains no run",
        hint=f"neuco evaluate writes runs to <output>/<phase>/<run>/{SUMMARY}",
    )


def read_run(folder: Path) -> RunRecord:
    """Read one complete run.

    Raises
    ------
    ResultsError
        Its summary or ``run.json`` is damaged.
    """
    file = folder / SUMMARY
    content = file.read_bytes()
    try:
        summary = json.loads(content)
        experiment = str(summary["experiment"])
        q, scores = _task_scores(summary)
        record = read_provenance(folder)
        if record is None:
            return _run_of_neuco_bench(folder, experiment, summary, q, scores)
        return _run_of_neuco(folder, record, content, q, scores)
    except KeyError as error:
        raise ResultsError(f"{folder}: the run does not record {error}") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise ResultsError(f"{file} is not the summary of a run: {error}") from None


def _task_scores(
    summary: Mapping[str, Any],
) -> tuple[dict[str, float | None], dict[str, float | None]]:
    """Return the ranking value and the primary metric of each task."""
    if "task_q_scores" in summary or "task_acc_scores" in summary:
        q, scores = summary.get("task_q_scores") or {}, summary.get("task_acc_scores") or {}
    else:
        # NeuCo-Bench's first format, under the key that it wrote and the one that it reads.
        q, scores = summary.get("task_results") or summary.get("task_result") or {}, {}
    return (
        {str(task): _number(value) for task, value in q.items()},
        {str(task): _number(value) for task, value in scores.items()},
    )


def _number(value: Any) -> float | None:
    """Return a finite number or None; NeuCo-Bench writes NaN and -Infinity."""
    number = float("nan") if value is None else float(value)
    return number if math.isfinite(number) else None


def _run_of_neuco_bench(
    folder: Path,
    experiment: str,
    summary: Mapping[str, Any],
    q: Mapping[str, float | None],
    scores: Mapping[str, float | None],
) -> RunRecord:
    time = _TIME.search(experiment)
    return RunRecord(
        folder=folder,
        phase=folder.parent.name,
        experiment=experiment,
        method=_TIME.sub("", experiment),
        protocol=neuco_bench_identity(summary.get("config")),
        started=time[0][1:] if time else "",
        tasks={
            task: _neuco_bench_task(folder / task, value, scores.get(task))
            for task, value in q.items()
        },
        labels_recorded=False,
    )


def _neuco_bench_task(folder: Path, q: float | None, score: float | None) -> TaskRecord:
    """Return a task with its numbers of rows and classes, as far as its files tell them."""
    facts: dict[str, Any] = {}
    for file in (folder / f"{folder.name}_result.json", folder / "probe" / "metadata.json"):
        with suppress(OSError, ValueError):
            content = json.loads(file.read_bytes())
            facts |= content if isinstance(content, dict) else {}
    n = next((facts[key] for key in _ROW_KEYS if _is_count(facts.get(key))), None)
    classes = next((facts[key] for key in _CLASS_KEYS if _is_count(facts.get(key))), None)
    # Its classes are two, and its plots of regression and classification are in different folders.
    kind = str(facts.get("task_type", "")).lower()
    if classes is None and (kind in REGRESSION_TYPES or (folder / "regression_scatter").is_dir()):
        classes = 0
    elif classes is None and (kind in CLASS_TYPES or (folder / "confusion_matrices").is_dir()):
        classes = 2
    return TaskRecord(q, score, n=n, classes=classes, details=_fold_interval(facts, score))


def _fold_interval(facts: Mapping[str, Any], score: float | None) -> dict[str, Any]:
    """Return the interval of a mean of fold scores, as a metric in ``run.json``."""
    folds = facts.get("q_t")
    if score is None or not isinstance(folds, list):
        return {}
    try:
        values = np.array(folds, dtype=np.float64)
    except (ValueError, TypeError):
        return {}
    found = interval_of_folds(values, HELD_OUT_SHARE)
    return {
        "metrics": [
            {
                "score": score,
                "low": found.low,
                "high": found.high,
                "interval_reason": found.reason,
                "influence": None,
                "no_influence_reason": "NeuCo-Bench writes no influence values",
            }
        ]
    }


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _run_of_neuco(
    folder: Path,
    record: Mapping[str, Any],
    content: bytes,
    q: Mapping[str, float | None],
    scores: Mapping[str, float | None],
) -> RunRecord:
    remarks = []
    if record["files"].get(SUMMARY) != hashlib.sha256(content).hexdigest():
        remarks.append(f"{SUMMARY} was edited after the run")
    influences = {
        name: digest for name, digest in record["files"].items() if Path(name).name == INFLUENCE
    }
    if changed := edited_files(folder, {"files": influences}):
        remarks.append(f"{', '.join(changed)} was changed or removed after the run")
    return run_of_record(folder, record, q, scores, remarks)


def run_of_record(
    folder: Path,
    record: Mapping[str, Any],
    q: Mapping[str, float | None],
    scores: Mapping[str, float | None],
    remarks: Sequence[str] = (),
) -> RunRecord:
    """Return the run that the content of ``run.json`` describes.

    Parameters
    ----------
    folder
        Where the run is; the folder above it is the phase.
    q, scores
        Ranking value and primary metric of each task.
    remarks
        What a table should report about the run, besides what `record` tells.
    """
    remarks = list(remarks)
    if record.get("unregistered"):
        remarks.append("made with a plugin file that is not installed")
    identity = _identity(record["protocol"])
    if _SHORT_DIGEST.search(identity):
        remarks.append(
            "written by an earlier version of neuco with a protocol, probe or metric that is not "
            "installed, so it cannot be compared with newer runs"
        )
    task_records = {task["task"]: task for task in record["tasks"]}
    tasks = {}
    for name, value in q.items():
        task = task_records.get(name, {})
        tasks[name] = TaskRecord(
            value,
            scores.get(name),
            labels=task.get("labels", ""),
            reason=task.get("reason", ""),
            n=task.get("n"),
            classes=_class_count(task),
            values=task.get("label_values", ""),
            details=task,
        )
    embeddings = record.get("embeddings", {})
    suite = record.get("suite") or {}
    digests = {
        f"{name} {embeddings[name]}" for name in ("digest", "sha256") if embeddings.get(name)
    }
    return RunRecord(
        folder=folder,
        phase=folder.parent.name,
        experiment=record["experiment"],
        method=record["method"],
        protocol=identity,
        started=record["costs"].get("started", ""),
        tasks=tasks,
        partial=bool(record.get("partial")),
        remarks=tuple(remarks),
        embeddings=frozenset(digests),
        suite=str(suite["name"]) if suite.get("complete") is True else "",
        encoding=_encoding(embeddings),
        control=_is_control(embeddings.get("metadata") or {}),
        changed=changed_options(record["protocol"]),
        product=embeddings.get("product") or {},
    )


def _encoding(embeddings: Mapping[str, Any]) -> dict[str, Any]:
    metadata = embeddings.get("metadata") or {}
    dimension = embeddings.get("dimension")
    inside = (embeddings.get("inside_splits") or {}).get("reduction")
    bytes_per_sample = (inside or metadata.get("reduction") or {}).get("bytes_per_row")
    if not inside and embeddings.get("bytes_per_row") is not None:
        bytes_per_sample = embeddings["bytes_per_row"]
    if bytes_per_sample is None and dimension is not None:
        bytes_per_sample = 4.0 * dimension  # float32
    return {
        "encoder": _encoder_name(metadata),
        "fit": metadata.get("fit"),
        "dimension": dimension,
        "bytes_per_sample": bytes_per_sample,
        "training_data": metadata.get("training_data"),
    }


def _encoder_name(metadata: Mapping[str, Any]) -> str | None:
    model = metadata.get("model")
    name = model.get("id") if isinstance(model, Mapping) else None
    return name if isinstance(name, str) else None


def _is_control(metadata: Mapping[str, Any]) -> bool:
    """Return whether the embeddings come from an installed encoder that is a control."""
    name = _encoder_name(metadata)
    if name is None:
        return False
    try:
        return bool(getattr(find("encoder", name).spec, "control", False))
    except NeucoError:
        return False


def _class_count(task: Mapping[str, Any]) -> int | None:
    """Return the number of classes of a task in ``run.json``; earlier versions had no list."""
    problem = task.get("problem")
    if problem in ("binary", "multiclass") and task.get("classes"):
        return len(task["classes"])
    return {"regression": 0, "binary": 2}.get(str(problem))


def _identity(record: Mapping[str, Any]) -> str:
    """Return the identity of a run's protocol.

    A digest of four digits, which earlier versions of neuco wrote, is computed anew from the
    recorded options, so that the run can be compared with later ones. It stays as it is if the
    protocol, the probe or the metric is not installed in the recorded version. Runs with equal
    options under the protocols of NeuCo-Bench get equal identities.

    Parameters
    ----------
    record
        ``protocol`` in ``run.json``.
    """
    identity = str(record["identity"])
    if record["name"] in PROTOCOLS:
        with suppress(NeucoError, KeyError, TypeError):
            if record["version"] == protocol(record["name"]).spec.version:
                return nearest_protocol(record["options"]).identity
        return identity
    if not _SHORT_DIGEST.search(identity):
        return identity
    try:
        installed = protocol(f"{record['name']}@{record['version']}")
    except NeucoError:
        return identity
    changed = {
        name: value
        for name, value in sorted(record["options"].items())
        if value != installed.defaults.get(name)
    }
    return recorded_identity(record["name"], record["version"], changed) or identity
