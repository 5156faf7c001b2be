"""Cells as numbers, missing values, booleans and names (numbers: docs/reliability.md)."""

from __future__ import annotations

import math
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neucocore.files.cells import (
    boolean,
    canonical_value,
    is_missing,
    is_number,
    number_problem,
    read_names,
    read_numbers,
)
from neucocore.files.findings import messages

PROPERTY = settings(derandomize=True, max_examples=60, deadline=None)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
WORDS = st.text(
    st.characters(min_codepoint=0x61, max_codepoint=0x7A), min_size=2, max_size=8
).filter(lambda word: not is_missing(word) and boolean(word) is None)


def line(row: int) -> str:
    return f"line {row + 2}"


def numbers(*cells: str):
    return read_numbers(cells, line, "label")


@PROPERTY
@given(st.lists(NUMBERS, min_size=1), st.sampled_from([repr, "{:.17e}".format, "{:+.17G}".format]))
def test_every_float_that_a_program_prints_is_read_exactly(values, spell):
    read, findings = numbers(*map(spell, values))
    assert read.tolist() == values
    assert findings == []


@pytest.mark.parametrize("cell", ["1", "-1.5", "+.5", "5.", "1e5", "1E-05", " 7 ", "007"])
def test_the_grammar_of_numbers(cell):
    assert is_number(cell)
    assert numbers(cell)[0].tolist() == [float(cell)]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("1_000", "underscore"), ("1_0.5", "underscore"), ("1e1_0", ""),
        ("\uff11\uff12\uff13", "not 0 to 9"),
        ("\u0663.\u0665", "not 0 to 9"), ("-\u096b", "not 0 to 9"),
        ("1\x00", "control character"), ("\x002", "control character"),
        ("1,5", "decimal comma"), ("0,123", "decimal comma"), ("1.234,5", "decimal comma"),
        ("-,5", "decimal comma"), ("3,", "decimal comma"),
        ("1,234", "decimal comma or a thousands separator"),
        ("1,234,567", "thousands"), ("1,234.5", "thousands"), ("1 234", "thousands"),
        ("1\u202f234", "thousands"), ("1'234.5", "thousands"), ("1.234.567", "thousands"),
        ("0x1F", "hexadecimal"), ("12 %", "percent"), ("\u22123", "minus sign"),
        ("12 Mg/ha", "text follows"), ("3m", "text follows"), ("low", ""), ("1.2.3", ""),
        ("inf", "infinite"), ("-Infinity", "infinite"), ("1e999", "infinite"),
    ],
)  # fmt: skip
def test_fault_80_what_is_not_a_number_is_an_error_with_its_reason_and_line(cell, reason):
    values, findings = numbers("1", cell)
    assert np.isnan(values[1])
    (text,) = messages(findings, "error")
    assert reason in text
    assert f"line 3 {cell!r}" in text


@PROPERTY
@given(st.integers(1000, 10**9), st.sampled_from(",_ '\u00a0\u202f"), st.booleans())
def test_fault_80_a_grouped_number_is_never_a_number(value, separator, negative):
    cell = f"{value:,}".replace(",", separator)
    cell = f"-{cell}" if negative else cell
    assert not is_number(cell)
    assert number_problem(cell)[0] in ("ambiguous-commas", "thousands-separators", "underscores")


@PROPERTY
@given(NUMBERS.filter(lambda value: "e" not in repr(value)))
def test_fault_80_a_decimal_comma_is_named(value):
    cell = repr(value).replace(".", ",")
    assert number_problem(cell)[0] in ("decimal-commas", "ambiguous-commas")


@PROPERTY
@given(
    st.integers(0, 10**6),
    st.sampled_from([chr(c) for c in range(0x110000) if unicodedata.decimal(chr(c), None) == 0]),
)
def test_fault_80_digits_of_other_scripts_are_not_numbers(value, zero):
    cell = "".join(chr(ord(zero) + int(digit)) for digit in str(value))
    assert is_number(cell) == (zero == "0")


@pytest.mark.parametrize(
    "cell", ["", " ", "nan", "NaN", "-nan", "NA", "n/a", "N/A", "<NA>", "#N/A", "None", "null",
             "NULL", "NaT", "-", "--", "\u2014"]
)  # fmt: skip
def test_texts_for_missing_values(cell):
    assert is_missing(cell)
    values, findings = numbers(cell)
    assert math.isnan(values[0])
    assert findings == []


@pytest.mark.parametrize("cell", ["0", "-1", "no", "nano", "n", "?", "unknown", "."])
def test_other_texts_are_not_missing(cell):
    assert not is_missing(cell)


def test_problems_are_counted_by_reason():
    _, findings = numbers("1,5", "x", "2,5", "3,5", "4,5")
    assert messages(findings, "error") == [
        "label is not a number: it has a decimal comma (4 times): "
        "line 2 '1,5', line 4 '2,5', line 5 '3,5', ...",
        "label is not a number: line 3 'x'",
    ]


