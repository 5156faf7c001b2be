"""Worker processes that end with their parent and ignore its Ctrl-C."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process, resource_tracker
from threading import Thread
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

NO_LEAK_WARNING = "ignore:resource_tracker"
"""Warning filter of the resource tracker, which would otherwise report the semaphores of a run that
was ended by a signal, although it removes them."""


class WorkerPool(ProcessPoolExecutor):
    """Worker processes for a `with` statement.

    They start as new interpreters, ignore Ctrl-C (the parent ends the run) and end with their
    parent, even if it is killed. If the block raises anything but an ordinary exception, such as
    `KeyboardInterrupt`, they are killed.

    Parameters
    ----------
    jobs
        Number of processes.
    """

    def __init__(self, jobs: int) -> None:
        with _quiet_tracker():
            super().__init__(jobs, get_context("spawn"), initializer=end_with_parent)

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Schedule a call; starts a process if one is missing."""
        with block_sigint():
            return super().submit(function, *args, **kwargs)

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        """Wait for the processes; after an error, for their current work only."""
        if kind is not None and not issubclass(kind, Exception):
            for process in list((self._processes or {}).values()):
                process.kill()
        self.shutdown(wait=True, cancel_futures=kind is not None)


@contextmanager
def block_sigint() -> Iterator[None]:
    """Block Ctrl-C for the processes started inside the block; the parent ends the run.

    A process inherits the signal mask of the thread that starts it. Without the mask each process
    would print its own traceback.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _quiet_tracker() -> Iterator[None]:
    """Start multiprocessing's resource tracker so that it removes semaphores without a warning."""
    sys.warnoptions.append(NO_LEAK_WARNING)
    try:
        resource_tracker.ensure_running()
        yield
    finally:
        sys.warnoptions.remove(NO_LEAK_WARNING)


def end_with_parent() -> None:
    """End this worker process when its parent ends; for use as a pool's initializer.

    The workers of a pool wait for work on a pipe that they keep open themselves, so after the
    parent was killed they would wait forever.
    """
    parent = parent_process()
    if parent is not None:
        Thread(target=_end_after, args=(parent.join,), daemon=True).start()


def _end_after(wait: Callable[[], object]) -> None:
    wait()
    os._exit(1)
