"""Folds, years, blocks and repeated sites of a user's own table, on the real command line."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.linear_model import RidgeCV
from sklearn.metrics import r2_score

N, D = 240, 6
RNG = np.random.default_rng(11)
IDS = [f"site-{row:03d}" for row in range(N)]
X = RNG.normal(size=(N, D)).astype("f4")
Y = X[:, 0] + 0.5 * X[:, 1] + 0.5 * RNG.normal(size=N)


@pytest.fixture
def embeddings(write_csv):
    rows = ([sample, *vector] for sample, vector in zip(IDS, X, strict=True))
    return write_csv("E.csv", ["id", *range(D)], rows)


@pytest.fixture
def evaluate(neuco, tmp_path):
    def run(embeddings, labels, *options, code=0):
        ended = neuco(
            "evaluate", embeddings, "--labels", labels, "-o", tmp_path / "out", "--json", *options
        )
        assert ended.code == code, ended.err
        ended.err = " ".join(ended.err.split())
        return ended

    return run


def rows_of(ended):
    return {row["task"]: row for row in json.loads(ended.out)}


def table(write_csv, column, values, name="survey.csv", y=Y, ids=IDS, more=None):
    more = more or {}
    header = ["id", "biomass", column, *more]
    return write_csv(name, header, zip(ids, y, values, *more.values(), strict=True))


def test_a_fixed_split_trains_on_train_and_val_and_scores_test(
    evaluate, embeddings, write_csv, tmp_path
):
    part = np.array(["train", "val", "test", "Train"])[np.arange(N) % 4]
    ended = evaluate(embeddings, table(write_csv, "part", part), "--split", "folds:part")
    row = rows_of(ended)["biomass"]
    assert row["n"] == 60
    assert row["split"] == "folds:part"
    assert row["low"] < row["score"] < row["high"]
    assert any("one fixed split: trained on 180 rows, scored on 60" in t for t in row["warnings"])
    test = part == "test"
    model = RidgeCV(np.geomspace(1e-3, 1e3, 13)).fit(X[~test], Y[~test])
    residual = np.sum((Y[test] - model.predict(X[test])) ** 2)
    expected = 1 - residual / np.sum((Y[test] - Y[~test].mean()) ** 2)
    assert row["score"] == pytest.approx(expected, abs=0.01)
    (file,) = (tmp_path / "out").rglob("predictions.npz")
    with np.load(file) as stored:
        assert sorted(stored["ids"].tolist()) == sorted(np.array(IDS)[test].tolist())


def test_the_test_rows_never_train(evaluate, embeddings, write_csv):
    """Labels of test rows that are noise score below 0; leaked ones would not."""
    part = np.where(np.arange(N) % 3 == 0, "test", "train")
    y = np.where(part == "test", RNG.normal(size=N), Y)
    ended = evaluate(embeddings, table(write_csv, "part", part, y=y), "--split", "folds:part")
    assert rows_of(ended)["biomass"]["score"] < 0


def test_a_fixed_split_of_classes(evaluate, embeddings, write_csv):
    part = np.where(np.arange(N) % 3 == 0, "test", "training")
    kinds = np.where(Y > 0, "forest", "field")
    ended = evaluate(embeddings, table(write_csv, "part", part, y=kinds), "--split", "folds:part")
    row = rows_of(ended)["biomass"]
    assert row["n"] == 80
    assert row["score"] > 0.7


def test_own_folds_are_used_as_they_are(evaluate, embeddings, write_csv, tmp_path):
    fold = np.arange(N) % 5
    ended = evaluate(embeddings, table(write_csv, "spatial_fold", fold), "--split",
                     "folds:spatial_fold")  # fmt: skip
    row = rows_of(ended)["biomass"]
    assert row["n"] == N
    (file,) = (tmp_path / "out").rglob("predictions.npz")
    with np.load(file) as stored:
        by_id = dict(zip(stored["ids"].tolist(), stored["split"].tolist(), strict=True))
        predicted, true = stored["y_pred"], stored["y_true"]
    assert [by_id[name] for name in IDS] == fold.tolist()
    assert r2_score(true, predicted) == pytest.approx(row["score"], abs=0.01)
    (run,) = (tmp_path / "out").rglob("run.json")
    split = json.loads(run.read_text())["parameters"]["split"]
    assert split == {"rule": "folds:spatial_fold", "column": "spatial_fold", "fixed": False,
                     "folds": ["0", "1", "2", "3", "4"]}  # fmt: skip


def test_years_are_folds_and_noise_of_one_year_is_seen(evaluate, embeddings, write_csv):
    year = 2018 + np.arange(N) % 3
    labels = table(write_csv, "year", year)
    ended = evaluate(embeddings, labels, "--split", "year:year")
    assert rows_of(ended)["biomass"]["split"] == "year:year"
    other = evaluate(embeddings, labels, "--split", "random")
    assert rows_of(ended)["biomass"]["score"] != rows_of(other)["biomass"]["score"]


def test_runs_of_different_splits_are_not_ranked_together(neuco, evaluate, embeddings, write_csv,
                                                          tmp_path):  # fmt: skip
    labels = table(write_csv, "fold", np.arange(N) % 5)
    evaluate(embeddings, labels, "--method", "a", "--split", "folds:fold")
    evaluate(embeddings, labels, "--method", "b")
    ended = neuco("leaderboard", tmp_path / "out")
    assert ended.code == 0
    assert ended.out.count("method") == 2  # one table each


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["only"] * N, "only the value 'only'"),
        (RNG.normal(size=N).round(6), "240 different values in 240 scored rows"),
        (["train"] * N, "no value 'test'"),
        ((["train", "test", "holdout"] * N)[:N], "also 'holdout'"),
        ((["a", "b", ""] * N)[:N], "have no fold"),
    ],
)
def test_columns_that_are_no_folds(evaluate, embeddings, write_csv, values, message):
    ended = evaluate(embeddings, table(write_csv, "part", values), "--split", "folds:part", code=4)
    assert message in ended.err
    assert "Hint:" in ended.err


def test_a_misspelt_column_and_options_that_contradict(evaluate, embeddings, write_csv):
    labels = table(write_csv, "part", np.arange(N) % 4)
    ended = evaluate(embeddings, labels, "--split", "folds:prat", code=2)
    assert "part" in ended.err
    ended = evaluate(embeddings, labels, "--split", "folds:part", "--folds", "5", code=2)
    assert "leave out --folds" in ended.err
    ended = evaluate(embeddings, labels, "--split", "fold:part", code=2)
    assert "did you mean" in ended.err


YEARS = (2019, 2020, 2021)


def by_year(write_csv, years=YEARS, name="E3.csv", seed=1, drift=0.3):
    rng = np.random.default_rng(seed)
    rows = [
        [sample, year, *(vector + drift * rng.normal(size=D))]
        for year in years
        for sample, vector in zip(IDS[:80], X[:80], strict=True)
    ]
    return write_csv(name, ["id", "year", *range(D)], rows)


def labels_by_year(write_csv, years=YEARS, name="survey3.csv"):
    rows = [
        [f"{sample}.tif", year, y + 0.1 * RNG.normal()]
        for year in years
        for sample, y in zip(IDS[:80], Y[:80], strict=True)
    ]
    return write_csv(name, ["id", "year", "biomass"], rows)


def test_rows_are_identified_by_id_and_year_and_a_site_stays_together(
    evaluate, write_csv, tmp_path
):
    ended = evaluate(by_year(write_csv), labels_by_year(write_csv))
    assert "rows are identified by id and year" in ended.err
    assert "the years of a site stay in one fold" in ended.err
    row = rows_of(ended)["biomass"]
    assert (row["n"], row["split"]) == (240, "group:id")
    (file,) = (tmp_path / "out").rglob("predictions.npz")
    with np.load(file) as stored:
        folds: dict[str, set[int]] = {}
        for name, split in zip(stored["ids"].tolist(), stored["split"].tolist(), strict=True):
            site, _, year = name.rpartition("@")
            assert int(year) in YEARS
            folds.setdefault(site, set()).add(split)
    assert len(folds) == 80
    assert all(len(numbers) == 1 for numbers in folds.values())


def test_the_right_year_is_joined(evaluate, write_csv):
    """Embeddings that hold a year's own label: joined to another year they would score less."""
    rng = np.random.default_rng(2)
    y = {(sample, year): rng.normal() for sample in IDS for year in YEARS}
    rows = [[s, year, value, *rng.normal(size=2)] for (s, year), value in y.items()]
    rng.shuffle(rows)
    e = write_csv("own.csv", ["id", "year", 0, 1, 2], rows)
    labels = write_csv("l.csv", ["id", "year", "moist"], [[s, t, v] for (s, t), v in y.items()])
    assert rows_of(evaluate(e, labels))["moist"]["score"] > 0.99


