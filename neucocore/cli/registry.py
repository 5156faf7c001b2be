"""``neuco registry``: check the list of known plugins."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neucocore.cli.terminal import log, print_data
from neucocore.messages import pluralize

if TYPE_CHECKING:
    from neucocore.components.catalogue import KnownPlugin
    from neucocore.files.outputs import OutputFile
    from neucocore.files.yaml_document import Document
    from neucocore.registry.environment import Environment

app = typer.Typer(add_completion=False, no_args_is_help=True)

Force = Annotated[bool, typer.Option("--force", help="Replace an existing file.")]
STATUS_FILE = Path("registry-status.json")
File = Annotated[Path, typer.Argument(help="The list of known plugins.")]


@app.command("check")
def check(
    file: File = Path("registry.yaml"),
    built: Annotated[
        Path | None, typer.Option(help="Compare with the wheels in this folder.")
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Install each plugin on its own and check it.")
    ] = False,
    find_links: Annotated[
        Path | None, typer.Option(help="With --live: a folder of wheels to prefer.")
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Check only this plugin of the list. Repeatable."),
    ] = None,
    status: Annotated[Path, typer.Option(help="With --live: file for the results.")] = STATUS_FILE,
    force: Force = False,
) -> None:
    """Check registry.yaml: its form, its wheels (--built), its installed plugins (--live)."""
    from neucocore.errors import ConfigError, RegistryError
    from neucocore.files.outputs import OutputFile
    from neucocore.registry.file import raise_for_problems, read_registry
    from neucocore.registry.wheels import check_wheels

    if built is not None and live:
        raise ConfigError("--built and --live exclude each other", hint="run the command twice")
    registry = read_registry(file)
    if only:
        registry = registry.only(only)
    document, known = registry.document, registry.plugins
    problems = registry.all_problems()
    if built is not None:
        problems += check_wheels(document, known, built)
    raise_for_problems(file, problems)
    if live:
        key = {"registry": str(file.absolute())}  # the results of the same list are replaced
        target = OutputFile(status, command="registry check", key=key, force=force)
        problems = _check_live(document, known, find_links, target)
    if problems:
        raise RegistryError(f"{file} does not match its plugins", problems=problems)
    print_data(f"{file}: {pluralize(len(known), 'plugin')}, no problems")


def _check_live(
    document: Document,
    known: tuple[KnownPlugin, ...],
    find_links: Path | None,
    target: OutputFile,
) -> list[str]:
    import json

    from neucocore.files.atomic import write_text
    from neucocore.registry.check import check_live

    links = () if find_links is None else ("--find-links", str(find_links))

    def install(environment: Environment, entry: KnownPlugin) -> None:
        environment.install(["neucocore", entry.distribution], *links)

    rows = check_live(document, known, install, lambda name: log(f"registry check: {name}"))
    with target.writing():
        write_text(target.path, json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
    log(f"{target.path}: results for {len(rows)} plugins")
    return [problem for row in rows for problem in row["problems"]]


@app.command("write")
def write(
    file: File = Path("registry.yaml"),
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="File to write; in the core by default."
        ),
    ] = None,
    force: Force = False,
) -> None:
    """Write the list that ships with the core from registry.yaml."""
    from neucocore.components.catalogue import PACKAGED, to_json
    from neucocore.files.atomic import write_text
    from neucocore.files.outputs import OutputFile
    from neucocore.registry.file import load_registry

    _, known = load_registry(file)
    text, path = to_json(known), output or PACKAGED
    if output is None:
        write_text(path, text)
    else:
        target = OutputFile(path, command="registry write", key={"text": text}, force=force)
        with target.writing():
            write_text(path, text)
    print_data(f"{path}: {len(known)} plugins")
