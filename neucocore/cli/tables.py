"""Tables on stdout: as wide as they need in a pipe or a file, and made to fit a terminal."""

from __future__ import annotations

import re
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from neucocore.cli.terminal import print_data, printable

DEFAULT_WIDTH = 100
GAP = "  "
LEAST_TEXT = 20
"""Columns that the last column keeps at least when its text is wrapped."""
LEAST_NAME = 16
"""Columns that a name keeps at least, unless all names are shorter."""
CUT = ".."
_NUMBER = re.compile(r"[-+]?\d[\d,]*(\.\d+)?")


def print_table(
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    *,
    narrow: Sequence[str] = (),
    name: str | None = None,
    ends: Sequence[str] | None = None,
) -> list[str]:
    """Write rows as a table to stdout; outside of a terminal, all columns on one line per row.

    On a terminal that is too narrow, the text of the last column is wrapped if that is enough.
    Otherwise as many columns of `narrow` as fit are shown. Where these do not fit either, each row
    becomes a small block of ``column: value``.

    Parameters
    ----------
    narrow
        Columns for narrow terminals, the most important first.
    name
        Column of names, which may be shortened to make room; no two names become equal.
    ends
        What is written behind each name, and kept when it is shortened.

    Returns
    -------
    list of str
        The columns that are left out.
    """
    texts = {column: [_text(row.get(column)) for row in rows] for column in columns}
    names = texts.get(name or "", [])
    ends = ends or [""] * len(names)
    if name is not None:
        texts[name] = [text + end for text, end in zip(names, ends, strict=True)]
    limit = terminal_width()
    shown, widths = list(columns), _widths(texts)
    if limit is not None and _total(widths.values()) > limit:
        last = limit - _total([*list(widths.values())[:-1], 0])
        if last >= LEAST_TEXT and not _is_numeric(texts[columns[-1]]) and columns[-1] != name:
            widths[columns[-1]] = last
        else:
            shown = _fitting(columns, narrow or columns, widths, name, limit)
            if not shown:
                print_data(_blocks(texts, limit))
                return []
            texts = {column: texts[column] for column in shown}
            widths = _widths(texts)
            over = _total(widths.values()) - limit
            if over > 0 and name is not None:
                texts[name] = shortened(names, widths[name] - over, ends)
                widths = _widths(texts)
            elif over > 0:
                widths[shown[-1]] -= over
    _print(texts, widths)
    return [column for column in columns if column not in shown]


