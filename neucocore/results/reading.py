"""Reading run folders, ours and NeuCo-Bench's own (its old format too), for tables."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neucocore.errors import ResultsError
from neucocore.files.content_type import no_folder
from neucocore.results.layout import SUMMARY
from neucocore.results.run_folder import read_provenance

FOREIGN = "neuco-bench"
"""Protocol of runs that NeuCo-Bench wrote; with its configuration's digest if it kept one."""

# The configuration NeuCo-Bench fills in for what is not there, as far as scores depend on it.
_FOREIGN_DEFAULTS = {
    "embedding_dim": None,
    "standardize_embeddings": True,
    "normalize_labels": True,
}
_TIME = re.compile(r"_\d{8}_\d{6}$")


@dataclass(frozen=True)
class TaskRecord:
    """One task of a run.

    Attributes
    ----------
    q
        What runs are ranked by, None where undefined.
    score
        The primary metric, None where undefined or not kept.
    labels
        Digest of ids and labels; empty for NeuCo-Bench's runs, which keep none.
    reason
        Why there is no value.
    n
        Rows it was scored on; None where not kept.
    """

    q: float | None
    score: float | None
    labels: str = ""
    reason: str = ""
    n: int | None = None


@dataclass(frozen=True, eq=False)
class RunRecord:
    """One run as tables see it.

    Attributes
    ----------
    protocol
        Identity of the protocol, or of NeuCo-Bench's own configuration.
    started
        ISO time (UTC) or the time in the experiment's name: the later, the newer.
    partial
        It lacks embeddings and is not ranked.
    remarks
        What a table should say about it: an edited result, plugins nobody else has.
    """

    folder: Path
    phase: str
    experiment: str
    method: str
    protocol: str
    started: str
    tasks: Mapping[str, TaskRecord]
    partial: bool = False
    remarks: tuple[str, ...] = field(default=())


def read_runs(output: Path, phase: str | None = None) -> list[RunRecord]:
    """Read the complete runs under `output`, sorted by phase and experiment.

    Only ``<output>/<phase>/<run>/results_summary.json`` is looked at.

    Raises
    ------
    ResultsError
        There is no run, or a summary cannot be read (all of those at once).
    """
    files = sorted(output.glob(f"*/*/{SUMMARY}"))
    chosen = [file for file in files if phase is None or file.parent.parent.name == phase]
    if not chosen:
        raise _nothing(output, phase, files)
    runs, problems = [], []
    for file in chosen:
        try:
            runs.append(_read(file))
        except ResultsError as error:
            problems.append(error.message)
    if problems:
        raise ResultsError(
            f"{len(problems)} of {len(chosen)} runs under {output} cannot be read",
            problems=problems,
            hint="move these folders elsewhere, or evaluate again",
        )
    return sorted(runs, key=lambda run: (run.phase, run.experiment))


def _nothing(output: Path, phase: str | None, files: list[Path]) -> ResultsError:
    if not output.is_dir():
        return ResultsError(no_folder(output), hint="name the --output of neuco run")
    for pattern, what, up in ((f"*/{SUMMARY}", "phase", 0), (SUMMARY, "run", 1)):
        if any(output.glob(pattern)):
            above = Path(os.path.relpath(output.resolve().parents[up]))
            return ResultsError(f"{output} is a single {what}", hint=f"neuco leaderboard {above}")
    phases = sorted({file.parent.parent.name for file in files})
    if phase is not None and phases:
        return ResultsError(
            f"{output} holds no run of the phase {phase!r}",
            hint=f"its phases are {', '.join(phases)}",
        )
    return ResultsError(
        f"{output} holds no run",
        hint=f"runs lie in <phase>/<run>/{SUMMARY} under the folder; neuco evaluate makes them",
    )


def _read(file: Path) -> RunRecord:
    folder = file.parent
    content = file.read_bytes()
    try:
        summary = json.loads(content)
        experiment = str(summary["experiment"])
        q, scores = _task_scores(summary)
        record = read_provenance(folder)
        if record is None:
            return _foreign(folder, experiment, summary, q, scores)
        return _own(folder, record, content, q, scores)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ResultsError(f"{file} is not a run as neuco knows it: {error!r}") from None


def _task_scores(
    summary: Mapping[str, Any],
) -> tuple[dict[str, float | None], dict[str, float | None]]:
    if "task_q_scores" in summary or "task_acc_scores" in summary:
        q, scores = summary.get("task_q_scores") or {}, summary.get("task_acc_scores") or {}
    else:
        q, scores = summary.get("task_result") or {}, {}
    return (
        {str(task): _number(value) for task, value in q.items()},
        {str(task): _number(value) for task, value in scores.items()},
    )


def _number(value: Any) -> float | None:
    # NeuCo-Bench writes NaN and -Infinity as they are.
    number = float("nan") if value is None else float(value)
    return number if math.isfinite(number) else None


def _foreign(
    folder: Path,
    experiment: str,
    summary: Mapping[str, Any],
    q: Mapping[str, float | None],
    scores: Mapping[str, float | None],
) -> RunRecord:
    stamp = _TIME.search(experiment)
    return RunRecord(
        folder=folder,
        phase=folder.parent.name,
        experiment=experiment,
        method=_TIME.sub("", experiment),
        protocol=_foreign_protocol(summary.get("config")),
        started=stamp[0][1:] if stamp else "",
        tasks={task: TaskRecord(value, scores.get(task)) for task, value in q.items()},
    )


def _foreign_protocol(config: Any) -> str:
    if not isinstance(config, dict):
        return FOREIGN
    names = ("k_folds", "probe_type", *_FOREIGN_DEFAULTS)
    relevant = {name: config.get(name, _FOREIGN_DEFAULTS.get(name)) for name in names}
    probe = config.get("probe_params")
    relevant["probe_params"] = {
        name: value
        for name, value in (probe if isinstance(probe, dict) else {}).items()
        if name != "device"
    }
    text = json.dumps(relevant, sort_keys=True)
    return f"{FOREIGN}+{hashlib.sha256(text.encode()).hexdigest()[:4]}"


def _own(
    folder: Path,
    record: Mapping[str, Any],
    content: bytes,
    q: Mapping[str, float | None],
    scores: Mapping[str, float | None],
) -> RunRecord:
    remarks = []
    if record["files"].get(SUMMARY) != hashlib.sha256(content).hexdigest():
        remarks.append(f"{SUMMARY} is not what the run wrote")
    if record.get("unregistered"):
        remarks.append("made with a plugin file that is not installed")
    described = {task["task"]: task for task in record["tasks"]}
    tasks = {}
    for name, value in q.items():
        task = described.get(name, {})
        tasks[name] = TaskRecord(
            value,
            scores.get(name),
            labels=task.get("labels", ""),
            reason=task.get("reason", ""),
            n=task.get("n"),
        )
    return RunRecord(
        folder=folder,
        phase=folder.parent.name,
        experiment=record["experiment"],
        method=record["method"],
        protocol=record["protocol"]["identity"],
        started=record["costs"].get("started", ""),
        tasks=tasks,
        partial=bool(record.get("partial")),
        remarks=tuple(remarks),
    )
