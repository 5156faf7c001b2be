"""``neuco run``: a complete benchmark from one file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from neucocore.cli.plugin_failures import report_failed_plugins
from neucocore.cli.terminal import log, log_error, print_json, warn
from neucocore.workflow.options import RunOptions

if TYPE_CHECKING:
    from neucocore.workflow.benchmark import Method
    from neucocore.workflow.run_file import RunFile


def run(
    options: RunOptions,
    json: Annotated[
        bool,
        typer.Option("--json", help="Print the rows of all tables as neuco leaderboard does."),
    ] = False,
) -> None:
    """Encode, evaluate and rank what a run file names; run again, it continues."""
    from neucocore.workflow.run_file import read_run_file

    report_failed_plugins()
    run_file = read_run_file(options)
    for note in run_file.notes:
        warn(note)
    failures = _run(run_file, json=json)
    if failures:
        # The table may have scrolled the errors away, so the methods are named again.
        log(
            f"error: {', '.join(failures)} failed; the other results are in {run_file.output}. "
            "Run the command again to continue.",
            always=True,
        )
        raise typer.Exit(1)


def _run(run_file: RunFile, *, json: bool) -> list[str]:
    """Run a run file with progress, print its tables, return the methods that failed."""
    from neucocore.cli.leaderboard import print_main_tables
    from neucocore.errors import NeucoError
    from neucocore.results.leaderboard import leaderboards
    from neucocore.results.reading import read_runs
    from neucocore.results.tables import records
    from neucocore.workflow.benchmark import check, methods_of, phase_of

    check(run_file)
    failures = []
    methods = methods_of(run_file)
    for number, method in enumerate(methods, start=1):
        log(f"[{number}/{len(methods)}] {method.name}")
        try:
            _run_method(run_file, method)
        except (NeucoError, OSError) as error:
            failures.append(method.name)
            log_error(error, about=method.name)
    if len(failures) < len(methods):
        if json:
            print_json(records(leaderboards(read_runs(run_file.output, phase_of(run_file)))))
        else:
            print_main_tables(run_file.output, phase=phase_of(run_file))
    return failures


def _run_method(run_file: RunFile, method: Method) -> None:
    from neucocore.cli import encode, evaluate
    from neucocore.results.scored_run import require_no_failures, require_scores
    from neucocore.workflow.benchmark import encode_options, evaluate_options

    if method.encoder is not None:
        encode.run(encode_options(run_file, method))
    reports = evaluate.run(evaluate_options(run_file, method), table=False)
    require_scores(reports)
    require_no_failures(reports)
