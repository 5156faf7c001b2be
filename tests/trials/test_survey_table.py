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


@pytest.fixture
def sampled(write_csv, embeddings):
    """A survey of three regions with unequal areas per row, and years."""
    rng = np.random.default_rng(4)
    rows = [
        [f"{sample}.tif", 40 + 10 * y, ["oak", "pine"][int(y > 0.2)], ["north", "south"][row % 2],
         2019 + row % 3, round(rng.uniform(1, 40), 2)]
        for row, (sample, y) in enumerate(zip(IDS, Y.tolist(), strict=True))
    ]  # fmt: skip
    rows[5][3] = rows[7][3] = "islands"
    header = ["image", "carbon [Mg/ha]", "species", "region", "year", "area"]
    return write_csv("sampled.csv", header, rows)


def test_one_command_reports_units_parts_and_area_weighted_figures(
    neuco, embeddings, sampled, tmp_path
):
    words = ("evaluate", embeddings, "--labels", sampled, "-o", tmp_path / "out")
    ended = neuco(*words, "--per", "region", "--weights", "area")
    assert ended.code == 0, ended.err
    assert "'.tif' removed from 120 ids" in ended.err
    assert "named by --per: 'region'; time: 'year'; named by --weights: 'area'" in ended.err
    lines = [line.split() for line in ended.out.splitlines()]
    carbon = next(line for line in lines if line[:1] == ["carbon"])
    assert carbon[-1] == "Mg/ha"
    assert ["carbon", "islands", "r2", "-", "-", "2", "fewer", "than", "10", "rows"] in lines
    assert "map accuracy" not in ended.err
    as_json = neuco(*words, "--per", "region", "--weights", "area", "--json")
    assert "up to date" in as_json.err
    rows = {row["task"]: row for row in json.loads(as_json.out)}
    assert rows["carbon"]["unit"] == "Mg/ha"
    assert rows["species"]["details"]["area_weighted"]["column"] == "area"
    (run,) = (tmp_path / "out").rglob("run.json")
    recorded = {task["task"]: task["details"] for task in json.loads(run.read_text())["tasks"]}
    assert recorded == {name: row["details"] for name, row in rows.items()}
    shown = neuco("inspect", run.parent, "--details")
    assert shown.code == 0
    for title in ("errors, overall and per fifth", "classes of the sample", "classes, area-weig"):
        assert title in shown.out
    fifth = rows["carbon"]["details"]["outputs"][0]["fifths"][2]
    assert f"{fifth['low']:.6g} to {fifth['high']:.6g}" in shown.out


def test_scores_of_classes_without_weights_are_called_sample_accuracy_once(
    neuco, embeddings, sampled, tmp_path
):
    words = ("evaluate", embeddings, "-o", tmp_path / "out", "--labels")
    ended = neuco(*words, sampled)
    assert ended.err.count("sample accuracy, not map accuracy") == 1
    assert "user's" not in ended.out
    assert "precision (user's)" in neuco("-v", *words, sampled).out
    ended = neuco(*words, f"{sampled}:carbon [Mg/ha]")
    assert "map accuracy" not in ended.err


def test_parts_weights_and_units_change_the_run_but_no_score(neuco, embeddings, sampled, tmp_path):
    words = ("evaluate", embeddings, "--labels", sampled, "-o", tmp_path / "out", "--json")
    plain = neuco(*words, "--tasks", "carbon")
    for more in (["--per", "year"], ["--weights", "area"]):
        ended = neuco(*words, "--tasks", "carbon", *more)
        assert "up to date" not in ended.err
        assert scores(ended) == scores(plain)
    years = neuco(*words, "--tasks", "carbon", "--per", "year")
    (row,) = json.loads(years.out)
    assert [part["value"] for part in row["details"]["per"]["values"]] == ["2019", "2020", "2021"]
    ended = neuco(*words, "--tasks", "carbon", "--unit", "carbon=t/ha")
    assert ended.code == 2
    assert "the unit of carbon is Mg/ha" in ended.err


def test_protocols_without_predictions_report_that_parts_have_no_effect(
    neuco, embeddings, sampled, tmp_path
):
    ended = neuco("evaluate", embeddings, "--labels", f"{sampled}:carbon [Mg/ha]", "-o",
                  tmp_path / "out", "--protocol", "neucobench-2026", "--per", "region")  # fmt: skip
    assert ended.code == 0, ended.err
    assert "--per region has no effect" in ended.err
    (run,) = (tmp_path / "out").rglob("run.json")
    shown = neuco("inspect", run, "--details")
    assert shown.code == 4
    assert "records no details" in shown.err
    assert neuco("inspect", sampled, "--details").code == 2


def test_the_column_of_the_parts_may_have_the_name_of_a_column_of_the_table(
    neuco, write_csv, embeddings, tmp_path
):
    rows = [[sample, y, f"v{row % 2}"] for row, (sample, y) in enumerate(zip(IDS, Y, strict=True))]
    table = write_csv("t.csv", ["id", "height", "score"], rows)
    ended = neuco("evaluate", embeddings, "--labels", table, "-o", tmp_path / "o", "--per", "score")
    assert ended.code == 0, ended.err
    lines = [line.split() for line in ended.out.splitlines()]
    assert [line[:3] for line in lines if len(line) > 1 and line[1] in ("v0", "v1")] == [
        ["height", "v0", "r2"],
        ["height", "v1", "r2"],
    ]


def test_a_label_y_next_to_lon_and_lat_is_a_label(neuco, write_csv, embeddings, tmp_path):
    rows = [[sample, RNG.uniform(5, 15), y, RNG.uniform(45, 55)]
            for sample, y in zip(IDS, Y, strict=True)]  # fmt: skip
    table = write_csv("places.csv", ["id", "lon", "y", "lat"], rows)
    ended = neuco("evaluate", embeddings, "--labels", table, "-o", tmp_path / "out", "--json")
    assert list(scores(ended)) == ["y"]
