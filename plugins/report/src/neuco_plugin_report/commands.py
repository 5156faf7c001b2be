"""``neuco report``: results as one self-contained page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.command()
def report(
    results: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="Folder that neuco evaluate, run, choose or sweep has written to."
        ),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="Page to write: .html.")
    ],
    title: Annotated[str, typer.Option(help="Title of the page. [name of the folder]")] = "",
    methods: Annotated[
        int,
        typer.Option(min=0, metavar="N", help="Methods of each table that get plots of their own."),
    ] = 6,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Write results as one page that needs no network."""
    from neuco_plugin_report.page import render
    from neuco_plugin_report.results import read_results
    from neucocore import OutputFile, log

    found = read_results(results)
    options = {"title": title, "methods": methods}
    target = OutputFile(
        output, command="report", key={"input": results, "options": options}, force=force
    )
    page = render(found, title=title or found.name, plotted=methods)
    with target.writing():
        output.write_text(page, encoding="utf-8")
    log(f"{output}: {found.summary}, {len(page.encode()) / 1e6:.1f} MB")
