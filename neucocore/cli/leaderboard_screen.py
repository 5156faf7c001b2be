"""Leaderboards for people: all columns in a pipe, and the ranking at any width of a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from neucocore.cli.tables import (
    LEAST_NAME,
    fits,
    print_paragraph,
    print_table,
    shortened,
)
from neucocore.cli.terminal import log, print_data, settings
from neucocore.messages import pluralize

if TYPE_CHECKING:
    from neucocore.results.leaderboard import Table

MOST_GROUPS = 3
"""Tables of scores per task that are printed below each other on a narrow terminal."""
NARROW = ("method", "rank", "skill", "ranks", "95 % interval", "d", "bytes", "group", "fit")
"""Columns of a ranking, the most important first."""
NARROW_OTHER = ("method", "rank", "weighted_score", "mean_score", "d", "bytes", "fit")
LISTED = 3
"""Runs that are named where many are left out for the same reason."""


def show(tables: Sequence[Table]) -> None:
    """Print tables with their footnotes to stdout, and remarks about them to stderr."""
    from neucocore.results.tables import cells, footnotes, headings, title

    for number, table in enumerate(tables):
        if number:
            print_data("")
        print_paragraph(title(table))
        columns = headings(table)
        rows = [dict(zip(columns, cells(table, row), strict=True)) for row in table.rows]
        if not rows:
            print_data("no run is ranked")
        elif fits(rows, columns):
            print_table(rows, columns)
        else:
            _show_narrow(table, rows, columns)
        if rows:
            for text in footnotes(table):
                print_paragraph(text)
        log_remarks(table)


def log_remarks(table: Table) -> None:
    """Write to stderr which runs are left out, and what limits the conclusions."""
    about = f"{table.phase}, {table.protocol}"
    about += f", table {table.number}" if table.of > 1 else ""
    reasons: dict[str, list[str]] = {}
    for name, reason in table.left_out:
        reasons.setdefault(reason, []).append(name)
    for reason, names in reasons.items():
        if len(names) <= LISTED or settings.verbose:
            for name in names:
                log(f"{about}: left out: {name}, {reason}")
        else:
            named = ", ".join(names[:LISTED])
            log(
                f"{about}: left out: {pluralize(len(names), 'run')}, {reason}: {named} and "
                f"{len(names) - LISTED} more (neuco -v lists them)"
            )
    for note in table.notes:
        log(f"{about}: {note}")


def _show_narrow(table: Table, rows: list[dict[str, str]], columns: list[str]) -> None:
    """Print the ranks, and below them the tasks with one column per method."""
    from neucocore.results.tables import marks, shown_name

    names = [shown_name(table, row) for row in table.rows]
    ranking = columns[: len(columns) - len(table.tasks)]
    order = NARROW if table.by == "skill" else NARROW_OTHER
    hidden = print_table(
        [{**row, "method": name} for row, name in zip(rows, names, strict=True)],
        ranking,
        narrow=[column for column in order if column in ranking],
        name="method",
        ends=[marks(table, row) for row in table.rows],
    )
    print_data("")
    names = shortened(names, LEAST_NAME)
    tasks = [
        {"task": task, **{name: row[task] for name, row in zip(names, rows, strict=True)}}
        for task in table.tasks
    ]
    if not fits(tasks, ["task", *names[:2]]):
        for row, task in zip(tasks, shortened(table.tasks, LEAST_NAME), strict=True):
            row["task"] = task
    groups = _fitting(tasks, names)
    for group in groups[:MOST_GROUPS]:
        print_table(tasks, ["task", *group], name="task")
        print_data("")
    if hidden:
        log(f"not shown: {', '.join(hidden)}; a wider terminal, or --format csv")
    if left := sum(map(len, groups[MOST_GROUPS:])):
        log(
            f"the scores of {pluralize(left, 'further method')} per task: a wider terminal, "
            "--top N, or --format csv"
        )


def _fitting(tasks: list[dict[str, str]], methods: list[str]) -> list[list[str]]:
    """Divide methods into groups whose columns fit the terminal next to the tasks."""
    groups: list[list[str]] = [[]]
    for method in methods:
        if groups[-1] and not fits(tasks, ["task", *groups[-1], method]):
            groups.append([])
        groups[-1].append(method)
    return groups
