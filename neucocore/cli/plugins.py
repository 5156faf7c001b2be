"""``neuco plugins``: what is installed, and what became of it."""

from __future__ import annotations

from typing import Annotated

import typer

from neucocore.cli.terminal import put_json, put_table, say

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.command("list")
def list_plugins(
    json: Annotated[bool, typer.Option("--json", help="As a list of objects.")] = False,
) -> None:
    """List plugins, what they offer, and why some did not load."""
    from neucocore.discovery import installation

    rows = []
    for plugin in installation().plugins:
        counts: dict[str, int] = {}
        for component in plugin.components:
            counts[component.kind] = counts.get(component.kind, 0) + 1
        offers = ", ".join(f"{n} {kind}{'s' if n > 1 else ''}" for kind, n in counts.items())
        rows.append(
            {
                "name": plugin.name,
                "version": plugin.version,
                "distribution": plugin.distribution,
                "status": plugin.status,
                "seconds": round(plugin.seconds, 4),
                "detail": plugin.reason or offers,
            }
        )
    if json:
        put_json(rows)
        return
    put_table(
        rows,
        ("name", "version", "distribution", "status", "detail"),
        narrow=("name", "status", "detail"),
    )
    failed = [row for row in rows if row["status"] == "failed"]
    if failed:
        say(
            f"{len(failed)} of {len(rows)} plugins did not load; the others work. "
            "NEUCO_DISABLE_PLUGINS=NAME leaves one out, pip uninstall removes it."
        )
