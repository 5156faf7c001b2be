"""Ctrl-C and SIGTERM end a command within about a second, whatever it is doing.

Python runs a signal handler between two steps of the interpreter, so a command that is inside a
compiled function ends late. An exception that is raised there can also be lost (in a callback of a
C library), or leave a library in a state in which it crashes: numba and LLVM, while they compile.

Here the handler raises `Stopped`, but never inside numba, and a thread makes sure that the process
ends: it notices the signal at once, ends the child processes, and after `PATIENCE_SECONDS` or
`GRACE_SECONDS` ends this process too. That is safe at any moment, because every file is written in
one step and every command can be killed and run again.
"""

from __future__ import annotations

import _thread
import atexit
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

GRACE_SECONDS = 1.0
"""Seconds in which a command may end by itself after a signal."""
PATIENCE_SECONDS = 0.3
"""Seconds until a command is ended in which no exception can be raised: it compiles, or is inside
a long call of a library."""
RETRY_SECONDS = 0.05
"""Seconds between attempts to raise an exception that could not be raised yet."""
SIGNALS = {
    signal.SIGINT: "interrupted; run the same command again to continue",
    signal.SIGTERM: "terminated; run the same command again to continue",
}
"""The signals, and what is printed."""
COMPILERS = frozenset({"numba", "llvmlite"})
"""Packages in whose code no exception is raised."""
SHOW_CURSOR = b"\r\x1b[2K\x1b[?25h"
"""Clears the line of a progress bar, and shows the cursor that it has hidden."""


class Stopped(KeyboardInterrupt):
    """The command was asked to end by a signal."""


class _State:
    """What happened so far; there is one process, so there is one state."""

    def __init__(self) -> None:
        self.signal = 0
        """The first signal that was received, 0 for none."""
        self.raised = False
        """Whether `Stopped` was raised."""
        self.line_printed = False
        self.cleanups: list[Callable[[], object]] = []


_state = _State()


def received() -> bool:
    """Whether the process was asked to end. What it would print now is of no interest."""
    return _state.signal != 0


def run(command: Callable[[], None]) -> None:
    """Run a command in the main thread; after a signal, end the process with 128 + its number.

    Parameters
    ----------
    command
        Called without arguments. What it raises is passed on, unless a signal was received.
    """
    try:
        with _watching():
            command()
    except BaseException:
        if not received():
            raise
    if received():
        end_child_processes()
        _print_line()
        sys.exit(128 + _state.signal)


@contextmanager
def at_forced_end(cleanup: Callable[[], object]) -> Iterator[None]:
    """Call `cleanup` if the process is ended by a signal inside the block without an exception.

    It is called in another thread while the block goes on.
    """
    _state.cleanups.append(cleanup)
    try:
        yield
    finally:
        _state.cleanups.remove(cleanup)


def end_child_processes() -> None:
    """Kill the child processes, and do not wait for them."""
    for pid in _child_processes():
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)


@contextmanager
def _watching() -> Iterator[None]:
    """Handle the signals that the process was not started to ignore, until one was received."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    before = {
        number: handler
        for number in SIGNALS
        if (handler := signal.getsignal(number)) is not signal.SIG_IGN
    }
    wakeup = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    threading.Thread(target=_watch, args=(reading,), daemon=True).start()
    for number in before:
        signal.signal(number, _handle)
    try:
        yield
    finally:
        if not received():
            atexit.unregister(_ignore_signals)  # a process of tests gets here more than once
            atexit.register(_ignore_signals)
            for number, handler in before.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(wakeup)
            os.close(writing)  # ends the thread


def _ignore_signals() -> None:
    """Ignore the signals while Python ends, when they would only change the exit code."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _handle(number: int, frame: FrameType | None) -> None:
    """Raise `Stopped` in the main thread, once, where it does no harm."""
    _state.signal = _state.signal or number
    if not _state.raised and not _is_compiling(frame):
        _state.raised = True
        raise Stopped


def _is_compiling(frame: FrameType | None) -> bool:
    """Whether numba or LLVM is at work (not: whether a compiled function runs)."""
    while frame is not None:
        if frame.f_globals.get("__name__", "").partition(".")[0] in COMPILERS:
            return True
        frame = frame.f_back
    return False


def _watch(pipe: int) -> None:
    """Wait for a signal; end the process if it does not end by itself. The body of a thread."""
    number = 0
    while number not in SIGNALS:
        if not (content := os.read(pipe, 1)):  # written by Python when a signal arrives
            os.close(pipe)
            return
        number = content[0]
    _state.signal = _state.signal or number
    end_child_processes()
    started = time.monotonic()
    while time.monotonic() - started < (GRACE_SECONDS if _state.raised else PATIENCE_SECONDS):
        time.sleep(RETRY_SECONDS)
        if not _state.raised:
            _thread.interrupt_main(signal.Signals(_state.signal))
    _end()


def _end() -> NoReturn:
    """End the process without an exception."""
    end_child_processes()
    for cleanup in list(_state.cleanups):
        with suppress(Exception):
            cleanup()
    _print_line()
    os._exit(128 + _state.signal)


def _print_line() -> None:
    if _state.line_printed:
        return
    _state.line_printed = True
    line = SIGNALS[signal.Signals(_state.signal)].encode() + b"\n"
    with suppress(OSError):
        os.write(2, SHOW_CURSOR + line if os.isatty(2) else line)


def _child_processes() -> set[int]:
    """Return the ids of the child processes, without multiprocessing's resource tracker.

    The tracker ends by itself, and removes the semaphores of killed processes before.
    """
    children: set[int] = set()
    if multiprocessing := sys.modules.get("multiprocessing"):
        children |= {child.pid for child in multiprocessing.active_children()}
    with suppress(OSError, ValueError):  # on Linux: also those started in any other way
        for file in Path("/proc/self/task").glob("*/children"):
            children |= set(map(int, file.read_text().split()))
    if module := sys.modules.get("multiprocessing.resource_tracker"):
        children.discard(module._resource_tracker._pid)
    return children
