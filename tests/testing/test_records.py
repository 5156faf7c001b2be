from __future__ import annotations

import warnings

import pytest

from neucocore.errors import DataError
from neucocore.testing.records import Check, CheckFailed, CheckRecord, Skip, require, summary


def raising(error: BaseException) -> Check:
    def run(_: object) -> None:
        raise error

    return Check("some-check", "plugin", "must", run)


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (CheckFailed("rows are lost"), "failed", "rows are lost"),
        (Skip("no example"), "skipped", "no example"),
        (DataError("it is empty", hint="fill it"), "failed", "it is empty; Hint: fill it"),
        (KeyError("x"), "failed", "KeyError: 'x'"),
        (SystemExit(3), "failed", "SystemExit: 3"),
        (type("Panic", (BaseException,), {})("rust"), "failed", "Panic: rust"),
    ],
    ids=["failure", "skip", "error of neuco", "exception", "exit", "BaseException"],
)
def test_any_exception_of_a_check_becomes_a_record(
    error: BaseException, status: str, reason: str
) -> None:
    record = raising(error).record(None)
    assert (record.status, record.reason) == (status, reason)
    assert record.seconds >= 0


def test_a_check_that_raises_nothing_passes() -> None:
    assert Check("c", "plugin", "must", lambda _: None).record(None).status == "passed"


def test_a_warning_is_not_a_failed_check() -> None:
    with pytest.warns(RuntimeWarning, match="no GPU here"):
        record = Check("c", "plugin", "must", lambda _: warn("no GPU here")).record(None)
    assert record.status == "passed"


def warn(text: str) -> None:
    warnings.warn(text, RuntimeWarning, stacklevel=2)


def test_a_keyboard_interrupt_is_raised() -> None:
    with pytest.raises(KeyboardInterrupt):
        raising(KeyboardInterrupt()).record(None)


def test_a_requirement_that_is_not_met_is_a_failure() -> None:
    require([1], "not raised")
    with pytest.raises(CheckFailed, match="the list is empty"):
        require([], "the list is empty")


def test_the_summary_counts_the_results() -> None:
    records = [
        CheckRecord("a", "", "must", "passed", "", 0.0),
        CheckRecord("b", "", "must", "failed", "x", 0.0),
        CheckRecord("c", "", "should", "failed", "x", 0.0),
        CheckRecord("d", "", "must", "skipped", "x", 0.0),
    ]
    assert summary(records) == "3 of 4 checks ran, 1 were skipped, 2 failed (1 of them advice)"
    assert summary(records[:1]) == "1 of 1 checks ran, 0 were skipped, none failed"
    assert [record.broken for record in records] == [False, True, False, False]
