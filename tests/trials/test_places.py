"""Where scores meet places: embeddings of places, of content and of both are told apart."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from scipy.stats import t as student

N = 400


def fields(seed=0, n=N):
    """Return coordinates, a content, a residual field of the place and a label of both."""
    rng = np.random.default_rng(seed)
    centres = rng.random((40, 2))
    xy = np.clip(centres[rng.integers(0, 40, n)] + 0.05 * rng.normal(size=(n, 2)), 0, 1)
    h = np.sqrt(np.square(xy[:, None] - xy).sum(axis=2))
    content = rng.normal(size=(n, 4))  # independent of the place
    place = np.linalg.cholesky(np.exp(-h / 0.3) + 1e-8 * np.eye(n)) @ rng.normal(size=n)
    lon, lat = 5 + 10 * xy[:, 0], 45 + 7 * xy[:, 1]
    y = np.sqrt(0.5) * content @ [0.5, 0.5, 0.5, 0.5] + np.sqrt(0.5) * place
    return lon, lat, content, y + 0.2 * rng.normal(size=n)


LON, LAT, CONTENT, Y = fields()
IDS = [f"s{row:03d}" for row in range(N)]


def write(path, header, rows):
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    return path


@pytest.fixture
def labels(tmp_path):
    rows = zip(IDS, LON, LAT, Y, strict=True)
    return write(tmp_path / "plots.csv", ["id", "lon", "lat", "biomass"], rows)


@pytest.fixture
def places_of(neuco, labels, tmp_path):
    def run(matrix, name, *options):
        rows = [[i, *row] for i, row in zip(IDS, matrix, strict=True)]
        path = write(tmp_path / f"{name}.csv", ["id", *range(matrix.shape[1])], rows)
        words = ("evaluate", path, "--labels", labels, "-o", tmp_path / "out", "--json", *options)
        ended = neuco(*words)
        assert ended.code == 0, ended.err
        (row,) = json.loads(ended.out)
        return row["places"]

    return run


@pytest.fixture
def embeddings():
    rng = np.random.default_rng(7)
    place = np.column_stack([LON, LAT]) + 0.01 * rng.normal(size=(N, 2))
    return {
        "place": place,
        "content": CONTENT + 0.2 * rng.normal(size=CONTENT.shape),
        "both": np.hstack([CONTENT + 0.2 * rng.normal(size=CONTENT.shape), place - place.mean(0)]),
    }


def test_place_content_and_mixture_are_told_apart(places_of, embeddings):
    found = {name: places_of(matrix, name) for name, matrix in embeddings.items()}
    place, content, both = found["place"], found["content"], found["both"]
    # Coordinates only: nothing is gained over the place.
    assert place["gain_high"] < 0.05
    assert place["gain_low"] < 0 < place["gain_high"] + 0.02
    # Content: much is gained, and blocks cost nothing.
    assert content["gain_low"] > 0.2
    assert all(abs(rung["drop"]) < 0.03 for rung in content["blocks"])
    # Both: gained too, and blocks cost.
    assert both["gain_low"] > 0.2
    assert both["score"] > content["score"] + 0.05
    assert max(rung["drop"] for rung in both["blocks"]) > 0.03
    # What does not depend on the embedding is equal.
    for name in ("place", "nearest_places", "n"):
        assert place[name] == content[name] == both[name]


def test_the_ladder_stops_at_twenty_blocks_and_distances_grow(places_of, embeddings):
    ladder = places_of(embeddings["both"], "both")["blocks"]
    assert [rung["km"] for rung in ladder] == sorted(rung["km"] for rung in ladder)
    assert all(rung["blocks"] >= 20 for rung in ladder)
    assert ladder[-1]["km"] < 500  # 740 km x 780 km hold only a few squares of 250 km
    nearest = [rung["nearest_km"] for rung in ladder]
    assert nearest[-1] > 2 * nearest[0]


def test_the_drop_and_its_interval_are_those_of_the_influence_values(
    places_of, embeddings, tmp_path, neuco, labels
):
    """Recomputed from the influence values of two runs: random, and grouped by the blocks."""
    ladder = places_of(embeddings["both"], "both")["blocks"]
    rung = next(r for r in ladder if r["km"] == 50)
    neuco("evaluate", tmp_path / "both.csv", "--labels", labels, "-o", tmp_path / "blocks",
          "--split", "blocks:50", "--json", "--places", "off")  # fmt: skip
    values, groups = {}, None
    for name in ("out", "blocks"):
        (file,) = (tmp_path / name).rglob("influence.npz")
        with np.load(file) as stored:
            values[name] = stored["psi:r2"]
            groups = stored["groups"] if "groups" in stored.files else groups
    difference = values["out"] - values["blocks"]
    sums = np.array([difference[groups == g].sum() for g in np.unique(groups)])
    count = len(sums)
    variance = np.sum(sums**2) / N**2 * count / (count - 1)
    reach = student.ppf(0.975, count - 1) * np.sqrt(2 * variance)
    assert rung["drop_low"] == pytest.approx(rung["drop"] - reach, abs=1e-6)
    assert rung["drop_high"] == pytest.approx(rung["drop"] + reach, abs=1e-6)
    (run,) = (tmp_path / "blocks").rglob("run.json")
    assert json.loads(run.read_text())["tasks"][0]["score"] == pytest.approx(rung["score"])


def test_what_is_printed(neuco, labels, embeddings, tmp_path, places_of):
    places_of(embeddings["both"], "both")
    ended = neuco("evaluate", tmp_path / "both.csv", "--labels", labels, "-o", tmp_path / "out")
    assert "gain over place" in ended.out
    assert "random" in ended.out
    assert "50 km" in ended.out
    assert "among the labelled places" in ended.err
    assert "new region" in ended.err
    assert "transfer" not in (ended.out + ended.err).lower()
    (run,) = (tmp_path / "out").rglob("run.json")
    shown = neuco("inspect", run.parent)
    assert "gain over place" in shown.out


def test_places_can_be_left_out_and_change_no_score(neuco, labels, embeddings, tmp_path, places_of):
    with_places = places_of(embeddings["both"], "both")
    ended = neuco("evaluate", tmp_path / "both.csv", "--labels", labels, "-o", tmp_path / "off",
                  "--places", "off", "--json")  # fmt: skip
    (row,) = json.loads(ended.out)
    assert row["places"] is None
    assert row["score"] == with_places["score"]


def test_rows_without_a_place_are_counted(neuco, embeddings, tmp_path, places_of):
    rows = [
        [i, "" if row % 4 == 0 else lon, lat, y]
        for row, (i, lon, lat, y) in enumerate(zip(IDS, LON, LAT, Y, strict=True))
    ]
    table = write(tmp_path / "some.csv", ["id", "lon", "lat", "biomass"], rows)
    places_of(embeddings["both"], "both")
    ended = neuco("evaluate", tmp_path / "both.csv", "--labels", table, "-o", tmp_path / "some",
                  "--json")  # fmt: skip
    (row,) = json.loads(ended.out)
    assert (row["n"], row["places"]["n"], row["places"]["n_without_place"]) == (N, 300, 100)
    assert "100 ids without a place" in ended.err


def test_classes(neuco, embeddings, tmp_path, places_of):
    kinds = np.array(["low", "mid", "high"])[np.digitize(Y, [-0.4, 0.4])]
    rows = zip(IDS, LON, LAT, kinds, strict=True)
    table = write(tmp_path / "kinds.csv", ["id", "lon", "lat", "kind"], rows)
    places_of(embeddings["content"], "content")
    ended = neuco("evaluate", tmp_path / "content.csv", "--labels", table, "-o", tmp_path / "k",
                  "--json")  # fmt: skip
    (row,) = json.loads(ended.out)
    assert row["metric"] == "macro-f1"
    assert row["places"]["gain_low"] > 0.05
    assert 0 < row["places"]["nearest_places"] < 1


def test_one_place_for_all_rows(neuco, embeddings, tmp_path, places_of):
    table = write(tmp_path / "one.csv", ["id", "lon", "lat", "biomass"],
                  [[i, 7.5, 47.5, y] for i, y in zip(IDS, Y, strict=True)])  # fmt: skip
    places_of(embeddings["content"], "content")
    ended = neuco("evaluate", tmp_path / "content.csv", "--labels", table, "-o", tmp_path / "one",
                  "--json")  # fmt: skip
    assert ended.code == 0
    (row,) = json.loads(ended.out)
    assert row["places"]["blocks"] == []
    assert "at the same place as another row" in " ".join(ended.err.split())
