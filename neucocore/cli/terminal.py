"""What a person or a program sees: data on stdout, everything else on stderr.

All output passes through `printable`, because names and ids come from files of others: control
characters could change what the terminal shows. Streams of any encoding are written
(`prepare_streams`).
"""

from __future__ import annotations

import errno
import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TextIO

from neucocore.errors import NeucoError
from neucocore.messages import Note
from neucocore.runtime import interrupts

_NOT_PRINTED = (
    "\x00-\x09\x0b-\x1f\x7f-\x9f"  # control characters except the line feed
    "\u2028\u2029"  # line and paragraph separators
    "\u200e\u200f\u202a-\u202e\u2066-\u2069"  # they change the direction of the text
    "\ud800-\udfff"  # bytes of file names that are not UTF-8
)
NOT_IN_LINES = re.compile(f"[{_NOT_PRINTED}]")
NOT_IN_NAMES = re.compile(f"[\n{_NOT_PRINTED}]")


@dataclass
class Settings:
    """The global options in force."""

    debug: bool = False
    verbose: bool = False
    quiet: bool = False


settings = Settings()


def prepare_streams() -> None:
    """Let stdout and stderr take any text: what their encoding does not have is escaped."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def printable(text: str, *, lines: bool = False) -> str:
    """Escape characters that are not shown but change what is shown.

    Parameters
    ----------
    lines
        Keep line feeds. By default they are escaped too, so that a name stays on one line.
    """
    return (NOT_IN_LINES if lines else NOT_IN_NAMES).sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()


def log(text: str, *, always: bool = False) -> None:
    """Write lines for a person to stderr; ``--quiet`` silences them unless ``always``.

    Nothing is written after a signal, when what the command still reports is not the reason of its
    end.
    """
    if (always or not settings.quiet) and not interrupts.received():
        _write(sys.stderr, printable(text, lines=True))


def warn(text: str) -> None:
    """Write a warning, or a `Note`, to stderr, on one line."""
    log(f"{'note' if isinstance(text, Note) else 'warning'}: {printable(text)}")


def log_error(error: NeucoError | OSError, *, about: str = "") -> None:
    """Write an error to stderr: its message, its problems and its hint, each on one line.

    Parameters
    ----------
    about
        What failed, if it was only a part of the command.
    """
    prefix = f"error: {printable(about)}: " if about else "error: "
    if isinstance(error, OSError):
        log(prefix + printable(system_error(error)), always=True)
        return
    lines = [prefix + printable(error.message)]
    lines += [f"  - {printable(problem)}" for problem in error.problems]
    if error.hint:
        lines.append(f"Hint: {error.hint}")  # may be an example of several lines
    log("\n".join(lines), always=True)


def system_error(error: OSError) -> str:
    """Return what the system reported, in words, with the file it is about."""
    where = f": {error.filename}" if error.filename else ""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    hint = "\nHint: free some space, or choose an output on another disk" if full else ""
    return f"{error.strerror or error}{where}{hint}"


def print_data(text: str) -> None:
    """Write lines of data to stdout."""
    _write(sys.stdout, printable(text, lines=True))


def print_json(value: Any) -> None:
    """Write a value as JSON to stdout; NaN is a defect, never output."""
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    unicode = encoding.lower().replace("-", "").startswith("utf")
    text = json.dumps(value, indent=2, allow_nan=False, ensure_ascii=not unicode)
    # Outside of strings JSON has none of these characters, and in strings they can be escaped.
    _write(sys.stdout, NOT_IN_LINES.sub(lambda match: f"\\u{ord(match[0]):04x}", text))


def _write(stream: TextIO | None, text: str) -> None:
    """Write lines; a reader that is gone (``neuco list | head``) does not stop the command."""
    if stream is None:  # the program was started with the stream closed
        return
    try:
        stream.write(text if text.endswith("\n") else text + "\n")
        stream.flush()
    except OSError as error:
        # Python would try again at its end, and fail then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if stream is sys.stdout and not isinstance(error, BrokenPipeError):
            error.filename = "standard output"
            raise


def may_draw() -> bool:
    """Whether stderr is a terminal on which a progress bar may be drawn."""
    terminal = sys.stderr is not None and sys.stderr.isatty()
    return terminal and os.environ.get("TERM") != "dumb" and not settings.quiet


Advance = Callable[[int, int, str], None]
"""Called with (done, of, note)."""

PLAIN_STEPS = 10
PLAIN_SECONDS = 30.0
"""Time after which a line is printed again, and from which on lines have a rate."""


@contextmanager
def progress(title: str) -> Iterator[Advance]:
    """Show progress: a bar on a terminal, now and then a plain line elsewhere.

    Elsewhere a line is printed every 30 s even if no step ends in that time. The first call that
    says that something is done already means that earlier work is continued.
    """
    if may_draw():
        with _bar(title) as advance:
            yield _noting_earlier_work(title, advance)
    else:
        plain = PlainProgress(title)
        with _repeated(plain.remind):
            yield _noting_earlier_work(title, plain.advance)


@contextmanager
def reminders(title: str) -> Iterator[None]:
    """Print every 30 s that work goes on whose steps are printed as lines."""
    with _repeated(PlainProgress(title).remind):
        yield


def _noting_earlier_work(title: str, advance: Advance) -> Advance:
    """Print a line at the first call if something is done already."""
    called = False

    def advance_and_note(done: int, of: int, note: str = "") -> None:
        nonlocal called
        if not called and 0 < done < of:
            log(printable(f"{title}: continues earlier work, {done} of {of} are done"))
        called = True
        advance(done, of, note)

    return advance_and_note


@contextmanager
def _repeated(remind: Callable[[], None]) -> Iterator[None]:
    """Call a function every 30 s from a thread of its own."""
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(PLAIN_SECONDS):
            remind()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()


@contextmanager
def _bar(title: str) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None if console.width < 60 else 30),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[note]}", markup=False),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task(printable(title), total=None, note="")

        def advance(done: int, of: int, note: str = "") -> None:
            bar.update(task, completed=done, total=of, note=printable(note))

        yield advance


class PlainProgress:
    """Lines every tenth of the work and every 30 s, in long work with the time left.

    Parameters
    ----------
    title
        What is done, in front of every line.
    clock
        Seconds, for tests.
    """

    def __init__(self, title: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._title, self._clock = title, clock
        self._start = self._last = clock()
        self._reported = ("", -1)
        self._first: int | None = None
        self._done = self._of = 0

    def advance(self, done: int, of: int, note: str = "") -> None:
        """Print a line if it is time for one."""
        now = self._clock()
        self._done, self._of = done, of
        first = self._first = done if self._first is None else self._first  # of an earlier run
        step = done * PLAIN_STEPS // of if of else PLAIN_STEPS
        waited = now - self._last >= PLAIN_SECONDS
        if step > self._reported[1] or (note and note != self._reported[0]) or waited:
            self._reported, self._last = (note, step), now
            text = f"{self._title}: {done}/{of}{' ' + note if note else ''}"
            log(printable(text + _pace(done - first, of - done, now - self._start)))

    def remind(self) -> None:
        """Print that the work goes on, if no line was printed for 30 s."""
        now = self._clock()
        if now - self._last < PLAIN_SECONDS:
            return
        self._last = now
        done = f"{self._done}/{self._of}, " if self._of else ""
        log(printable(f"{self._title}: {done}still running after {_duration(now - self._start)}"))


def _pace(done: int, left: int, seconds: float) -> str:
    """Return time, rate and time left of long work; empty in its first 30 s."""
    if seconds < PLAIN_SECONDS or done <= 0:
        return ""
    rate = done / seconds
    remaining = f", {_duration(left / rate)} left" if left else ""
    return f" ({_duration(seconds)}, {rate:.3g}/s{remaining})"


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    if whole < 7200:
        return f"{round(whole / 60)} min"
    return f"{whole / 3600:.1f} h"
