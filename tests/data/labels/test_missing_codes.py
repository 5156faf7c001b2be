from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neucocore.data.labels.column_kinds import label_kind
from neucocore.data.labels.missing_codes import (
    likely_missing_values,
    missing_code_values,
    missing_codes_of_classes,
    missing_codes_of_numbers,
)

PROPERTY = settings(derandomize=True, max_examples=60, deadline=None)
CODES = [-9999, -999, -99, -32768, 32767, 65535, -2147483648, -8888, 99999, 1e20, -3.4028235e38]


def codes(*values: float) -> dict[float, int]:
    return dict(missing_code_values(np.array(values, dtype=float)))


@PROPERTY
@given(
    st.lists(st.floats(0, 40), min_size=5, max_size=30, unique=True),
    st.sampled_from(CODES),
    st.integers(1, 5),
    st.randoms(),
)
def test_a_code_far_from_all_labels_is_found_in_any_order(labels, code, count, random):
    values = [*labels, *[code] * count]
    random.shuffle(values)
    assert codes(*values) == {code: count}


@PROPERTY
@given(st.lists(st.floats(-40, 40), min_size=3, max_size=50), st.floats(-3, 3))
def test_labels_without_a_code_are_not_suspected(labels, shift):
    spread = [*np.linspace(-60, 60, 25) + shift, *labels]
    assert codes(*spread) == {}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2, 3, 4, -9999, -8888], {-9999: 1, -8888: 1}),
        ([1, 2, 3, 4, -9999, -9998, -9998], {-9999: 1, -9998: 2}),
        ([1, 2, 3, 4, -9999, -9999, 9999], {-9999: 2, 9999: 1}),
        ([20, 50, 60, 80, 100, 255, 255], {255: 2}),
        ([0.1, 0.5, 0.9, 1234.5, 1234.5], {1234.5: 2}),
        ([np.nan, 1, 2, 3, -999], {-999: 1}),
        ([0.1, 0.5, 0.9, 5, 5], {}),
        ([0, 0, 0, 400, 410, 420], {}),
        ([1, 2, 3, 4, 50], {}),
        ([0, 255, 0, 255], {}),
        ([-1, 1, -1], {}),
        ([0, 1, 1, -9999, -9999], {-9999: 2}),
        ([-9999, -9999], {}),
        ([], {}),
    ],
)
def test_what_counts_as_a_likely_code(values, expected):
    assert codes(*values) == expected


def line(row: int) -> str:
    return f"line {row + 2}"


def test_the_warning_has_value_count_lines_and_the_next_step():
    values = np.array([1.0, 2, 3, -9999, -9999])
    (finding,) = missing_codes_of_numbers(values, line, "label")
    assert finding.level == "warning"
    assert str(finding) == (
        "label -9999 is likely a code for missing data, and is used as a label; if it means "
        "missing, leave these cells empty (2 times): line 5, line 6"
    )


@pytest.mark.parametrize(
    ("names", "suspected"),
    [
        (("10", "20", "30", "255"), ["'255'"]),
        (("-9999", "1", "2", "3"), ["'-9999'"]),
        (("forest", "No data", "town"), ["'No data'"]),
        (("forest", "unknown"), ["'unknown'"]),
        (("1", "2", "3", "4"), []),
        (("forest", "other"), []),
    ],
)
def test_classes_that_likely_mean_missing(names, suspected):
    labels = np.repeat(np.arange(len(names)), 2)
    findings = missing_codes_of_classes(names, labels, range(len(labels)), line)
    texts = [f"class {name} is likely a code for missing data" for name in suspected]
    assert [finding.message.partition(",")[0] for finding in findings] == texts
    assert all(finding.count == 2 for finding in findings)


@pytest.mark.parametrize(
    ("values", "are_classes", "expected"),
    [
        ([0, 1, 2, 5, -1, -1, -1], False, {-1: 3}),
        ([0, 1, 2, 5, -1, -1], False, {}),
        ([0.2, 0.4, -0.5, -1, -1, -1], False, {}),
        ([-1, -1, -1, 1], True, {}),
        ([-1, -1, -1, 0, 1], True, {-1: 3}),
        ([0, 1, 255], True, {255: 1}),
        ([0, 1, 255], False, {}),
        ([1, 2, 99, 99], True, {99: 2}),
        ([0, 3, 7, 999, 9999, -1, -1, -1], True, {999: 1, 9999: 1, -1: 3}),
        ([0, 255], True, {}),
        ([0, 128, 255], True, {}),
        ([1, 2, 88, 77], True, {}),
        ([0, 1, 1e20], True, {1e20: 1}),
    ],
)
def test_codes_near_small_values_are_likely_missing(values, are_classes, expected):
    found = likely_missing_values(np.array(values, dtype=float), are_classes=are_classes)
    assert dict(found) == expected


def test_a_class_that_is_likely_missing_counts_as_a_class():
    cells = [str((0, 1, 2, 255)[row % 4]) for row in range(80)]
    assert label_kind("cover", cells).detail.startswith("4 classes from integers")
