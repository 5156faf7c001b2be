"""Where batches are encoded: here, in processes of this machine, or on a dask cluster."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

from threadpoolctl import threadpool_limits

from neucocore.encoding import worker
from neucocore.encoding.worker import BLAS_VARIABLES, Batch, WorkerSetup
from neucocore.errors import ConfigError, RunError

IN_FLIGHT_PER_JOB = 3
CONNECT_TIMEOUT = "15s"


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
        A worker process died (killed, out of memory); names the cubes that were in it.
    """
    if scheduler is not None:
        with _dask(scheduler) as (executor, workers):
            yield from _in_pool(executor, setup, batches, workers)
    elif jobs == 1:
        with threadpool_limits(1):
            local = worker.Worker(setup)
            for ids in batches:
                yield local.encode(ids)
    else:
        with _one_blas_thread():
            executor = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))
            try:
                yield from _in_pool(executor, setup, batches, jobs)
            finally:
                executor.shutdown(wait=True, cancel_futures=True)


def _in_pool(
    executor: Executor, setup: WorkerSetup, batches: Iterator[Sequence[str]], jobs: int
) -> Iterator[Batch]:
    running: dict[Future[Batch], Sequence[str]] = {}
    exhausted = False
    while running or not exhausted:
        while not exhausted and len(running) < jobs * IN_FLIGHT_PER_JOB:
            ids = next(batches, None)
            if ids is None:
                exhausted = True
            else:
                with _interrupts_wait():
                    future = executor.submit(worker.encode, setup, ids)
                running[future] = ids
        if not running:
            return
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            try:
                batch = future.result()
            except BrokenProcessPool:
                raise _worker_died(list(running.values())) from None
            except Exception as error:
                if type(error).__name__ in ("KilledWorker", "CancelledError", "CommClosedError"):
                    raise _worker_died([running[future]]) from error
                raise
            del running[future]
            yield batch


def _worker_died(under_way: list[Sequence[str]]) -> RunError:
    ids = [cube for batch in under_way for cube in batch]
    return RunError(
        f"a worker process died (killed, or out of memory) while {len(ids)} cubes were under way: "
        f"{', '.join(ids[:3])}{', ...' if len(ids) > 3 else ''}",
        hint="run the same command again: finished cubes are kept; fewer --jobs need less memory",
    )


@contextmanager
def _interrupts_wait() -> Iterator[None]:
    """Start processes that Ctrl-C does not reach: it is the parent that ends the run.

    Processes inherit the mask of the thread that starts them; without it each would print a
    traceback of its own.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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


@contextmanager
def _dask(address: str) -> Iterator[tuple[Executor, int]]:
    try:
        import distributed
    except ImportError as error:
        raise ConfigError(
            "--executor dask needs dask.distributed", hint="pip install 'neucocore[dask]'"
        ) from error
    try:
        connect: Any = distributed.Client  # its annotations do not reach its constructor
        client = connect(address, timeout=CONNECT_TIMEOUT)
    except (OSError, TimeoutError, ValueError) as error:
        raise RunError(
            f"no dask scheduler answers at {address}: {error}",
            hint="start one with 'dask scheduler', and workers with 'dask worker ADDRESS'",
        ) from error
    try:
        workers = sum(client.nthreads().values())
        if workers == 0:
            raise RunError(
                f"the dask scheduler at {address} has no workers",
                hint=f"start some: dask worker {address}",
            )
        yield client.get_executor(pure=False), workers
    finally:
        client.close()
