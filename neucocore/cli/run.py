"""``neuco run``: a whole benchmark from one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neucocore.cli.terminal import say, system_error

if TYPE_CHECKING:
    from neucocore.workflow.benchmark import Method
    from neucocore.workflow.run_file import RunFile


def run(
    file: Annotated[Path, typer.Argument(help="The run file, see docs/run-files.md.")],
    output: Annotated[Path | None, typer.Option(help="Folder for embeddings and results.")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Worker processes and threads.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Do everything again.")] = False,
) -> None:
    """Encode, evaluate and rank what a run file names; run again, it continues."""
    import dataclasses

    from neucocore.workflow.run_file import read_run_file

    run_file = read_run_file(file, output)
    if jobs is not None:
        run_file = dataclasses.replace(run_file, jobs=jobs)
    failures = show(run_file, force=force)
    if failures:
        # What went wrong was said when it did; the table since then may have pushed it away.
        say(
            f"error: failed: {', '.join(failures)}; anything else is in {run_file.output}. "
            "Run again to continue.",
            always=True,
        )
        raise typer.Exit(1)


def show(run_file: RunFile, *, force: bool = False) -> list[str]:
    """Run a run file with progress, show its tables, return the methods that failed."""
    from neucocore.cli.leaderboard import show_tables
    from neucocore.errors import NeucoError
    from neucocore.workflow.benchmark import check, methods_of, phase_of

    check(run_file)
    failures = []
    methods = methods_of(run_file)
    for number, method in enumerate(methods, start=1):
        say(f"[{number}/{len(methods)}] {method.name}")
        try:
            _one(run_file, method, force)
        except (NeucoError, OSError) as error:
            failures.append(method.name)
            said = system_error(error) if isinstance(error, OSError) else str(error)
            say(f"error: {method.name}: {said}", always=True)
    if len(failures) < len(methods):
        show_tables(run_file.output, phase=phase_of(run_file))
    return failures


def _one(run_file: RunFile, method: Method, force: bool) -> None:
    from neucocore.cli import encode, evaluate
    from neucocore.workflow.benchmark import encode_request, evaluate_request

    if method.encoder is not None:
        encode.show(encode_request(run_file, method), jobs=run_file.jobs, force=force)
    evaluate.show(evaluate_request(run_file, method), jobs=run_file.jobs, force=force, table=False)
