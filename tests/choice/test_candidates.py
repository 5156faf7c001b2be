"""Candidates have to be scored on the same rows."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from neucocore.choice.candidates import _require_same_rows
from neucocore.errors import DataError


def candidate(path, ids):
    matched = SimpleNamespace(ids=ids, key="height")
    tasks = [SimpleNamespace(matched=matched)]
    prepared = SimpleNamespace(joined=SimpleNamespace(tasks=tasks))
    return SimpleNamespace(path=path, embedding=SimpleNamespace(prepared=prepared))


def test_rows_that_differ_are_refused():
    same = [candidate("a", ("x", "y")), candidate("b", ("y", "x"))]
    _require_same_rows(same)
    with pytest.raises(DataError, match="c for 1"):
        _require_same_rows([*same, candidate("c", ("x",))])
