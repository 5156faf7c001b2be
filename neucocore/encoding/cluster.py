"""A dask cluster as a place where batches are encoded: joining it, and noticing when it is gone."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

from neucocore.errors import ConfigError, RunError

CONNECT_TIMEOUT = "15s"
LOGGING = ("distributed", "tornado")
"""Packages that log what a lost connection is to them; the second runs the first's callbacks."""
PATIENCE = 60.0
"""Seconds without any worker after which a run gives up: a queue may be restarting them."""


class Cluster:
    """The scheduler at an address, and the workers it has.

    Attributes
    ----------
    executor
        Takes functions as a pool of processes does.
    workers
        Threads of all workers at the start.
    """

    def __init__(self, client: Any, address: str) -> None:
        self._client = client
        self._address = address
        self._last_seen = time.monotonic()
        self.executor: Executor = client.get_executor(pure=False)
        self.workers = self._threads()
        if self.workers == 0:
            raise RunError(
                f"the dask scheduler at {address} has no workers",
                hint=f"start some: dask worker {address}",
            )

    def check(self) -> None:
        """Do nothing while the cluster can still finish what it was given.

        Raises
        ------
        RunError
            The scheduler is gone, or has had no worker for `PATIENCE` seconds. Without this the
            first looks like a dead worker and the second waits for ever.
        """
        if self._client.status != "running":
            raise self._scheduler_gone()
        if self._threads():
            self._last_seen = time.monotonic()
        elif time.monotonic() - self._last_seen > PATIENCE:
            raise RunError(
                f"the dask scheduler at {self._address} has had no workers for {PATIENCE:g} s",
                hint=f"start some (dask worker {self._address}) and run the same command again: "
                "finished cubes are kept",
            )

    def _threads(self) -> int:
        try:
            return sum(self._client.nthreads().values())
        except (OSError, TimeoutError):
            raise self._scheduler_gone() from None

    def _scheduler_gone(self) -> RunError:
        return RunError(
            f"the dask scheduler at {self._address} has gone",
            hint="start it and its workers again, then run the same command: "
            "finished cubes are kept",
        )


@contextmanager
def joined(address: str) -> Iterator[Cluster]:
    """Join the cluster of the scheduler at `address` for the length of the block.

    Raises
    ------
    ConfigError
        dask.distributed is not installed.
    RunError
        Nothing answers at the address in `CONNECT_TIMEOUT`, or there are no workers.
    """
    try:
        import distributed
    except ImportError as error:
        raise ConfigError(
            "--executor dask needs dask.distributed", hint="pip install 'neucocore[dask]'"
        ) from error
    with _quiet():
        try:
            connect: Any = distributed.Client  # its annotations do not reach its constructor
            client = connect(address, timeout=CONNECT_TIMEOUT)
        except (OSError, TimeoutError, ValueError) as error:
            raise RunError(
                f"no dask scheduler answers at {address}: {error}",
                hint="start one with 'dask scheduler', and workers with 'dask worker ADDRESS'",
            ) from error
        try:
            yield Cluster(client, address)
        finally:
            client.close()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep dask's own account of a lost connection, pages of traceback, off the terminal.

    It configures each of its loggers by itself, so that silencing their parent is not enough.
    """
    levels = {
        name: logger.level
        for name, logger in logging.root.manager.loggerDict.items()
        if name.split(".")[0] in LOGGING and isinstance(logger, logging.Logger)
    }
    for name in levels:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
