"""Writes a pack: the results of run folders in one file.

A pack is a zip of ``pack.json`` and one file ``runs/NNNN.json`` per run. There are only numbers and
texts in it, so that reading one executes nothing and allocates no more than its size.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from neucocore.errors import ConfigError, ResultsError
from neucocore.messages import pluralize
from neucocore.results.influence_file import read_arrays, read_ids
from neucocore.results.layout import INFLUENCE, RUN, SUMMARY
from neucocore.results.packs.content import (
    LEFT_OUT,
    is_hidden,
    licences_of,
    packed_record,
    without_influence,
)
from neucocore.results.packs.reading import FORMAT, HEAD, SUFFIX, parse_pack, run_name
from neucocore.results.run_json import edited_files, read_provenance
from neucocore.version import __version__

INFLUENCE_REVEALS = (
    "influence values show how much each sample moves a score: whoever knows ids and labels can "
    "compute the error of each sample from them, and whoever knows the ids can tell classes apart "
    "under some metrics; --without-influence leaves them out, and the pack is then compared by "
    "scores and intervals only"
)
_TIME = (1980, 1, 1, 0, 0, 0)
"""Of all members, so that equal runs give equal bytes."""


def pack(runs: Sequence[str | Path], *, influence: bool = True) -> bytes:
    """Return the pack of run folders.

    Parameters
    ----------
    runs
        Run folders, or their summary files.
    influence
        Whether to include influence values, from which runs are compared sample by sample.

    Raises
    ------
    ConfigError
        There is no run.
    ResultsError
        Folders that are not runs of neuco, were edited, or are marked as hidden; all reported
        together.
    """
    if not runs:
        raise ConfigError("there is no run to pack", hint="neuco results pack RUN... -o FILE")
    contents, problems = [], []
    folders = [Path(run).parent if Path(run).name == SUMMARY else Path(run) for run in runs]
    for folder in dict.fromkeys(folders):
        try:
            contents.append(_run(folder, influence))
        except ResultsError as error:
            problems.append(error.message)
    if problems:
        raise ResultsError(
            f"{pluralize(len(problems), 'run')} of {len(folders)} cannot be packed",
            problems=problems,
            hint="pass complete, unedited run folders of tasks that are not hidden",
        )
    files = {run_name(number): _json(content) for number, content in enumerate(contents, 1)}
    head = {
        "format": FORMAT,
        "neucocore": __version__,
        "influence": influence,
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {HEAD: _json(head), **files}.items():
            archive.writestr(zipfile.ZipInfo(name, _TIME), content, zipfile.ZIP_DEFLATED)
    content = stream.getvalue()
    parse_pack(content, f"the pack of {', '.join(map(str, folders))}")
    return content


def check_pack_name(path: Path) -> None:
    """Check that a pack is named so that it is recognised.

    Raises
    ------
    ConfigError
        It is not.
    """
    if not path.name.endswith(SUFFIX) or path.name == SUFFIX:
        raise ConfigError(
            f"{path}: a pack is named NAME{SUFFIX}",
            hint=f"-o {path.name.partition('.')[0] or 'results'}{SUFFIX}",
        )


def _run(folder: Path, influence: bool) -> dict[str, Any]:
    if not (folder / SUMMARY).is_file():
        raise ResultsError(f"{folder} is not a complete run: it has no {SUMMARY}")
    record = read_provenance(folder)
    if record is None:
        raise ResultsError(f"{folder} has no {RUN}: NeuCo-Bench wrote it, without digests")
    try:
        if is_hidden(record):
            raise ResultsError(
                f"{folder} is a run of hidden tasks, whose results are not passed on"
            )
        if changed := edited_files(folder, record):
            raise ResultsError(f"{folder}: {', '.join(changed)} was changed or removed")
        packed = packed_record(record)
        rows = _row_numbers(folder, packed) if influence else {}
        return {
            "run": packed if influence else _without_influence(packed),
            "licences": licences_of(record),
            "folds": {task["task"]: _folds(folder, task["task"]) for task in packed["tasks"]},
            "influence": {
                task["task"]: _influence(folder, task, rows[task["task"]])
                for task in packed["tasks"]
                if task["task"] in rows
            },
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise ResultsError(f"{folder / RUN} does not have the form of a run: {error}") from None


def _has_influence(task: Mapping[str, Any]) -> bool:
    return any(metric["influence"] is not None for metric in task["metrics"])


def _without_influence(record: dict[str, Any]) -> dict[str, Any]:
    tasks = [
        {**task, "metrics": [without_influence(metric, LEFT_OUT) for metric in task["metrics"]]}
        for task in record["tasks"]
    ]
    return {**record, "tasks": tasks}


def _row_numbers(folder: Path, record: Mapping[str, Any]) -> dict[str, list[int]]:
    """Return for each task the number of the sample of each row, over all tasks of the run.

    Rows of two runs are paired by the digest of ids and labels of a task, so no id is needed. The
    numbers tell which rows of different tasks are the same sample.
    """
    ids = {
        task["task"]: read_ids(folder, task["task"])
        for task in record["tasks"]
        if _has_influence(task)
    }
    if not ids:
        return {}
    names = np.unique(np.concatenate(list(ids.values())))
    return {task: np.searchsorted(names, of_task).tolist() for task, of_task in ids.items()}


def _influence(folder: Path, task: Mapping[str, Any], rows: list[int]) -> dict[str, Any]:
    metrics = [m["metric"] for m in task["metrics"] if m["influence"] is not None]
    path = folder / task["task"] / INFLUENCE
    values = read_arrays(path, tuple(f"psi:{metric}" for metric in metrics))
    groups = None
    if any(metric["independent"] == "group" for metric in task["metrics"]):
        (codes,) = read_arrays(path, ("groups",))
        groups = np.unique(codes, return_inverse=True)[1].tolist()
    return {
        "rows": rows,
        "groups": groups,
        "values": {
            metric: array.astype(np.float64).tolist()
            for metric, array in zip(metrics, values, strict=True)
        },
    }


def _folds(folder: Path, task: str) -> list[float | None]:
    try:
        content = json.loads((folder / task / f"{task}_result.json").read_bytes())
    except (OSError, ValueError) as error:
        raise ResultsError(f"{folder}: the result of {task} cannot be read: {error}") from None
    values = content.get("q_t") or []
    return [None if v is None or not math.isfinite(v) else float(v) for v in values]


def _json(value: Any) -> bytes:
    return (json.dumps(value, allow_nan=False, ensure_ascii=False) + "\n").encode()
