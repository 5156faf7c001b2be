from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neucocore.data.ids import SUFFIXES, bare_id, clean_ids, ids_as_text, read_id_file, rounded_ids
from neucocore.errors import DataError, IdError


@pytest.mark.parametrize(
    ("written", "bare"),
    [("a", "a"), (" a\t", "a"), ("a.zarr.zip", "a"), ("a.zarr", "a"), ("a.zip", "a.zip"),
     ("a.zarr.zarr.zip", "a"), ("a.csv", "a.csv"), ("00123", "00123")],
)  # fmt: skip
def test_only_spaces_and_archive_suffixes_are_removed_from_an_id(written, bare):
    assert bare_id(written) == bare


def test_valid_ids_have_no_findings():
    assert clean_ids(["b", "a"], str) == (["b", "a"], [])


def test_empty_ids_are_an_error_but_not_duplicates():
    _, findings = clean_ids(["", " ", "a"], lambda row: f"line {row}")
    assert [(f.code, f.count) for f in findings if f.level == "error"] == [("empty-ids", 2)]


def test_repeated_ids_are_distinguished_from_those_equal_after_the_repair():
    _, findings = clean_ids(["a", "a", "b", "b.zarr"], lambda row: f"line {row}")
    errors = {f.code: f.examples for f in findings if f.level == "error"}
    assert errors == {"duplicate-ids": ("a (line 0, line 1)",),
                     "id-collision": ("'b' (line 2) and 'b.zarr' (line 3)",)}  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["a\nb\n", "id\na\nb\n", "x,id\n1,a\n2,b\n", "\ufeffid,label\r\na,1\r\nb,2\r\n",
     '"id"\n"a"\n"b.zarr"\n\n', " a \n\nb"],
)  # fmt: skip
def test_ids_are_read_from_lines_or_from_a_csv_column(tmp_path, text):
    path = tmp_path / "ids.txt"
    path.write_bytes(text.encode())
    assert read_id_file(path) == ("a", "b")


def test_a_repeated_id_is_an_error_with_its_lines(tmp_path):
    (tmp_path / "ids.txt").write_text("a\nb\na\n")
    with pytest.raises(IdError) as error:
        read_id_file(tmp_path / "ids.txt")
    assert "a (line 1, line 3)" in error.value.problems[0]


def test_an_empty_list_is_an_error(tmp_path):
    (tmp_path / "ids.txt").write_text("id\n")
    with pytest.raises(DataError, match="1 problem"):
        read_id_file(tmp_path / "ids.txt")


@pytest.mark.parametrize(
    ("written", "bare"),
    [
        ("s3://tiles/s0001.tif", "s0001"),
        ("https://host/a/b/s1.TIF?signature=x/y#part", "s1"),
        ("/data/s1.zarr.zip", "s1"),
        ("./s1", "s1"),
        ("../x/s1.png", "s1"),
        ("C:\\images\\s1.jpg", "s1"),
        ("tiles/s1.tif", "s1"),
        ("gs://bucket/s1.zarr/", "s1"),
        ("31UFU/patch_1", "31UFU/patch_1"),
        ("v1.5", "v1.5"),
        ("a.b.c", "a.b.c"),
        ("10.5", "10.5"),
        ("2020/06/01", "2020/06/01"),
    ],
)
def test_folders_are_removed_only_from_what_is_a_path(written, bare):
    assert bare_id(written) == bare


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.text(alphabet="aZ0 ./\\:?#~_-ä", max_size=12), st.sampled_from(["", *SUFFIXES]))
def test_cleaning_an_id_again_does_not_change_it(text, suffix):
    once = bare_id(text + suffix)
    assert bare_id(once) == once


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    names=st.lists(st.from_regex(r"[a-z0-9_-]{1,8}", fullmatch=True), min_size=1, unique=True),
    folder=st.sampled_from(["", "tiles/", "s3://bucket/2020/", "/data/x/", "./"]),
    suffix=st.sampled_from(SUFFIXES),
    upper=st.booleans(),
)
def test_every_spelling_of_a_file_name_is_the_same_id(names, folder, suffix, upper):
    suffix = suffix.upper() if upper else suffix
    ids, findings = clean_ids([f"{folder}{name}{suffix}" for name in names], str)
    assert ids == names
    assert [(f.level, f.count) for f in findings] == [("repaired", len(names))]


def test_files_of_one_name_in_two_folders_collide():
    _, findings = clean_ids(["a/x.tif", "b/x.tif"], lambda row: f"row {row}")
    assert [f.code for f in findings if f.level == "error"] == ["id-collision"]


def test_typed_ids_become_text():
    assert ids_as_text([7, 8])[0] == ["7", "8"]
    assert ids_as_text([7.0, None])[0] == ["7", ""]
    assert ids_as_text([b"a", "b"])[0] == ["a", "b"]
    assert [f.code for f in ids_as_text([b"\xff"])[1] if f.level == "error"] == ["binary-ids"]
    assert [f.code for f in ids_as_text([0.5])[1] if f.level == "error"] == ["float-ids"]


def test_the_unicode_forms_of_an_id_are_one_id_and_are_counted():
    written = ["A\u030angerman", "Skane", "Ga\u0308vle.tif", "\u00c4lv"]
    ids, findings = clean_ids(written, str)
    assert ids == ["\u00c5ngerman", "Skane", "G\u00e4vle", "\u00c4lv"]
    counts = {finding.code: finding.count for finding in findings}
    assert counts == {"id-suffix": 1, "id-unicode": 2}
    assert "\\u030a" in findings[-1].examples[0]


@pytest.mark.parametrize("text", ["1.001e+05", "4.2E+17", "123456789012345000", "9007199254740992"])
def test_repeated_ids_that_were_rounded_say_that_digits_are_lost(text):
    _, findings = clean_ids([text, "7", text], str)
    (finding,) = findings
    assert finding.code == "rounded-ids"
    assert "digits are lost" in finding.message
    assert "as text" in str(finding.hint)


@pytest.mark.parametrize(
    ("ids", "count"),
    [
        (["1.1e+05", "1.2e+05", "300000"], 0),
        (["1.1e+05", "1.2E+05"], 2),
        (["4611686018427387904", "4611686018427388928"], 2),
        (["4611686018427387905", "4611686018427388923"], 0),
        (["12e45", "e5", "100000"], 0),
        ([], 0),
    ],
)
def test_rounded_ids_are_recognised_if_most_are_rounded(ids, count):
    assert len(rounded_ids(ids)) == count
