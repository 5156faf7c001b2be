from __future__ import annotations

import pytest

from neucocore.data.labels.label_file import read_label_file
from neucocore.data.labels.label_folder import read_label_folder
from neucocore.data.labels.subset import subset_files, subset_ids
from neucocore.errors import ConfigError, DataError


@pytest.fixture
def read(tmp_path):
    def write_and_read(text, name="task__regr.csv"):
        path = tmp_path / name
        path.write_text(text)
        return read_label_file(path)

    return write_and_read


@pytest.fixture
def files(tmp_path):
    (tmp_path / "a__regr.csv").write_text(
        "id,label,dev,year\nx,1,True,2019\ny,2,False,2020\nz,3,1,2020\n"
    )
    (tmp_path / "b__regr.csv").write_text("id,label,dev\nx,1,no\nw,2,yes\nv,,yes\n")
    return read_label_folder(tmp_path)


def test_a_column_keeps_its_true_rows_and_the_classes_of_the_complete_file(read):
    file = read("id,label,dev\na,x,True\nb,y,0\nc,z,yes\nd,x,\n", "t__cls.csv")
    (selected,) = subset_files([file], "dev")
    assert selected.ids == ("a", "c")
    assert selected.y.tolist() == [0, 2]
    assert selected.classes == ("x", "y", "z")
    assert selected.problem == "multiclass"
    assert selected.extra == {"dev": ("True", "yes")}


@pytest.mark.parametrize(
    ("subset", "ids"),
    [("year=2020", ("b", "c")), ("year = 2020.0", ("b", "c")), ("place=San José", ("a",))],
)
def test_a_value_keeps_the_rows_that_hold_it(read, subset, ids):
    text = "id,label,year,place\na,1,2019,San José\nb,2,2020,Lima\nc,3,2020.0,Lima\n"
    (selected,) = subset_files([read(text)], subset)
    assert selected.ids == ids


def test_every_file_keeps_its_rows_of_the_subset(files):
    assert [file.ids for file in subset_files(files, "dev")] == [("x", "z"), ("w",)]


def test_a_file_without_a_row_of_the_subset_stays_as_an_empty_file(tmp_path):
    (tmp_path / "a__regr.csv").write_text("id,label,place\nx,1,Lima\n")
    (tmp_path / "b__regr.csv").write_text("id,label,place\nx,1,Lima\nw,2,Oslo\n")
    first, second = subset_files(read_label_folder(tmp_path), "place=Oslo")
    assert (first.ids, second.ids) == ((), ("w",))


@pytest.mark.parametrize("value", ["True", "TRUE", "yes", "1"])
def test_fault_79_any_spelling_of_a_truth_value_selects_all_its_spellings(files, value):
    assert [file.ids for file in subset_files(files[:1], f"dev={value}")] == [("x", "z")]


def test_a_file_without_the_column_is_an_error_that_lists_the_columns(files):
    with pytest.raises(ConfigError, match="1 of 2 label files have no column 'year'") as error:
        subset_files(files, "year=2020")
    assert error.value.message.endswith(": b__regr.csv")
    assert error.value.hint == "columns of the label files: dev, year"


def test_ids_come_from_the_files_that_have_the_column(files):
    assert subset_ids(files, "year=2020") == {"y", "z"}
    assert subset_ids(files, "dev") == {"x", "z", "w"}


def test_a_column_that_no_file_has_is_an_error(files):
    with pytest.raises(ConfigError, match="2 of 2 label files have no column 'test'"):
        subset_ids(files, "test")


def test_a_data_set_without_label_files_has_no_subsets():
    with pytest.raises(ConfigError, match="no label files"):
        subset_ids([], "dev")


def test_a_column_of_other_values_is_an_error_that_suggests_one_value(read):
    with pytest.raises(DataError, match="other than true and false: 'lima', 'paris'") as error:
        subset_files([read("id,label,place\na,1,True\nb,2,paris\nc,3,lima\n")], "place")
    assert error.value.hint == "select one value: --subset place=lima"


@pytest.mark.parametrize(
    ("subset", "message"),
    [("dev", "has a true value in column 'dev'"), ("dev=2", "has the value '2' in column 'dev'")],
)
def test_a_subset_without_any_row_is_an_error(read, subset, message):
    file = read("id,label,dev\na,1,False\n")
    for select in (subset_files, subset_ids):
        with pytest.raises(DataError, match=message):
            select([file], subset)


@pytest.mark.parametrize("subset", ["", "=", "dev=", "=1", " "])
def test_a_malformed_subset_is_an_error(files, subset):
    with pytest.raises(ConfigError, match="is not COLUMN or COLUMN=VALUE"):
        subset_files(files, subset)
