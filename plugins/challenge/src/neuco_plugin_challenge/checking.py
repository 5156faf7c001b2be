"""Whether the rules of a challenge and its labels fit together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import neucocore
from neuco_plugin_challenge.settings import Phase, read_challenge
from neucocore import NeucoError


def check_challenge(folder: Path, labels: Path | None) -> list[dict[str, Any]]:
    """Return one row per phase: dates, and numbers of tasks, labelled rows and ids.

    Parameters
    ----------
    folder
        Folder with ``challenge.yaml``, or the file.
    labels
        Folder of label files; None for ``labels`` next to the file.

    Raises
    ------
    NeucoError
        The rules cannot be used, a task has no labels, or a phase selects none.
    """
    challenge = read_challenge(folder)
    source = labels or (folder if folder.is_dir() else folder.parent) / "labels"
    files = {file.stem: file for file in neucocore.read_label_folder(source)}
    problems: list[str] = []
    rows = []
    for phase in challenge.phases:
        ids: set[str] = set()
        count = 0
        for task in phase.tasks:
            file = files.get(task) or files.get(_stem_of(task, files))
            if file is None:
                known = ", ".join(sorted(files)) or "none"
                problems.append(f"{phase.codename}: no label file of {task}; there are {known}")
                continue
            try:
                chosen = _ids(phase, file)
            except NeucoError as error:
                problems.append(f"{phase.codename}: {error.message}")
                continue
            count += len(chosen)
            ids |= chosen
        if not ids and not problems:
            problems.append(f"{phase.codename}: no row is selected by the column {phase.columns}")
        rows.append(
            {
                "phase": phase.codename,
                "start": f"{phase.start:%Y-%m-%d %H:%M}",
                "end": f"{phase.end:%Y-%m-%d %H:%M}",
                "tasks": len(phase.tasks),
                "rows": count,
                "ids": len(ids),
                "board": "hidden" if phase.hidden else "public",
            }
        )
    if problems:
        raise NeucoError("the challenge cannot be run", problems=problems)
    return rows


def _stem_of(task: str, files: Mapping[str, Any]) -> str:
    """Return the stem of the label file of an installed task, by its aliases."""
    try:
        spec: Any = neucocore.find("task", task).spec
    except NeucoError:
        return ""
    return next((name for name in (spec.name, *spec.aliases) if name in files), "")


def _ids(phase: Phase, file: Any) -> set[str]:
    """Return the ids of a label file in a phase."""
    if phase.columns is None:
        return set(file.ids)
    return set(neucocore.subset_ids([file], phase.columns))
