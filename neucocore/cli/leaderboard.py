"""``neuco leaderboard``: which methods are better, in tables of comparable runs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neucocore.cli.leaderboard_screen import log_remarks, show
from neucocore.cli.plugin_failures import report_failed_plugins
from neucocore.cli.tables import print_table
from neucocore.cli.terminal import log, print_data, print_json

if TYPE_CHECKING:
    from neucocore.results.leaderboard import Table


class By(StrEnum):
    """What methods are ranked by."""

    skill = "skill"
    weighted = "weighted"
    uniform = "uniform"
    borda = "borda"
    mean = "mean"


class Format(StrEnum):
    """Output formats."""

    table = "table"
    csv = "csv"
    json = "json"
    md = "md"
    latex = "latex"
    long = "long"
    bibtex = "bibtex"
    model_index = "model-index"


def leaderboard(
    sources: Annotated[
        list[Path],
        typer.Argument(
            help="Folders that were passed to --output, and packs of neuco results pack.",
            metavar="DIR|PACK...",
            show_default=False,
        ),
    ],
    phase: Annotated[str | None, typer.Option(help="Show only this phase.")] = None,
    protocol: Annotated[
        str | None, typer.Option(help="Show only this protocol: name, name@version or identity.")
    ] = None,
    by: Annotated[
        By | None,
        typer.Option(
            help="Rank by the mean skill (score relative to chance), the weighted mean of ranks as "
            "NeuCo-Bench does, the mean of ranks, the number of methods beaten, or the mean score. "
            "By default each table has the ranking of its protocol.",
            show_default=False,
        ),
    ] = None,
    all_runs: Annotated[
        bool, typer.Option("--all-runs", help="Show all runs of a method, not only the newest.")
    ] = False,
    common_ids: Annotated[
        bool,
        typer.Option(
            "--common-ids",
            help="Score all runs, partial ones included, on the ids that they have in common.",
        ),
    ] = False,
    pairs: Annotated[
        bool,
        typer.Option(
            "--pairs", help="Show the difference of each pair of methods instead of the ranking."
        ),
    ] = False,
    top: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Show only the first N methods.")
    ] = None,
    sort_by: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Order of the rows: skill, mean_score, bytes, d, method, or a task. Ranks stay.",
        ),
    ] = None,
    format: Annotated[  # noqa: A002
        Format,
        typer.Option(help="Output format; long is a CSV with one row per method, task and metric."),
    ] = Format.table,
    json: Annotated[
        bool, typer.Option("--json", help="Print a list of objects: --format json.")
    ] = False,
) -> None:
    """Rank the runs of folders and packs; report which runs are left out and why."""
    from neucocore.errors import ConfigError
    from neucocore.results import exports
    from neucocore.results import tables as write
    from neucocore.results.leaderboard import (
        leaderboards,
        require_ranked,
        require_skill,
    )
    from neucocore.results.row_order import selected_rows
    from neucocore.results.sources import read_sources

    if json:
        if format not in (Format.table, Format.json):
            raise ConfigError(
                f"--json and --format {format.value} exclude each other",
                hint="leave one of them out",
            )
        format = Format.json  # noqa: A001
    report_failed_plugins()
    runs = read_sources(sources, phase)
    tables = leaderboards(
        runs,
        by=None if by is None else by.value,
        protocol=protocol,
        all_runs=all_runs,
        common_ids=common_ids,
    )
    require_ranked(tables)
    if by is By.skill:
        require_skill(tables)
    if pairs:
        _show_pairs(tables, format)
        return
    tables = [selected_rows(table, sort_by, top) for table in tables]
    if format is Format.table:
        show(tables)
        return
    writers = {
        Format.csv: write.to_csv,
        Format.md: write.to_markdown,
        Format.latex: write.to_latex,
        Format.long: exports.to_long_csv,
        Format.bibtex: lambda shown: exports.to_bibtex(shown, runs),
        Format.model_index: exports.to_model_index,
    }
    if format is Format.json:
        print_json(write.records(tables))
    else:
        print_data(writers[format](tables))
    if format not in (Format.md, Format.latex):
        for table in tables:
            log_remarks(table)


def print_main_tables(output: Path, *, phase: str | None = None) -> None:
    """Print the tables of the first protocol of a folder, and how to see those of the others."""
    from neucocore.messages import quoted
    from neucocore.results.leaderboard import leaderboards
    from neucocore.results.sources import read_sources

    tables = leaderboards(read_sources([output], phase))
    protocols = list(dict.fromkeys(table.protocol for table in tables))
    show([table for table in tables if table.protocol == protocols[0]])
    for protocol in protocols[1:]:
        of_phase = "" if phase is None else f" --phase {quoted(phase)}"
        log(f"under {protocol}: neuco leaderboard {quoted(output)}{of_phase} --protocol {protocol}")


def print_tables(output: Path, *, phase: str | None = None) -> list[Table]:
    """Print the tables of a folder in the default ranking, and return them."""
    from neucocore.results.leaderboard import leaderboards
    from neucocore.results.sources import read_sources

    tables = leaderboards(read_sources([output], phase))
    show(tables)
    return tables


def _show_pairs(tables: list[Table], format_: Format) -> None:
    from neucocore.results import tables as write

    if format_ is Format.json:
        print_json(write.pair_records(tables))
    elif format_ is Format.csv:
        print_data(write.pairs_to_csv(tables))
    else:
        columns = ("table", "first", "second", "difference", "low", "high", "p_value")
        rows = write.pair_records(tables)
        print_table(
            rows,
            (*columns, "adjusted_p_value"),
            narrow=("first", "second", "difference", "low", "high", "p_value"),
        )
