"""The encode run: it can be interrupted and resumed, and writes the same bytes in any case."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from neucocore.encoding.assembly import assemble
from neucocore.encoding.costs import RunMeter, costs_of, start_meter
from neucocore.encoding.executors import run_batches
from neucocore.encoding.first_cubes import check_first_cubes
from neucocore.encoding.journal import append_costs, append_notes, write_failures
from neucocore.encoding.output import output_file, read_report, write_output
from neucocore.encoding.preparation import (
    bad_cubes_error,
    prepare,
    skipped_cubes,
    unreadable_cubes,
)
from neucocore.encoding.report import EncodeReport
from neucocore.encoding.request import EncodeRequest, cube_digests
from neucocore.encoding.spool import Spool, finished_keys
from neucocore.encoding.work_folder import COMPLETE, Shard, explain_disk_full
from neucocore.encoding.worker import Batch, Worker, WorkerSetup, batches
from neucocore.encoding.workload import Workload, workload_of
from neucocore.errors import ComponentOutputError, NeucoError
from neucocore.files.atomic import locked

MAX_FAILURES = 1000
"""Cubes that cannot be read after which a run without ``skip_bad`` stops reading more."""
LOCK_TIMEOUT = 5.0
"""Seconds to wait for another process that encodes the same shard."""

Progress = Callable[[int, int, int], None]
"""Called with the numbers of finished cubes, of all cubes, and of cubes that cannot be read."""


@dataclass(frozen=True, slots=True)
class ShardResult:
    """What a run did for one shard.

    Attributes
    ----------
    encoded
        Number of cubes that this run encoded.
    resumed
        Number of cubes that earlier runs had encoded.
    failures
        Why cubes could not be read, by id.
    """

    encoded: int
    resumed: int
    failures: Mapping[str, str]


def encode(request: EncodeRequest, *, progress: Progress | None = None) -> EncodeReport:
    """Encode the cubes of a request into its embeddings file.

    Parameters
    ----------
    request
        What to encode, and how to execute it (``request.execution``).
    progress
        Called after every batch.

    Raises
    ------
    ConfigError
        The embeddings file cannot be written; or it exists, is not the result of this request, and
        must not be replaced without ``force``.
    DataError
        Cubes that cannot be read, all of them listed (without ``skip_bad``); or, with ``merge``,
        cubes that no shard has encoded.
    ComponentOutputError
        The data set, the encoder or the reducer does not keep its contract.
    RunError
        A worker died or ran out of memory, or the cluster is lost.
    """
    with explain_disk_full(request.output):
        started = time.perf_counter()
        worker = Worker(
            WorkerSetup(
                dataset=request.dataset,
                data=request.data,
                dataset_params=request.dataset_params,
                encoder=request.encoder,
                encoder_params=request.encoder_params,
                first_id=request.ids[0] if request.ids else "",
            )
        )
        return _run(workload_of(request, worker), start_meter(worker, started), progress)


def _run(work: Workload, meter: RunMeter, progress: Progress | None) -> EncodeReport:
    execution, folder = work.request.execution, work.folder
    if not execution.force and (report := _up_to_date(work)):
        folder.remove_idle()  # a run killed at its very end leaves its work folder behind
        return report
    output = output_file(work)
    if execution.merge:
        report = write_output(work, output, assemble(work), meter, encoded=0, resumed=0)
        folder.remove_idle()
        return report
    shard = execution.shard or COMPLETE
    spool_file = folder.spool_file(shard)
    with locked(spool_file, timeout=LOCK_TIMEOUT):
        # Another process may have finished the same file while this one waited for the lock.
        if not execution.force and (report := _up_to_date(work)):
            folder.remove_idle(spool_file)
            return report
        if execution.force:
            folder.remove_finished(shard)
        try:
            result = _encode_shard(work, shard, meter, progress)
        except NeucoError:
            folder.remove_unused(spool_file)
            raise
        if execution.shard is not None:
            return _report_of_shard(work, result, meter)
        counts = {"encoded": result.encoded, "resumed": result.resumed}
        report = write_output(work, output, assemble(work), meter, **counts)
        folder.remove_idle(spool_file)
        return report


def _up_to_date(work: Workload) -> EncodeReport | None:
    """Return the report of the existing file, if nothing has to be encoded again."""
    report = read_report(work.request.output, work.file_key)
    if report is None:
        return None
    # Damage inside a cube does not change its digest, and neither does its repair.
    skipped = [cube_id for cube_id, _ in report.failures]
    still_bad = unreadable_cubes(work.worker, skipped)
    return report if len(still_bad) == len(skipped) else None


def _report_of_shard(work: Workload, result: ShardResult, meter: RunMeter) -> EncodeReport:
    return EncodeReport(
        path=work.request.output,
        rows=len(work.request.ids),
        columns=0,
        resumed=result.resumed,
        failures=tuple(sorted(result.failures.items())),
        costs=costs_of(work, meter, encoded=result.encoded, resumed=result.resumed),
    )


def _encode_shard(
    work: Workload, shard: Shard, meter: RunMeter, progress: Progress | None
) -> ShardResult:
    """Encode the cubes of a shard that are not finished yet, and keep their vectors."""
    request, folder, execution = work.request, work.folder, work.request.execution
    index, count = shard
    rows = range(index - 1, len(request.ids), count)
    skipped = skipped_cubes(folder.state_file)
    if len(unreadable_cubes(work.worker, tuple(skipped))) < len(skipped):
        folder.remove_finished(COMPLETE)  # the encoder was fitted without cubes now repaired
    spool = Spool(folder.spool_file(shard))
    finished = spool.open()
    finished |= finished_keys(path for path in folder.spool_files() if path != spool.path)
    waiting = [row for row in rows if work.record_keys[row] not in finished]
    keys = {request.ids[row]: work.record_keys[row] for row in waiting}
    failures: dict[str, str] = {}
    done = resumed = len(rows) - len(waiting)
    try:
        setup = _prepared_setup(work, list(keys))
        if progress is not None:
            progress(done, len(rows), 0)
        for batch in run_batches(
            setup,
            batches(list(keys), execution.batch_size),
            digests=partial(cube_digests, work.worker.dataset),
            jobs=execution.jobs,
            scheduler=execution.scheduler,
        ):
            failures.update(batch.failures)
            meter.energy.sample()
            _keep(batch, spool, keys, work)
            _raise_if_bad(request, failures, at_least=MAX_FAILURES)
            done += len(batch.ids)
            if progress is not None:
                progress(done, len(rows), len(failures))
    finally:
        spool.close()
        write_failures(spool.path, failures)
    _raise_if_bad(request, failures)
    return ShardResult(done - resumed, resumed, failures)


def _keep(batch: Batch, spool: Spool, keys: Mapping[str, bytes], work: Workload) -> None:
    """Append the vectors, notes and costs of a batch to the work folder."""
    if batch.ids:
        encoder, width = work.request.encoder, batch.vectors.shape[1]
        if spool.width not in (None, width):
            raise ComponentOutputError(
                f"the encoder {encoder.full_name} returned {width} values for cube "
                f"{batch.ids[0]} and {spool.width} for earlier ones; all cubes need the same "
                "number",
                hint="if the cubes have different numbers of dates or bands, select what all have "
                "(--set dataset.seasons=0), or let the encoder average over the dates "
                f"(--set dates=mean, if neuco info {encoder.full_name} lists it)",
            )
        append_notes(spool.path, batch.notes)
        spool.append([keys[cube_id] for cube_id in batch.ids], batch.vectors)
    append_costs(
        spool.path,
        seconds_reading=batch.seconds_reading,
        seconds_encoding=batch.seconds_encoding,
        bytes_read=batch.bytes_read,
        cubes_encoded=len(batch.ids),
    )


def _raise_if_bad(request: EncodeRequest, failures: Mapping[str, str], at_least: int = 1) -> None:
    if len(failures) >= at_least and not request.skip_bad:
        raise bad_cubes_error(failures, len(request.ids))


def _prepared_setup(work: Workload, waiting: Sequence[str]) -> WorkerSetup:
    """Fit the encoder if it needs that; return what workers need to encode.

    Parameters
    ----------
    waiting
        The cubes that will be encoded; if all are finished, nothing has to be prepared.
    """
    worker, setup = work.worker, work.worker.setup
    if not waiting:
        return setup
    if work.fit_ids and hasattr(worker.encoder, "prepare"):
        state_file = work.folder.state_file
        prepare(worker, work.fit_ids, state_file, skip_bad=work.request.skip_bad)
        setup = replace(setup, state_file=state_file)
    check_first_cubes(work, waiting)
    return setup
