"""From findings to one error that lists every problem of a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from neucocore.errors import (
    BudgetExceededError,
    DataError,
    IdError,
    NonFiniteError,
    ShapeError,
)
from neucocore.files.findings import Finding, messages
from neucocore.messages import pluralize

_KIND_OF_CODE: dict[str, type[DataError]] = {
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

NAN_HINT = "mend the cells; neuco evaluate --nan zero counts them as 0"

_HINT_OF_CODE = {
    "no-id-column": "rename the column that holds the ids to 'id'",
    "separator": "save it with commas between cells and points in numbers",
    "decimal-commas": "save it with points in numbers",
    "duplicate-ids": "keep one row for each id",
    "encoding": "save it as UTF-8",
    "empty-cells": NAN_HINT,
    "infinite-cells": NAN_HINT,
    "nan-cells": NAN_HINT,
    "text-cells": NAN_HINT,
    "too-many-dimensions": "a reducer makes fewer: neuco list reducers",
}


def hint_for(findings: Sequence[Finding]) -> str | None:
    """Return the next step for the first error that has one."""
    hints = (_HINT_OF_CODE.get(f.code) for f in findings if f.level == "error")
    return next((hint for hint in hints if hint), None)


def refuse(path: str | Path, findings: Sequence[Finding], *, hint: str | None = None) -> None:
    """Raise one error with all findings of level ``error``; do nothing when there are none.

    Raises
    ------
    DataError
        `IdError`, `NonFiniteError`, `ShapeError` or `BudgetExceededError` when all problems are of
        that kind, else `DataError` itself. Its ``problems`` hold one line a finding.
    """
    problems = messages(findings, "error")
    if not problems:
        return
    kinds = {_KIND_OF_CODE.get(f.code, DataError) for f in findings if f.level == "error"}
    kind = kinds.pop() if len(kinds) == 1 else DataError
    count = pluralize(len(problems), "problem")
    raise kind(
        f"{path} cannot be used: {count}", problems=problems, hint=hint or hint_for(findings)
    )
