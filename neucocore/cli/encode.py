"""``neuco encode``: cubes to one embeddings file."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neucocore.cli.terminal import progress, say, warn
from neucocore.messages import pluralize

if TYPE_CHECKING:
    from neucocore.encoding.report import EncodeReport
    from neucocore.encoding.request import EncodeRequest


class Executor(StrEnum):
    """Where cubes are encoded."""

    local = "local"
    dask = "dask"


class MissingChunks(StrEnum):
    """What a missing chunk of a cube means."""

    error = "error"
    warn = "warn"
    fill = "fill"


def encode(
    encoder: Annotated[str, typer.Argument(help="An installed encoder: neuco list encoders.")],
    dataset: Annotated[str, typer.Option(help="An installed data set: neuco list datasets.")],
    data: Annotated[Path, typer.Option(help="The data set's folder.")],
    out: Annotated[Path, typer.Option(help="Embeddings file: .csv, .parquet or .npz.")],
    setting: Annotated[
        list[str] | None, typer.Option("--set", help="Encoder parameter, NAME=VALUE. Repeatable.")
    ] = None,
    dataset_setting: Annotated[
        list[str] | None, typer.Option("--dataset-set", help="Data set parameter. Repeatable.")
    ] = None,
    ids: Annotated[Path | None, typer.Option(help="File with the ids to encode.")] = None,
    where: Annotated[str | None, typer.Option(help="Only ids with this label column true.")] = None,
    fit_ids: Annotated[
        Path | None, typer.Option(help="Ids a trained encoder is fitted on.")
    ] = None,
    dimension: Annotated[int | None, typer.Option(help="The most dimensions.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Worker processes.")] = 1,
    batch: Annotated[int, typer.Option(min=1, help="Cubes handed to a worker at a time.")] = 4,
    shard: Annotated[str | None, typer.Option(help="Only part I of N, as I/N.")] = None,
    merge: Annotated[bool, typer.Option("--merge", help="Put finished shards together.")] = False,
    executor: Annotated[Executor, typer.Option(help="Where to encode.")] = Executor.local,
    scheduler: Annotated[str | None, typer.Option(help="Address of the dask scheduler.")] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave broken cubes out and record them.")
    ] = False,
    missing_chunks: Annotated[
        MissingChunks, typer.Option(help="What a missing chunk means.")
    ] = MissingChunks.error,
    force: Annotated[bool, typer.Option("--force", help="Do it again if it is there.")] = False,
) -> None:
    """Encode a data set's cubes; run again after any interruption, it goes on."""
    from neucocore.components.lookup import find
    from neucocore.components.parameters import parse_settings
    from neucocore.data.ids import read_id_file
    from neucocore.encoding.plan import plan

    part = _shard(shard, merge)
    _check_scheduler(executor, scheduler)
    request = plan(
        encoder,
        dataset=dataset,
        data=data,
        out=out,
        encoder_settings=parse_settings(
            setting or [], find("encoder", encoder).spec.params, of=encoder
        ),
        dataset_settings=parse_settings(
            dataset_setting or [],
            find("dataset", dataset).spec.params,
            of=dataset,
            option="--dataset-set",
        ),
        ids=None if ids is None else read_id_file(ids),
        fit_ids=None if fit_ids is None else read_id_file(fit_ids),
        where=where,
        dimension=dimension,
        missing_chunks=missing_chunks.value,
        skip_bad=skip_bad,
    )
    show(
        request,
        jobs=jobs,
        scheduler=scheduler,
        shard=part,
        merge=merge,
        force=force,
        batch_size=batch,
    )


def show(
    request: EncodeRequest,
    *,
    jobs: int = 1,
    scheduler: str | None = None,
    shard: tuple[int, int] | None = None,
    merge: bool = False,
    force: bool = False,
    batch_size: int = 4,
) -> EncodeReport:
    """Run a request with its progress on the terminal, and say how it ended."""
    from neucocore.encoding.run import encode as run_encode
    from neucocore.files.atomic import naming

    with progress(f"encode {request.encoder.name}") as advance, naming(request.out):
        report = run_encode(
            request,
            jobs=jobs,
            scheduler=scheduler,
            shard=shard,
            merge=merge,
            force=force,
            batch_size=batch_size,
            progress=lambda done, of, bad: advance(done, of, f"{bad} bad" if bad else ""),
        )
    _say_report(report, shard)
    return report


def _say_report(report: EncodeReport, shard: tuple[int, int] | None) -> None:
    if report.failures:
        shown = ", ".join(cube for cube, _ in report.failures[:3])
        warn(f"{pluralize(len(report.failures), 'bad cube')} left out: {shown}")
    for what, cubes in report.warnings:
        warn(f"{what} ({cubes} of {report.rows} cubes)")
    if report.up_to_date:
        say(f"{report.path}: found, {report.rows} x {report.columns}; --force makes it again")
    elif shard is not None:
        say(f"shard {shard[0]} of {shard[1]} is done; when all are, run again with --merge")
    else:
        resumed = f", {report.resumed} cubes from an earlier run" if report.resumed else ""
        seconds = report.costs.get("wall_seconds", 0.0)
        say(f"{report.path}: {report.rows} x {report.columns} in {seconds:.1f} s{resumed}")


def _shard(text: str | None, merge: bool) -> tuple[int, int] | None:
    from neucocore.errors import ConfigError

    if text is None:
        return None
    if merge:
        raise ConfigError("--shard and --merge exclude each other", hint="merge after all shards")
    first, _, second = text.partition("/")
    if not (first.isdigit() and second.isdigit() and 1 <= int(first) <= int(second)):
        raise ConfigError(f"--shard {text!r} is not I/N with 1 <= I <= N", hint="--shard 1/4")
    return int(first), int(second)


def _check_scheduler(executor: Executor, scheduler: str | None) -> None:
    from neucocore.errors import ConfigError

    if (executor is Executor.dask) != (scheduler is not None):
        raise ConfigError(
            "--executor dask and --scheduler ADDRESS go together",
            hint="--executor dask --scheduler tcp://HOST:8786",
        )