def fits(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> bool:
    """Tell whether a table of these columns is no wider than the terminal."""
    limit = terminal_width()
    texts = {column: [_text(row.get(column)) for row in rows] for column in columns}
    return limit is None or _total(_widths(texts).values()) <= limit


def print_paragraph(text: str) -> None:
    """Write a text to stdout, wrapped at the width of the terminal."""
    limit = terminal_width()
    print_data(printable(text) if limit is None else "\n".join(wrapped(printable(text), limit)))


def wrapped(text: str, width: int) -> list[str]:
    """Return the lines of a text, none wider than a number of columns."""
    width = max(width, 10)
    # textwrap counts characters; none takes more than two columns.
    narrow = width_of(text) == len(text)
    return textwrap.wrap(text, width if narrow else width // 2, break_on_hyphens=False) or [""]


def width_of(text: str) -> int:
    """Return the number of columns a text takes: Chinese characters and emoji take two."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def shortened(names: Sequence[str], width: int, ends: Sequence[str] | None = None) -> list[str]:
    """Shorten names to a number of columns so that different names stay different.

    The middle is left out. Where that would make names equal, another part is, or the names that
    are cut get their numbers.

    Parameters
    ----------
    ends
        What is appended to each name, within the same number of columns, and never cut.
    """
    ends = [""] * len(names) if ends is None else ends
    rooms = [max(width - len(CUT) - width_of(end), 0) for end in ends]
    long = [i for i, name in enumerate(names) if width_of(name + ends[i]) > width]
    most = max((rooms[i] for i in long), default=0)
    for head in sorted(range(most + 1), key=lambda head: (abs(head - most / 2), -head)):
        result = list(names)
        for i in long:
            first = min(head, rooms[i])
            result[i] = _cut(names[i], first, rooms[i] - first)
        if len(set(result)) == len(set(names)):
            break
    else:
        for i in long:
            number = str(i + 1)
            result[i] = _cut(names[i], max(rooms[i] - len(number), 0), 0) + number
    return [text + end for text, end in zip(result, ends, strict=True)]


def _cut(name: str, head: int, tail: int) -> str:
    """Return the first and the last columns of a name."""
    return _first(name, head) + CUT + _first(name[::-1], tail)[::-1]


def _first(text: str, width: int) -> str:
    while width_of(text) > width:
        text = text[:-1]
    return text


def terminal_width() -> int | None:
    """Return the width of the terminal in columns, or None if stdout is not a terminal."""
    if sys.stdout is None or not sys.stdout.isatty():
        return None
    return shutil.get_terminal_size((DEFAULT_WIDTH, 24)).columns


def _fitting(
    columns: Sequence[str],
    priority: Sequence[str],
    widths: Mapping[str, int],
    name: str | None,
    limit: int,
) -> list[str]:
    """Return the first columns of `priority` that fit, in the order of the table; [] if none do."""
    for count in range(len(priority), min(len(priority), 2) - 1, -1):
        shown = [column for column in columns if column in priority[:count]]
        least = {column: widths[column] for column in shown}
        if name in least:
            least[name] = min(least[name], LEAST_NAME)
        elif not name and shown[-1] != columns[0]:
            least[shown[-1]] = min(least[shown[-1]], LEAST_TEXT)
        if _total(least.values()) <= limit:
            return shown
    return []


def _widths(texts: Mapping[str, list[str]]) -> dict[str, int]:
    return {
        column: max(map(width_of, [printable(column), *cells])) for column, cells in texts.items()
    }


def _total(widths: Iterable[int]) -> int:
    widths = list(widths)
    return sum(widths) + len(GAP) * (len(widths) - 1)


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{round(value, 4) + 0.0:.4f}"  # adding 0.0 turns -0.0 into 0.0
    return printable(str(value))


def _is_numeric(cells: Sequence[str]) -> bool:
    """Tell whether a column holds numbers only, which are aligned at their last digit."""
    return any(cell != "-" for cell in cells) and all(
        cell == "-" or _NUMBER.fullmatch(cell) for cell in cells
    )


def _print(texts: Mapping[str, list[str]], widths: Mapping[str, int]) -> None:
    right = {column: _is_numeric(cells) for column, cells in texts.items()}
    lines = [_line({column: printable(column) for column in texts}, widths, right)]
    for cells in zip(*texts.values(), strict=True):
        lines += _wrapped(dict(zip(texts, cells, strict=True)), widths, right)
    print_data("\n".join(lines))


def _line(row: Mapping[str, str], widths: Mapping[str, int], right: Mapping[str, bool]) -> str:
    cells = []
    for column, cell in row.items():
        padding = " " * (widths[column] - width_of(cell))
        cells.append(padding + cell if right[column] else cell + padding)
    return GAP.join(cells).rstrip()


def _wrapped(
    row: dict[str, str], widths: Mapping[str, int], right: Mapping[str, bool]
) -> Iterator[str]:
    column = next(reversed(row))
    first, *more = wrapped(row[column], widths[column])
    yield _line({**row, column: first}, widths, right)
    for text in more:
        yield _line({**dict.fromkeys(row, ""), column: text}, widths, right)


def _blocks(texts: Mapping[str, list[str]], limit: int) -> str:
    blocks = []
    for cells in zip(*texts.values(), strict=True):
        lines: list[str] = []
        for column, cell in zip(texts, cells, strict=True):
            first, *more = wrapped(f"{printable(column)}: {cell}", limit)
            lines += [first, *(f"    {line}" for text in more for line in wrapped(text, limit - 4))]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)
