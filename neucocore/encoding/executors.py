"""Where batches are encoded: in this process, in worker processes, or on a dask cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

from neucocore.encoding import cluster, remote, worker
from neucocore.encoding.worker import BLAS_VARIABLES, Batch, WorkerSetup
from neucocore.errors import RunError
from neucocore.runtime.processes import WorkerPool

BATCHES_PER_JOB = 3
"""Batches submitted per worker at a time, which bounds memory and keeps workers busy."""
DASK_WORKER_LOST = ("KilledWorker", "CancelledError", "FutureCancelledError", "CommClosedError")
"""Names of dask's exceptions for a lost worker or scheduler; dask may not be installed."""
CHECK_INTERVAL = 5.0
"""Seconds without a finished batch after which the cluster is checked."""


def run_batches(
    setup: WorkerSetup,
    batches: Iterator[Sequence[str]],
    *,
    digests: Callable[[Sequence[str]], Sequence[str]],
    jobs: int = 1,
    scheduler: str | None = None,
) -> Iterator[Batch]:
    """Encode batches and yield them as they finish, in any order.

    Parameters
    ----------
    digests
        Returns the digests of cubes on this machine, which the workers of a cluster compare with
        theirs.

    Raises
    ------
    RunError
        A worker died or ran out of memory (the message lists its cubes), or the cluster is lost.
    """
    if scheduler is not None:
        with cluster.connect(scheduler) as connected:
            sent = remote.remote_setup(setup)
            yield from _run_in(
                lambda ids: connected.executor.submit(remote.encode, sent, ids, digests(ids)),
                batches,
                connected.threads,
                connected.check,
            )
    elif jobs == 1:
        with threadpool_limits(1):
            local = worker.Worker(setup)
            for ids in batches:
                try:
                    batch = local.encode(ids)
                except MemoryError:
                    raise _out_of_memory(ids) from None
                yield batch
    else:
        with _one_blas_thread(), WorkerPool(jobs) as executor:
            yield from _run_in(
                lambda ids: executor.submit(worker.encode, setup, ids), batches, jobs
            )


def _run_in(
    submit: Callable[[Sequence[str]], Future[Batch]],
    batches: Iterator[Sequence[str]],
    jobs: int,
    check: Callable[[], None] = lambda: None,
) -> Iterator[Batch]:
    """Keep `jobs` workers busy; `check` raises if no worker can finish any more."""
    running: dict[Future[Batch], Sequence[str]] = {}
    exhausted = False
    while running or not exhausted:
        while not exhausted and len(running) < jobs * BATCHES_PER_JOB:
            ids = next(batches, None)
            if ids is None:
                exhausted = True
            else:
                running[_submitted(submit, ids, running.values())] = ids
        if not running:
            return
        done, _ = wait(running, timeout=CHECK_INTERVAL, return_when=FIRST_COMPLETED)
        if not done:
            check()
        for future in done:
            try:
                batch = future.result()
            except BrokenProcessPool:
                raise _worker_died(running.values()) from None
            except MemoryError:
                raise _out_of_memory(running[future]) from None
            except ImportError as error:
                raise RunError(
                    f"a worker cannot import the code that it needs: {error}",
                    hint=remote.SAME_PLUGINS,
                ) from error
            except Exception as error:
                if type(error).__name__ in DASK_WORKER_LOST:
                    check()
                    raise _worker_died([running[future]]) from error
                raise
            del running[future]
            yield batch


def _submitted(
    submit: Callable[[Sequence[str]], Future[Batch]],
    ids: Sequence[str],
    running: Iterable[Sequence[str]],
) -> Future[Batch]:
    try:
        return submit(ids)
    except BrokenProcessPool:
        # A worker died after the last finished batch was collected.
        raise _worker_died([*running, ids]) from None


def _out_of_memory(ids: Sequence[str]) -> RunError:
    return RunError(
        f"out of memory while encoding {len(ids)} cubes: {_examples(ids)}",
        hint="run the same command again with fewer --jobs or a smaller --batch; finished cubes "
        "are kept",
    )


def _worker_died(running: Iterable[Sequence[str]]) -> RunError:
    ids = [cube_id for batch in running for cube_id in batch]
    return RunError(
        f"a worker process died (killed or out of memory) while {len(ids)} cubes were being "
        f"encoded: {_examples(ids)}",
        hint="run the same command again; finished cubes are kept, and fewer --jobs need less "
        "memory",
    )


def _examples(ids: Sequence[str]) -> str:
    return ", ".join(ids[:3]) + (", ..." if len(ids) > 3 else "")


@contextmanager
def _one_blas_thread() -> Iterator[None]:
    """Let worker processes start with one BLAS thread each: the processes run in parallel."""
    before = {name: os.environ.get(name) for name in BLAS_VARIABLES}
    os.environ.update(dict.fromkeys(BLAS_VARIABLES, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
