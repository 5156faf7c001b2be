"""Several outputs in one table, what is removed from ids, and refusals with the complete rule."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from neucocore.data.labels.id_column import removed_from_ids
from neucocore.data.labels.label_file import read_label_file
from neucocore.data.labels.sources import read_labels
from neucocore.errors import DataError

N = 40
IDS = [f"p{row:02d}" for row in range(N)]
ROW = np.random.default_rng(0).uniform(0, 60, N).round(2).tolist()
COL = np.random.default_rng(1).uniform(0, 60, N).round(2).tolist()
SHIP = [row % 2 for row in range(N)]


def write(path: Path, columns: dict[str, list]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path


def test_columns_with_a_common_name_are_the_outputs_of_one_task(tmp_path):
    some = ["" if row % 4 == 0 else value for row, value in enumerate(COL)]
    table = write(
        tmp_path / "t.csv",
        {"id": IDS, "position:row": ROW, "height": COL, "position:col": some},
    )
    (position, height) = sorted(read_labels(table).files, key=lambda file: file.outputs)[::-1]
    assert (position.stem, position.outputs, height.stem) == ("position", ("row", "col"), "height")
    write(tmp_path / "position__regr.csv", {"id": IDS, "label:row": ROW, "label:col": some})
    expected = read_label_file(tmp_path / "position__regr.csv")
    np.testing.assert_array_equal(position.y, expected.y)
    assert position.digest == expected.digest
    assert set(position.extra) == {"height"}


def test_outputs_of_zero_and_one_are_a_multi_label_task_and_mixtures_are_separate(tmp_path):
    other = [1 - value for value in SHIP]
    text = [("calm", "rough")[row % 2] for row in range(N)]
    columns = {"id": IDS, "tag:ship": SHIP, "tag:ice": other, "sea:state": text, "sea:depth": ROW}
    files = {file.stem: file for file in read_labels(write(tmp_path / "t.csv", columns)).files}
    assert files["tag"].problem == "multilabel"
    assert files["tag"].outputs == ("ship", "ice")
    assert sorted(files) == ["sea_depth", "sea_state", "tag"]


@pytest.mark.parametrize("choice", ["position", "position:row,position:col"])
def test_outputs_can_be_chosen_by_their_common_name(tmp_path, choice):
    columns = {"id": IDS, "position:row": ROW, "position:col": COL, "height": COL}
    (file,) = read_labels(f"{write(tmp_path / 't.csv', columns)}:{choice}").files
    assert file.outputs == ("row", "col")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (["a.tif", "b.tif", "c"], "; '.tif' removed from 2 ids"),
        (["s3://x/a.tif", "s3://x/b.tif"], "; folders and '.tif' removed from 2 ids"),
        (["./a", "b"], "; folders removed from 1 ids"),
        (
            ["a.tif", "b.jp2", "c.jp2", " d "],
            "; '.jp2' removed from 2 ids; '.tif' removed from 1 ids",
        ),
        (["a", "b"], ""),
    ],
)
def test_what_is_removed_from_ids_is_counted(raw, text):
    assert removed_from_ids(raw) == text


def test_the_line_about_a_table_names_what_is_removed_from_ids(tmp_path):
    table = write(tmp_path / "t.csv", {"id": [f"{name}.tif" for name in IDS], "height": ROW})
    note = next(f for f in read_labels(table).findings if f.code == "label-columns")
    assert note.message.endswith("'.tif' removed from 40 ids")


def test_a_refusal_shows_the_rule_with_every_column_of_the_file(tmp_path):
    columns = {
        "id": IDS,
        "lon": ROW,
        "lat": COL,
        "year": [2019 + row % 3 for row in range(N)],
        "tile": [f"T{row % 4}" for row in range(N)],
        "remark": [f"seen by {row} people" for row in range(N)],
        "country": ["FR"] * N,
        "empty": [""] * N,
        **{f"wkt{letter}": ["POINT (1 2)"] * N for letter in "abcdefghij"},
    }
    table = write(tmp_path / "t.csv", columns)
    with pytest.raises(DataError, match="has no column of labels") as caught:
        read_labels(table)
    text = "\n".join(caught.value.problems)
    for name in columns:
        assert name == "id" or repr(name) in text
    assert "place: 'lon', 'lat' (coordinates by name and value, in pairs)" in text
    assert "one value only: 'country' (labels need two values)" in text
    assert "up to 50 different texts with at least 2 rows each" in text
    (path,) = [word for word in caught.value.hint.split() if word.startswith(str(table))]
    assert path.endswith("t.csv:year,tile")
    assert len(read_labels(path).files) == 2
