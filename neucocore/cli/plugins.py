"""``neuco plugins``: what is installed and what became of it; making, finding, checking plugins."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neucocore.cli.info import plugin_info
from neucocore.cli.terminal import put, put_json, put_table, say

if TYPE_CHECKING:
    from neucocore.components.discovery import PluginRecord
    from neucocore.testing.records import CheckRecord

app = typer.Typer(add_completion=False, no_args_is_help=True)
app.command("info")(plugin_info)

AsJson = Annotated[bool, typer.Option("--json", help="As a list of objects.")]


class Kind(StrEnum):
    """The kinds of component a plugin can be started with."""

    dataset = "dataset"
    encoder = "encoder"
    task = "task"
    metric = "metric"
    probe = "probe"
    reducer = "reducer"


@app.command("list")
def list_plugins(json: AsJson = False) -> None:
    """List plugins, what they offer, and why some did not load."""
    from neucocore.components.discovery import installation

    rows = [_row(plugin) for plugin in installation().plugins]
    if json:
        put_json(rows)
        return
    put_table(rows, ("name", "version", "distribution", "status", "detail"))
    failed = sum(row["status"] == "failed" for row in rows)
    if failed:
        say(
            f"{failed} of {len(rows)} plugins did not load; the others work. "
            "NEUCO_DISABLE_PLUGINS=NAME leaves one out, pip uninstall removes it."
        )


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
    """Put a plugin through the conformance kit; ends with 3 if a promise is broken."""
    from neucocore.testing import check_plugin, summary

    records = check_plugin(name)
    if json:
        put_json([_check_row(record) for record in records])
    else:
        shown = [_check_row(record) for record in records if record.status != "passed"]
        if shown:
            put_table(shown, ("id", "component", "level", "status", "reason"))
        put(f"{name}: {summary(records)}")
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
    name: Annotated[str, typer.Argument(help="Lower-case words joined by '-'.")],
    kind: Annotated[Kind, typer.Option(help="What the plugin offers first.")],
    out: Annotated[Path, typer.Option(help="Where the folder is made.")] = Path(),
    dataset: Annotated[
        str, typer.Option(help="The data set that a new task labels; required for tasks.")
    ] = "",
) -> None:
    """Write a complete plugin that installs and passes its tests, to start from."""
    from neucocore.scaffold.new_plugin import new_plugin

    folder = new_plugin(name, kind.value, out, dataset)
    put(str(folder))
    say(
        f"next: pip install -e '{folder}[test]' && pytest {folder}\n"
        f"then: neuco info {name}; docs/plugins/{kind.value}.md explains every line"
    )


@app.command("search")
def search(
    word: Annotated[str, typer.Argument(help="Part of a name, a summary or a citation.")],
    json: AsJson = False,
) -> None:
    """Search the list of known plugins, installed or not."""
    from neucocore.components.catalogue import entries
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
        for entry in entries()
        if word.lower() in entry.words()
    ]
    if json:
        put_json(rows)
    elif rows:
        for row in rows:
            row["installed"] = "yes" if row["installed"] else "no"
        put_table(rows, ("name", "installed", "status", "distribution", "summary"))
    else:
        say(f"no known plugin mentions {word!r}; a plugin need not be listed to work")


@app.command("freeze")
def freeze() -> None:
    """Print requirement lines that install the core and the plugins of this environment again."""
    from neucocore.provenance.freeze import requirement_lines

    for line in requirement_lines():
        put(line)
