"""How the ids of two files differ when they do not match: a suffix, a folder, case, zeros.

Nothing is changed by this rule: it only tells people what to change.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import islice

MIN_SHARE = 0.8
"""A rule is reported if it matches at least this share of the ids of the smaller file."""
SAMPLE = 50
MAX_IDS_SEARCHED = 20_000

_EXTENSION = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,5}$")
_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")
_DECIMAL = re.compile(r"(?<=\d)\.0+$")

_LOOK_ALIKE = str.maketrans(
    # Cyrillic, Greek, dashes and quotes.
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0406\u0408\u0405"
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
    "\u03bf\u03bd"
    "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2018\u2019\u2044\u0131",
    "ABEKMHOPCTYXIJSaeopcyxijsABEZHIKMNOPTYXov-------''/i",
)
LOOK_ALIKE = "characters that look alike"


def _latin(text: str) -> str:
    """Return a text with the Latin letters that its characters look like."""
    text = unicodedata.normalize("NFKC", text.translate(_LOOK_ALIKE)).translate(_LOOK_ALIKE)
    return "".join(char for char in text if unicodedata.category(char) != "Cf")


RULES: Mapping[str, Callable[[str], str]] = {
    "upper and lower case": str.casefold,
    "zeros in front of numbers": lambda text: _ZEROS.sub("", text),
    "'.0' behind integers": lambda text: _DECIMAL.sub("", text),
    LOOK_ALIKE: _latin,
    "'-', '_' and spaces": lambda text: re.sub(r"[-_\s]+", "_", text),
    "a file extension": lambda text: _EXTENSION.sub("", text),
    "folders": lambda text: re.split(r"[\\/]", text)[-1],
    "folders and a file extension": lambda text: _EXTENSION.sub("", re.split(r"[\\/]", text)[-1]),
}
"""What may differ, and the function that removes the difference."""


def describe_difference(ids: Collection[str], others: Collection[str], names: str = "") -> str:
    """Describe how the ids of two files differ by one rule; empty if there is none.

    Parameters
    ----------
    ids, others
        The ids of the two files, both not empty.
    names
        What the second file is called, for the message.

    Returns
    -------
    str
        A clause that completes "300 of 300 ids".

    Examples
    --------
    >>> describe_difference(["a", "b"], ["a.dat", "b.dat"], "the embeddings")
    "2 of 2 match those of the embeddings if '.dat' is added at the end"
    """
    of = f" those of {names}" if names else ""
    rules = [(count, f"if {text}") for count, text in _affixes(ids, others)]
    for what, rule in RULES.items():
        known = {rule(other) for other in others}
        if len(known) == len(set(others)):  # a rule that removes nearly everything proves nothing
            count = sum(rule(sample) in known for sample in ids)
            shown = _code_points(ids, others) if what == LOOK_ALIKE and count else ""
            rules.append((count, f"apart from {what}{shown}"))
    count, text = max(rules, key=lambda rule: rule[0], default=(0, ""))
    if count < max(1, MIN_SHARE * min(len(ids), len(others))):
        return ""
    return f"{count} of {len(ids)} match{of} {text}"


def _code_points(ids: Collection[str], others: Collection[str]) -> str:
    """Return the characters by which two ids that look alike differ, with their code points."""
    other_of = {_latin(other): other for other in others}
    for sample in sorted(ids):
        other = other_of.get(_latin(sample), sample)
        sides = [
            (", ".join(f"U+{ord(char):04X}" for char in sorted(set(text) - set(without))), text)
            for text, without in ((sample, other), (other, sample))
        ]
        if sample != other:
            return ": " + ", but ".join(
                f"{points or 'no such character'} in {text!r}" for points, text in sides
            )
    return ""


def first_ids(ids: Collection[str], count: int = 1) -> str:
    """Return the first ids in alphabetical order, quoted, for a message."""
    return ", ".join(map(repr, sorted(ids)[:count]))


def _affixes(ids: Collection[str], others: Collection[str]) -> Iterator[tuple[int, str]]:
    """Yield how many ids match if one text is added or removed at each end, and which."""
    for shorter, longer, verb, place in (
        (ids, others, "added", "at"),
        (others, ids, "removed", "from"),
    ):
        known = set(longer)
        found: Counter[tuple[str, str]] = Counter()
        for text in islice(sorted(shorter), SAMPLE):
            for other in islice(longer, MAX_IDS_SEARCHED):
                if text != other and text in other:
                    start, _, end = other.partition(text)
                    found[start, end] += 1
        for (start, end), _ in found.most_common(3):
            parts = [f"{start!r} is {verb} {place} the beginning"] if start else []
            parts += [f"{end!r} is {verb} {place} the end"] if end else []
            count = sum(f"{start}{text}{end}" in known for text in shorter)
            yield count, " and ".join(parts)
