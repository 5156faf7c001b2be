"""From findings to one error that lists every problem of a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from neucocore.data.findings import Finding, messages
from neucocore.errors import (
    BudgetExceededError,
    DataError,
    IdError,
    NonFiniteError,
    ShapeError,
)

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
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    raise kind(f"{path} cannot be used: {count}", problems=problems, hint=hint)
