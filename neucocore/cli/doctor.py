"""``neuco doctor``: whether the installation and its plugins work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from neucocore.cli.terminal import print_data, print_json, print_table
from neucocore.messages import pluralize

if TYPE_CHECKING:
    from neucocore.components.discovery import PluginRecord

SLOW_IMPORT_SECONDS = 0.2


def doctor(
    json: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False,
    clean: Annotated[bool, typer.Option("--clean", help="Empty the cache folder.")] = False,
) -> None:
    """Check the installation, the plugins and the cache; report what to fix."""
    from neucocore.runtime.cache import cache_folder, clean_cache, size_of_cache

    rows = [*_machine(), *_plugins()]
    if clean:
        removed = clean_cache()
        rows.append(
            _row("cache", "ok", f"{pluralize(removed, 'byte')} removed from {cache_folder()}")
        )
    else:
        rows.append(_row("cache", "ok", f"{cache_folder()}: {pluralize(size_of_cache(), 'byte')}"))
    if json:
        print_json(rows)
    else:
        print_table(rows, ("check", "status", "detail"))
        bad = [row for row in rows if row["status"] != "ok"]
        print_data(
            f"\n{len(bad)} of {len(rows)} checks need attention" if bad else "\nall checks passed"
        )
    if any(row["status"] == "error" for row in rows):
        raise typer.Exit(3)


def _row(check: str, status: str, detail: str) -> dict[str, Any]:
    return {"check": check, "status": status, "detail": detail}


def _machine() -> list[dict[str, Any]]:
    import importlib.metadata
    import platform

    from neucocore.provenance.machine import machine

    rows = [_row("python", "ok", f"{platform.python_version()} on {platform.platform()}")]
    requirements = [
        text.partition(";")[0]
        for text in importlib.metadata.requires("neucocore") or []
        if "extra ==" not in text
    ]
    missing = []
    for requirement in requirements:
        name = "".join(c if c.isalnum() or c in "-_." else " " for c in requirement).split()[0]
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        rows.append(_row("requirements", "error", f"pip install {' '.join(missing)}"))
    else:
        rows.append(_row("requirements", "ok", f"{len(requirements)} installed"))
    rows.append(
        _row(
            "processors",
            "ok",
            f"{machine()['cores']} x {machine()['processor']}",
        )
    )
    return rows


def _plugins() -> list[dict[str, Any]]:
    from neucocore.components.discovery import installation
    from neucocore.components.heavy_imports import heavy_imports

    plugins = installation().plugins
    heavy = heavy_imports([p.origin for p in plugins if p.status == "loaded" and p.registered])
    return [_plugin_row(plugin, heavy.get(plugin.origin, [])) for plugin in plugins]


def _plugin_row(plugin: PluginRecord, heavy: list[str]) -> dict[str, Any]:
    check = f"plugin {plugin.name}"
    match plugin.status:
        case "failed":
            return _row(check, "error", f"{plugin.reason} ({plugin.distribution})")
        case "blocked":
            return _row(check, "ok", plugin.reason)
    if heavy:
        detail = f"importing {plugin.origin} imports {', '.join(heavy)}; it slows every command"
        return _row(check, "warning", detail)
    if plugin.seconds > SLOW_IMPORT_SECONDS:
        detail = f"importing {plugin.origin} takes {plugin.seconds:.2f} s; it slows every command"
        return _row(check, "warning", detail)
    return _row(check, "ok", pluralize(len(plugin.components), "component"))
