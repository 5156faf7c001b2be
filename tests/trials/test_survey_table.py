"""One table of a user: several label columns, places, missing values, suffixes in ids."""

from __future__ import annotations

import json

import numpy as np
import pytest
import yaml

N, D = 120, 6
RNG = np.random.default_rng(3)
IDS = [f"plot-{row:03d}" for row in range(N)]
X = RNG.normal(size=(N, D)).astype("f4")
Y = X[:, 0] + 0.4 * RNG.normal(size=N)


@pytest.fixture
def embeddings(write_csv):
    rows = ([sample, *vector] for sample, vector in zip(IDS, X, strict=True))
    return write_csv("E.csv", ["id", *range(D)], rows)


def survey(write_csv, *, suffix=".jp2", code=-999, id_name="photo"):
    rows = [
        [RNG.uniform(45, 55), f"{sample}{suffix}", "NA" if row % 17 == 0 else y, RNG.uniform(5, 15),
         code if row % 23 == 0 else 3 * y + 1, 2019 + row % 3, ["oak", "beech", "pine"][row % 3],
         f"team note {row}"]
        for row, (sample, y) in enumerate(zip(IDS, Y, strict=True))
    ]  # fmt: skip
    header = ["Latitude", id_name, "carbon [Mg/ha]", "Longitude", "canopy height (m)", "year"]
    return write_csv("survey.csv", [*header, "species", "remarks"], rows)


def scores(ended) -> dict[str, float]:
    return {row["task"]: row["score"] for row in json.loads(ended.out)}


def test_each_label_column_is_a_task_and_everything_else_is_named(
    neuco, write_csv, embeddings, tmp_path
):
    table = survey(write_csv)
    ended = neuco("evaluate", embeddings, "--labels", table, "-o", tmp_path / "out", "--json")
    assert ended.code == 0
    assert sorted(scores(ended)) == ["canopy_height", "carbon", "species"]
    assert "file suffix removed from an id (120 times): 'plot-000.jp2'" in ended.err
    assert "ids from 'photo'; 3 label columns: carbon [Mg/ha] (regression, 112 labels)" in ended.err
    assert "place: 'Latitude', 'Longitude'; time: 'year'; text, 120 different values" in ended.err
    assert "row without a label dropped (8 times): line 2" in ended.err
    assert "label -999 is likely a code for missing data" in ended.err


def test_the_findings_are_recorded_in_the_run(neuco, write_csv, embeddings, tmp_path):
    neuco("evaluate", embeddings, "--labels", survey(write_csv), "-o", tmp_path / "out")
    (run,) = (tmp_path / "out").rglob("run.json")
    text = run.read_text()
    assert "-999 is likely a code for missing data" in text
    assert "3 label columns" in text


def test_a_column_of_the_table_scores_as_the_label_file_with_its_cells(
    neuco, write_csv, embeddings, tmp_path
):
    table = survey(write_csv)
    rows = ([sample, y] for row, (sample, y) in enumerate(zip(IDS, Y, strict=True)) if row % 17)
    write_csv("L/carbon__regr.csv", ["id", "label"], rows)
    file = neuco("evaluate", embeddings, "--labels", tmp_path / "L", "-o", tmp_path / "a", "--json")
    column = f"{table}:carbon [Mg/ha]"
    chosen = neuco("evaluate", embeddings, "--labels", column, "-o", tmp_path / "b", "--json")
    assert scores(file) == scores(chosen)
    assert list(scores(file)) == ["carbon"]


def test_kinds_groups_and_subsets_come_from_the_table(neuco, write_csv, embeddings, tmp_path):
    table = survey(write_csv, suffix="")
    words = ("evaluate", embeddings, "--labels", f"{table}:carbon [Mg/ha]", "--json")
    ended = neuco(*words, "-o", tmp_path / "a", "--split", "group:species")
    assert ended.code == 0
    ended = neuco(*words, "-o", tmp_path / "b", "--subset", "year=2020")
    assert ended.code == 0
    as_numbers = neuco("evaluate", embeddings, "--labels", f"{table}:year=regr", "--json",
                       "-o", tmp_path / "c")  # fmt: skip
    assert next(iter(json.loads(as_numbers.out)))["metric"] == "r2"


def test_validate_stats_and_run_files_read_the_table_too(neuco, write_csv, embeddings, tmp_path):
    table = survey(write_csv)
    ended = neuco("validate", embeddings, "--labels", table, "--json")
    assert ended.code == 0
    codes = [finding["code"] for finding in json.loads(ended.out)]
    assert {"label-columns", "missing-labels", "likely-missing"} <= set(codes)
    ended = neuco("tasks", "stats", "--labels", table, "-o", tmp_path / "stats.json", "--json")
    assert ended.code == 0
    rows = {row["task"]: row for row in json.loads(ended.out)}
    assert sorted(rows) == ["canopy_height", "carbon", "species"]
    assert rows["carbon"]["missing"] == 8
    assert [f["code"] for f in rows["canopy_height"]["findings"]] == ["likely-missing"]
    run = {"embeddings": ["E.csv"], "labels": "survey.csv:species", "output": "results"}
    (tmp_path / "run.yaml").write_text(yaml.safe_dump(run))
    ended = neuco("run", tmp_path / "run.yaml")
    assert ended.code == 0, ended.err
    assert "species" in ended.out


def test_a_bad_column_does_not_block_the_others(neuco, write_csv, embeddings, tmp_path):
    heights = ["1,5" if row == 7 else y for row, y in enumerate(Y.tolist())]
    table = write_csv("t.csv", ["id", "height", "mass"], zip(IDS, heights, Y, strict=True))
    words = ("evaluate", embeddings, "--labels", table, "-o", tmp_path / "out", "--json")
    ended = neuco(*words)
    assert ended.code == 4
    assert "height: label is not a number: it has a decimal comma: line 9 '1,5'" in ended.err
    assert "Hint: save the file with decimal points in numbers" in ended.err
    ended = neuco(*words, "--tasks", "mass")
    assert ended.code == 0
    assert list(scores(ended)) == ["mass"]
    assert "height is skipped" in ended.err


def test_without_a_common_id_both_sides_are_shown(neuco, write_csv, embeddings, tmp_path):
    table = write_csv("t.csv", ["id", "mass"], [[f"other{row}", y] for row, y in enumerate(Y)])
    ended = neuco("evaluate", embeddings, "--labels", table, "-o", tmp_path / "out")
    assert ended.code == 4
    assert "'other0'" in ended.err
    assert "'plot-000'" in ended.err
