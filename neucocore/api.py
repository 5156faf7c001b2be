"""The commands as functions, for notebooks and scripts. Nothing is printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from neucocore.encoding.report import EncodeReport
    from neucocore.results.leaderboard import Table
    from neucocore.results.scored_run import RunReport


def encode(
    encoder: str,
    *,
    dataset: str,
    data: str | Path,
    out: str | Path,
    params: Mapping[str, Any] | None = None,
    dataset_params: Mapping[str, Any] | None = None,
    ids: Sequence[str] | None = None,
    fit_ids: Sequence[str] | None = None,
    where: str | None = None,
    dimension: int | None = None,
    jobs: int = 1,
    skip_bad: bool = False,
    force: bool = False,
) -> EncodeReport:
    """Encode the cubes of a data set into an embeddings file; called again, it continues.

    Parameters
    ----------
    encoder, dataset
        Names of installed components.
    data
        The data set's folder.
    out
        The embeddings file (.csv, .parquet, .npz).
    params, dataset_params
        Values of declared parameters.
    ids, fit_ids, where
        Which cubes to encode, and which a trained encoder is fitted on.
    dimension
        The most columns.
    jobs
        Worker processes; more than one needs the usual ``if __name__ == "__main__":`` guard.

    Examples
    --------
    >>> report = encode(
    ...     "mean", dataset="folder", data="cubes", out="mean.parquet"
    ... )  # doctest: +SKIP
    """
    from neucocore.encoding.plan import plan
    from neucocore.encoding.run import encode as run

    request = plan(
        encoder,
        dataset=dataset,
        data=Path(data),
        out=Path(out),
        encoder_settings=params,
        dataset_settings=dataset_params,
        ids=ids,
        fit_ids=fit_ids,
        where=where,
        dimension=dimension,
        skip_bad=skip_bad,
    )
    return run(request, jobs=jobs, force=force)


def evaluate(
    embeddings: str | Path,
    *,
    labels: str | Path,
    output: str | Path,
    method: str | None = None,
    phase: str = "results",
    dataset: str | None = None,
    protocol: str | Sequence[str] = (),
    tasks: Sequence[str] = (),
    where: str | None = None,
    groups: str | None = None,
    probe: str | None = None,
    metric: str | None = None,
    nan: Literal["error", "zero"] = "error",
    allow_missing: bool = False,
    jobs: int = 1,
    force: bool = False,
) -> list[RunReport]:
    """Score an embeddings file under one or several protocols; returns a report a protocol.

    Parameters
    ----------
    embeddings, labels, output
        The embeddings file, the folder of label files, the folder of runs.
    method, phase
        The method's name (the file's by default) and the folder of comparable runs.
    dataset
        The data set the embeddings are of, where they do not say it themselves.
    protocol, probe, metric
        Names of protocols, and another probe or primary metric.
    tasks, where, groups
        Task names or wildcards, a yes/no label column, ``FILE:COLUMN`` of groups.

    Examples
    --------
    >>> reports = evaluate("mean.parquet", labels="labels", output="results")  # doctest: +SKIP
    >>> reports[0].rows()  # doctest: +SKIP
    """
    from neucocore.evaluation.evaluate import EvaluateRequest, prepare, protocols_of
    from neucocore.results.scored_run import run_protocol

    file = Path(embeddings)
    names = (protocol,) if isinstance(protocol, str) else tuple(protocol)
    request = EvaluateRequest(
        embeddings=file,
        labels=Path(labels),
        output=Path(output),
        method=method or file.name.partition(".")[0],
        phase=phase,
        dataset=dataset,
        protocols=protocols_of(names, probe=probe, metric=metric),
        tasks=tuple(tasks),
        where=where,
        groups=groups,
        nan=nan,
        allow_missing=allow_missing,
    )
    prepared = prepare(request)
    return [run_protocol(prepared, chosen, jobs=jobs, force=force) for chosen in request.protocols]


def leaderboard(
    output: str | Path,
    *,
    phase: str | None = None,
    protocol: str | None = None,
    by: Literal["weighted", "uniform", "borda", "mean"] = "weighted",
    all_runs: bool = False,
) -> list[Table]:
    """Rank the runs of a folder; one table for each group of comparable runs."""
    from neucocore.results.leaderboard import leaderboards
    from neucocore.results.reading import read_runs

    runs = read_runs(Path(output), phase)
    return leaderboards(runs, by=by, protocol=protocol, all_runs=all_runs)