def test_one_year_of_labels_chosen_by_a_subset(evaluate, embeddings, write_csv):
    labels = labels_by_year(write_csv)
    ended = evaluate(embeddings, labels, "--subset", "year=2020")
    assert rows_of(ended)["biomass"]["n"] == 80
    ended = evaluate(embeddings, labels, code=4)
    assert "the embeddings has no column of years" in ended.err.replace("have no", "has no")
    assert "--subset year=2021" in ended.err


def test_years_that_do_not_match(evaluate, write_csv):
    ended = evaluate(by_year(write_csv, (2016, 2017)), labels_by_year(write_csv), code=4)
    assert "the embeddings are of 2016 to 2017 (column 'year')" in ended.err
    assert "the labels of 2019 to 2021" in ended.err


def test_years_that_match_in_part(evaluate, write_csv):
    e, labels = by_year(write_csv, (2020, 2021, 2022)), labels_by_year(write_csv)
    ended = evaluate(e, labels, code=4)
    assert "80 of 240 labelled ids have no embedding" in ended.err
    ended = evaluate(e, labels, "--allow-missing")
    assert rows_of(ended)["biomass"]["n"] == 160


def test_an_id_twice_in_one_year_is_still_refused(evaluate, write_csv, embeddings):
    rows = [["a", 2020, 1.0], ["a", 2020, 2.0], ["b", 2020, 3.0]]
    labels = write_csv("twice.csv", ["id", "year", "biomass"], rows)
    ended = evaluate(embeddings, labels, code=4)
    assert "id occurs more than once" in ended.err
    assert "one row per id and year" in ended.err


