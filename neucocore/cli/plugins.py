"""``neuco plugins``: list, check, create and find plugins."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neucocore.cli.info import plugin_info
from neucocore.cli.tables import print_table
from neucocore.cli.terminal import log, print_data, print_json, warn

if TYPE_CHECKING:
    from neucocore.components.discovery import PluginRecord
    from neucocore.testing.records import CheckRecord

app = typer.Typer(add_completion=False, no_args_is_help=True)
app.command("info")(plugin_info)

AsJson = Annotated[bool, typer.Option("--json", help="Print a list of objects.")]


class Kind(StrEnum):
    """Kinds of component that a new plugin can have."""

    dataset = "dataset"
    encoder = "encoder"
    task = "task"
    metric = "metric"
    probe = "probe"
    reducer = "reducer"
    protocol = "protocol"
    suite = "suite"


@app.command("list")
def list_plugins(json: AsJson = False) -> None:
    """List plugins, what they offer, and why some could not be loaded."""
    from neucocore.components.clashes import clashes
    from neucocore.components.discovery import installation

    found = clashes()
    rows = [
        _row(plugin) | {"clashes": [str(clash) for clash in found if plugin.name in clash.plugins]}
        for plugin in installation().plugins
    ]
    rows += _with_commands_only({row["distribution"] for row in rows})
    if json:
        print_json(rows)
        return
    print_table(rows, ("name", "version", "distribution", "status", "detail"))
    failed = sum(row["status"] == "failed" for row in rows)
    if failed:
        log(
            f"{failed} of {len(rows)} plugins could not be loaded; the others work. "
            "Set NEUCO_DISABLE_PLUGINS=NAME to skip a plugin, or uninstall it."
        )
    for clash in found:
        warn(str(clash))


def _with_commands_only(others: set[str]) -> list[dict[str, Any]]:
    """Return the distributions that add commands and no components, without importing them."""
    from neucocore.cli.plugin_commands import DISTRIBUTION_PREFIX, commands

    rows: dict[str, dict[str, Any]] = {}
    for name, entry in commands().items():
        if entry.distribution in others:
            continue
        row = rows.setdefault(
            entry.distribution,
            {
                "name": entry.distribution.removeprefix(DISTRIBUTION_PREFIX),
                "version": entry.version,
                "distribution": entry.distribution,
                "status": "loaded",
                "seconds": 0.0,
                "detail": "command",
                "clashes": [],
            },
        )
        row["detail"] += f" {name}" if row["detail"] == "command" else f", {name}"
    return list(rows.values())


def _row(plugin: PluginRecord) -> dict[str, Any]:
    counts = Counter(component.kind for component in plugin.components)
    offers = ", ".join(f"{n} {kind}{'s' if n > 1 else ''}" for kind, n in counts.items())
    return {
        "name": plugin.name,
        "version": plugin.version,
        "distribution": plugin.distribution,
        "status": plugin.status,
        "seconds": round(plugin.seconds, 4),
        "detail": plugin.reason or offers,
    }


@app.command("check")
def check(
    name: Annotated[str, typer.Argument(help="An installed plugin: neuco plugins list.")],
    json: AsJson = False,
) -> None:
    """Run the conformance checks on a plugin; exit code 3 if a required one fails."""
    from neucocore.testing import check_plugin, summary

    records = check_plugin(name)
    if json:
        print_json([_check_row(record) for record in records])
    else:
        shown = [_check_row(record) for record in records if record.status != "passed"]
        if shown:
            print_table(shown, ("id", "component", "level", "status", "reason"))
        print_data(f"{name}: {summary(records)}")
    if any(record.broken for record in records):
        raise typer.Exit(3)


def _check_row(record: CheckRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "component": record.component,
        "level": record.level,
        "status": record.status,
        "reason": record.reason,
        "seconds": round(record.seconds, 3),
    }


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="Name: lower-case words joined by '-'.")],
    kind: Annotated[Kind, typer.Option(help="The kind of component that the plugin offers.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="Folder to create the plugin in.")
    ] = Path(),
    dataset: Annotated[
        str, typer.Option(help="The data set that a new task labels; required for tasks.")
    ] = "",
) -> None:
    """Create a complete plugin that installs and passes its tests, as a starting point."""
    from neucocore.files.outputs import check_output_folder
    from neucocore.scaffold.new_plugin import new_plugin

    check_output_folder(output)
    folder = new_plugin(name, kind.value, output, dataset)
    print_data(str(folder))
    log(
        f"next: pip install -e '{folder}[test]' && pytest {folder}\n"
        f"then: neuco info {name}; the guide is https://github.com/neuco-bench/neuco/blob/main/docs/plugins/{kind.value}.md"
    )


@app.command("search")
def search(
    word: Annotated[str, typer.Argument(help="Part of a name, a summary or a citation.")],
    json: AsJson = False,
) -> None:
    """Search the list of known plugins, installed or not."""
    from neucocore.components.catalogue import known_plugins
    from neucocore.components.discovery import installation

    installed = {plugin.name for plugin in installation().plugins}
    rows = [
        {
            "name": entry.name,
            "distribution": entry.distribution,
            "installed": entry.name in installed,
            "status": entry.status,
            "provides": [f"{k}: {', '.join(names)}" for k, names in entry.provides.items()],
            "summary": entry.summary,
        }
        for entry in known_plugins()
        if word.lower() in entry.words()
    ]
    if json:
        print_json(rows)
    elif rows:
        for row in rows:
            row["installed"] = "yes" if row["installed"] else "no"
        print_table(rows, ("name", "installed", "status", "distribution", "summary"))
    else:
        log(f"no known plugin mentions {word!r}; a plugin need not be listed to work")


@app.command("freeze")
def freeze() -> None:
    """Print requirement lines that install the core and the plugins of this environment again."""
    from neucocore.provenance.freeze import requirement_lines

    for line in requirement_lines():
        print_data(line)
