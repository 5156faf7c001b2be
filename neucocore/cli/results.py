"""``neuco results``: pack results to send them, and check packs of others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neucocore.cli.terminal import log, print_data, print_json, warn

if TYPE_CHECKING:
    from neucocore.results.packs.reading import Pack

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.command("pack")
def pack(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN...",
            help="Run folders that neuco evaluate has written.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="Pack to write: NAME.neuco.zip.")
    ],
    without_influence: Annotated[
        bool,
        typer.Option(
            "--without-influence",
            help="Leave out influence values: runs are then compared by scores and intervals only.",
        ),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print a list with one object per run.")
    ] = False,
) -> None:
    """Write the results of runs to one file, without labels, predictions or embeddings."""
    from neucocore import api
    from neucocore.results.packs.writing import INFLUENCE_REVEALS

    made = api.pack(*runs, output=output, influence=not without_influence, force=force)
    if json:
        print_json(_records(made))
    else:
        log(_text(made))
    if any(one["influence"] for one in made.contents):
        warn(INFLUENCE_REVEALS)


@app.command("check")
def check(
    packs: Annotated[
        list[Path], typer.Argument(metavar="PACK...", help="Packs.", show_default=False)
    ],
    json: Annotated[
        bool, typer.Option("--json", help="Print a list with one object per run.")
    ] = False,
) -> None:
    """Check packs: structure, digests, and every interval computed anew."""
    from neucocore.errors import ResultsError
    from neucocore.results.packs.reading import read_pack

    found, errors = [], []
    for path in packs:
        try:
            found.append(read_pack(path))
        except ResultsError as error:
            errors.append(error)
    if json:
        print_json([record for one in found for record in _records(one)])
    else:
        for one in found:
            print_data(f"ok: {_text(one)}")
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise ResultsError(
            f"{len(errors)} of {len(packs)} packs are not valid",
            problems=["; ".join([error.message, *error.problems]) for error in errors],
            hint="ask their senders for the files again",
        )


def _text(pack: Pack) -> str:
    from neucocore.messages import pluralize

    methods = ", ".join(dict.fromkeys(run.method for run in pack.runs))
    values = "with" if any(one["influence"] for one in pack.contents) else "without"
    return (
        f"{pack.path}: {pluralize(len(pack.runs), 'run')} ({methods}), {values} influence values, "
        f"sha256 {pack.sha256}"
    )


def _records(pack: Pack) -> list[dict[str, Any]]:
    return [
        {
            "pack": pack.path,
            "sha256": pack.sha256,
            "neucocore": pack.version,
            "method": run.method,
            "phase": run.phase,
            "experiment": run.experiment,
            "protocol": run.protocol,
            "tasks": {name: task.score for name, task in run.tasks.items()},
            "influence": bool(content["influence"]),
            "command": content["run"]["command"],
            "licences": content["licences"],
        }
        for run, content in zip(pack.runs, pack.contents, strict=True)
    ]