def test_groups_of_sites_apply_to_all_their_years(evaluate, write_csv):
    groups = write_csv("regions.csv", ["id", "region"], [[s, i % 16] for i, s in enumerate(IDS)])
    ended = evaluate(by_year(write_csv), labels_by_year(write_csv), "--split",
                     f"group:{groups}:region")  # fmt: skip
    assert rows_of(ended)["biomass"]["n"] == 240


def test_a_year_column_without_repeated_ids_changes_nothing(evaluate, embeddings, write_csv):
    plain = evaluate(embeddings, table(write_csv, "note", ["x"] * N, "plain.csv"))
    dated = evaluate(embeddings, table(write_csv, "year", [2020] * N, "dated.csv"))
    assert rows_of(plain)["biomass"]["score"] == rows_of(dated)["biomass"]["score"]
    assert rows_of(dated)["biomass"]["split"] == "random"


# Blocks

LON, LAT = RNG.uniform(5, 9, N), RNG.uniform(46, 50, N)


def test_blocks_keep_neighbours_together(evaluate, embeddings, write_csv, tmp_path):
    labels = table(write_csv, "lon", LON, more={"lat": LAT})
    ended = evaluate(embeddings, labels, "--split", "blocks:50")
    row = rows_of(ended)["biomass"]
    assert row["split"] == "blocks:50"
    assert "240 rows in" in ended.err
    (run,) = (tmp_path / "out").rglob("run.json")
    split = json.loads(run.read_text())["parameters"]["split"]
    assert split["block_km"] == 50
    assert 40 < split["groups"] < 100  # 300 km x 445 km hold about 53 squares of 50 km
    (file,) = (tmp_path / "out").rglob("predictions.npz")
    with np.load(file) as stored:
        fold = dict(zip(stored["ids"].tolist(), stored["split"].tolist(), strict=True))
    place = dict(zip(IDS, zip(LON, LAT, strict=True), strict=True))
    near = [
        (a, b)
        for i, a in enumerate(IDS)
        for b in IDS[i + 1 :]
        if abs(place[a][0] - place[b][0]) < 0.05 and abs(place[a][1] - place[b][1]) < 0.03
    ]
    together = np.mean([fold[a] == fold[b] for a, b in near])
    assert together > 0.75  # a random split: 0.1


def test_too_few_blocks_stop_with_a_side_that_works(evaluate, embeddings, write_csv):
    labels = table(write_csv, "lon", LON, more={"lat": LAT})
    ended = evaluate(embeddings, labels, "--split", "blocks:250", code=4)
    assert "20 are needed" in ended.err
    assert "--split blocks:100 has enough blocks" in ended.err