@PROPERTY
@given(st.integers(-(10**20), 10**20), st.data())
def test_fault_79_spellings_of_one_integer_are_one_value(value, data):
    sign = data.draw(st.sampled_from(["", "+"] if value >= 0 else ["-"]))
    zeros = data.draw(st.sampled_from(["", "0", "00"]))
    end = data.draw(st.sampled_from(["", ".", ".0", ".00", "e0", "E+00"]))
    assert canonical_value(f" {sign}{zeros}{abs(value)}{end}") == str(value)


@PROPERTY
@given(NUMBERS.filter(lambda value: not value.is_integer()))
def test_fault_79_spellings_of_one_fraction_are_one_value(value):
    assert canonical_value(f"{value:.17e}") == canonical_value(repr(value)) == repr(value)


def test_integers_beyond_float64_stay_different():
    assert canonical_value("9007199254740993") != canonical_value("9007199254740992")


@PROPERTY
@given(st.lists(WORDS, min_size=1))
def test_plain_words_stay_as_they_are(words):
    names = read_names(words, "class")
    assert list(names.values) == words
    assert names.findings == ()


@PROPERTY
@given(
    st.sampled_from([("true", "false"), ("yes", "no"), ("t", "f"), ("y", "n")]),
    st.lists(st.tuples(st.booleans(), st.sampled_from([str.lower, str.upper, str.title]))),
)
def test_fault_79_booleans_spelled_in_several_ways_are_two_names(pair, rows):
    cells = [case(pair[0] if yes else pair[1]) for yes, case in rows]
    names = read_names(cells, "class")
    by_value = {yes: {n for n, (y, _) in zip(names.values, rows, strict=True) if y is yes}
                for yes in (True, False)}  # fmt: skip
    assert all(len(found) <= 1 for found in by_value.values())
    assert by_value[True].isdisjoint(by_value[False])
    several = len(set(cells)) > len({yes for yes, _ in rows})
    assert [f.code for f in names.findings] == (["boolean-spellings"] if several else [])


@pytest.mark.parametrize(
    "cells", [["n", "f", "t"], ["1", "2"], ["0", "1"], ["yes", "no", "unknown"], ["True", "False"]]
)
def test_other_columns_are_not_changed_as_if_they_were_boolean(cells):
    assert list(read_names(cells, "class").values) == cells


def test_booleans_as_words_and_numbers_are_two_names():
    names = read_names(["True", "1", "0", "FALSE", "1.0"], "class")
    assert names.values == ("true", "true", "false", "false", "true")
    assert messages(names.findings, "warning") == [
        "class of yes or no spelled in several ways, read as false and true: "
        "'0' (1), '1' (1), '1.0' (1), 'FALSE' (1), 'True' (1)"
    ]


@PROPERTY
@given(WORDS, st.sampled_from([str.upper, str.title, str.swapcase]))
def test_fault_79_names_that_differ_in_case_only_are_a_warning_with_counts(word, change):
    other = change(word)
    (finding,) = read_names([word, word, other, "water 1"], "class").findings
    assert (finding.code, finding.level) == ("spellings", "warning")
    assert f"{word!r} (2)" in str(finding)
    assert f"{other!r} (1)" in str(finding)


@pytest.mark.parametrize(
    ("one", "other"),
    [("dry forest", "dry-forest"), ("dry_forest", "Dry  forest"), ("\uff17", "7"),
     ("water", "wa\u200bter"), ("STRASSE", "stra\u00dfe")],
)  # fmt: skip
def test_fault_79_names_that_look_alike_are_a_warning(one, other):
    (finding,) = read_names([one, other, "field"], "group").findings
    assert finding.code == "spellings"
    assert finding.message.startswith("group names differ only in case, spaces or form")


def test_composed_and_decomposed_letters_are_one_name():
    assert len(set(read_names(["caf\u00e9", "cafe\u0301"], "class").values)) == 1


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["AF", "NA", "EU", ""], ("AF", "NA", "EU", None)),
        (["low", "none", "high"], ("low", "none", "high")),
        (["1", "NA", "2"], ("1", None, "2")),
        (["True", "None", "False"], ("True", None, "False")),
        (["a", "NA", "None"], ("a", None, None)),
        (["a", "nan", "null", "-", "b"], ("a", None, None, None, "b")),
        (["NA", "NA"], (None, None)),
    ],
)
def test_a_name_that_may_mean_missing_is_kept_among_texts_only(cells, values):
    names = read_names(cells, "class")
    assert names.values == values
    kept = any(value in ("NA", "none") for value in values)
    assert [finding.code for finding in names.findings] == (["maybe-missing"] if kept else [])


@pytest.mark.parametrize(
    ("cells", "names"),
    [
        (["0", "no", "False", "f", "1", "yes", "True", "T"], {"false", "true"}),
        (["t", "F", "yes", "no"], {"false", "true"}),
        (["N", "no", "y", "true"], {"false", "true"}),
        (["yes", "f", "n"], None),
        (["t", "f", "y", "n"], None),
        (["no", "yes", "f"], None),
    ],
)
def test_booleans_of_two_languages_are_read_if_no_letter_may_be_a_name(cells, names):
    read = read_names(cells, "class")
    assert set(read.values) == (set(cells) if names is None else names)
    codes = [finding.code for finding in read.findings]
    assert codes == ([] if names is None else ["boolean-spellings"])
