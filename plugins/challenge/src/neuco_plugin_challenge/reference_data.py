"""The host-only data of one phase that the scorer reads: labels, folds and rules.

Folds are those of neucocore: they are read from the out-of-fold predictions of a run of a random
embedding, so that the scorer draws nothing under ``nested-cv``. That run is also the first test of
the scorer (`neuco_plugin_challenge.bundle_check`).
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import math
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import neucocore
from neucocore import NeucoError

FAILURE_VALUE = -100.0
"""Score of a task that has none; below any score that occurs."""
Q_STEP = 0.5
"""Step to which a mean Q is rounded where feedback is rounded."""
DIMENSIONS = 8
SEED = 20250310
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
METRICS = frozenset(
    {
        "r2", "mse", "rmse", "mae", "accuracy", "balanced-accuracy", "precision", "recall", "f1",
        "macro-f1", "average-precision", "roc-auc", "log-loss",
    }
)  # fmt: skip
"""The metrics that the scorer computes (``scorer/nested_cv.py``)."""
PROBLEMS = {
    "nested-cv": ("regression", "binary", "multiclass", "multilabel"),
    "neucobench": ("regression", "binary"),
}


@dataclass(frozen=True)
class PhaseRules:
    """What the scorer has to know about a phase besides its labels.

    Attributes
    ----------
    codename
        Name of the phase on the platform.
    tasks
        Label files' stems or names of tasks, and the names that are shown for them.
    subset
        Column of the label files that selects the rows of the phase, as for ``neuco evaluate``.
    protocol
        ``nested-cv`` or ``neucobench-*``.
    limits
        ``dimensions``, ``dtype`` and ``bytes`` of one embedding, None where there is no limit.
    allowed_failures
        Splits of a task that may fail under ``neucobench-*``.
    rounded
        Whether participants see rounded scores.
    excluded
        Ids that are held back, such as a geographic hold-out.
    """

    codename: str
    tasks: Mapping[str, str]
    subset: str | None
    protocol: str
    limits: Mapping[str, Any]
    allowed_failures: int = 0
    rounded: bool = False
    excluded: Sequence[str] = ()


@dataclass(frozen=True, eq=False)
class ReferenceData:
    """The scorer's data of one phase, and the run of neucocore that they were read from.

    Attributes
    ----------
    described, arrays
        Contents of ``reference.json`` and ``reference.npz``.
    ids
        Ids of the phase, sorted.
    matrix
        The random embedding (n, d) float32, rows as `ids`.
    scores
        The score of neucocore for each task by the name that is shown.
    """

    described: dict[str, Any]
    arrays: dict[str, NDArray[Any]]
    ids: tuple[str, ...]
    matrix: NDArray[np.float32]
    scores: dict[str, float]

    def files(self) -> dict[str, bytes]:
        """Return the two files by name; equal data give equal bytes."""
        text = json.dumps(self.described, allow_nan=False, indent=1, sort_keys=True)
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, array in self.arrays.items():
                member = io.BytesIO()
                np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)
                archive.writestr(_entry(f"{name}.npy"), member.getvalue())
        return {"reference.json": text.encode(), "reference.npz": content.getvalue()}


def zip_of(files: Mapping[str, str | bytes]) -> bytes:
    """Return a zip file of files by relative path; equal files give equal bytes."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(_entry(name), data)
    return content.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, ZIP_TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def shown_names(tasks: Sequence[str], digest: str) -> dict[str, str]:
    """Return ``task-1``, ``task-2``, ... for tasks, in an order that depends on `digest` only."""
    order = sorted(tasks, key=lambda task: hashlib.sha256(f"{digest}\n{task}".encode()).digest())
    return {task: f"task-{number}" for number, task in enumerate(order, 1)}


def reference_data(rules: PhaseRules, labels: Path) -> ReferenceData:
    """Read the labels of a phase and let neucocore split and score a random embedding.

    Parameters
    ----------
    labels
        Folder of label files.

    Raises
    ------
    NeucoError
        A task that the scorer cannot score, all reported together.
    """
    files = {file.stem: file for file in neucocore.read_label_folder(labels)}
    every = sorted({name for file in files.values() for name in file.ids} - set(rules.excluded))
    folded = _run(rules, labels, every, "nested-cv")
    ids = tuple(
        sorted({name for task in folded for name in task.get("ids", np.array([])).tolist()})
    )
    # Labels outside the phase must not matter, so the run that counts has the phase's ids only.
    same = rules.protocol == "nested-cv" and len(ids) == len(every)
    judged = folded if same else _run(rules, labels, list(ids), rules.protocol)
    _raise_for_tasks(rules, judged)
    if rules.protocol == "nested-cv":
        tasks = [_nested_task(task, ids) for task in judged]
    else:
        folded_of = {task["stem"]: task for task in folded}
        tasks = [
            _neucobench_task(task, folded_of[task["stem"]], files[task["stem"]], ids)
            for task in judged
        ]
    arrays: dict[str, NDArray[Any]] = {"ids": np.array(ids)}
    described = []
    scores = {}
    for number, (run, (fields, of_task)) in enumerate(zip(judged, tasks, strict=True)):
        name = _shown(rules, run)
        described.append({"name": name, **fields})
        arrays |= {f"{number}.{key}": array for key, array in of_task.items()}
        scores[name] = run["q"]
    fewest = min(len(array) for name, array in arrays.items() if name.endswith(".rows"))
    step = _step(fewest) if rules.protocol == "nested-cv" else Q_STEP
    content = {
        "phase": rules.codename,
        "protocol": rules.protocol,
        "options": judged[0]["options"],
        "limits": dict(rules.limits),
        "allowed_failures": rules.allowed_failures,
        "failure_value": FAILURE_VALUE,
        "rounding": step if rules.rounded else 0.0,
        "tasks": described,
    }
    return ReferenceData(content, arrays, ids, _random(ids), scores)


