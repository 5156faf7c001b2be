"""Parts of messages: counts, and what a misspelt name may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def pluralize(number: int, thing: str) -> str:
    """Return ``1 file`` or ``2 files``."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def nearest(word: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Return the known names most like the word, best first; empty if none is similar."""
    names = sorted(set(known))
    close = difflib.get_close_matches(word, names, n=count, cutoff=0.6)
    # A prefix is not a misspelling, but what was meant is as clear: ssl4eo, temporal.
    begun = [name for name in names if len(word) >= 3 and name.startswith(word)]
    return list(dict.fromkeys([*close, *begun]))[:count]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean 'a' or 'b'?``, or an empty text."""
    near = nearest(word, known)
    return f"did you mean {' or '.join(map(repr, near))}?" if near else ""
