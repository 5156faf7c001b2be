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
    ids=["violation", "skip", "our error", "any error", "exit", "no exception"],
)
def test_whatever_a_check_raises_becomes_a_record(
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


def test_an_interrupt_is_not_a_failed_check() -> None:
    with pytest.raises(KeyboardInterrupt):
        raising(KeyboardInterrupt()).record(None)


def test_what_does_not_hold_is_a_violation() -> None:
    require(holds=[1], otherwise="never said")
    with pytest.raises(CheckFailed, match="nothing is there"):
        require(holds=[], otherwise="nothing is there")


def test_the_summary_says_how_many_ran_and_what_became_of_them() -> None:
    records = [
        CheckRecord("a", "", "must", "passed", "", 0.0),
        CheckRecord("b", "", "must", "failed", "x", 0.0),
        CheckRecord("c", "", "should", "failed", "x", 0.0),
        CheckRecord("d", "", "must", "skipped", "x", 0.0),
    ]
    said = "4 checks apply, 3 ran, 1 skipped: 2 failed, 1 of them advice"
    assert summary(records) == said
    assert [record.broken for record in records] == [False, True, False, False]