def _random(ids: Sequence[str]) -> NDArray[np.float32]:
    values: NDArray[np.float32] = (
        np.random.RandomState(SEED).normal(size=(len(ids), DIMENSIONS)).astype(np.float32)
    )
    return values


def _step(rows: int) -> float:
    """Return the standard error of a share among `rows` rows, about, as 1, 2 or 5 times 10^k."""
    error = 1 / math.sqrt(rows)
    power = 10.0 ** math.floor(math.log10(error))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= error)


def _run(
    rules: PhaseRules, labels: Path, ids: Sequence[str], protocol: str
) -> list[dict[str, Any]]:
    """Score the random embedding; return each task's record with its out-of-fold predictions."""
    with tempfile.TemporaryDirectory() as folder:
        report = neucocore.evaluate(
            _random(ids),
            ids=list(ids),
            labels=labels,
            protocol=protocol,
            tasks=tuple(rules.tasks),
            subset=rules.subset,
            places="off",
            output=folder,
            method="random",
            exclude_file=_exclusions(Path(folder), rules.excluded),
        )[0]
        run = report.run_folder()
        described = json.loads((run / "run.json").read_text(encoding="utf-8"))
        options = described["protocol"]["options"]
        tasks = []
        for task in described["tasks"]:
            record = {**task, "options": options, "grouped": report.split != "random"}
            path = run / task["task"] / "predictions.npz"
            if path.is_file():
                with np.load(path, allow_pickle=False) as arrays:
                    record |= {name: arrays[name] for name in ("ids", "split", "y_true")}
            tasks.append(record)
    return tasks


def _exclusions(folder: Path, excluded: Sequence[str]) -> Path | None:
    if not excluded:
        return None
    path = folder / "excluded.csv"
    path.write_text("id\n" + "".join(f"{name}\n" for name in excluded), encoding="utf-8")
    return path


def _shown(rules: PhaseRules, task: Mapping[str, Any]) -> str:
    names = rules.tasks
    return next(names[name] for name in (task["task"], task["stem"], "") if name in names)


def _raise_for_tasks(rules: PhaseRules, tasks: Sequence[Mapping[str, Any]]) -> None:
    family = "nested-cv" if rules.protocol == "nested-cv" else "neucobench"
    problems = [
        f"{task['task']}: {task['reason'] or task['status']}"
        for task in tasks
        if task["status"] != "ok"
    ]
    for task in tasks:
        metric = neucocore.find("metric", task["metric"]).spec
        if task["problem"] not in PROBLEMS[family]:
            problems.append(f"{task['task']} is {task['problem']}")
        elif family == "nested-cv" and task["metric"] not in METRICS:
            problems.append(f"{task['task']}: the metric {task['metric']} is not in the scorer")
        elif metric.multioutput:
            problems.append(f"{task['task']}: {task['metric']} takes all outputs at once")
    if problems:
        raise NeucoError(
            f"tasks that cannot be scored on a platform under {rules.protocol}",
            problems=problems,
            hint="leave these tasks out, or run the challenge with neuco challenge score",
        )


def _nested_task(
    task: Mapping[str, Any], ids: Sequence[str]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    spec = neucocore.find("metric", task["metric"]).spec
    repeats = task["options"]["repeats"]
    n = len(task["ids"]) // repeats
    y = np.asarray(task["y_true"][:n], dtype=np.float64).reshape(n, -1)
    outputs = task["outputs"]
    averaged = [k for k, output in enumerate(outputs) if output["averaged"]] if outputs else [0]
    fields = {
        "problem": task["problem"],
        "metric": task["metric"],
        "needs": spec.needs,
        "uses_training_mean": spec.uses_training_mean,
        "sign": 1 if spec.greater_is_better else -1,
        "classes": len(task["classes"]),
        "averaged": averaged,
        "grouped": task["grouped"],
    }
    folds = task["split"].reshape(repeats, n).astype(np.int32)
    folds = folds - np.maximum(folds.min(axis=1, keepdims=True), 0)
    return fields, {"rows": _rows(task["ids"][:n], ids), "y": y, "folds": folds}


def _neucobench_task(
    task: Mapping[str, Any], folded: Mapping[str, Any], labels: Any, ids: Sequence[str]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Describe a task in label-file order, in which NeuCo-Bench splits its rows."""
    kept = set(folded["ids"].tolist())
    order = [row for row, name in enumerate(labels.ids) if name in kept]
    names = [labels.ids[row] for row in order]
    values = np.asarray(labels.y, dtype=np.float64).reshape(-1)[order]
    if labels.classes:
        with contextlib.suppress(ValueError):  # names of classes: their codes count
            values = np.array([float(name) for name in labels.classes])[values.astype(np.int64)]
    if task["options"]["normalize_labels"]:
        values = (values - values.min()) / (values.max() - values.min())
    first = task["ids"][task["split"] == task["split"].min()]
    row_of = {name: row for row, name in enumerate(names)}
    fields = {
        "problem": task["problem"],
        "metric": task["metric"],
        "needs": "value",
        "uses_training_mean": False,
        "sign": 1,
        "classes": len(task["classes"]),
        "averaged": [0],
        "grouped": False,
    }
    held_out = np.array([[row_of[name] for name in first.tolist()]], dtype=np.int32)
    y = values.astype(np.float32)[:, None]
    return fields, {"rows": _rows(names, ids), "y": y, "folds": held_out}


def _rows(names: Any, ids: Sequence[str]) -> NDArray[np.int32]:
    row_of = {name: row for row, name in enumerate(ids)}
    return np.array([row_of[str(name)] for name in names], dtype=np.int32)
