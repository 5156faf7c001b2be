"""Cells of text tables as numbers, missing values, booleans and names: one rule for every reader.

A number has ASCII digits, at most one decimal point, a sign and an exponent: what every table
library reads in the same way. Names (of classes and groups) have one canonical spelling per value.
Nothing else is guessed: other texts are reported, with the reason and their places.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from neucocore.files.findings import EXAMPLES_SHOWN, Finding

NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")

# Texts that people and table libraries write for a missing value, in lower case.
MISSING = frozenset(
    {"", "-", "--", "\u2013", "\u2014", "na", "n/a", "#n/a", "#na", "<na>", "nan", "-nan", "nat"}
    | {"none", "null", "1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan"}
)
# Of these, the texts that may also be a name: Namibia, North America, no irrigation.
MAY_BE_NAME = frozenset({"na", "none"})

_INFINITE = frozenset({"inf", "infinity"})
_TRUE_WORDS = {"true": "t", "yes": "y", "t": "t", "y": "y", "1": "", "1.0": ""}
_FALSE_WORDS = {"false": "t", "no": "y", "f": "t", "n": "y", "0": "", "0.0": ""}
BOOLEANS = {**dict.fromkeys(_TRUE_WORDS, True), **dict.fromkeys(_FALSE_WORDS, False)}
"""Texts for true and false, in lower case."""

NUMBER_HINT = (
    "write numbers with the digits 0 to 9 and a decimal point, such as -1234.5; leave the cell "
    "empty if the value is missing"
)
HINTS = {
    "decimal-commas": "save the file with decimal points in numbers",
    "thousands-separators": "save the file without thousands separators in numbers",
    "infinite": "leave the cell empty if the value is missing",
    "units": "name the unit in the header, and leave it out of the cells",
    "percent": "name the unit in the header, and leave it out of the cells",
}
_PROBLEMS: tuple[tuple[str, str, re.Pattern[str]], ...] = tuple(
    (code, message, re.compile(pattern))
    for code, message, pattern in (
        ("control-characters", "it holds a control character", r".*[\x00-\x08\x0e-\x1f\x7f].*"),
        (
            "underscores",
            "it holds an underscore",
            r"[+-]?\d*\.?\d+_[\d_]*(\.[\d_]*)?([eE][+-]?\d+)?",
        ),
        ("hexadecimal", "it is hexadecimal", r"[+-]?0[xX][0-9a-fA-F]+"),
        ("percent", "it has a percent sign", r"[+-]?[\d.,]+\s*[%\u2030]"),
        (
            "ambiguous-commas",
            "it has a decimal comma or a thousands separator",
            r"[+-]?[1-9]\d{0,2},\d{3}",
        ),
        (
            "thousands-separators",
            "it has thousands separators",
            r"[+-]?[1-9]\d{0,2}(?:(,\d{3})+(\.\d*)?|([ '\u2019\u00a0\u2009\u202f]\d{3})+([.,]\d*)?"
            r"|(\.\d{3}){2,})",
        ),
        (
            "decimal-commas",
            "it has a decimal comma",
            r"[+-]?(\d{1,3}(\.\d{3})+|\d*),\d+([eE][+-]?\d+)?|[+-]?\d+,",
        ),
        (
            "minus-signs",
            "its minus sign is not the character '-'",
            r"[\u2212\u2010-\u2014\uff0d]\s*\d*\.?\d+([eE].*)?",
        ),
        ("foreign-digits", "its digits are not 0 to 9", r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"),
        ("units", "text follows the number", r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*[^\W\d_].*"),
    )
)


def is_missing(cell: str) -> bool:
    """Return whether a cell holds no value, such as an empty one, ``NA`` or ``nan``."""
    return cell.strip().lower() in MISSING


def is_number(cell: str) -> bool:
    """Return whether a cell is a number of the strict grammar, perhaps beyond float64."""
    return NUMBER.fullmatch(cell.strip()) is not None


def boolean(cell: str) -> bool | None:
    """Return a cell as true or false; None if it is neither."""
    return BOOLEANS.get(cell.strip().lower())


def number_problem(cell: str) -> tuple[str, str]:
    """Return why a cell is not a finite number: a stable code, and a clause for a message."""
    text = cell.strip()
    if text.lstrip("+-").lower() in _INFINITE or is_number(text):
        return "infinite", "it is infinite"
    for code, message, pattern in _PROBLEMS:
        if pattern.fullmatch(text):
            return code, message
    return "text", ""


def read_numbers(
    cells: Sequence[str], place: Callable[[int], str], what: str
) -> tuple[NDArray[np.float64], list[Finding]]:
    """Read a column of numbers.

    Parameters
    ----------
    cells
        One cell per row.
    place
        Returns the place of a row for messages, such as ``line 7``.
    what
        What a cell is, for messages: ``label``.

    Returns
    -------
    values : (n,) float64
        NaN where the value is missing or not a finite number.
    list of Finding
        One error per reason why cells are not finite numbers.
    """
    values = np.full(len(cells), np.nan)
    problems: dict[tuple[str, str], list[str]] = {}
    for row, cell in enumerate(cells):
        if NUMBER.fullmatch(cell.strip()):
            values[row] = float(cell)
            if math.isfinite(values[row]):
                continue
            values[row] = np.nan
        elif is_missing(cell):
            continue
        problems.setdefault(number_problem(cell), []).append(f"{place(row)} {cell[:40]!r}")
    findings = []
    for (code, reason), examples in problems.items():
        message = f"{what} is not a number" + (f": {reason}" if reason else "")
        if code == "infinite":
            message = f"{what} is infinite"
        shown = tuple(examples[:EXAMPLES_SHOWN])
        hint = HINTS.get(code, NUMBER_HINT)
        findings.append(Finding(code, "error", message, len(examples), shown, hint))
    return values, findings


def canonical_value(cell: str) -> str:
    """Return the canonical spelling of a class or group.

    Surrounding spaces are removed. Numbers are equal if their values are: ``3``, ``3.0``, ``+3``
    and ``03`` are ``3``. Of characters with several Unicode forms the composed one is used.

    Examples
    --------
    >>> [canonical_value(cell) for cell in ["3.0", " 2.50", "1e3", "MGRS 31"]]
    ['3', '2.5', '1000', 'MGRS 31']
    """
    text = unicodedata.normalize("NFC", cell.strip())
    if not NUMBER.fullmatch(text):
        return text
    value = float(text)
    if not math.isfinite(value):
        return text
    # Decimal, because integers beyond 2^53 are different values that one float64 may stand for.
    return str(int(Decimal(text))) if value.is_integer() else repr(value)


@dataclass(frozen=True, slots=True)
class Names:
    """A column of classes or groups.

    Attributes
    ----------
    values
        The canonical spelling of each cell; None where the value is missing.
    findings
        Warnings about spellings, and about texts that may mean missing.
    """

    values: tuple[str | None, ...]
    findings: tuple[Finding, ...] = ()


def read_names(cells: Sequence[str], what: str) -> Names:
    """Read a column of classes or groups, with one spelling per value.

    Numbers are compared by value, and the spellings of true and false of a column that holds
    nothing else are one value each (``no`` and ``yes`` or ``false`` and ``true``, if there are
    several). Spellings that
    differ in case, spaces, hyphens, underscores or Unicode forms only remain different names, with
    a warning. ``NA`` and ``none`` are names if all other cells are text.

    Parameters
    ----------
    cells
        One cell per row.
    what
        What a cell is, for messages: ``class`` or ``group``.
    """
    findings: list[Finding] = []
    counts = Counter(cell.strip() for cell in cells)
    kept = _kept_as_names(counts)
    for text in kept:
        message = (
            f"{text!r} is used as the name of a {what}, because all other names are text; "
            "if it means missing, leave these cells empty"
        )
        findings.append(Finding("maybe-missing", "warning", message, counts[text]))
    canonical = {
        text: canonical_value(text) if text in kept or not is_missing(text) else None
        for text in counts
    }
    spellings = [text for text, name in canonical.items() if name is not None]
    if (booleans := _boolean_column(spellings)) is not None:
        if len(set(map(canonical_value, spellings))) > len(set(booleans.values())):
            canonical.update(booleans)
            read_as = " and ".join(sorted({str(name) for name in booleans.values()}))
            shown = ", ".join(f"{text!r} ({counts[text]})" for text in sorted(spellings))
            message = f"{what} of yes or no spelled in several ways, read as {read_as}: {shown}"
            findings.append(Finding("boolean-spellings", "warning", message))
    else:
        findings.extend(_similar(canonical, counts, what))
    return Names(tuple(canonical[cell.strip()] for cell in cells), tuple(findings))


def _kept_as_names(counts: Counter[str]) -> list[str]:
    """Return the texts such as ``NA`` that are names, as all other values are text."""
    possible = [text for text in counts if text.lower() in MAY_BE_NAME]
    others = [text for text in counts if not is_missing(text)]
    if not others or len({text.lower() for text in possible}) != 1:
        return []
    only_text = not any(is_number(text) or boolean(text) is not None for text in others)
    return sorted(possible) if only_text else []


def _boolean_column(spellings: Sequence[str]) -> dict[str, str | None] | None:
    """Return the canonical name of each spelling, or None if the column is not boolean.

    Next to words of another language of yes and no, single letters are true and false only if
    there is a word of their own, or both letters: ``n`` and ``f`` may be the names of two classes.
    """
    words = [text.lower() for text in spellings]
    families = {(_TRUE_WORDS | _FALSE_WORDS).get(word) for word in words}
    if None in families:
        return None
    letters = {word for word in words if len(word) == 1 and word.isalpha()}
    full_words = {word for word in words if len(word) > 1 and word.isalpha()}
    if letters and len(families - {""}) > 1:
        families_of_words = {(_TRUE_WORDS | _FALSE_WORDS)[word] for word in full_words}
        unsupported = [
            letter
            for letter in letters
            if (family := (_TRUE_WORDS | _FALSE_WORDS)[letter]) not in families_of_words
            and not (full_words and letters.issuperset({"t": "tf", "y": "yn"}[family]))
        ]
        if unsupported:
            return None
    no, yes = ("no", "yes") if families <= {"y", ""} else ("false", "true")
    return {text: yes if BOOLEANS[text.lower()] else no for text in spellings}


def _similar(canonical: dict[str, str | None], counts: Counter[str], what: str) -> list[Finding]:
    """Return a warning about names that differ only in case, spaces or form."""
    rows_of_name: Counter[str] = Counter()
    for text, name in canonical.items():
        if name is not None:
            rows_of_name[name] += counts[text]
    names_of_key: dict[str, list[str]] = {}
    for name in sorted(rows_of_name):
        names_of_key.setdefault(_folded(name), []).append(name)
    similar = [names for names in names_of_key.values() if len(names) > 1]
    if not similar:
        return []
    examples = tuple(
        " and ".join(f"{name!r} ({rows_of_name[name]})" for name in names)
        for names in similar[:EXAMPLES_SHOWN]
    )
    message = f"{what} names differ only in case, spaces or form and are counted as different"
    return [Finding("spellings", "warning", message, len(similar), examples)]


def _folded(name: str) -> str:
    if NUMBER.fullmatch(name):
        return name
    text = unicodedata.normalize("NFKC", name).casefold()
    text = "".join(char for char in text if unicodedata.category(char) != "Cf")
    folded = re.sub(r"[\s_\-\u2010-\u2015]+", " ", text).strip()
    return canonical_value(folded) if NUMBER.fullmatch(folded) and "-" not in name else folded
