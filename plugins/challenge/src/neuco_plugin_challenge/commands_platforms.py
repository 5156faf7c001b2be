"""``neuco challenge export`` and ``neuco challenge import``: hosting on EvalAI and Codabench."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Platform(StrEnum):
    """Where a challenge can be hosted."""

    codabench = "codabench"
    evalai = "evalai"


def export(
    platform: Annotated[Platform, typer.Argument(help="codabench or evalai.")],
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder with challenge.yaml and labels/.")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="Bundle to write: .zip.")
    ],
    labels: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of the label files. [DIR/labels]"),
    ] = None,
    check: Annotated[
        bool,
        typer.Option(help="Compare the scores of the bundle with neuco's on a random embedding."),
    ] = True,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of phases.")] = False,
) -> None:
    """Write a bundle that a platform accepts. It contains the labels: give it to nobody else."""
    from neuco_plugin_challenge.bundles import bundle_files, scored_phases
    from neuco_plugin_challenge.reference_data import zip_of
    from neuco_plugin_challenge.settings import read_challenge
    from neucocore import NeucoError, OutputFile, log, print_json, warn

    if output.suffix.lower() != ".zip":
        raise NeucoError(f"{output} is not a .zip file", hint="for example: -o bundle.zip")
    path = folder / "challenge.yaml" if folder.is_dir() else folder
    challenge = read_challenge(path)
    source = labels or path.parent / "labels"
    target = OutputFile(
        output,
        command="challenge export",
        key={"challenge": path, "labels": source, "platform": platform.value},
        force=force,
    )
    phases = scored_phases(challenge, path, source, check=check)
    content = zip_of(bundle_files(platform.value, challenge, phases))
    with target.writing():
        output.write_bytes(content)
    for scored in phases:
        tasks = len(scored.reference.described["tasks"])
        log(f"{scored.phase.codename}: {len(scored.reference.ids)} ids, {tasks} tasks")
    log(f"{output}: {len(content) / 1e6:.1f} MB for {platform.value}")
    warn(f"{output} contains the labels; upload it, and share it with nobody")
    if as_json:
        rows = [{"phase": one.phase.codename, "ids": len(one.reference.ids)} for one in phases]
        print_json([{"file": str(output), "platform": platform.value, "phases": rows}])


def import_results(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Results downloaded from a platform.")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="CSV of the scores per task, for the host only."
        ),
    ] = None,
    counts: Annotated[
        str, typer.Option(metavar="last|best", help="Which submission of a team counts.")
    ] = "last",
    ranking: Annotated[
        str,
        typer.Option(metavar="weighted-rank|mean-score", help="Ranking that orders the table."),
    ] = "weighted-rank",
    json_output: Annotated[bool, typer.Option("--json", help="Write JSON to stdout.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Rank the teams of a platform's results by both rankings; scores of tasks stay with you."""
    from neuco_plugin_challenge.platform_results import (
        csv_of,
        host_rows,
        latest,
        read_results,
        rows_of_board,
    )
    from neucocore import NeucoError, OutputFile, log, print_json, print_table

    allowed = {"--counts": ("last", "best"), "--ranking": ("weighted-rank", "mean-score")}
    for (option, values), value in zip(allowed.items(), (counts, ranking), strict=True):
        if value not in values:
            raise NeucoError(f"{option} is {value!r}", hint=f"{option} {' or '.join(values)}")
    entries = [entry for path in files for entry in read_results(path)]
    target = output and OutputFile(
        output, command="challenge import", key={"files": list(files)}, force=force
    )
    boards = []
    for phase in sorted({entry.phase for entry in entries}):
        of_phase = latest([entry for entry in entries if entry.phase == phase], counts)
        boards += [{"phase": phase, **row} for row in rows_of_board(of_phase, ranking)]
    if output and target:
        with target.writing():
            output.write_text(csv_of(host_rows(entries)), encoding="utf-8")
        log(f"{output}: scores per task, for the host only")
    if json_output:
        print_json(boards)
    else:
        print_table(boards, list(boards[0]), name="team")


def add_commands(app: typer.Typer) -> None:
    """Add ``export`` and ``import`` to the commands of ``neuco challenge``."""
    app.command("export")(export)
    app.command("import")(import_results)
