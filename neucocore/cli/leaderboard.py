"""``neuco leaderboard``: which methods are better, in tables of comparable runs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neucocore.cli.terminal import fits, put, put_table, say

if TYPE_CHECKING:
    from neucocore.results.leaderboard import Table


class By(StrEnum):
    """What decides the order."""

    weighted = "weighted"
    uniform = "uniform"
    borda = "borda"
    mean = "mean"


class Format(StrEnum):
    """How the tables are written."""

    table = "table"
    csv = "csv"
    json = "json"
    md = "md"
    latex = "latex"


def leaderboard(
    directory: Annotated[Path, typer.Argument(help="The folder given to --output.")],
    phase: Annotated[str | None, typer.Option(help="Only this phase.")] = None,
    protocol: Annotated[
        str | None, typer.Option(help="Only this protocol: a name, name@version or identity.")
    ] = None,
    by: Annotated[
        By,
        typer.Option(
            help="Weighted mean of ranks as NeuCo-Bench's, plain mean of ranks, points for "
            "methods beaten, or mean score."
        ),
    ] = By.weighted,
    all_runs: Annotated[
        bool, typer.Option("--all-runs", help="Keep older runs of the same method.")
    ] = False,
    format: Annotated[Format, typer.Option(help="How to write it.")] = Format.table,  # noqa: A002
) -> None:
    """Rank the runs of a folder; say what is left out and why."""
    from neucocore.results import tables as write
    from neucocore.results.leaderboard import leaderboards
    from neucocore.results.reading import read_runs

    tables = leaderboards(
        read_runs(directory, phase), by=by.value, protocol=protocol, all_runs=all_runs
    )
    if format is Format.table:
        _show(tables)
        return
    writers = {
        Format.csv: write.to_csv,
        Format.json: write.to_json,
        Format.md: write.to_markdown,
        Format.latex: write.to_latex,
    }
    put(writers[format](tables))
    if format in (Format.csv, Format.json):
        for table in tables:
            _say_remarks(table)


def show_tables(output: Path, *, phase: str | None = None) -> list[Table]:
    """Show the tables of a folder after its runs, ranked as by default, and return them."""
    from neucocore.results.leaderboard import leaderboards
    from neucocore.results.reading import read_runs

    tables = leaderboards(read_runs(output, phase))
    _show(tables)
    return tables


def _show(tables: list[Table]) -> None:
    from neucocore.results.tables import cells, headings, title

    for number, table in enumerate(tables):
        put(("\n" if number else "") + title(table))
        columns = headings(table)
        rows = [dict(zip(columns, cells(table, row), strict=True)) for row in table.rows]
        if fits(rows, columns):
            put_table(rows, columns)
        else:
            _show_narrow(table, rows, columns)
        _say_remarks(table)


def _show_narrow(table: Table, rows: list[dict[str, str]], columns: list[str]) -> None:
    """Show the ranks, and below them the tasks with a column a method."""
    ranking = columns[: len(columns) - len(table.tasks)]
    put_table(rows, ranking, narrow=ranking[:3])
    put("")
    methods = [row["method"] for row in rows]
    tasks = [{"task": task, **{row["method"]: row[task] for row in rows}} for task in table.tasks]
    put_table(tasks, ["task", *methods])


def _say_remarks(table: Table) -> None:
    from neucocore.results.tables import remarks

    for remark in remarks(table):
        say(f"{table.phase}, {table.protocol}: {remark}")
