"""The names of plugins and components, and how close two of them are."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def is_name(text: str) -> bool:
    """Tell whether the text is a legal name: lower-case words joined by single hyphens."""
    return _NAME.fullmatch(text) is not None


def nearest(word: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Return the known names most like the word, best first; none if nothing is like it."""
    names = sorted(set(known))
    close = difflib.get_close_matches(word, names, n=count, cutoff=0.6)
    # A beginning is no misspelling, but what was meant is as clear: ssl4eo, temporal.
    begun = [name for name in names if len(word) >= 3 and name.startswith(word)]
    return list(dict.fromkeys([*close, *begun]))[:count]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean 'a' or 'b'?``, or an empty text."""
    near = nearest(word, known)
    return f"did you mean {' or '.join(map(repr, near))}?" if near else ""
