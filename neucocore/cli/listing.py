"""``neuco list``: what is installed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any

import typer

from neucocore.cli.tables import print_table
from neucocore.cli.terminal import log, print_data, print_json

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
    problem: Annotated[
        str | None,
        typer.Option(
            metavar="KIND",
            help="Only tasks, probes and metrics for regression, binary, multiclass or multilabel.",
        ),
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only tasks and suites of this data set.")
    ] = None,
    modality: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Only encoders and data sets with this modality, such as s2l2a."
        ),
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
    filters = {"problem": problem, "dataset": dataset, "modality": modality}
    wanted = {name: value for name, value in filters.items() if value is not None}
    rows = {name: rows_of(name, wanted) for name in kinds}
    if wanted:  # kinds to which the filters do not apply have no row
        rows = {name: found for name, found in rows.items() if found}
        if not rows:
            shown = ", ".join(f"--{name} {value}" for name, value in wanted.items())
            log(f"nothing installed has {shown}")
    if json:
        print_json([row for found in rows.values() for row in found])
        return
    for name, found in rows.items():
        if kind is None:
            print_data(f"\n{name}" if name != next(iter(rows)) else name)
        if found:
            print_table(found, TABLES.get(name, TABLE), narrow=NARROW)
        else:
            log(f"no {name} are installed; neuco plugins search finds some")
    _log_failures()


def rows_of(kinds: str, wanted: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Return one JSON row for each component of a kind (in the plural).

    Parameters
    ----------
    wanted
        Keep only components with these values, by ``problem``, ``dataset`` and ``modality``.
        Encoders that declare no modalities take any.
    """
    from neucocore.components.discovery import installation

    rows = []
    for component in installation().components(kinds[:-1]):  # type: ignore[arg-type]
        spec = component.spec
        if not all(_matches(spec, name, value) for name, value in (wanted or {}).items()):
            continue
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


def _matches(spec: Any, name: str, value: str) -> bool:
    """Return whether a component is for a problem, data set or modality."""
    if name == "modality" and spec.kind == "encoder" and not spec.modalities:
        return True  # it takes cubes of any sensor
    return value in _values_of(spec, name)


def _values_of(spec: Any, name: str) -> Collection[str]:
    """Return the problems, data sets or modalities that a component is for."""
    if name == "problem":
        single = getattr(spec, "problem", None)
        return (single,) if single else getattr(spec, "problems", ())
    if name == "dataset":
        single = getattr(spec, "dataset", None)
        return (single,) if single else ()
    return getattr(spec, "modalities", None) or getattr(spec, "bands", None) or ()


def _log_failures() -> None:
    from neucocore.components.discovery import installation

    for plugin in installation().failed:
        log(f"plugin {plugin.name} did not load: {plugin.reason} (neuco plugins list)")
