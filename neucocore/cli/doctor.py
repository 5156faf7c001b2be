"""``neuco doctor``: whether the installation and its plugins work."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neucocore.cli.tables import print_table
from neucocore.cli.terminal import print_data, print_json
from neucocore.messages import pluralize

if TYPE_CHECKING:
    from neucocore.components.discovery import PluginRecord

SLOW_IMPORT_SECONDS = 0.2


def doctor(
    json: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False,
    clean: Annotated[bool, typer.Option("--clean", help="Remove cached files.")] = False,
) -> None:
    """Check the installation, the plugins and the cache; report what to fix."""
    rows = [*_machine(), *_plugins(), _cache(clean)]
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


def _cache(clean: bool) -> dict[str, Any]:
    """Report, or remove, the files that neuco caches."""
    from neucocore.runtime.cache import cached_files, clean_cache, size_of_cache

    folders = sorted({str(file.parent) for file in cached_files()})
    where = f" in {', '.join(folders)}" if folders else ""
    if clean:
        detail = f"{pluralize(clean_cache(), 'byte')} of machine code removed{where}"
    else:
        detail = f"{pluralize(size_of_cache(), 'byte')} of machine code{where}"
    return _row("cache", "ok", detail)


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
    from neucocore.components.clashes import clashes
    from neucocore.components.discovery import installation
    from neucocore.components.heavy_imports import heavy_imports

    plugins = installation().plugins
    heavy = heavy_imports([p.origin for p in plugins if p.status == "loaded" and p.registered])
    rows = [_plugin_row(plugin, heavy.get(plugin.origin, [])) for plugin in plugins]
    rows += [_command_row(*item) for item in _commands_only({p.distribution for p in plugins})]
    rows += [_row("names", "warning", str(clash)) for clash in clashes()]
    return [*rows, *_extras([p.distribution for p in plugins]), *_unused_metadata()]


def _commands_only(others: set[str]) -> list[tuple[str, list[str]]]:
    """Return distributions that add commands and no components, and what they lack."""
    from neucocore.cli.plugin_commands import commands

    names = {entry.distribution for entry in commands().values()} - others
    return [(name, _missing_requirements(name)) for name in sorted(names)]


def _command_row(distribution: str, missing: list[str]) -> dict[str, Any]:
    check = f"plugin {distribution.removeprefix('neuco-plugin-')}"
    if missing:
        return _row(check, "error", f"requires {', '.join(missing)}: {install(missing)}")
    return _row(check, "ok", "commands only")


def _extras(distributions: list[str]) -> list[dict[str, Any]]:
    """Report the extras whose requirements are not installed; they are needed by some uses only."""
    from neucocore.components.missing_dependency import missing_extras

    rows = []
    for name in sorted({d for d in distributions if d}):
        try:
            missing = missing_extras(name)
        except (PackageNotFoundError, ValueError):  # a single file given with --plugin-path
            continue
        for extra, requirements in missing.items():
            detail = f"not installed: {', '.join(requirements)}; pip install '{name}[{extra}]'"
            rows.append(_row(f"extra {name}[{extra}]", "ok", detail))
    return rows


def _unused_metadata() -> list[dict[str, Any]]:
    """Report what is left of other versions of plugins."""
    from neucocore.components.distributions import incomplete, unused
    from neucocore.components.entry_points import COMMANDS, PLUGINS

    items = {item.path: item for group in (PLUGINS, COMMANDS) for item in unused(group)}
    rows: list[dict[str, Any]] = []
    for name, folder, reason in incomplete():
        text = (
            f"{reason}; reinstall it with pip install --force-reinstall {name}, or rm -r {folder}"
        )
        rows.append(_row(f"metadata of {name}", "error", text))
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
    if plugin.restored:
        detail = f"importing {plugin.origin} changes {', '.join(plugin.restored)}; it was restored"
        return _row(check, "warning", detail)
    if heavy:
        detail = f"importing {plugin.origin} imports {', '.join(heavy)}; it slows every command"
        return _row(check, "warning", detail)
    if plugin.seconds > SLOW_IMPORT_SECONDS:
        detail = f"importing {plugin.origin} takes {plugin.seconds:.2f} s; it slows every command"
        return _row(check, "warning", detail)
    return _row(check, "ok", pluralize(len(plugin.components), "component"))


def _missing(plugin: PluginRecord) -> list[str]:
    return _missing_requirements(plugin.distribution) if plugin.registered else []


def _missing_requirements(distribution: str) -> list[str]:
    from neucocore.components.missing_dependency import missing_requirements

    try:
        return missing_requirements(distribution)
    except (PackageNotFoundError, ValueError):  # named in a variable only
        return []


def install(requirements: list[str]) -> str:
    """Return the command that installs requirements."""
    return "pip install " + " ".join(f"'{requirement}'" for requirement in requirements)
