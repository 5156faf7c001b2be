"""Functions are compiled with or without a writable cache folder."""

from __future__ import annotations

import pytest
from numba.core import caching

from neucocore.runtime.compiled import compiled


def twice(value: int) -> int:
    return 2 * value


def test_a_function_is_compiled() -> None:
    assert compiled()(twice)(21) == 42


def test_fault_48_functions_are_compiled_without_a_writable_cache_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    assert compiled()(twice)(21) == 42
