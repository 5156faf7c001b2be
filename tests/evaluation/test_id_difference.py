"""The rule by which ids of two files would match (fault 89)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neucocore.evaluation.id_difference import describe_difference, first_ids

IDS = [f"T{row:03d}" for row in range(40)]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda text: f"{text}.emb", "if '.emb' is added at the end"),
        (lambda text: f"site/{text}", "if 'site/' is added at the beginning"),
        (str.lower, "apart from upper and lower case"),
        (lambda text: f"T{int(text[1:])}", "apart from zeros in front of numbers"),
        (lambda text: f"d{text[-1]}/{text}.q", "apart from folders and a file extension"),
    ],
)
def test_fault_89_the_rule_is_described(change, expected):
    text = describe_difference(IDS, [change(sample) for sample in IDS], "the embeddings")
    assert text == f"40 of 40 match those of the embeddings {expected}"


def test_numbers_written_as_decimals_are_recognised():
    numbers = [str(row) for row in range(40)]
    decimals = [f"{row}.0" for row in range(40)]
    assert describe_difference(decimals, numbers) == (
        "40 of 40 match if '.0' is removed from the end"
    )


def test_unrelated_ids_have_no_rule():
    assert describe_difference(IDS, [f"scene-{row * 7}" for row in range(40)]) == ""
    assert describe_difference(["1", "2"], ["s1001", "s2002", "s3003"]) == ""


def test_the_first_ids_are_in_alphabetical_order_and_quoted():
    assert first_ids(["b", "c", "a"], 2) == "'a', 'b'"


@settings(derandomize=True, max_examples=40, deadline=None)
@given(
    start=st.text("ab_-/", max_size=6),
    end=st.text("xy._", max_size=6),
    extra=st.integers(0, 30),
)
def test_fault_89_any_text_around_the_ids_is_found(start, end, extra):
    others = [f"{start}{sample}{end}" for sample in IDS]
    others += [f"{start}U{row:03d}{end}" for row in range(extra)]
    text = describe_difference(IDS, others)
    if start or end:
        assert text.startswith("40 of 40 match ")
        assert all(repr(part) in text for part in (start, end) if part) or "apart from" in text


@pytest.mark.parametrize(
    ("old", "new", "points"),
    [
        ("T", "\u0422", "U+0054 in 'T000', but U+0422 in"),
        ("T", "T\u200b", "no such character in 'T000', but U+200B in"),
        ("T", "\uff34", "U+0054 in 'T000', but U+FF34 in"),
        ("T0", "T\u22120", None),
    ],
)
def test_characters_that_look_alike_are_named_by_code_point(old, new, points):
    text = describe_difference(IDS, [sample.replace(old, new) for sample in IDS], "the embeddings")
    assert ("look alike" in text) == (points is not None)
    if points is not None:
        assert points in text


def test_one_id_of_many_may_be_a_look_alike():
    text = describe_difference(["\u0422003"], IDS)
    assert text == (
        "1 of 1 match apart from characters that look alike: U+0422 in '\u0422003', "
        "but U+0054 in 'T003'"
    )
