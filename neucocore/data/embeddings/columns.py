"""Which columns of a wide table are the id and the dimensions, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from neucocore.data.embeddings.table import ReadOptions
from neucocore.data.ids import ID, no_id_column
from neucocore.files.findings import Finding

MAX_DIGITS = 18
"""Digits of a column's number; longer names do not fit into 64 bits, and are not numbers."""


@dataclass(frozen=True)
class EmbeddingColumns:
    """The columns of a wide table.

    Attributes
    ----------
    count
        Number of columns in the file.
    id
        Position of the id column, or None.
    dimensions
        Position of the column of each dimension.
    names
        Name of the column of each dimension.
    findings
        Problems, warnings and repairs.
    """

    count: int
    id: int | None
    dimensions: tuple[int, ...]
    names: tuple[str, ...]
    findings: list[Finding] = field(default_factory=list)


def choose_columns(
    raw: Sequence[str], options: ReadOptions, *, id_names: Sequence[str] = (ID,)
) -> EmbeddingColumns:
    """Choose the id column and the columns of the dimensions.

    The dimensions are the columns whose name is a number, in numeric order, or, if there are none,
    all columns except the id in the order of the file. Unless read leniently, the numbers must be
    ``0..d-1`` or ``1..d``.

    Parameters
    ----------
    raw
        Column names as written.
    options
        How strictly to read.
    id_names
        Possible names of the id column; the first one that exists is used.
    """
    names = [name.strip() for name in raw]
    findings = _repeated(names, options)
    first: dict[str, int] = {}
    for position, name in enumerate(names):
        first.setdefault(name, position)
    id_position = next((first[name] for name in id_names if name in first), None)
    if id_position is None:
        findings.append(no_id_column(names))
    rest = {name: position for name, position in first.items() if position != id_position}
    digits = sorted((name for name in rest if _all_digits(name)), key=int)
    if digits:
        findings.extend(_numbering(digits, [n for n in rest if _all_digits(n)], options))
        ignored = [name for name in rest if not _all_digits(name)]
        if ignored:
            message = "column ignored because its name is not a number"
            findings.append(
                Finding("ignored-columns", "warning", message, len(ignored), _examples(ignored))
            )
    dimensions = digits or list(rest)
    if not dimensions:
        findings.append(Finding("no-dimensions", "error", "no embedding columns"))
    if not digits and "" in rest and not options.lenient:
        message = "a column without a name, perhaps a row index, would count as a dimension"
        findings.append(Finding("unnamed-column", "error", message))
    return EmbeddingColumns(
        len(names),
        id_position,
        tuple(rest[name] for name in dimensions),
        tuple(dimensions),
        findings,
    )


def _all_digits(name: str) -> bool:
    return name.isascii() and name.isdigit() and len(name) <= MAX_DIGITS


def _repeated(names: Sequence[str], options: ReadOptions) -> list[Finding]:
    seen: set[str] = set()
    repeated = [name for name in names if name in seen or seen.add(name)]  # type: ignore[func-returns-value]
    if not repeated:
        return []
    level, message = options.duplicate_columns_level, "column name occurs more than once"
    return [Finding("duplicate-columns", level, message, len(repeated), _examples(repeated))]


def _numbering(
    ordered: Sequence[str], as_written: Sequence[str], options: ReadOptions
) -> list[Finding]:
    """Check names that are numbers: order, gaps, and one number written in two ways."""
    findings = []
    if list(ordered) != list(as_written):
        findings.append(Finding("shuffled-columns", "repaired", "columns sorted by their number"))
    numbers = [int(name) for name in ordered]
    if options.lenient:
        return findings
    if len(set(numbers)) < len(numbers):
        repeated = sorted({number for number in numbers if numbers.count(number) > 1})
        examples = tuple(map(str, repeated[:3]))
        message = "column number written in two ways"
        findings.append(Finding("duplicate-columns", "error", message, len(repeated), examples))
        return findings
    start = 0 if numbers[0] == 0 else 1
    expected = range(start, start + len(numbers))
    if numbers != list(expected):
        present = set(numbers)
        every = range(start, numbers[-1] + 1)  # may be huge, so it is never made a list
        gaps = islice((str(number) for number in every if number not in present), 3)
        message = f"column numbers have gaps between {start} and {numbers[-1]}"
        count = len(every) - len(numbers)
        findings.append(Finding("column-gaps", "error", message, count, tuple(gaps)))
    return findings


def _examples(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(repr(name) for name in names[:3])
