"""The order of the rows of a leaderboard, and how many of them are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from neucocore.errors import ConfigError
from neucocore.messages import did_you_mean
from neucocore.results.leaderboard import Table
from neucocore.results.rows import Row


def selected_rows(table: Table, sort_by: str | None = None, top: int | None = None) -> Table:
    """Return a table with its rows in another order, or only the first of them; ranks stay.

    Parameters
    ----------
    sort_by
        ``skill``, ``mean_score``, ``bytes`` (fewest first), ``d``, ``method`` or a task; rows
        without a value come last. By default the order of the table.
    top
        Number of rows to keep.

    Raises
    ------
    ConfigError
        No column has this name.
    """
    rows = list(table.rows)
    if sort_by is not None:
        rows.sort(key=lambda row: _sorting_key(row, sort_by, table.tasks))
    return replace(table, rows=tuple(rows[:top]))


def _sorting_key(row: Row, column: str, tasks: Sequence[str]) -> tuple[bool, Any]:
    names = {task.partition("@")[0]: task for task in tasks} | {task: task for task in tasks}
    if column == "method":
        return False, row.method
    if column in ("bytes", "d"):
        value = row.encoding.get("bytes_per_sample" if column == "bytes" else "dimension")
        return value is None, value or 0
    if column in ("skill", "mean_score"):
        value = getattr(row, column)
    elif column in names:
        value = row.q.get(names[column])
    else:
        near = did_you_mean(column, [*names, "skill", "mean_score", "bytes", "d", "method"])
        raise ConfigError(
            f"--sort-by {column}: no such column",
            hint=near or "skill, mean_score, bytes, d, method, or the name of a task",
        )
    return value is None, -(value or 0.0)
