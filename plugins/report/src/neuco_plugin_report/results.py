"""What a page shows: the tables of a results folder, its runs, a decision and a sweep."""

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


@dataclass(frozen=True, eq=False)
class Results:
    """A results folder.

    Attributes
    ----------
    problem
        Why there is no table; empty if there is one.
    decision, sweep
        Content of ``decision.json`` and ``sweep.json``; None without them.
    """

    name: str
    tables: tuple[Table, ...]
    problem: str
    decision: Mapping[str, Any] | None
    sweep: Mapping[str, Any] | None

    @property
    def summary(self) -> str:
        """What the page holds, in words."""
        runs = sum(len(table.runs) for table in self.tables)
        parts = [f"{runs} run{'' if runs == 1 else 's'} in {len(self.tables)} "
                 f"table{'' if len(self.tables) == 1 else 's'}"]  # fmt: skip
        parts += ["a decision"] if self.decision else []
        parts += ["curves"] if self.sweep else []
        return ", ".join(parts)


def read_results(folder: Path) -> Results:
    """Read a results folder.

    Raises
    ------
    NeucoError
        There is nothing to show.
    """
    decision, sweep = (_json(folder / name) for name in (DECISION, SWEEP))
    problem = ""
    found: Sequence[Any] = ()
    try:
        found = neucocore.leaderboard(folder)
    except NeucoError as error:
        if decision is None and sweep is None:
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
    return Results(folder.resolve().name, tuple(tables), problem, decision, sweep)


def _json(file: Path) -> Mapping[str, Any] | None:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        neucocore.warn(f"{file} cannot be read: {error}")
        return None
    return content if isinstance(content, dict) else None
