"""Checking cubes in worker processes, with one message if a worker dies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

from neucocore.errors import RunError
from neucocore.runtime.processes import WorkerPool


@contextmanager
def submitted(
    calls: Sequence[tuple[Any, ...]], jobs: int, function: Callable[..., Any]
) -> Iterator[list[Future[Any]]]:
    """Yield one future per call of a function; those not needed any more are cancelled.

    Parameters
    ----------
    calls
        Arguments of each call.
    jobs
        Worker processes.

    Raises
    ------
    RunError
        A worker died.
    """
    with WorkerPool(min(jobs, len(calls))) as pool:
        futures = [pool.submit(function, *arguments) for arguments in calls]
        try:
            yield futures
        except BrokenProcessPool as error:
            raise RunError(
                "a worker process died while checking cubes; perhaps it ran out of memory",
                hint="use fewer --jobs",
            ) from error
        finally:
            for future in futures:
                future.cancel()
