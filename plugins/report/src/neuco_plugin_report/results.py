"""What a page shows: the tables of a results folder, its runs, decisions and sweeps."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import neucocore
from neucocore import NeucoError

DECISION, SWEEP, SUMMARY, RUN = "decision.json", "sweep.json", "results_summary.json", "run.json"
POINTS_OF_CURVES = ("sizes", "labels")
"""Phases of runs that are points of curves, which are shown as curves."""
LAST = ("baselines", "places")
"""Phases that are shown below the others."""


class ReportError(NeucoError):
    """Results, or what a page shows next to them, cannot be used."""

    exit_code = 4


@dataclass(frozen=True, eq=False)
class Run:
    """One run of a table.

    Attributes
    ----------
    record
        Content of ``run.json``; empty for runs of NeuCo-Bench.
    """

    folder: Path
    row: Any
    record: Mapping[str, Any]

    @property
    def method(self) -> str:
        """Name of the method."""
        return str(self.row.method)

    @property
    def tasks(self) -> list[Mapping[str, Any]]:
        """The tasks as ``run.json`` describes them."""
        return list(self.record.get("tasks", ()))


@dataclass(frozen=True, eq=False)
class Table:
    """Comparable runs, the best first."""

    table: Any
    runs: tuple[Run, ...]

    @property
    def title(self) -> str:
        """Phase and protocol."""
        return f"{self.table.phase}: {self.table.protocol}"

    def facts(self, task: str) -> Mapping[str, Any]:
        """Return what the first run that scored a task records about it; empty if none does."""
        for run in self.runs:
            for record in run.tasks:
                if record.get("task") == task and record.get("score") is not None:
                    return record
        return {}


@dataclass(frozen=True, eq=False)
class Results:
    """A results folder.

    Attributes
    ----------
    problem
        Why there is no table; empty if there is one.
    decisions, sweeps
        Content of every ``decision.json`` and ``sweep.json`` of the folder and the folders in it,
        with the name of the folder; the name is empty for the folder itself.
    """

    name: str
    tables: tuple[Table, ...]
    problem: str
    decisions: tuple[tuple[str, Mapping[str, Any]], ...]
    sweeps: tuple[tuple[str, Mapping[str, Any]], ...]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.tables or self.decisions or self.sweeps)

    @property
    def summary(self) -> str:
        """What the page holds, in words."""
        runs = sum(len(table.runs) for table in self.tables)
        parts = [f"{_counted(runs, 'run')} in {_counted(len(self.tables), 'table')}"]
        if left_out := sum(len(table.table.left_out) for table in self.tables):
            parts.append(f"{left_out} left out")
        parts += [_counted(len(self.decisions), "decision")] if self.decisions else []
        parts += [_counted(len(self.sweeps), "sweep")] if self.sweeps else []
        return ", ".join(parts)


def read_results(folder: Path) -> Results:
    """Read a results folder; a folder without any result gives a page that says so.

    Raises
    ------
    NeucoError
        There is no such folder.
    """
    decisions, sweeps = _all(folder, DECISION), _all(folder, SWEEP)
    problem = ""
    found: Sequence[Any] = ()
    try:
        found = neucocore.leaderboard(folder)
    except NeucoError as error:
        if not folder.is_dir():
            raise
        problem = error.message
    tables = []
    for table in found:
        if table.phase in POINTS_OF_CURVES or not (table.rows or table.left_out):
            continue
        runs = []
        for row in table.rows:
            run_folder = folder / table.phase / row.experiment
            runs.append(Run(run_folder, row, _json(run_folder / RUN) or {}))
        tables.append(Table(table, tuple(runs)))
    tables.sort(key=lambda table: str(table.table.phase) in LAST)
    return Results(folder.resolve().name, tuple(tables), problem, decisions, sweeps)


def _all(folder: Path, name: str) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    files = [folder / name, *sorted(folder.glob(f"*/{name}"))]
    read = ((file, _json(file)) for file in files)
    return tuple(
        ("" if file.parent == folder else file.parent.name, content)
        for file, content in read
        if content
    )


def _json(file: Path) -> Mapping[str, Any] | None:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        neucocore.warn(f"{file} cannot be read: {error}")
        return None
    return content if isinstance(content, dict) else None


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
