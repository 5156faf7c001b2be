"""What a person or a program sees: data on stdout, everything else on stderr."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

DEFAULT_WIDTH = 100
GAP = "  "


@dataclass
class Settings:
    """The global options in force."""

    debug: bool = False
    verbose: bool = False
    quiet: bool = False


settings = Settings()


def log(text: str, *, always: bool = False) -> None:
    """Write a line for a person to stderr; ``--quiet`` silences it unless ``always``."""
    if always or not settings.quiet:
        print(text, file=sys.stderr, flush=True)  # noqa: T201


def warn(text: str) -> None:
    """Write a warning to stderr."""
    log(f"warning: {text}")


def system_error(error: OSError) -> str:
    """Return what the system reported, in words, with the file it is about."""
    where = f": {error.filename}" if error.filename else ""
    return f"{error.strerror or error}{where}"


def print_data(text: str) -> None:
    """Write data to stdout."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")
    sys.stdout.flush()


def print_json(value: Any) -> None:
    """Write a value as JSON to stdout; NaN is a defect, never output."""
    print_data(json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False))


def print_table(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, narrow: Sequence[str] = ()
) -> None:
    """Write rows as a table to stdout; not on a terminal, always whole and unwrapped.

    On a terminal too narrow for all columns only those in ``narrow`` are shown; where these do
    not fit either, each row becomes a small block of ``column: value``.
    """
    texts = [[_text(row.get(column)) for column in columns] for row in rows]
    widths = _widths(texts, columns)
    limit = terminal_width()
    if limit is not None and _width_of(widths) > limit:
        fitted = _fit(widths, limit)
        if fitted is None and narrow and tuple(narrow) != tuple(columns):
            print_table(rows, narrow, narrow=narrow)
            return
        if fitted is None:
            print_data(_blocks(texts, columns, limit))
            return
        widths = fitted
    lines = [_line(list(columns), widths)]
    for row in texts:
        lines += _wrapped(row, widths)
    print_data("\n".join(lines))


def fits(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> bool:
    """Tell whether a table of these columns is no wider than the terminal."""
    limit = terminal_width()
    texts = [[_text(row.get(column)) for column in columns] for row in rows]
    return limit is None or _width_of(_widths(texts, columns)) <= limit


def _widths(texts: list[list[str]], columns: Sequence[str]) -> list[int]:
    return [
        max(len(column), *(len(row[i]) for row in texts)) if texts else len(column)
        for i, column in enumerate(columns)
    ]


def _width_of(widths: list[int]) -> int:
    return sum(widths) + len(GAP) * (len(widths) - 1)


def terminal_width() -> int | None:
    """Return the columns of the terminal stdout is, or None if it is none."""
    if not sys.stdout.isatty():
        return None
    return shutil.get_terminal_size((DEFAULT_WIDTH, 24)).columns


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4f}"
    return str(value)


def _fit(widths: list[int], limit: int) -> list[int] | None:
    """Narrow the last column so that the table fits; None if that would leave too little."""
    others = sum(widths[:-1]) + len(GAP) * (len(widths) - 1)
    last = limit - others
    return [*widths[:-1], last] if last >= 20 else None


def _line(cells: list[str], widths: list[int]) -> str:
    return GAP.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _wrapped(row: list[str], widths: list[int]) -> Iterator[str]:
    import textwrap

    last = textwrap.wrap(row[-1], widths[-1]) or [""]
    yield _line([*row[:-1], last[0]], widths)
    for more in last[1:]:
        yield _line([*[""] * (len(row) - 1), more], widths)


def _blocks(texts: list[list[str]], columns: Sequence[str], limit: int) -> str:
    import textwrap

    blocks = []
    for row in texts:
        lines: list[str] = []
        for column, cell in zip(columns, row, strict=True):
            lines += textwrap.wrap(
                f"{column}: {cell}", max(limit, 10), subsequent_indent="    "
            ) or [f"{column}:"]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def may_draw() -> bool:
    """Tell whether stderr is a terminal on which a progress bar may be drawn."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and not settings.quiet


Advance = Callable[[int, int, str], None]
"""Called with (done, of, note)."""

PLAIN_STEPS = 10


@contextmanager
def progress(title: str) -> Iterator[Advance]:
    """Show progress: a bar on a terminal, now and then a plain line elsewhere."""
    if may_draw():
        with _bar(title) as advance:
            yield advance
    else:
        yield _plain(title)


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
        TextColumn("{task.description}"),
        BarColumn(bar_width=None if console.width < 60 else 30),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[note]}"),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task(title, total=None, note="")

        def advance(done: int, of: int, note: str = "") -> None:
            bar.update(task, completed=done, total=of, note=note)

        yield advance


def _plain(title: str) -> Advance:
    reported = ("", -1)

    def advance(done: int, of: int, note: str = "") -> None:
        nonlocal reported
        step = done * PLAIN_STEPS // of if of else PLAIN_STEPS
        if step > reported[1] or (note and note != reported[0]):
            reported = (note, step)
            log(f"{title}: {done}/{of}{' ' + note if note else ''}")

    return advance
