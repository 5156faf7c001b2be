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
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder of the cubes: shows those with the largest errors."
        ),
    ] = None,
    places: Annotated[
        Path | None,
        typer.Option(
            metavar="TABLE", help="Table with id, lon and lat: shows errors on a map of cells."
        ),
    ] = None,
    exact_locations: Annotated[
        bool,
        typer.Option(
            "--exact-locations", help="Show sites instead of cells, ids, and cubes at points."
        ),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a list with one object about the page.")
    ] = False,
) -> None:
    """Write results as one page that needs no network.

    The page shows no id and no location of a site unless --exact-locations is given.
    """
    from neuco_plugin_report.page import render
    from neuco_plugin_report.results import ReportError, read_results
    from neucocore import OutputFile, log, print_json

    for option, path in (("--data", data), ("--places", places)):
        if path is not None and not path.exists():
            raise ReportError(f"{option} {path} does not exist", hint="check the path")
    found = read_results(results)
    options = {
        "title": title,
        "methods": methods,
        "data": data,
        "places": places,
        "exact_locations": exact_locations,
    }
    target = OutputFile(
        output, command="report", key={"input": results, "options": options}, force=force
    )
    page = render(
        found,
        title=title or found.name,
        plotted=methods,
        data=data,
        places=places,
        exact=exact_locations,
    )
    with target.writing():
        output.write_text(page, encoding="utf-8")
    size = len(page.encode())
    log(f"{output}: {found.summary}, {size / 1e6:.1f} MB")
    if as_json:
        print_json([{"file": str(output), "content": found.summary, "bytes": size}])
    if found.empty:  # the page says so; a script finds out by the exit code
        raise ReportError(
            found.problem or f"{results} contains no result to show",
            hint="neuco evaluate, run, choose and sweep write results",
        )
