"""What reading a file found: problems, warnings and repairs; and one error for all problems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from os import PathLike
from typing import Any, Literal

from neucocore.errors import (
    BudgetExceededError,
    DataError,
    IdError,
    NonFiniteError,
    ShapeError,
)
from neucocore.messages import Note, pluralize

Level = Literal["error", "warning", "repaired", "note"]

EXAMPLES_SHOWN = 3

NAN_HINT = "fix the cells, or count them as 0 with --nan zero (evaluate, validate)"

_ERROR_OF_CODE: dict[str, type[DataError]] = {
    "duplicate-ids": IdError,
    "empty-ids": IdError,
    "id-collision": IdError,
    "empty-cells": NonFiniteError,
    "infinite-cells": NonFiniteError,
    "nan-cells": NonFiniteError,
    "out-of-range-cells": NonFiniteError,
    "text-cells": NonFiniteError,
    "ragged-rows": ShapeError,
    "too-many-dimensions": BudgetExceededError,
}

_HINT_OF_CODE = {
    "no-id-column": "rename the column that holds the ids to 'id'",
    "separator": "save the file with commas between cells and decimal points in numbers",
    "decimal-commas": "save the file with decimal points in numbers",
    "duplicate-ids": "keep one row per id",
    "id-collision": "give each row its own id without folders and file suffix",
    "empty-ids": "write an id in every row",
    "ragged-rows": "write one value per column in every row",
    "open-quotes": "close the quotes of these lines, or leave them out",
    "vector-cells": "write a JSON list of numbers in every row, such as [0.1, 0.2]",
    "vector-lengths": "write vectors of one length",
    "out-of-range-cells": "scale the values so that they fit float32 (at most 3.4e38)",
    "encoding": "save the file as UTF-8",
    "empty-cells": NAN_HINT,
    "infinite-cells": NAN_HINT,
    "nan-cells": NAN_HINT,
    "text-cells": NAN_HINT,
    "too-many-dimensions": "reduce the dimensions with a reducer: neuco list reducers",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of problem, warning or repair in one input.

    Attributes
    ----------
    code
        A short stable name, such as ``duplicate-ids``.
    level
        ``error``; ``warning``; ``repaired``, what was done to make the input usable; or ``note``,
        how it was understood.
    message
        One sentence without the count.
    count
        Number of occurrences.
    examples
        The first occurrences (ids, lines, names).
    hint
        What to do about it; None if the code alone decides, or if there is nothing to do.
    """

    code: str
    level: Level
    message: str
    count: int = 1
    examples: tuple[str, ...] = ()
    hint: str | None = None

    def __str__(self) -> str:
        text = self.message if self.count == 1 else f"{self.message} ({self.count} times)"
        if self.examples:
            shown = ", ".join(self.examples[:EXAMPLES_SHOWN])
            more = ", ..." if self.count > EXAMPLES_SHOWN else ""
            text += f": {shown}{more}"
        return text

    def as_json(self) -> dict[str, Any]:
        """Return the finding as plain JSON values."""
        values = asdict(self) | {"examples": list(self.examples)}
        if self.hint is None:
            del values["hint"]
        return values


def messages(findings: Sequence[Finding], *levels: Level) -> list[str]:
    """Return the texts of the findings of some levels, by default of all but errors, in order.

    Those that are not errors or warnings are `Note`.
    """
    wanted = levels or ("warning", "repaired", "note")
    return [
        Note(finding) if finding.level in ("repaired", "note") else str(finding)
        for finding in findings
        if finding.level in wanted
    ]


def hint_for(findings: Sequence[Finding]) -> str | None:
    """Return the hint of the first error that has one."""
    hints = (f.hint or _HINT_OF_CODE.get(f.code) for f in findings if f.level == "error")
    return next((hint for hint in hints if hint), None)


def raise_for_findings(
    path: str | PathLike[str], findings: Sequence[Finding], *, hint: str | None = None
) -> None:
    """Raise one error that lists all findings of level ``error``; do nothing if there are none.

    Parameters
    ----------
    path
        The file, for the message.
    findings
        Findings of any level.
    hint
        Replaces the hint of the first error.

    Raises
    ------
    DataError
        `IdError`, `NonFiniteError`, `ShapeError` or `BudgetExceededError` if all problems are of
        that kind, else `DataError` itself. Its ``problems`` hold one line per finding.
    """
    problems = messages(findings, "error")
    if not problems:
        return
    kinds = {_ERROR_OF_CODE.get(f.code, DataError) for f in findings if f.level == "error"}
    error = kinds.pop() if len(kinds) == 1 else DataError
    count = pluralize(len(problems), "problem")
    raise error(
        f"{path} cannot be used: {count}", problems=problems, hint=hint or hint_for(findings)
    )
