"""Which columns of a wide table are the id and the embedding, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from neucocore.data.embeddings.table import Reading
from neucocore.files.findings import Finding

ID = "id"
NAMES_SHOWN = 5
MOST_DIGITS = 18
"""Of a name that counts as a column's number; longer ones are beyond 64 bits, or no number."""


@dataclass(frozen=True)
class EmbeddingColumns:
    """The columns of a wide table.

    Attributes
    ----------
    count
        How many columns the file has.
    id
        Position of the id column, or None.
    dimensions
        Position of each embedding column, in the order of the dimensions.
    names
        Name of each embedding column, in the same order.
    findings
        What is wrong or was repaired.
    """

    count: int
    id: int | None
    dimensions: tuple[int, ...]
    names: tuple[str, ...]
    findings: list[Finding] = field(default_factory=list)


def choose_columns(
    raw: Sequence[str], reading: Reading, *, id_names: Sequence[str] = (ID,)
) -> EmbeddingColumns:
    """Choose the id column and the embedding columns of a header.

    Embedding columns are those whose name is all digits, in numeric order; when there are none, all
    columns beside the id in the order of the file. Strictly read, the digits must be ``0..d-1`` or
    ``1..d``.

    Parameters
    ----------
    raw
        Column names as written.
    reading
        How strictly to read.
    id_names
        Names of the id column, the first one found counts.
    """
    names = [name.strip() for name in raw]
    findings = _doubled(names, reading)
    first: dict[str, int] = {}
    for position, name in enumerate(names):
        first.setdefault(name, position)
    id_position = next((first[name] for name in id_names if name in first), None)
    if id_position is None:
        findings.append(Finding("no-id-column", "error", f"no column 'id', only {_shown(names)}"))
    rest = {name: position for name, position in first.items() if position != id_position}
    digits = sorted((name for name in rest if _all_digits(name)), key=int)
    if digits:
        findings.extend(_numbering(digits, [n for n in rest if _all_digits(n)], reading))
        ignored = [name for name in rest if not _all_digits(name)]
        if ignored:
            message = "column whose name is no number ignored"
            findings.append(
                Finding("ignored-columns", "warning", message, len(ignored), _examples(ignored))
            )
    chosen = digits or list(rest)
    if not chosen:
        findings.append(Finding("no-dimensions", "error", "no embedding column beside the id"))
    if not digits and "" in rest and not reading.lenient:
        message = "a column without a name (a row index?) would count as a dimension"
        findings.append(Finding("unnamed-column", "error", message))
    return EmbeddingColumns(
        len(names), id_position, tuple(rest[name] for name in chosen), tuple(chosen), findings
    )


def _all_digits(name: str) -> bool:
    return name.isascii() and name.isdigit() and len(name) <= MOST_DIGITS


def _doubled(names: Sequence[str], reading: Reading) -> list[Finding]:
    seen: set[str] = set()
    doubled = [name for name in names if name in seen or seen.add(name)]  # type: ignore[func-returns-value]
    if not doubled:
        return []
    message = "column name occurs more than once"
    return [
        Finding(
            "duplicate-columns", reading.doubled_columns, message, len(doubled), _examples(doubled)
        )
    ]


def _numbering(
    ordered: Sequence[str], as_written: Sequence[str], reading: Reading
) -> list[Finding]:
    """Judge names that are all digits: order, gaps, one number written twice."""
    findings = []
    if list(ordered) != list(as_written):
        findings.append(Finding("shuffled-columns", "repaired", "columns sorted by their number"))
    numbers = [int(name) for name in ordered]
    if reading.lenient:
        return findings
    if len(set(numbers)) < len(numbers):
        twice = sorted({number for number in numbers if numbers.count(number) > 1})
        examples = tuple(map(str, twice[:3]))
        message = "column number written in two ways"
        findings.append(Finding("duplicate-columns", "error", message, len(twice), examples))
        return findings
    start = 0 if numbers[0] == 0 else 1
    expected = range(start, start + len(numbers))
    if numbers != list(expected):
        present = set(numbers)
        every = range(start, numbers[-1] + 1)  # perhaps very many: never all held at once
        gaps = islice((str(number) for number in every if number not in present), 3)
        message = f"column numbers have gaps between {start} and {numbers[-1]}"
        count = len(every) - len(numbers)
        findings.append(Finding("column-gaps", "error", message, count, tuple(gaps)))
    return findings


def _examples(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(repr(name) for name in names[:3])


def _shown(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:NAMES_SHOWN])
    return shown + (f", ... ({len(names)} columns)" if len(names) > NAMES_SHOWN else "")
