"""docs/reliability.md lists every fault once, with the tests that check it."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "reliability.md"
ROW = re.compile(r"^\| (\d+) \| .+ \| .+ \| (.+) \|$", re.MULTILINE)
WITHOUT_TEST = "none yet"
FAULTS = range(1, 96)


@cache
def files_in_page() -> dict[int, set[str]]:
    """Return the test files that the page names for each fault."""
    rows = ROW.findall(PAGE.read_text("utf-8"))
    assert [int(number) for number, _ in rows] == list(FAULTS)
    return {int(number): set(re.findall(r"\(\.\./([^)]+)\)", cell)) for number, cell in rows}


@cache
def files_by_number() -> dict[int, set[str]]:
    """Return the files with tests called ``test_fault_NN...`` for each number NN."""
    found = defaultdict(set)
    for folder in ("tests", "plugins"):
        for path in (ROOT / folder).rglob("test_*.py"):
            for name in re.findall(r"^def test_fault(_\w+)", path.read_text("utf-8"), re.MULTILINE):
                for number in re.findall(r"(?<=_)\d\d(?=_)", name):
                    found[int(number)].add(path.relative_to(ROOT).as_posix())
    return found


def test_every_number_of_a_test_is_a_line_of_the_page() -> None:
    assert set(files_by_number()) <= set(FAULTS)


@pytest.mark.parametrize("number", FAULTS)
def test_the_line_of_a_fault_names_its_tests(number: int) -> None:
    named, numbered = files_in_page()[number], files_by_number().get(number, set())
    assert not numbered - named, f"add these files to line {number} of {PAGE.name}"
    for path in named - numbered:
        assert (ROOT / path).is_file(), f"line {number} of {PAGE.name} names a missing file"


def test_the_page_counts_the_lines_without_a_test() -> None:
    text = PAGE.read_text("utf-8")
    (listed,) = re.findall(r"\*\*Lines without a test: ([^*]+)\.\*\*", text)
    numbers: set[int] = set()
    for first, last in re.findall(r"(\d+)(?: to (\d+))?", listed):
        numbers |= set(range(int(first), int(last or first) + 1))
    assert numbers == {number for number, files in files_in_page().items() if not files}
    assert text.count(f"| {WITHOUT_TEST} |") == len(numbers)
