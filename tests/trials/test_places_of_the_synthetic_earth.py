"""On the synthetic Earth an embedding of places, of content and of both are told apart."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from neucocore import load_embeddings


@pytest.fixture(scope="module")
def earth(tmp_path_factory):
    """Generate cubes and encode them; return ids, coordinates, labels and content."""
    from neucocore import encode, generate

    folder = tmp_path_factory.mktemp("earth")
    generate("synthetic-earth", output=folder / "earth", params={"cubes": 280, "size": 32})
    encode("band-covariance", dataset="synthetic-earth", data=folder / "earth",
           output=folder / "content.npz")  # fmt: skip
    content = load_embeddings(folder / "content.npz")
    with (folder / "earth" / "locations.csv").open() as file:
        places = {row["id"]: (row["lon"], row["lat"]) for row in csv.DictReader(file)}
    with next((folder / "earth" / "labels").glob("clouds*.csv")).open() as file:
        labels = {row["id"]: row["label"] for row in csv.DictReader(file)}
    ids = [name for name in content.ids if labels.get(name)]
    rows = [content.ids.index(name) for name in ids]
    return ids, [places[name] for name in ids], [labels[name] for name in ids], content.matrix[rows]


def position_encoding(lonlat):
    """Return what a location encoder holds: waves of four lengths over the sphere."""
    lon, lat = lonlat.T
    points = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)
    rng = np.random.default_rng(7)
    waves = [points @ rng.standard_normal((3, 60)) * 6371 / km for km in (50, 250, 1000, 3000)]
    return np.hstack([points, *map(np.sin, waves), *map(np.cos, waves)])


def scaled(matrix):
    centred = matrix - matrix.mean(axis=0)
    return centred / np.maximum(matrix.std(axis=0), 1e-9) / np.sqrt(matrix.shape[1])


def test_told_apart(earth, neuco, tmp_path):
    ids, places, labels, content = earth
    table = tmp_path / "labels.csv"
    with table.open("w", newline="") as file:
        rows = [[i, *place, label] for i, place, label in zip(ids, places, labels, strict=True)]
        csv.writer(file).writerows([["id", "lon", "lat", "clouds"], *rows])
    content = scaled(content)
    place = scaled(position_encoding(np.radians(np.array(places, dtype="f8"))))
    matrices = {"place": place, "content": content, "both": np.hstack([content, place])}
    found = {}
    for name, matrix in matrices.items():
        np.savez(tmp_path / f"{name}.npz", ids=np.array(ids), matrix=matrix.astype("f4"))
        ended = neuco("evaluate", tmp_path / f"{name}.npz", "--labels", table, "-o",
                      tmp_path / "out", "--json")  # fmt: skip
        assert ended.code == 0, ended.err
        found[name] = json.loads(ended.out)[0]["places"]
    # The embedding of places adds nothing to the place, the two others do ...
    assert found["place"]["gain_high"] < 0.03
    assert found["content"]["gain_low"] > 0.05
    assert found["both"]["gain_low"] > 0.05
    # ... and the place adds something only to the embedding that does not hold it.
    assert found["place"]["place_adds_high"] < 0.03
    assert found["content"]["place_adds_low"] > 0.03
    assert found["both"]["place_adds_high"] < 0.03
    for name in matrices:
        adds = found[name]["with_place"]["score"] - found[name]["score"]
        assert found[name]["place_adds"] == pytest.approx(adds)
