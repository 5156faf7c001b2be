from __future__ import annotations

import pytest

from neucocore.data.ids import bare_id, clean_ids, read_id_file
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
                     "id-collision": ("b (line 2, line 3)",)}  # fmt: skip


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
