"""Errors on a map that gives no site away."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import neucocore
from neucocore.errors import DataError


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on 90 rows: 20 places with 4 sites within 2 km each, and 10 single sites."""
    folder = tmp_path_factory.mktemp("cells")
    rng = np.random.default_rng(0)
    ids = [f"s{row:02d}" for row in range(90)]
    matrix = rng.normal(size=(90, 3)).astype("f4")
    np.savez(folder / "e.npz", ids=np.array(ids), matrix=matrix)
    rows = zip(ids, matrix[:, 0] + rng.normal(size=90), strict=True)
    (folder / "y.csv").write_text("id,y\n" + "".join(f"{name},{y}\n" for name, y in rows))
    centres = [(5.0 + 1.5 * k, 46.0) for k in range(20)]
    places = [(lon + 0.004 * k, lat) for lon, lat in centres for k in range(4)]
    places += [(60.0 + 5 * k, 10.0) for k in range(10)]
    lines = (f"{name},{lon},{lat}\n" for name, (lon, lat) in zip(ids, places, strict=True))
    (folder / "places.csv").write_text("id,lon,lat\n" + "".join(lines))
    (report,) = neucocore.evaluate(folder / "e.npz", labels=folder / "y.csv", output=folder / "out")
    return report.folder


def table(run: Path) -> Path:
    return run.parents[2] / "places.csv"


def test_cells_hold_at_least_three_sites_and_no_id(run: Path) -> None:
    found = neucocore.error_map(run, table(run))["y"]
    assert found["km"] >= 10
    assert all(cell["sites"] >= 3 for cell in found["cells"])
    shown = sum(cell["sites"] for cell in found["cells"])
    assert shown + found["hidden_sites"] == 90
    assert found["hidden_sites"] >= 10
    assert set(found["cells"][0]) == {"lon", "lat", "sites", "error"}


def test_the_mean_error_of_a_cell_is_that_of_its_sites(run: Path) -> None:
    exact = neucocore.error_map(run, table(run), exact=True)["y"]
    assert len(exact) == 90
    with np.load(run / "y" / "predictions.npz") as stored:
        errors = np.abs(stored["y_true"] - stored["y_pred"])
        of_id = dict(zip(stored["ids"].tolist(), errors.ravel().tolist(), strict=True))
    assert {site["id"]: site["error"] for site in exact} == pytest.approx(of_id)
    found = neucocore.error_map(run, table(run))["y"]
    total = sum(cell["error"] * cell["sites"] for cell in found["cells"])
    in_cells = sum(site["error"] for site in exact if site["lon"] < 50)
    if found["hidden_sites"] == 10:
        assert total == pytest.approx(in_cells)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,x,y\na,1,2\n", "no columns of ids and coordinates, found id, x, y"),
        ("name,lon,lat\na,1,2\n", "no columns of ids and coordinates"),
        ("id,lon,lat\na,1,200\n", "seem to be swapped"),
        ("id,lon,lat\na,1\n", "cell"),
    ],
)
def test_tables_that_hold_no_places(run: Path, tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "p.csv").write_text(text)
    with pytest.raises(DataError) as caught:
        neucocore.error_map(run, tmp_path / "p.csv")
    assert message in str(caught.value)


def test_ids_without_a_place_give_no_map(run: Path, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("id,lon,lat\nother,1,2\n")
    assert neucocore.error_map(run, tmp_path / "p.csv") == {}
