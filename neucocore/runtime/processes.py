"""Worker processes that end when they should: with their parent, and not on its Ctrl-C."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import parent_process
from threading import Thread


@contextmanager
def block_sigint() -> Iterator[None]:
    """Start processes that Ctrl-C does not reach: it is the parent that ends the run.

    Processes inherit the mask of the thread that starts them; without it each would print a
    traceback of its own.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with_parent() -> None:
    """End this worker process as soon as its parent has ended; a pool's initializer.

    A pool's workers wait for work on a pipe that they hold open themselves, so that nothing would
    tell them that the parent was killed, and they would stay for good.
    """
    parent = parent_process()
    if parent is not None:
        Thread(target=_end_after, args=(parent.join,), daemon=True).start()


def _end_after(wait: Callable[[], object]) -> None:
    wait()
    os._exit(1)
