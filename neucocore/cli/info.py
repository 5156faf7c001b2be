"""``neuco info``: everything that is declared about one component."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neucocore.cli.tables import print_table
from neucocore.cli.terminal import log, print_data, print_json
from neucocore.messages import pluralize

if TYPE_CHECKING:
    from neucocore.components.discovery import Component, PluginRecord

_WITH_DIGEST = re.compile(r"([a-z][a-z0-9-]*@\d+|neuco-bench)\+[0-9a-f]+")
"""The identity of a protocol with changed options, or of a run that NeuCo-Bench has written."""
LIMITS = ("minimum", "above")
"""Limits of parameters, shown where they are given."""
HIDDEN = frozenset({"name", "params", "generate_params", "derive_params"})


def info(
    name: Annotated[
        str,
        typer.Argument(
            help="A component, plugin/component, or plugin; or a protocol with a digest, as a "
            "table shows it."
        ),
    ],
    results: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DIR",
            help="Where to look for runs with this digest; by default the current folder.",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False,
    bibtex: Annotated[
        bool, typer.Option("--bibtex", help="Print BibTeX entries for a suite and its sources.")
    ] = False,
) -> None:
    """Show the description and the parameters of a component, or all components of a plugin."""
    if bibtex:
        _print_bibtex(name, json=json)
        return
    if _WITH_DIGEST.fullmatch(name):
        _explain(name, results or [Path()], json=json)
        return
    _put([_row(component) for component in _components(name)], json)
    more = [p for p in _plugins_named(name) if any(c.name != name for c in p.components)]
    if more and not _is_only_a_plugin(name):
        log(f"the plugin {name} offers more: neuco plugins info {name}")


def _explain(identity: str, folders: list[Path], *, json: bool) -> None:
    """Print which options the digest of a protocol stands for."""
    from neucocore.results.changed_options import explain, option_text
    from neucocore.results.neuco_bench_identity import NEUCO_BENCH

    found = explain(identity, folders)
    changed = {option.name: option for option in found.changed}
    rows = [
        {"option": option.name, "value": option.value, "default": option.default}
        for option in found.changed
    ] or [{"option": name, "value": value} for name, value in found.options.items()]
    if json:
        runs = [str(folder) for folder in found.folders]
        print_json([{"kind": "protocol", "name": found.identity, "options": rows, "runs": runs}])
        return
    if not changed:
        why = (
            "NeuCo-Bench's runs record"
            if found.identity.startswith(NEUCO_BENCH)
            else ("the protocol is not installed; these are")
        )
        log(f"{why} all options of {found.folders[0]}")
    shown = [
        {name: cell if name == "option" else option_text(cell) for name, cell in row.items()}
        for row in rows
    ]
    print_data(found.identity)
    print_table(shown, list(rows[0]))
    log(f"in {pluralize(len(found.folders), 'run')}, the first: {found.folders[0]}")


def plugin_info(
    name: Annotated[str, typer.Argument(help="An installed plugin: neuco plugins list.")],
    json: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False,
) -> None:
    """Show everything a plugin offers, or one component by its name."""
    found = [c for plugin in _plugins_named(name) for c in plugin.components]
    _put([_row(component) for component in found or _components(name)], json)


def _put(rows: list[dict[str, Any]], json: bool) -> None:
    if json:
        print_json(rows)
        return
    for number, row in enumerate(rows):
        if number:
            print_data("")
        _show(row)


def _print_bibtex(name: str, *, json: bool) -> None:
    from neucocore.components.bibtex import suite_bibtex
    from neucocore.components.discovery import installation
    from neucocore.components.lookup import find
    from neucocore.errors import ConfigError

    if json:
        raise ConfigError("--bibtex and --json exclude each other", hint="leave one of them out")
    base = name.rpartition("/")[2].partition("@")[0]
    kinds = [component.kind for component in installation().components() if component.name == base]
    if kinds and "suite" not in kinds:
        raise ConfigError(
            f"--bibtex is for suites; {name} is of the kind {kinds[0]}",
            hint=f"neuco info {name} shows what to cite; neuco list suites",
        )
    text, missing = suite_bibtex(find("suite", name))
    print_data(text.rstrip("\n"))
    for component in missing:
        log(f"the {component} is not installed; its sources are not listed")


def _plugins_named(name: str) -> list[PluginRecord]:
    from neucocore.components.discovery import installation

    return [plugin for plugin in installation().plugins if plugin.name == name]


def _is_only_a_plugin(name: str) -> bool:
    from neucocore.components.discovery import installation

    return all(component.name != name for component in installation().components())


def _components(name: str) -> list[Component]:
    from neucocore.components.discovery import installation
    from neucocore.components.lookup import find
    from neucocore.components.specs import KINDS
    from neucocore.errors import ComponentLookupError, PluginError, UnknownComponentError
    from neucocore.messages import did_you_mean

    found = []
    for kind in KINDS:
        try:
            found.append(find(kind, name))
        except UnknownComponentError:
            continue
        except ComponentLookupError:
            base = name.partition("@")[0]
            found += [c for c in installation().components(kind) if c.name == base]
    if found:
        return found
    for plugin in _plugins_named(name):
        if plugin.status == "failed":
            raise PluginError(
                f"plugin {name} did not load: {plugin.reason}", hint="neuco plugins list"
            )
        if plugin.status == "blocked":
            raise UnknownComponentError(f"plugin {name} is {plugin.reason}")
        return list(plugin.components)
    known = [c.name for c in installation().components()]
    hint = did_you_mean(name, [*known, *(p.name for p in installation().plugins)])
    failed = [f"plugin {p.name} did not load: {p.reason}" for p in installation().failed]
    raise UnknownComponentError(
        f"nothing installed is named {name!r}" + (f"; {hint}" if hint else ""),
        problems=failed,
        hint=_provider(name) or "neuco list",
    )


def _provider(name: str) -> str:
    """Return how to install the known plugin that offers a name, or an empty text."""
    from neucocore.components import catalogue
    from neucocore.components.specs import KINDS

    for kind in KINDS:
        if provider := catalogue.provider_of(kind, name.partition("@")[0]):
            return f"pip install {provider.distribution} (it provides the {kind} {name!r})"
    return ""


def _row(component: Component) -> dict[str, Any]:
    spec = component.spec
    row: dict[str, Any] = {
        "kind": component.kind,
        "name": component.name,
        "plugin": component.plugin,
        "distribution": f"{component.distribution} {component.distribution_version}".strip(),
    }
    for field in dataclasses.fields(spec):
        value = getattr(spec, field.name)
        if field.name not in HIDDEN and value not in (None, "", (), {}):
            row[field.name] = _plain(value)
    row["params"] = [_plain(param) for param in spec.params]
    for more in ("generate_params", "derive_params"):
        if params := getattr(spec, more, ()):
            row[more] = [_plain(param) for param in params]
    return row


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {
            field.name: _plain(part)
            for field in fields
            if (part := getattr(value, field.name)) is not None or field.name not in LIMITS
        }
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    if callable(value):
        return f"{value.__module__}:{value.__qualname__}"
    if hasattr(value, "items"):
        return {str(key): _plain(part) for key, part in value.items()}
    return value


def _show(row: dict[str, Any]) -> None:
    for key, value in row.items():
        if key.endswith("params"):
            if value:
                print_data(f"{key}:")
                # As it would be typed: rounded like a score, a default of 1e-5 would read 0.
                shown = [
                    row | {"default": None if row["default"] is None else _inline(row["default"])}
                    for row in value
                ]
                print_table(shown, ("name", "type", "default", "help"))
        elif isinstance(value, list) and value and all(isinstance(part, dict) for part in value):
            print_data(f"{key}:")
            columns = [name for name in value[0] if any(_given(part[name]) for part in value)]
            print_table(
                [{name: _inline(part[name]) for name in columns} for part in value], columns
            )
        elif isinstance(value, dict):
            print_data(f"{key}:")
            for inner, part in value.items():
                if part not in ("", None):
                    print_data(f"  {inner}: {_inline(part)}")
        else:
            print_data(f"{key}: {_inline(value)}")


def _given(value: Any) -> bool:
    return value not in ("", None, [])


def _inline(value: Any) -> str:
    if isinstance(value, list) and any(isinstance(part, dict) for part in value):
        return f"{len(value)} entries (--json lists them)"
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_inline(part)}" for key, part in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
