import numpy as np

from neucocore.data.labels.label_file import read_label_file
from neucocore.data.labels.labels import Labels
from neucocore.data.labels.writing import label_file_name, write_label_file


def test_written_labels_are_read_again_to_the_last_digit(tmp_path):
    labels = Labels(("b", "00123", "a"), np.array([0.1, 1 / 3, -1e-17]))
    path = tmp_path / label_file_name("task", "regression")

    write_label_file(path, labels)
    read = read_label_file(path)

    assert read.ids == labels.ids
    assert read.y.tolist() == labels.y.tolist()


def test_a_missing_output_is_written_as_an_empty_cell(tmp_path):
    labels = Labels(("a", "b"), np.array([[1.0, np.nan], [2.0, 3.0]]), outputs=("row", "col"))
    path = tmp_path / "task__regr.csv"

    write_label_file(path, labels)

    assert path.read_text() == "id,label:row,label:col\na,1.0,\nb,2.0,3.0\n"


def test_classes_are_written_by_name_and_further_columns_follow(tmp_path):
    labels = Labels(("a", "b"), np.array([1, 0]), classes=("calm", "rough"))
    path = tmp_path / label_file_name("task", "binary")

    write_label_file(path, labels, {"phase": ("True", "False")})

    assert path.name == "task__cls.csv"
    assert path.read_text() == "id,label,phase\na,rough,True\nb,calm,False\n"


def test_standard_deviations_are_written_and_read_again(tmp_path):
    y = np.array([[1.0, 2.0], [3.0, np.nan]])
    sd = np.array([[0.1, np.nan], [np.nan, np.nan]])
    labels = Labels(("a", "b"), y, outputs=("x", "y"), label_sd=sd)
    path = tmp_path / "task__regr.csv"

    write_label_file(path, labels, {"phase": ("1", "0")})
    read = read_label_file(path)

    header = "id,label:x,label:y,label_sd:x,phase"
    assert path.read_text() == f"{header}\na,1.0,2.0,0.1,1\nb,3.0,,,0\n"
    np.testing.assert_array_equal(read.label_sd, sd)

    single = Labels(("a", "b"), y[:, 0], label_sd=np.array([1 / 3, 0]))
    write_label_file(path, single)
    assert read_label_file(path).label_sd.tolist() == [1 / 3, 0]
