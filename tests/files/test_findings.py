from __future__ import annotations

import pytest

from neucocore.errors import BudgetExceededError, DataError, IdError, NonFiniteError
from neucocore.files.findings import Finding, hint_for, messages, raise_for_findings

REPEATED = Finding("duplicate-ids", "error", "id occurs more than once", 4, ("a", "b", "c", "d"))
NAN = Finding("nan-cells", "error", "NaN in 1 row and 1 column")
WARNING = Finding("extra-ids", "warning", "embedding without a label")


def test_a_finding_is_printed_with_its_count_and_three_examples():
    assert str(REPEATED) == "id occurs more than once (4 times): a, b, c, ..."
    assert str(NAN) == "NaN in 1 row and 1 column"


def test_messages_are_those_of_the_levels_asked_for():
    assert messages([REPEATED, WARNING], "warning") == ["embedding without a label"]


def test_warnings_alone_raise_nothing():
    raise_for_findings("e.csv", [WARNING])


@pytest.mark.parametrize(
    ("findings", "kind"),
    [
        ([REPEATED, WARNING], IdError),
        ([NAN], NonFiniteError),
        ([Finding("too-many-dimensions", "error", "9 dimensions")], BudgetExceededError),
        ([NAN, REPEATED], DataError),
        ([Finding("separator", "error", "semicolons")], DataError),
    ],
)
def test_the_error_has_the_kind_that_all_problems_share(findings, kind):
    with pytest.raises(DataError) as error:
        raise_for_findings("e.csv", findings)
    assert type(error.value) is kind
    assert error.value.problems == tuple(messages(findings, "error"))


def test_the_hint_is_that_of_the_first_error_that_has_one():
    assert hint_for([WARNING, REPEATED, NAN]) == "keep one row per id"
    with pytest.raises(DataError) as error:
        raise_for_findings("e.csv", [REPEATED], hint="another hint")
    assert error.value.hint == "another hint"
