"""``neuco challenge``: prepare a challenge with hidden tasks, and host it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neuco_plugin_challenge.commands_platforms import add_commands
from neuco_plugin_challenge.template import LABELS_ARE_PUBLIC, TEXTS, Template

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Prepare a challenge with hidden tasks, and host it on a platform.",
)


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write.")],
    template: Annotated[
        Template, typer.Option(help="What to start from: small or earthvision-2025.")
    ] = Template.small,
    title: Annotated[str, typer.Option(help="Title of the challenge. [name of the folder]")] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a list with one object about the file.")
    ] = False,
) -> None:
    """Write challenge.yaml, the rules of a challenge, to be changed by hand."""
    import json

    from neucocore import OutputFile, log, print_json, warn

    file = folder / "challenge.yaml"
    text = TEXTS[template].format(title=json.dumps(title or folder.resolve().name))
    target = OutputFile(file, command="challenge new", key={"text": text}, force=force)
    with target.writing():
        (folder / "labels").mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    log(f"{file}: change it, put label files into {folder / 'labels'}, then")
    log(f"neuco challenge check {folder}")
    if template is Template.earthvision_2025:
        warn(LABELS_ARE_PUBLIC)
    if as_json:
        print_json([{"file": str(file), "template": template.value}])


@app.command()
def check(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder with challenge.yaml and labels/.")
    ],
    labels: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of the label files. [DIR/labels]"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of phases.")] = False,
) -> None:
    """Check the rules, and that every task has labels; all problems are reported together."""
    from neuco_plugin_challenge.checking import check_challenge
    from neucocore import log, print_json, print_table

    rows = check_challenge(folder, labels)
    if as_json:
        print_json(rows)
        return
    print_table(rows, ("phase", "start", "end", "tasks", "rows", "ids", "board"))
    log("no problems; next: neuco challenge export codabench|evalai DIR -o bundle.zip")


add_commands(app)
