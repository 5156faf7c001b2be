"""``neuco evaluate``: embeddings and labels to scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neucocore.cli.terminal import Advance, progress, put_table, say, warn

if TYPE_CHECKING:
    from neucocore.evaluation.evaluate import EvaluateRequest


class Nan(StrEnum):
    """What a cell that is no finite number means."""

    error = "error"
    zero = "zero"


def evaluate(
    embeddings: Annotated[Path, typer.Argument(help="Embeddings file: .csv, .parquet or .npz.")],
    labels: Annotated[Path, typer.Option(help="Folder of label files <name>__<type>.csv.")],
    output: Annotated[Path, typer.Option(help="Folder the run goes to.")] = Path("results"),
    method: Annotated[
        str | None, typer.Option(help="The method's name; the file's by default.")
    ] = None,
    phase: Annotated[str, typer.Option(help="Folder of comparable runs.")] = "results",
    dataset: Annotated[
        str | None, typer.Option(help="Data set the embeddings are of, where they do not say it.")
    ] = None,
    protocol: Annotated[
        list[str] | None, typer.Option(help="Scoring protocol: neuco list protocols. Repeatable.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="NeuCo-Bench's own YAML: its protocol and its leniency.")
    ] = None,
    tasks: Annotated[
        str | None, typer.Option(help="Only these tasks; comma separated, wildcards allowed.")
    ] = None,
    where: Annotated[
        str | None, typer.Option(help="Only labels with this column true, such as a phase.")
    ] = None,
    groups: Annotated[
        str | None, typer.Option(help="FILE:COLUMN of the group of each id; groups stay together.")
    ] = None,
    exclude_file: Annotated[Path | None, typer.Option(help="Ids to leave out.")] = None,
    probe: Annotated[str | None, typer.Option(help="Another probe; changes the digest.")] = None,
    metric: Annotated[
        str | None, typer.Option(help="Another primary metric; changes the digest.")
    ] = None,
    dimension: Annotated[int | None, typer.Option(help="The most dimensions allowed.")] = None,
    nan: Annotated[Nan, typer.Option(help="What NaN and empty cells mean.")] = Nan.error,
    allow_missing: Annotated[
        bool, typer.Option("--allow-missing", help="Score a part; the run is not ranked.")
    ] = False,
    plots: Annotated[bool, typer.Option("--plots", help="Draw plots (extra 'plots').")] = False,
    store_probes: Annotated[
        bool, typer.Option("--store-probes", help="Keep the fitted probes.")
    ] = False,
    jobs: Annotated[int, typer.Option(min=1, help="Threads.")] = 1,
    force: Annotated[bool, typer.Option("--force", help="Do it again if it is there.")] = False,
) -> None:
    """Score embeddings on tasks and write a run folder per protocol."""
    from neucocore.errors import ConfigError
    from neucocore.evaluation.evaluate import EvaluateRequest, Switches, protocols_of

    common: dict[str, Any] = {
        "embeddings": embeddings,
        "labels": labels,
        "output": output,
        "method": method or embeddings.name.partition(".")[0],
        "phase": phase,
        "dataset": dataset,
        "where": where,
        "groups": groups,
        "exclude": exclude_file,
        "nan": nan.value,
        "allow_missing": allow_missing,
        "limit": dimension,
    }
    if config is not None:
        given = {"--protocol": protocol, "--probe": probe, "--metric": metric, "--tasks": tasks}
        clash = [name for name, value in given.items() if value]
        if clash:
            raise ConfigError(
                f"--config sets what {', '.join(clash)} would set; use one or the other"
            )
        request = _drop_in(config, common, plots, store_probes)
    else:
        request = EvaluateRequest(
            **common,
            protocols=protocols_of(protocol or (), probe=probe, metric=metric),
            tasks=tuple(part.strip() for part in (tasks or "").split(",") if part.strip()),
            switches=Switches(plots=plots, store_probes=store_probes),
        )
    show(request, jobs=jobs, force=force)
    if request.config.get("update_leaderboard"):
        from neucocore.cli.leaderboard import show_tables
        from neucocore.results.tables import write_leaderboard

        say(f"{write_leaderboard(output, phase, show_tables(output, phase=phase))}")


def _drop_in(
    config: Path, common: dict[str, Any], plots: bool, store_probes: bool
) -> EvaluateRequest:
    """Return the request NeuCo-Bench's own configuration describes."""
    from neucocore.evaluation.evaluate import EvaluateRequest, Switches
    from neucocore.evaluation.neucobench.config import read_config

    read = read_config(config)
    return EvaluateRequest(
        **common,
        protocols=(read.protocol,),
        tasks=read.tasks,
        lenient=True,
        switches=Switches(
            fold_results=read.fold_results,
            plots=plots or read.plots,
            store_probes=store_probes or read.store_probes,
        ),
        config=read.config,
    )


def show(
    request: EvaluateRequest, *, jobs: int = 1, force: bool = False, table: bool = True
) -> None:
    """Evaluate with progress on the terminal and say what came out."""
    from neucocore.evaluation.evaluate import prepare
    from neucocore.results.scored_run import run_protocol

    prepared = prepare(request)
    for text in prepared.warnings:
        warn(text)
    for chosen in request.protocols:
        if chosen.notice:
            say(chosen.notice)
        for text in prepared.ignored(chosen):
            warn(text)
        with progress(f"score {request.method}") as advance:
            record = run_protocol(
                prepared,
                chosen,
                jobs=jobs,
                force=force,
                progress=_overall(advance, len(prepared.selection.tasks)),
            )
        _say_record(record, table)


def _overall(advance: Advance, tasks: int) -> Callable[[str, int, int], None]:
    """Turn the splits of single tasks into one count over all tasks."""
    finished: dict[str, int] = {}

    def count(task: str, done: int, of: int) -> None:
        finished[task] = done
        advance(sum(finished.values()), of * tasks, "")

    return count


def _say_record(record: Any, table: bool) -> None:
    if table:
        put_table(record.rows(), ("task", "metric", "score", "std", "q", "status"))
    for text, names in _remarks(record.tasks).items():
        warn(f"{', '.join(names)}: {text}")
    found = " (found; --force repeats it)" if record.up_to_date else ""
    say(f"{record.protocol}: {record.folder}{found}")


def _remarks(tasks: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return why tasks have no score and what else was noticed, each with its tasks."""
    found: dict[str, list[str]] = {}
    for task in tasks:
        without = [] if task["status"] == "ok" else [f"{task['status']}, {task['reason']}"]
        for text in (*without, *task["warnings"]):
            found.setdefault(text, []).append(task["task"])
    return found
