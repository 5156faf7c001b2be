"""The columns of ``--weights`` and ``--per``: found, checked, and attached by id."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neucocore.data.embeddings.embeddings import Embeddings
from neucocore.data.labels.sources import read_labels
from neucocore.data.labels.table import read_label_table
from neucocore.errors import ConfigError, DataError
from neucocore.evaluation.inputs import ScoringTask
from neucocore.evaluation.row_columns import read_row_columns

N = 30
IDS = [f"p{row:02d}" for row in range(N)]


def read(folder: Path, column: str, cells: list, *, option: str, rows=None):
    """Return what an option reads from the column of a table."""
    lines = ["id,height,mass," + column]
    lines += [f"{name},{row + 0.5},{row**2 + 0.1},{cells[row]}" for row, name in enumerate(IDS)]
    (folder / "t.csv").write_text("\n".join(lines) + "\n")
    labels = read_label_table(folder / "t.csv", options={column: option})
    embeddings = Embeddings(tuple(IDS), np.ones((N, 2), np.float32))
    named = {option.removeprefix("--"): column}
    return read_row_columns(
        named.get("weights"), named.get("per"), labels.files, embeddings, [rows or IDS]
    )


def test_values_follow_the_ids_of_a_task(tmp_path):
    columns = read(tmp_path, "area", list(range(1, N + 1)), option="--weights")
    task = ScoringTask("t", "t", "regression", ("p07", "p02"), np.array([1.0, 2.0]), "r2")
    attached = columns.attach(task)
    assert attached.weights.name == "area"
    assert attached.weights.values.tolist() == [8.0, 3.0]
    assert attached.parts is None
    assert columns.key_fields()["weights"][1][0] == ("p00", 1.0)


def test_every_unusable_weight_is_counted_and_the_meaning_of_a_weight_explained(tmp_path):
    cells = [*["0"] * 4, "-2", "abc", "", "NA", *["1.5"] * (N - 8)]
    with pytest.raises(DataError) as caught:
        read(tmp_path, "area", cells, option="--weights")
    error = caught.value
    assert error.message == "--weights area: 8 of 30 labelled rows have no usable weight"
    assert error.problems == (
        "5 rows with a weight that is not positive: p00 0, p01 0, p02 0, ...",
        "1 row with a weight that is not a number: p05 'abc'",
        "2 rows without a weight: p06, p07",
    )
    assert "the area that the row represents" in error.hint


def test_weights_of_rows_that_are_not_scored_do_not_matter(tmp_path):
    cells = ["0", *["2.5"] * (N - 2), "4"]
    columns = read(tmp_path, "area", cells, option="--weights", rows=IDS[1:])
    assert "p00" not in columns.weights[1]
    assert columns.warnings == ()


def test_equal_weights_are_reported(tmp_path):
    (text,) = read(tmp_path, "area", ["2"] * N, option="--weights").warnings
    assert "all weights are equal" in text


def test_values_are_names_with_one_spelling(tmp_path):
    cells = [("2019", "2019.0", "2020")[row % 3] for row in range(N)]
    name, parts = read(tmp_path, "year", cells, option="--per").parts
    assert name == "year"
    assert set(parts.values()) == {"2019", "2020"}
    cells[0] = ""
    assert read(tmp_path, "year", cells, option="--per").parts[1]["p00"] is None


def test_a_column_of_measurements_has_no_part_with_enough_rows(tmp_path):
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, "elevation", [f"{row * 1.7:.2f}" for row in range(N)], option="--per")
    assert "30 values for 30 rows, and none has 10 rows in a task" in caught.value.message
    assert "regions, years" in caught.value.hint


@pytest.mark.parametrize("option", ["--weights", "--per"])
def test_a_column_of_the_embeddings_is_used_if_the_labels_have_none(tmp_path, option):
    read(tmp_path, "other", ["1"] * N, option="--weights")  # writes the table
    extra = {"biome": [1.0 + row % 2 for row in range(N)]}
    embeddings = Embeddings(tuple(IDS), np.ones((N, 2), np.float32), extra=extra)
    labels = read_label_table(tmp_path / "t.csv").files
    named = (option == "--weights" and "biome") or None, (option == "--per" and "biome") or None
    columns = read_row_columns(*named, labels, embeddings, [IDS])
    values = (columns.weights or columns.parts)[1]
    assert {float(value) for value in values.values()} == {1.0, 2.0}


def test_an_unknown_column_is_an_error_that_lists_the_columns(tmp_path):
    read(tmp_path, "region", ["a"] * N, option="--per")
    labels = read_label_table(tmp_path / "t.csv").files
    embeddings = Embeddings(tuple(IDS), np.ones((N, 2), np.float32), extra={"biome": [1] * N})
    with pytest.raises(ConfigError) as caught:
        read_row_columns(None, "regoin", labels, embeddings, [IDS])
    assert "neither the labels nor the embeddings have a column 'regoin'" in caught.value.message
    assert "did you mean region" in caught.value.message.replace("'", "")
    assert "biome" in caught.value.hint


def test_one_id_with_two_values_is_an_error(tmp_path):
    folder = tmp_path / "L"
    folder.mkdir()
    for name, region in (("a", "north"), ("b", "south")):
        rows = [f"{sample},{row},{region}" for row, sample in enumerate(IDS)]
        (folder / f"{name}__regr.csv").write_text("\n".join(["id,label,region", *rows, ""]))
    labels = read_labels(folder).files
    embeddings = Embeddings(tuple(IDS), np.ones((N, 2), np.float32))
    with pytest.raises(DataError, match="30 ids with different values in several label files"):
        read_row_columns(None, "region", labels, embeddings, [IDS])
