"""``neuco data``: check, download and make data sets."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neucocore.cli.terminal import progress, put, put_json, put_table, say
from neucocore.messages import pluralize

if TYPE_CHECKING:
    from neucocore.components.specs import DatasetSpec
    from neucocore.data.audit.cube import FileReport
    from neucocore.data.cubes.file import CubeSchema
    from neucocore.data.downloads.download import Origin, Summary
    from neucocore.data.downloads.file import Plan
    from neucocore.data.downloads.pace import RateLimiter

app = typer.Typer(add_completion=False, no_args_is_help=True)

SHOWN_FILES = 50
DATA_TROUBLE = 4


class MissingChunks(StrEnum):
    """What a missing chunk of a cube means."""

    error = "error"
    warn = "warn"
    fill = "fill"


@app.command("check")
def check(
    path: Annotated[Path, typer.Argument(help="A folder of cubes, in any layout, or one cube.")],
    dataset: Annotated[
        str | None, typer.Option(help="Compare with what this data set says its cubes are like.")
    ] = None,
    dataset_setting: Annotated[
        list[str] | None,
        typer.Option("--dataset-set", help="A parameter of --dataset, NAME=VALUE. Repeatable."),
    ] = None,
    missing_chunks: Annotated[
        MissingChunks, typer.Option(help="What a missing chunk means.")
    ] = MissingChunks.error,
    jobs: Annotated[int, typer.Option(min=1, help="Worker processes.")] = 1,
    json: Annotated[bool, typer.Option("--json", help="As a list of objects.")] = False,
) -> None:
    """Read every cube of a folder and report everything that is noticed."""
    from neucocore.data.audit.folder import audit_folder

    schemas = _schemas(dataset, dataset_setting or [], path)
    with progress("checking cubes") as advance:
        reports = audit_folder(
            path,
            schemas=schemas,
            missing_chunks=missing_chunks.value,
            jobs=jobs,
            progress=lambda done, of: advance(done, of, ""),
        )
    if json:
        put_json([row for report in reports for row in _findings(report, path)])
    else:
        _show(reports, path)
    if any(not report.ok for report in reports):
        raise typer.Exit(DATA_TROUBLE)


@app.command("download")
def download(
    name: Annotated[
        str, typer.Argument(help="A data set that can be downloaded, or a collection of its files.")
    ],
    out: Annotated[Path, typer.Option(help="The data set's folder.")],
    only: Annotated[
        list[str] | None,
        typer.Option(help="Only paths like this: 's2l2a/part-00000*'. Repeatable."),
    ] = None,
    labels: Annotated[bool, typer.Option("--labels", help="Only the labels.")] = False,
    example: Annotated[bool, typer.Option("--example", help="Only the small example.")] = False,
    revision: Annotated[
        str | None, typer.Option(help="Branch, tag or commit; by default the pinned one.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Files at a time.")] = 8,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the plan.")] = False,
    json: Annotated[bool, typer.Option("--json", help="The plan as a list of objects.")] = False,
) -> None:
    """Download a data set; killed and run again, it goes on where it stopped."""
    from neucocore.data.downloads.download import Download
    from neucocore.data.downloads.pace import RateLimiter

    pace = RateLimiter()
    origin, small = _origin(name, pace)
    chosen = [*(only or ()), *(small["labels"] if labels else ())]
    chosen += small["example"] if example else ()
    plan_and_run = Download(out, origin, pace)
    say(f"asking what {origin.name} holds")
    plan = plan_and_run.plan(revision=revision, only=chosen)
    if json:
        put_json([plan.as_json()])
    say(_plan_text(plan, out))
    if dry_run:
        return
    with progress("downloading") as advance:
        total = len(plan.missing)
        summary = plan_and_run.run(
            plan,
            jobs=jobs,
            progress=lambda files, fetched: advance(files, total, _size(fetched)),
        )
    say(_summary_text(summary, out))


@app.command("make")
def make(
    name: Annotated[str, typer.Argument(help="A data set that can be made, synthetic-earth say.")],
    out: Annotated[Path, typer.Option(help="The folder to write.")],
    setting: Annotated[
        list[str] | None, typer.Option("--set", help="Parameter, NAME=VALUE. Repeatable.")
    ] = None,
) -> None:
    """Make a synthetic data set."""
    from neucocore.components.lookup import find
    from neucocore.components.parameters import parse_settings
    from neucocore.workflow.synthetic import generate_dataset

    component = find("dataset", name)
    spec = _dataset_spec(component.spec)
    values = parse_settings(setting or (), spec.generate_params, of=component.full_name)
    with progress(f"making {name}") as advance:
        without_labels = generate_dataset(component, out, values, advance)
    for line in without_labels:
        say(f"no labels for {line}")
    say(f"{out} holds {name}; look at it with: neuco data check {out}")


def _dataset_spec(spec: Any) -> DatasetSpec:
    from neucocore.components.specs import DatasetSpec

    assert isinstance(spec, DatasetSpec)  # noqa: S101  what find("dataset") gives
    return spec


def _schemas(name: str | None, settings: list[str], path: Path) -> dict[str, CubeSchema] | None:
    """Return what a data set says its cubes are like, by the names of their folders."""
    from neucocore.components.factory import create
    from neucocore.components.lookup import find
    from neucocore.components.parameters import parse_settings
    from neucocore.errors import ConfigError

    if name is None:
        if settings:
            raise ConfigError(
                "--dataset-set needs --dataset, whose parameters it gives",
                hint="neuco list datasets",
            )
        return None
    component = find("dataset", name)
    params = component.spec.params
    given = parse_settings(settings, params, of=name, option="--dataset-set")
    if "incomplete" in {param.name for param in params}:
        # What is missing is among the findings, and must not keep the rest from being checked.
        given.setdefault("incomplete", "drop")
    data = create(component, path, **given)
    # Modalities are looked for by the names of their folders, which may differ from their own.
    return dict(getattr(data, "folder_schemas", None) or getattr(data, "schemas", {}))


def _findings(report: FileReport, path: Path) -> list[dict[str, Any]]:
    return [
        {"file": _below(report.path, path), "id": report.id, "modality": report.modality}
        | finding.as_json()
        for finding in report.findings
    ]


def _below(file: Path, path: Path) -> str:
    return str(file.relative_to(path)) if path.is_dir() else str(file)


def _show(reports: list[FileReport], path: Path) -> None:
    from neucocore.data.audit.summary import errors_of, summary_of, warnings_of

    put_table(
        summary_of(reports),
        ("modality", "files", "usable", "samples", "shape", "type", "no data", "offset"),
    )
    errors = errors_of(reports)
    if errors:
        put("")
        rows = [row | {"file": _below(row["file"], path)} for row in errors[:SHOWN_FILES]]
        put_table(rows, ("file", "error"))
        if len(errors) > SHOWN_FILES:
            put(f"and {len(errors) - SHOWN_FILES} more; --json lists all")
    warnings = warnings_of(reports)
    if warnings:
        put("")
        put_table(warnings, ("modality", "files", "warning", "for example"))
    broken = sum(not report.ok for report in reports)
    warned = sum(bool(report.findings) for report in reports if report.ok)
    put(f"\n{pluralize(len(reports), 'file')}: {broken} with errors, {warned} with warnings only")


def _origin(name: str, pace: RateLimiter) -> tuple[Origin, dict[str, tuple[str, ...]]]:
    """Return where a name is downloaded from, and the patterns of its small parts."""
    from neucocore.components.lookup import find, find_collection, names
    from neucocore.data.downloads.file_list import FileList
    from neucocore.data.downloads.hub import Hub
    from neucocore.errors import ConfigError

    if name not in names("dataset") and (collection := find_collection(name)):
        return FileList(name.rpartition("/")[2], collection), {"labels": (), "example": ()}

    component = find("dataset", name)
    spec = _dataset_spec(component.spec)
    if spec.hub is None:
        raise ConfigError(
            f"the data set {component.full_name} cannot be downloaded",
            hint=f"neuco data make {name} --out DIR" if spec.generate else "neuco list datasets",
        )
    return Hub(spec.hub, pace), {"labels": spec.hub.labels, "example": spec.hub.example}


def _plan_text(plan: Plan, out: Path) -> str:
    here = len(plan.wanted) - len(plan.missing)
    return (
        f"{plan.source.repo} at {plan.source.commit}\n"
        f"  wanted    {pluralize(len(plan.wanted), 'file')}, {_size(plan.bytes_wanted)}\n"
        f"  here      {pluralize(here, 'file')}\n"
        f"  to fetch  {pluralize(len(plan.missing), 'file')}, {_size(plan.bytes_missing)}\n"
        f"  free      {_size(plan.free)} at {out}"
    )


def _summary_text(summary: Summary, out: Path) -> str:
    plan = summary.plan
    text = f"fetched {pluralize(len(plan.missing), 'file')}, {_size(summary.fetched)}; "
    text += f"{out} has all {len(plan.wanted)} wanted files, their checksums are right"
    return f"{summary.offline}\n{text}" if summary.offline else text


def _size(count: int) -> str:
    value, unit, larger = float(count), "bytes", ["TB", "GB", "MB", "kB"]
    while value >= 1000 and larger:
        value, unit = value / 1000, larger.pop()
    return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"
