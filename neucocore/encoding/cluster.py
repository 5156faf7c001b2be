"""Connecting to a dask cluster, and noticing when it can no longer finish the work."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

from neucocore.errors import ConfigError, RunError

CONNECT_TIMEOUT = "15s"
WORKER_TIMEOUT = 60.0
"""Seconds without any worker after which a run fails: a batch system may be restarting them."""
LOGGERS = ("distributed", "tornado")
"""Packages that log a lost connection; tornado runs the callbacks of distributed."""


class Cluster:
    """A dask scheduler and its workers.

    Attributes
    ----------
    executor
        Runs functions on the workers.
    threads
        Number of threads of all workers at the start.
    """

    def __init__(self, client: Any, address: str) -> None:
        self._client = client
        self._address = address
        self._last_seen = time.monotonic()
        self.executor: Executor = client.get_executor(pure=False)
        self.threads = self._count_threads()
        if self.threads == 0:
            raise RunError(
                f"the dask scheduler at {address} has no workers",
                hint=f"start workers: dask worker {address}",
            )

    def check(self) -> None:
        """Check that the cluster can still finish the submitted work.

        dask itself reports a lost scheduler like a dead worker, and waits for workers without
        end.

        Raises
        ------
        RunError
            The scheduler does not respond, or has had no workers for `WORKER_TIMEOUT`.
        """
        if self._client.status != "running":
            raise self._lost()
        if self._count_threads():
            self._last_seen = time.monotonic()
        elif time.monotonic() - self._last_seen > WORKER_TIMEOUT:
            raise RunError(
                f"the dask scheduler at {self._address} has had no workers for "
                f"{WORKER_TIMEOUT:g} s",
                hint=f"start workers (dask worker {self._address}) and run the same command "
                "again; finished cubes are kept",
            )

    def _count_threads(self) -> int:
        try:
            return sum(self._client.nthreads().values())
        except (OSError, TimeoutError):
            raise self._lost() from None

    def _lost(self) -> RunError:
        return RunError(
            f"lost the connection to the dask scheduler at {self._address}",
            hint="start the scheduler and its workers again, then run the same command; "
            "finished cubes are kept",
        )


def require_distributed() -> None:
    """Check that a cluster can be used, before any work is done.

    Raises
    ------
    ConfigError
        dask.distributed is not installed.
    """
    try:
        import distributed  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            f"--executor dask needs the package distributed: {error}",
            hint="pip install 'neucocore[dask]'",
        ) from error


@contextmanager
def connect(address: str) -> Iterator[Cluster]:
    """Connect to the dask scheduler at `address` for the duration of the block.

    Raises
    ------
    ConfigError
        dask.distributed is not installed.
    RunError
        No scheduler answers within `CONNECT_TIMEOUT`, or it has no workers.
    """
    require_distributed()
    import distributed

    with _silent_loggers():
        try:
            client_class: Any = distributed.Client  # its constructor is not annotated
            client = client_class(address, timeout=CONNECT_TIMEOUT)
        except (OSError, TimeoutError, ValueError) as error:
            raise RunError(
                f"no dask scheduler answers at {address}: {error}",
                hint="start one with 'dask scheduler', and its workers with 'dask worker ADDRESS'",
            ) from error
        try:
            yield Cluster(client, address)
        finally:
            client.close()


@contextmanager
def _silent_loggers() -> Iterator[None]:
    """Keep dask's tracebacks about a lost connection off the terminal.

    dask configures each of its loggers separately, so silencing their parent has no effect.
    """
    levels = {
        name: logger.level
        for name, logger in logging.root.manager.loggerDict.items()
        if name.split(".")[0] in LOGGERS and isinstance(logger, logging.Logger)
    }
    for name in levels:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
