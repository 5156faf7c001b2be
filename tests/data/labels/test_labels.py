"""Label files (numbers: docs/reliability.md)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neucocore.data.labels.label_file import read_label_file
from neucocore.data.labels.label_folder import read_label_folder
from neucocore.data.labels.labels import label_digest
from neucocore.errors import DataError, IdError, MissingFileError
from neucocore.files.findings import messages

FIXTURES = Path(__file__).parents[2] / "fixtures/reference/evaluation/labels"


@pytest.fixture
def read(tmp_path):
    def write_and_read(text: str | bytes, name: str = "task__regr.csv"):
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return read_label_file(path)

    return write_and_read


def problems(error) -> str:
    return "\n".join(error.value.problems)


def test_a_regression_file_keeps_its_order_and_further_columns(read):
    labels = read("id,label,dev,place\nb,1.5,True,x\na,-2e3,False,y\n")
    assert (labels.stem, labels.type, labels.problem) == ("task", "regr", "regression")
    assert labels.ids == ("b", "a")
    assert labels.y.tolist() == [1.5, -2000]
    assert labels.y.dtype == np.float64
    assert labels.extra == {"dev": ("True", "False"), "place": ("x", "y")}
    assert labels.findings == ()


@pytest.mark.parametrize(
    ("name", "stem", "problem"),
    [("a__regr.csv", "a", "regression"), ("a__reg.csv", "a", "regression"),
     ("a__REGRESSION.csv", "a", "regression"), ("a_b__x__cls.csv", "a_b__x", "binary"),
     ("a__Classification.CSV", "a", "binary")],
)  # fmt: skip
def test_the_file_name_gives_the_stem_and_the_type(read, name, stem, problem):
    labels = read("id,label\na,0\nb,1\n", name)
    assert (labels.stem, labels.problem) == (stem, problem)


def test_groups_are_read_from_a_further_column(read):
    labels = read("id,label,place\na,1,x\nb,2,y\nc,3,x\n").labels(groups="place")
    assert labels.groups.tolist() == ["x", "y", "x"]


def test_ids_stay_text_without_archive_suffixes(read):
    labels = read("id,label\n00123,1\n1e5,2\nc.zarr.zip,3\n")
    assert labels.ids == ("00123", "1e5", "c")
    assert messages(labels.findings, "repaired") == ["file suffix removed from an id: 'c.zarr.zip'"]


def test_bom_crlf_and_quotes_are_read(read):
    labels = read('\ufeffid,label\r\n"a","1.5"\r\n"b,c",2\r\n')
    assert labels.ids == ("a", "b,c")
    assert labels.y.tolist() == [1.5, 2]


def test_fault_26_missing_labels_are_dropped_and_counted(read):
    labels = read("id,label\na,\nb,nan\nc,NA\nd,NaN\ne,5\nf,null\n")
    assert labels.ids == ("e",)
    assert messages(labels.findings, "warning")[:1] == [
        "row without a label dropped (5 times): line 2, line 3, line 4, ..."
    ]


def test_fault_26_a_file_without_any_label_is_an_error(read):
    with pytest.raises(DataError) as error:
        read("id,label\na,\nb,nan\n")
    assert "the file holds no label" in problems(error)


@pytest.mark.parametrize(
    ("cells", "classes", "codes"),
    [
        (["1.0", "0", "1", "0.0"], ("0", "1"), [1, 0, 1, 0]),
        (["-1", "1"], ("-1", "1"), [0, 1]),
        (["10", "9", "100"], ("9", "10", "100"), [1, 0, 2]),
        (["2.5", "-3", "2.50"], ("-3", "2.5"), [1, 0, 1]),
        (["no", "yes"], ("no", "yes"), [0, 1]),
        (["water", "10", "9"], ("10", "9", "water"), [2, 0, 1]),
        (["True", "False"], ("False", "True"), [1, 0]),
    ],
)
def test_fault_31_classes_are_mapped_deterministically(read, cells, classes, codes):
    rows = [f"s{row},{cell}" for row, cell in enumerate(cells)]
    for text in ("\n".join(rows), "\n".join(reversed(rows))):
        labels = read(f"id,label\n{text}\n", "t__cls.csv")
        assert labels.classes == classes
        assert dict(zip(labels.ids, labels.y.tolist(), strict=True)) == {
            f"s{row}": code for row, code in enumerate(codes)
        }
        assert labels.y.dtype == np.int64
        assert labels.problem == ("binary" if len(classes) == 2 else "multiclass")


@pytest.mark.parametrize(
    "name", ["task.csv", "task__unknown.csv", "__regr.csv", "task_regr.csv", "task__regr.txt"]
)
def test_fault_32_other_file_names_are_an_error_that_lists_the_types(read, name):
    with pytest.raises(DataError, match="not named like a label file") as error:
        read("id,label\na,1\n", name)
    assert "regr, reg, regression, cls, classification" in str(error.value.hint)


def test_fault_32_two_files_of_one_task_are_an_error(tmp_path):
    for name in ("x__regr.csv", "x__reg.csv", "y__regr.csv"):
        (tmp_path / name).write_text("id,label\na,1\n")
    with pytest.raises(DataError) as error:
        read_label_folder(tmp_path)
    assert problems(error) == "x__reg.csv: 2 files hold the labels of 'x': x__reg.csv, x__regr.csv"


def test_fault_33_a_repeated_id_is_an_error_with_its_lines(read):
    with pytest.raises(IdError) as error:
        read("id,label\na,1\nb,2\na,1\n")
    assert "a (line 2, line 4)" in problems(error)


def test_fault_33_a_repeated_id_is_an_error_even_if_one_label_is_missing(read):
    with pytest.raises(IdError):
        read("id,label\na,1\nb,2\na,\n")


def test_fault_34_missing_outputs_are_nan_and_rows_without_labels_are_dropped(read):
    labels = read("id,label:row,label:col\na,1,2\nb,,3\nc,,\nd,4,nan\n")
    assert labels.outputs == ("row", "col")
    assert labels.ids == ("a", "b", "d")
    np.testing.assert_array_equal(labels.y, [[1, 2], [np.nan, 3], [4, np.nan]])


def test_several_yes_no_columns_are_a_multilabel_task(read):
    labels = read("id,label:water,label:forest\na,1,0.0\nb,True,no\nc,,1\n", "t__cls.csv")
    assert labels.problem == "multilabel"
    assert labels.outputs == ("water", "forest")
    np.testing.assert_array_equal(labels.y, [[1, 0], [1, 0], [np.nan, 1]])


def test_a_multilabel_column_of_other_values_is_an_error(read):
    with pytest.raises(DataError) as error:
        read("id,label:a,label:b\nx,1,2\n", "t__cls.csv")
    assert "not 0 or 1: line 2 '2'" in problems(error)


@pytest.mark.parametrize("cell", ["inf", "-Infinity", "1e999"])
def test_fault_35_infinite_labels_are_an_error(read, cell):
    with pytest.raises(DataError) as error:
        read(f"id,label\na,1\nb,{cell}\n")
    assert f"label is infinite: line 3 {cell!r}" in problems(error)


def test_text_in_a_regression_file_is_an_error_with_its_lines(read):
    with pytest.raises(DataError) as error:
        read("id,label\na,low\nb,2\nc,high\n")
    assert "label is not a number (2 times): line 2 'low', line 4 'high'" in problems(error)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,label\na,1\n", "no column 'id', only 'name', 'label'"),
        ("id,value\na,1\n", "no column 'label' or 'label:<output>', only 'id', 'value'"),
        ("id,label,label:x\na,1,2\n", "both a column 'label' and 'label:<output>'"),
        ("id,label,label\na,1,2\n", "column name occurs more than once: 'label'"),
        ("id;label\na;1\n", "semicolons or tabs"),
        ("id,label\na,1,2\nb\nc,1\n", "(2 times): line 2 has 3 cells, line 3 has 1 cell"),
        ('id,label\n"a,1\n', "line 2 has an open quote"),
    ],
)
def test_a_malformed_table_is_an_error(read, text, message):
    with pytest.raises(DataError) as error:
        read(text)
    assert message in problems(error)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git-LFS pointer"),
        (b"<!doctype html>", "web page"),
        (b"id,label\n\xe4,1\n", "byte 0xe4 at offset 9"),
        (b"\x1f\x8b\x08", "is not a text file"),
    ],
)
def test_a_file_that_is_not_a_text_table_is_an_error(read, content, message):
    with pytest.raises(DataError, match=message):
        read(content)


def test_a_folder_is_read_sorted_by_stem():
    files = read_label_folder(FIXTURES)
    assert [(f.stem, f.problem, len(f.ids)) for f in files] == [
        ("alpha", "regression", 285),
        ("beta", "regression", 150),
        ("delta", "binary", 120),
        ("gamma", "binary", 200),
    ]
    assert sum(f.count for f in files[0].findings) == 5


def test_problems_of_all_files_of_a_folder_are_reported_together(tmp_path):
    (tmp_path / "a__regr.csv").write_text("id,label\nx,1\nx,2\n")
    (tmp_path / "b__regr.csv").write_text("id,label\nx,inf\n")
    (tmp_path / "notes.csv").write_text("id\n")
    (tmp_path / "README.md").write_text("no label file, and no problem")
    (tmp_path / "._c__regr.csv").write_bytes(b"\0")
    with pytest.raises(DataError, match="3 problems") as error:
        read_label_folder(tmp_path)
    assert [line.split(":")[0] for line in error.value.problems] == [
        "a__regr.csv",
        "b__regr.csv",
        "notes.csv",
    ]


def test_an_empty_or_missing_folder_is_an_error_with_a_hint(tmp_path):
    with pytest.raises(DataError, match="no label file") as error:
        read_label_folder(tmp_path)
    assert "<name>__<type>.csv" in str(error.value.hint)
    with pytest.raises(MissingFileError):
        read_label_folder(tmp_path / "labels")


def test_the_digest_depends_on_ids_labels_and_classes_only(read):
    one = read("id,label,dev\na,1,True\nb,2,False\n")
    assert one.digest == read("id,label\na,1.0\nb,2e0\n", "other__reg.csv").digest
    assert one.digest == label_digest(one.labels())
    for text in ("id,label\na,1\nb,2.5\n", "id,label\na,1\nc,2\n", "id,label\nb,2\na,1\n"):
        assert one.digest != read(text).digest
    assert one.digest != read("id,label\na,1\nb,2\n", "t__cls.csv").digest


def test_a_misnamed_file_in_a_label_folder_is_an_error_with_a_hint(tmp_path):
    (tmp_path / "notes.csv").write_text("id,label\na,1\n")
    with pytest.raises(DataError, match=r"cannot be used: 1 problem\n") as caught:
        read_label_folder(tmp_path)
    assert caught.value.hint.startswith("rename it to <name>__<type>.csv")


def test_a_suffix_in_capitals_is_a_label_file(tmp_path):
    (tmp_path / "wood__REGR.CSV").write_text("id,label\na,1\n")
    (file,) = read_label_folder(tmp_path)
    assert (file.stem, file.problem) == ("wood", "regression")
