"""The digest of a class or function that belongs to no distribution."""

from __future__ import annotations

import linecache
import threading
from types import ModuleType
from typing import Any

import pytest

from neucocore.provenance.object_code import UNKNOWN, digest_of_object

SOURCE = """
import math
SCALE = 2.0
NAMES = {"a": [1, 2]}

def helper(x):
    return x * SCALE

def unused(x):
    return x

class Base:
    def encode(self, cubes):
        return helper(cubes)

class Mine(Base):
    level = 3

    def __init__(self, times=1):
        self.times = times

    @property
    def size(self):
        return len(NAMES["a"])

    @staticmethod
    def root(x):
        return math.sqrt(x)
"""


def run(source: str, with_source: bool = True) -> Any:
    """Run a cell of a notebook and return its class."""
    run.count = getattr(run, "count", 0) + 1  # type: ignore[attr-defined]
    name = f"<cell {run.count}>"  # type: ignore[attr-defined]
    if with_source:
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    values: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(source, name, "exec"), values)  # noqa: S102
    return values["Mine"]


@pytest.mark.parametrize("with_source", [True, False])
def test_equal_code_has_an_equal_digest(with_source: bool) -> None:
    first, second = (digest_of_object(run(SOURCE, with_source)) for _ in range(2))
    assert first == second
    assert len(first) == 64


@pytest.mark.parametrize("with_source", [True, False])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x * SCALE", "x + SCALE"),
        ("SCALE = 2.0", "SCALE = 3.0"),
        ("[1, 2]", "[1, 2, 3]"),
        ("level = 3", "level = 4"),
        ("times=1", "times=2"),
        ("helper(cubes)", "helper(cubes) + 1"),
        ("math.sqrt(x)", "math.exp(x)"),
        ('len(NAMES["a"])', 'len(NAMES["a"]) + 1'),
        ("class Mine(Base)", "class Mine"),
    ],
)
def test_a_change_of_what_the_code_uses_changes_the_digest(
    old: str, new: str, with_source: bool
) -> None:
    assert old in SOURCE
    changed = digest_of_object(run(SOURCE.replace(old, new, 1), with_source))
    assert changed != digest_of_object(run(SOURCE, with_source))


def test_a_change_of_other_code_does_not() -> None:
    changed = SOURCE.replace("def unused(x):\n    return x", "def unused(x):\n    return 1")
    assert digest_of_object(run(changed)) == digest_of_object(run(SOURCE))


def test_what_a_closure_holds_is_part_of_the_digest() -> None:
    def make(scale: float) -> Any:
        class Inner:
            def encode(self, x: float) -> float:
                return x * scale

        return Inner

    assert digest_of_object(make(1.0)) == digest_of_object(make(1.0))
    assert digest_of_object(make(1.0)) != digest_of_object(make(2.0))


def test_data_that_cannot_be_digested_gives_a_new_text_each_time() -> None:
    lock = threading.Lock()

    class Locked:
        def encode(self, x: Any) -> Any:
            with lock:
                return x

    first, second = digest_of_object(Locked), digest_of_object(Locked)
    assert first.startswith(UNKNOWN)
    assert first != second


def test_a_module_without_a_file_is_unknown() -> None:
    assert digest_of_object(ModuleType("made_up")).startswith(UNKNOWN)
    assert len(digest_of_object(linecache)) == 64


def test_a_function_that_calls_itself_has_a_digest() -> None:
    def count(n: int) -> int:
        return 0 if n == 0 else 1 + count(n - 1)

    assert len(digest_of_object(count)) == 64
