"""``neuco data``: download and generate data sets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neucocore.cli.terminal import log, print_json, progress
from neucocore.messages import pluralize

if TYPE_CHECKING:
    from neucocore.components.specs import DatasetSpec
    from neucocore.data.downloads.download import Origin, Summary
    from neucocore.data.downloads.plan import Plan
    from neucocore.data.downloads.rate_limiter import RateLimiter

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.command("download")
def download(
    name: Annotated[
        str, typer.Argument(help="A data set that can be downloaded, or a collection of its files.")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="Folder of the data set.")
    ],
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
    force: Annotated[
        bool, typer.Option("--force", help="Replace files that were changed or are not from here.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the plan.")] = False,
    json: Annotated[bool, typer.Option("--json", help="The plan as a list of objects.")] = False,
) -> None:
    """Download a data set; killed and run again, it goes on where it stopped."""
    from neucocore.data.downloads.download import Download
    from neucocore.data.downloads.rate_limiter import RateLimiter
    from neucocore.errors import DataError

    limiter = RateLimiter()
    origin, small_parts = _origin(name, limiter)
    patterns = [*(only or ()), *(small_parts["labels"] if labels else ())]
    patterns += small_parts["example"] if example else ()
    work = Download(output, origin, limiter)
    log(f"listing the files of {origin.name}")
    plan = work.plan(revision=revision, only=patterns, force=force)
    if json:
        print_json([plan.as_json()])
    log(_plan_text(plan, output))
    if dry_run:
        return
    with progress("downloading") as advance:
        total = len(plan.missing)
        summary = work.run(
            plan,
            jobs=jobs,
            progress=lambda files, fetched: advance(files, total, _size(fetched)),
        )
    log(_summary_text(summary, output))
    if plan.differing:
        raise DataError(
            f"{pluralize(len(plan.differing), 'file')} in {output} differ from those of "
            f"{plan.source.repo} and were kept",
            problems=[file.path for file in plan.differing],
            hint="replace them with --force, or download to another folder with --output",
        )


@app.command("generate")
def generate(
    name: Annotated[
        str, typer.Argument(help="A data set that can be generated, such as synthetic-earth.")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="Folder of the data set.")
    ],
    setting: Annotated[
        list[str] | None, typer.Option("--set", help="Parameter, NAME=VALUE. Repeatable.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write to a folder that is not empty.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print a list with one object about the folder.")
    ] = False,
) -> None:
    """Generate a synthetic data set."""
    from neucocore.components.lookup import find
    from neucocore.components.parameters import parse_settings
    from neucocore.workflow.synthetic import generate_dataset

    component = find("dataset", name)
    spec = _dataset_spec(component.spec)
    values = parse_settings(setting or (), spec.generate_params, of=component.full_name)
    with progress(f"generate {name}") as advance:
        without_labels = generate_dataset(component, output, values, advance, force=force)
    for line in without_labels:
        log(f"no labels for {line}")
    log(f"{output} holds {name}; check it with: neuco validate {output}")
    if json:
        print_json([{"folder": str(output), "dataset": name, "without_labels": without_labels}])


def _dataset_spec(spec: Any) -> DatasetSpec:
    from neucocore.components.specs import DatasetSpec

    assert isinstance(spec, DatasetSpec)  # noqa: S101  what find("dataset") gives
    return spec


def _origin(name: str, limiter: RateLimiter) -> tuple[Origin, dict[str, tuple[str, ...]]]:
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
            hint=f"neuco data generate {name} --output DIR"
            if spec.generate
            else "neuco list datasets",
        )
    return Hub(spec.hub, limiter), {"labels": spec.hub.labels, "example": spec.hub.example}


def _plan_text(plan: Plan, output: Path) -> str:
    complete = len(plan.selected) - len(plan.missing) - len(plan.differing)
    lines = [
        f"{plan.source.repo} at {plan.source.commit}",
        f"  selected  {pluralize(len(plan.selected), 'file')}, {_size(plan.bytes_selected)}",
        f"  complete  {pluralize(complete, 'file')}",
        f"  to fetch  {pluralize(len(plan.missing), 'file')}, {_size(plan.bytes_missing)}",
        f"  free      {_size(plan.free)} at {output}",
    ]
    if plan.differing:
        lines.insert(3, f"  differing {pluralize(len(plan.differing), 'file')}, kept")
    return "\n".join(lines)


def _summary_text(summary: Summary, output: Path) -> str:
    plan = summary.plan
    text = f"fetched {pluralize(len(plan.missing), 'file')}, {_size(summary.fetched)}"
    if not plan.differing:
        text += f"; {output} has all {len(plan.selected)} files, with the right checksums"
    return f"{summary.offline}\n{text}" if summary.offline else text


def _size(count: int) -> str:
    value, unit, larger = float(count), "bytes", ["TB", "GB", "MB", "kB"]
    while value >= 1000 and larger:
        value, unit = value / 1000, larger.pop()
    return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"
