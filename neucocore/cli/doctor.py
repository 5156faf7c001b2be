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
    import platform

    from neucocore.components.distributions import unreadable
    from neucocore.components.missing_dependency import missing_requirements
    from neucocore.provenance.machine import machine

    rows = [_row("python", "ok", f"{platform.python_version()} on {platform.platform()}")]
    if missing := missing_requirements("neucocore"):
        rows.append(_row("requirements", "error", f"run: {install(missing)}"))
    else:
        rows.append(_row("requirements", "ok", "all installed"))
    rows += [
        _row(f"metadata of {item.name}", "error", f"{item}: {item.hint}") for item in unreadable()
    ]
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
    rows = [_plugin_row(plugin, heavy.get(plugin.origin, [])) for plugin in plugins]
    return [*rows, *_unused_metadata()]


def _unused_metadata() -> list[dict[str, Any]]:
    """Report what is left of other versions of plugins."""
    from neucocore.components.distributions import unused
    from neucocore.components.entry_points import COMMANDS, PLUGINS

    items = {item.path: item for group in (PLUGINS, COMMANDS) for item in unused(group)}
    rows = []
    for path, item in items.items():
        what = "is a leftover" if item.leftover else "is a second installation"
        text = f"{item.version} in {path} {what}; {item.used} is used. To repair it: "
        repair = f"rm -r {path}" if item.leftover else f"uninstall it, or remove {path}"
        rows.append(_row(f"metadata of {item.name}", "warning", text + repair))
    return rows


def _plugin_row(plugin: PluginRecord, heavy: list[str]) -> dict[str, Any]:
    check = f"plugin {plugin.name}"
    match plugin.status:
        case "failed":
            missing = _missing(plugin)
            repair = install(missing) if missing else plugin.hint
            return _row(check, "error", f"{plugin.reason} ({plugin.distribution}); {repair}")
        case "blocked":
            return _row(check, "ok", plugin.reason)
    if missing := _missing(plugin):
        return _row(check, "error", f"requires {', '.join(missing)}: {install(missing)}")
    if heavy:
        detail = f"importing {plugin.origin} imports {', '.join(heavy)}; it slows every command"
        return _row(check, "warning", detail)
    if plugin.seconds > SLOW_IMPORT_SECONDS:
        detail = f"importing {plugin.origin} takes {plugin.seconds:.2f} s; it slows every command"
        return _row(check, "warning", detail)
    return _row(check, "ok", pluralize(len(plugin.components), "component"))


def _missing(plugin: PluginRecord) -> list[str]:
    from importlib.metadata import PackageNotFoundError

    from neucocore.components.missing_dependency import missing_requirements

    try:
        return missing_requirements(plugin.distribution) if plugin.registered else []
    except (PackageNotFoundError, ValueError):  # named in a variable only
        return []


def install(requirements: list[str]) -> str:
    """Return the command that installs requirements."""
    return "pip install " + " ".join(f"'{requirement}'" for requirement in requirements)
