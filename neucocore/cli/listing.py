"""``neuco list``: what is installed."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from neucocore.cli.terminal import log, print_data, print_json, print_table

KINDS = ("datasets", "encoders", "tasks", "metrics", "probes", "reducers", "protocols", "suites")
TABLE = ("name", "version", "plugin", "summary")
NARROW = ("name", "summary")
TASK_TABLE = ("name", "version", "dataset", "problem", "primary_metric", "plugin", "summary")
SUITE_TABLE = ("name", "version", "dataset", "protocol", "plugin", "summary")
TABLES = {"tasks": TASK_TABLE, "suites": SUITE_TABLE}


def list_components(
    kind: Annotated[
        str | None, typer.Argument(help=f"One of {', '.join(KINDS)}; all by default.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False,
) -> None:
    """List datasets, encoders, tasks, metrics, probes, reducers, protocols and suites."""
    from neucocore.errors import ConfigError
    from neucocore.messages import did_you_mean

    if kind is not None and kind not in KINDS:
        hint = did_you_mean(kind, KINDS)
        raise ConfigError(
            f"unknown kind {kind!r}" + (f"; {hint}" if hint else ""),
            hint=f"neuco list shows all; the kinds are {', '.join(KINDS)}",
        )
    kinds = KINDS if kind is None else (kind,)
    rows = {name: rows_of(name) for name in kinds}
    if json:
        print_json([row for found in rows.values() for row in found])
        return
    for name, found in rows.items():
        if kind is None:
            print_data(f"\n{name}" if name != kinds[0] else name)
        if found:
            print_table(found, TABLES.get(name, TABLE), narrow=NARROW)
        else:
            log(f"no {name} are installed; neuco plugins search finds some")
    _log_failures()


def rows_of(kinds: str) -> list[dict[str, Any]]:
    """Return one JSON row for each component of a kind (in the plural)."""
    from neucocore.components.discovery import installation

    rows = []
    for component in installation().components(kinds[:-1]):  # type: ignore[arg-type]
        spec = component.spec
        row: dict[str, Any] = {
            "kind": component.kind,
            "name": spec.name,
            "version": spec.version,
            "plugin": component.plugin,
            "distribution": component.distribution,
            "summary": spec.summary,
            "license": spec.license,
            "citation": spec.citation,
        }
        if component.kind == "task":
            row |= {key: getattr(spec, key) for key in ("dataset", "problem", "primary_metric")}
        if component.kind == "suite":
            row |= {key: getattr(spec, key) for key in ("dataset", "protocol", "split")}
            row["tasks"] = [task.name for task in spec.tasks]  # type: ignore[attr-defined]
        rows.append(row)
    return rows


def _log_failures() -> None:
    from neucocore.components.discovery import installation

    for plugin in installation().failed:
        log(f"plugin {plugin.name} did not load: {plugin.reason} (neuco plugins list)")
