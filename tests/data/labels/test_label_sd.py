"""The optional columns of the standard deviations of the labels' errors."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from neucocore.data.labels.export import export_neuco
from neucocore.data.labels.label_file import read_label_file
from neucocore.data.labels.label_folder import scan_label_folder
from neucocore.data.labels.sources import read_labels
from neucocore.data.labels.subset import subset_files
from neucocore.data.labels.table import read_label_table
from neucocore.errors import DataError
from neucocore.files.findings import messages

NAN = np.nan


@pytest.fixture
def read(tmp_path):
    def write_and_read(text: str, name: str = "task__regr.csv"):
        path = tmp_path / name
        path.write_text(text)
        return read_label_file(path)

    return write_and_read


def problems(error) -> str:
    return "\n".join(error.value.problems)


# Label files


def test_standard_deviations_are_kept_with_the_labels_and_are_no_further_column(read):
    file = read("label_sd,id,place,label\n0.5,a,x,1\n0,b,y,2\n1e-3,c,x,3\n")
    assert file.label_sd.tolist() == [0.5, 0, 0.001]
    assert file.label_sd.dtype == np.float64
    assert file.outputs == ()
    assert list(file.extra) == ["place"]
    assert file.findings == ()
    assert file.labels("place").label_sd.tolist() == [0.5, 0, 0.001]


def test_a_file_without_the_column_has_none(read):
    file = read("id,label\na,1\nb,2\n")
    assert file.label_sd is None
    assert file.labels().label_sd is None


def test_rows_are_dropped_together_with_their_label(read):
    file = read("id,label,label_sd\na,1,0.1\nb,,-9\nc,NA,x\nd,4,0.4\n")
    assert file.ids == ("a", "d")
    assert file.label_sd.tolist() == [0.1, 0.4]
    assert file.keep([False, True]).label_sd.tolist() == [0.4]
    assert file.keep([False, False]).label_sd.shape == (0,)


def test_the_digest_of_the_labels_does_not_depend_on_the_column(read):
    without = read("id,label\na,1\nb,2\n").digest
    assert read("id,label,label_sd\na,1,0.1\nb,2,0.2\n").digest == without
    assert read("id,label,label_sd\na,1,0.1\nb,3,0.2\n").digest != without


def test_outputs_have_columns_of_their_own_in_any_order(read):
    file = read("id,label_sd:y,label:x,label_sd:x,label:y\na,1,10,2,20\nb,3,30,,\nc,,,5,40\n")
    assert file.outputs == ("x", "y")
    np.testing.assert_array_equal(file.label_sd, [[2, 1], [NAN, 3], [5, NAN]])
    assert messages(file.findings, "warning") == [
        "label without label_sd:x: line 3",
        "label without label_sd:y: line 4",
    ]


def test_an_output_may_have_no_column(read):
    file = read("id,label:x,label:y,label_sd:y\na,1,2,3\nb,4,5,6\n")
    np.testing.assert_array_equal(file.label_sd, [[NAN, 3], [NAN, 6]])
    assert file.findings == ()
    assert file.keep([False, True]).label_sd.shape == (1, 2)


def test_missing_standard_deviations_are_counted(read):
    file = read("id,label,label_sd\na,1,\nb,2,0.2\nc,3,NA\n")
    np.testing.assert_array_equal(file.label_sd, [NAN, 0.2, NAN])
    assert messages(file.findings, "warning") == [
        "label without label_sd (2 times): line 2, line 4"
    ]
    empty = read("id,label,label_sd\na,1,\nb,2,\n")
    assert empty.label_sd is None
    assert "label without label_sd (2 times): line 2, line 3" in messages(empty.findings, "warning")


def test_all_faults_of_labels_and_standard_deviations_are_reported_at_once(read):
    with pytest.raises(DataError) as error:
        read("id,label,label_sd\na,x,1\nb,2,-0.5\nc,3,1 m\nd,4,inf\ne,5,-1e-9\n")
    assert error.value.problems == (
        "label is not a number: line 2 'x'",
        "label_sd is not a number: text follows the number: line 4 '1 m'",
        "label_sd is infinite: line 5 'inf'",
        "label_sd is negative (2 times): line 3 '-0.5', line 6 '-1e-9'",
    )


def test_a_negative_standard_deviation_has_a_hint(read):
    with pytest.raises(DataError, match="label_sd is negative: line 2 '-1'") as error:
        read("id,label,label_sd\na,1,-1\nb,2,1\n")
    assert error.value.hint == (
        "write standard deviations, which are 0 or more, or leave the cells empty"
    )


@pytest.mark.parametrize(
    ("header", "unexpected", "expected"),
    [
        ("id,label,label_sd:x", "'label_sd:x'", "'label_sd'"),
        ("id,label:x,label_sd", "'label_sd'", "'label_sd:x'"),
        ("id,label:x,label_sd:X", "'label_sd:X'", "'label_sd:x'"),
        ("id,label,label_sd:", "'label_sd:'", "'label_sd'"),
    ],
)
def test_a_column_of_no_label_is_an_error(read, header, unexpected, expected):
    with pytest.raises(DataError) as error:
        read(f"{header}\na,1,1\nb,2,1\n")
    assert f"no label column for {unexpected}" in problems(error)
    assert expected in error.value.hint


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("id,label,label_sd\na,0,0.1\nb,1,x\n", "t__cls.csv"),
        ("id,label,label_sd\na,low,0.1\nb,mid,-1\nc,high,1\n", "t__cls.csv"),
        ("id,label:x,label_sd:x\na,0,0.1\nb,1,0.2\n", "t__cls.csv"),
    ],
)
def test_classes_have_no_standard_deviations(read, text, name):
    file = read(text, name)
    assert file.label_sd is None
    assert file.extra == {}
    assert messages(file.findings, "warning") == [
        "label_sd is not used: only the labels of a regression have standard deviations"
    ]


def test_a_folder_keeps_them_and_a_subset_selects_them(read, tmp_path):
    read("id,label,label_sd,dev\na,1,0.1,1\nb,2,0.2,0\nc,3,0.3,1\n")
    (file,) = scan_label_folder(tmp_path).files
    (selected,) = subset_files([file], "dev")
    assert selected.label_sd.tolist() == [0.1, 0.3]


def test_an_export_keeps_them_for_each_output(read, tmp_path):
    file = read("id,label:x,label:y,label_sd:x\na,1,2,0.1\nb,,5,6\nc,7,8,0.3\n")
    export_neuco([file], {}, tmp_path / "out", "title")
    x, y = (read_label_file(tmp_path / "out/labels" / f"task_{o}__regr.csv") for o in "xy")
    assert x.ids == ("a", "c")
    assert x.label_sd.tolist() == [0.1, 0.3]
    assert y.label_sd is None


# Tables

ROWS = 40
RNG = np.random.default_rng(0)
COLUMNS: dict[str, list] = {
    "id": [f"p{row}" for row in range(ROWS)],
    "biomass [Mg/ha]": RNG.normal(100, 20, ROWS).round(3).tolist(),
    "height": RNG.normal(20, 2, ROWS).round(3).tolist(),
    "cover": [("forest", "field")[row % 2] for row in range(ROWS)],
}
SD = RNG.random(ROWS).round(3).tolist()


@pytest.fixture
def table(tmp_path):
    def write(columns, suffix="csv", without=()):
        path = tmp_path / f"survey.{suffix}"
        columns = {n: c for n, c in {**COLUMNS, **columns}.items() if n not in without}
        if suffix == "parquet":
            pq.write_table(pa.table(columns), path)
        else:
            lines = [",".join(columns)]
            lines += [",".join(map(str, row)) for row in zip(*columns.values(), strict=True)]
            path.write_text("\n".join(lines))
        return path

    return write


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("label_sd:biomass", "biomass"),
        ("label_sd:biomass [Mg/ha]", "biomass"),
        ("label_sd:height", "height"),
    ],
)
def test_a_column_of_a_table_is_found_by_name_or_task(table, suffix, name, of):
    labels = read_label_table(table({name: SD}, suffix))
    sd = {file.stem: file.label_sd for file in labels.files}
    assert set(sd) == {"biomass", "height", "cover"}
    assert sd.pop(of).tolist() == SD
    assert set(map(type, sd.values())) == {type(None)}
    assert not any(name in file.extra for file in labels.files)
    assert f"standard deviations of labels: {name!r}" in labels.findings[-1].message


def test_a_plain_column_belongs_to_the_only_column_of_numbers(table):
    labels = read_label_table(table({"label_sd": SD}, without=("height",)))
    assert [file.stem for file in labels.files if file.label_sd is not None] == ["biomass"]
    labels = read_labels(f"{table({'label_sd': SD})}:height")
    assert labels.files[0].label_sd.tolist() == SD


def test_a_plain_column_belongs_to_the_column_label(table):
    path = table({"label": SD[::-1], "label_sd": SD})
    labels = read_label_table(path)
    assert [file.stem for file in labels.files if file.label_sd is not None] == ["survey"]
    other = read_labels(f"{path}:height")
    assert other.files[0].label_sd is None


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"label_sd": SD}, "'label_sd' may belong to 'biomass [Mg/ha]', 'height'"),
        ({"label_sd:volume": SD}, "'label_sd:volume' belongs to no column 'volume'"),
        (
            {"label_sd:biomass": SD, "label_sd:biomass [Mg/ha]": SD},
            "'label_sd:biomass' and 'label_sd:biomass [Mg/ha]' both belong to 'biomass [Mg/ha]'",
        ),
    ],
)
def test_a_column_that_cannot_be_assigned_is_an_error(table, columns, problem):
    with pytest.raises(DataError, match="cannot be assigned") as error:
        read_label_table(table(columns))
    assert error.value.problems == (problem,)
    assert "label_sd:COLUMN" in error.value.hint


def test_it_is_never_a_label_even_if_it_is_named(table):
    path = table({"label_sd:height": SD})
    with pytest.raises(DataError, match="'label_sd:height' holds standard deviations of labels"):
        read_labels(f"{path}:height,label_sd:height")


def test_it_is_never_the_column_of_ids(table):
    numbers = [str(row) for row in range(ROWS)]
    keys = ["other", *numbers[1:]]
    path = table({"key": keys, "label_sd:height": numbers}, without=("id",))
    labels = read_label_table(path, sample_ids=numbers)
    assert "ids from 'key'" in labels.findings[-1].message


def test_a_fault_makes_its_label_column_unusable_and_no_other(table):
    faulty = ["-1", "x", *SD[2:]]
    labels = read_label_table(table({"label_sd:height": faulty}))
    assert [file.stem for file in labels.files] == ["biomass", "cover"]
    (unusable,) = labels.unusable
    assert unusable.error.problems == (
        "label_sd:height is not a number: line 3 'x'",
        "label_sd:height is negative: line 2 '-1'",
    )
    with pytest.raises(DataError):
        labels.require_usable()


def test_a_column_of_classes_has_no_standard_deviations(table):
    labels = read_label_table(table({"label_sd:cover": SD}))
    cover = next(file for file in labels.files if file.stem == "cover")
    assert cover.label_sd is None
    assert "label_sd is not used" in messages(cover.findings, "warning")[0]
