"""Where batches are encoded: here, in processes of this machine, or on a dask cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context

from threadpoolctl import threadpool_limits

from neucocore.encoding import cluster, worker
from neucocore.encoding.worker import BLAS_VARIABLES, Batch, WorkerSetup
from neucocore.errors import RunError
from neucocore.runtime.processes import block_sigint, end_with_parent

IN_FLIGHT_PER_JOB = 3
LOST_TO_DASK = ("KilledWorker", "CancelledError", "FutureCancelledError", "CommClosedError")
PULSE = 5.0
"""Seconds without a finished batch after which it is asked whether anybody still works."""


def run_batches(
    setup: WorkerSetup,
    batches: Iterator[Sequence[str]],
    *,
    jobs: int = 1,
    scheduler: str | None = None,
) -> Iterator[Batch]:
    """Encode batches and yield them as they finish, in any order.

    Memory is bounded: only a few batches per job are under way at a time.

    Raises
    ------
    RunError
        A worker process died (killed, out of memory), naming the cubes that were in it; or the
        cluster is gone.
    """
    if scheduler is not None:
        with cluster.joined(scheduler) as found:
            yield from _in_pool(found.executor, setup, batches, found.workers, found.check)
    elif jobs == 1:
        with threadpool_limits(1):
            local = worker.Worker(setup)
            for ids in batches:
                try:
                    batch = local.encode(ids)
                except MemoryError:
                    raise _no_memory(ids) from None
                yield batch
    else:
        with _one_blas_thread():
            spawn = get_context("spawn")
            executor = ProcessPoolExecutor(jobs, mp_context=spawn, initializer=end_with_parent)
            try:
                yield from _in_pool(executor, setup, batches, jobs)
            finally:
                executor.shutdown(wait=True, cancel_futures=True)


def _in_pool(
    executor: Executor,
    setup: WorkerSetup,
    batches: Iterator[Sequence[str]],
    jobs: int,
    check: Callable[[], None] = lambda: None,
) -> Iterator[Batch]:
    """Keep `jobs` workers busy; `check` raises when nobody is left who could finish."""
    running: dict[Future[Batch], Sequence[str]] = {}
    exhausted = False
    while running or not exhausted:
        while not exhausted and len(running) < jobs * IN_FLIGHT_PER_JOB:
            ids = next(batches, None)
            if ids is None:
                exhausted = True
            else:
                running[_submitted(executor, setup, ids, running.values())] = ids
        if not running:
            return
        done, _ = wait(running, timeout=PULSE, return_when=FIRST_COMPLETED)
        if not done:
            check()
        for future in done:
            try:
                batch = future.result()
            except BrokenProcessPool:
                raise _worker_died(running.values()) from None
            except MemoryError:
                raise _no_memory(running[future]) from None
            except Exception as error:
                if type(error).__name__ in LOST_TO_DASK:
                    check()
                    raise _worker_died([running[future]]) from error
                raise
            del running[future]
            yield batch


def _submitted(
    executor: Executor, setup: WorkerSetup, ids: Sequence[str], under_way: Iterable[Sequence[str]]
) -> Future[Batch]:
    try:
        with block_sigint():
            return executor.submit(worker.encode, setup, ids)
    except BrokenProcessPool:
        # A worker died after the last batch was fetched: the pool takes no work any more.
        raise _worker_died([*under_way, ids]) from None


def _no_memory(ids: Sequence[str]) -> RunError:
    return RunError(
        f"memory ran out while {len(ids)} cubes were encoded: "
        f"{', '.join(ids[:3])}{', ...' if len(ids) > 3 else ''}",
        hint="run the same command again with fewer --jobs or a smaller --batch: finished cubes "
        "are kept",
    )


def _worker_died(under_way: Iterable[Sequence[str]]) -> RunError:
    ids = [cube for batch in under_way for cube in batch]
    return RunError(
        f"a worker process died (killed, or out of memory) while {len(ids)} cubes were under way: "
        f"{', '.join(ids[:3])}{', ...' if len(ids) > 3 else ''}",
        hint="run the same command again: finished cubes are kept; fewer --jobs need less memory",
    )


@contextmanager
def _one_blas_thread() -> Iterator[None]:
    """Let worker processes start with one BLAS thread each: the jobs are the parallelism."""
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