@pytest.mark.parametrize(
    ("lon", "lat", "message"),
    [
        (LAT, LON * 20, "seem to be swapped"),
        (LON * 1e5, LAT * 1e5, "are not degrees"),
    ],
)
def test_coordinates_that_are_none(evaluate, embeddings, write_csv, lon, lat, message):
    import re

    labels = table(write_csv, "lon", lon, more={"lat": lat})
    ended = evaluate(embeddings, labels, "--split", "blocks:50", code=4)
    assert re.search(message, ended.err)


def test_blocks_without_coordinates(evaluate, embeddings, write_csv):
    ended = evaluate(embeddings, table(write_csv, "note", ["x"] * N), "--split", "blocks:5", code=4)
    assert "needs coordinates" in ended.err


def test_repeated_places_under_other_ids_are_warned_about(evaluate, embeddings, write_csv):
    lon, lat = np.repeat(LON[: N // 3], 3), np.repeat(LAT[: N // 3], 3)
    labels = table(write_csv, "lon", lon, more={"lat": lat})
    ended = evaluate(embeddings, labels)
    assert "240 of 240 rows are at the same place as another row" in ended.err
    ended = evaluate(embeddings, labels, "--split", "blocks:5")
    assert "at the same place" not in ended.err


def test_the_years_of_a_site_stay_in_one_block_although_its_place_differs(
    evaluate, write_csv, tmp_path
):
    """The place is measured anew every year: without a rule, years fall into several blocks."""
    rng = np.random.default_rng(3)
    lon, lat = rng.uniform(5, 9, 80), rng.uniform(46, 50, 80)
    rows = [
        [sample, year, lon[i] + 0.3 * rng.normal(), lat[i] + 0.3 * rng.normal(), Y[i]]
        for year in YEARS
        for i, sample in enumerate(IDS[:80])
    ]
    labels = write_csv("moving.csv", ["id", "year", "lon", "lat", "biomass"], rows)
    evaluate(by_year(write_csv), labels, "--split", "blocks:25")
    (file,) = (tmp_path / "out").rglob("predictions.npz")
    with np.load(file) as stored:
        folds: dict[str, set[int]] = {}
        for name, split in zip(stored["ids"].tolist(), stored["split"].tolist(), strict=True):
            folds.setdefault(name.rpartition("@")[0], set()).add(split)
    assert [site for site, numbers in folds.items() if len(numbers) > 1] == []


def test_an_excluded_site_is_left_out_in_all_years(evaluate, write_csv, tmp_path):
    exclude = tmp_path / "exclude.txt"
    exclude.write_text(f"{IDS[0]}\n{IDS[1]}\n")
    ended = evaluate(by_year(write_csv), labels_by_year(write_csv), "--exclude-file", exclude)
    assert rows_of(ended)["biomass"]["n"] == 240 - 6


def test_places_on_both_sides_of_the_date_line_are_the_same(evaluate, embeddings, write_csv):
    lon = np.where(np.arange(N) % 2 == 0, 180.0, -180.0)
    lat = np.repeat(LAT[: N // 2], 2)
    ended = evaluate(embeddings, table(write_csv, "lon", lon, more={"lat": lat}))
    assert "240 of 240 rows are at the same place as another row" in ended.err


@pytest.mark.parametrize("side", ["1e-9", "nan", "0", "-5", "30000"])
def test_sides_of_blocks_that_cannot_be(evaluate, embeddings, write_csv, side):
    labels = table(write_csv, "lon", LON, more={"lat": LAT})
    ended = evaluate(embeddings, labels, "--split", f"blocks:{side}", code=2)
    assert "from 0.001 to 20,000" in ended.err


# Rows of one polygon


@pytest.fixture
def pixels(tmp_path):
    from neucocore import Embeddings

    names = [f"{IDS[row // 4]}#{row % 4}" for row in range(N)]
    return Embeddings(
        tuple(names), X, {"rows_of_one": "polygon"}, extra={"group": [n[:8] for n in names]}
    )


def test_rows_of_one_polygon_form_one_group(pixels):
    from neucocore.evaluation.load import _declared_groups

    split, texts = _declared_groups(pixels)
    assert str(split) == "group:group"
    assert texts == [
        "rows of one polygon stay together: 240 rows in 60 groups; --split random ignores this"
    ]
