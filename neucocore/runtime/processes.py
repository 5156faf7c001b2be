"""Worker processes that end with their parent and ignore its Ctrl-C."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import parent_process
from threading import Thread


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
