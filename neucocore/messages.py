"""Parts of messages: counts, suggestions for misspelt names, and paths in commands."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterable
from pathlib import Path

DOCUMENTATION = "https://github.com/neuco-bench/neuco/blob/main/docs"
"""An installed package has no folder ``docs``, so messages name pages by their address."""
SIMILAR_STEM = 0.75
"""Minimum similarity (`difflib`) of a file name that is suggested, without its suffix."""


class Note(str):
    """A message that informs and asks for nothing; others of its list are warnings."""

    __slots__ = ()


def pluralize(number: int, thing: str) -> str:
    """Return ``1 file`` or ``2 files``."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def nearest(word: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Return the known names that are most similar to a word, best first; at most ``count``."""
    names = sorted(set(known))
    close = difflib.get_close_matches(word, names, n=count, cutoff=0.6)
    # Names that start with the word are too long to be similar, but are likely meant.
    longer = [name for name in names if len(word) >= 3 and name.startswith(word)]
    return list(dict.fromkeys([*close, *longer]))[:count]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean 'a' or 'b'?``, or an empty string if no known name is similar."""
    suggestions = nearest(word, known)
    return f"did you mean {' or '.join(map(repr, suggestions))}?" if suggestions else ""


def quoted(path: str | Path) -> str:
    """Return a path as it is typed in a command, quoted if it holds blanks or the like."""
    return shlex.quote(str(path))


def missing_file_hint(path: str | Path) -> str:
    """Return how to find a file that does not exist: a similar name, or a command that lists.

    The command lists the nearest folder that exists.
    """
    if similar := similar_file(path):
        return f"did you mean {similar}?"
    folder = Path(path).parent
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    return f"ls {quoted(folder)}"


def similar_file(path: str | Path) -> Path | None:
    """Return the file or folder next to a missing one whose name is most similar, if any is."""
    folder = Path(path).parent
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except OSError:
        names = []
    # Suffixes are equal too often to tell anything.
    stems = {name.partition(".")[0]: name for name in names}
    stem = Path(path).name.partition(".")[0]
    similar = difflib.get_close_matches(stem, stems, n=1, cutoff=SIMILAR_STEM)
    return folder / stems[similar[0]] if similar else None
