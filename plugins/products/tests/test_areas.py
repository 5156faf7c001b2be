"""Windows and polygons: means after dequantisation, pixels as rows, insets."""

from __future__ import annotations

import json

import numpy as np
import pytest

from neucocore import NeucoError

SIDE = 48


@pytest.fixture
def grid(tmp_path, rng, write_tile, unit_codes):
    codes = unit_codes(SIDE, rng)
    codes[10, 10] = -128
    return write_tile(tmp_path / "aef" / "2021" / "t.tiff", codes)


def rectangle(grid, top, left, bottom, right):
    """WKT of a rectangle in pixels from the north-western corner, a little inside the edges."""
    rows = [top + 0.01, top + 0.01, bottom - 0.01, bottom - 0.01, top + 0.01]
    columns = [left + 0.01, right - 0.01, right - 0.01, left + 0.01, left + 0.01]
    lon, lat = grid.lonlat(rows, columns)
    return "POLYGON((" + ", ".join(f"{x} {y}" for x, y in zip(lon, lat, strict=True)) + "))"


def mean_of(grid, rows, columns, without=()):
    values = [grid.values(r, c) for r in rows for c in columns if (r, c) not in without]
    return np.mean(values, axis=0)


def test_a_window_is_the_mean_of_values_not_of_codes(grid, write_points, sample):
    points = write_points(["a"], *grid.lonlat([20.5], [30.5]))
    found = sample("aef", grid.path.parents[1], points, "--window", 3)
    expected = mean_of(grid, range(19, 22), range(29, 32))
    assert found.matrix[0] == pytest.approx(expected, abs=1e-6)
    assert np.linalg.norm(found.matrix[0]) < 0.8
    assert (found.extra["pixels"][0], found.extra["covered"][0]) == (9, 1.0)
    assert "not renormalised" in found.metadata["sampled"]
    assert "coded_bytes" not in found.metadata  # a mean is no code of the product
    unit = sample("aef", grid.path.parents[1], points, "--window", 3, "--renormalise", name="u.npz")
    assert unit.matrix[0] == pytest.approx(expected / np.linalg.norm(expected), abs=1e-6)


def test_no_data_and_the_edge_of_a_tile_reduce_the_covered_share(grid, write_points, sample):
    lon, lat = grid.lonlat([10.5, 0.5], [11.5, 0.5])
    found = sample("aef", grid.path.parents[1], write_points(["gap", "corner"], lon, lat),
                   "--window", 3)  # fmt: skip
    expected = mean_of(grid, range(9, 12), range(10, 13), without={(10, 10)})
    assert found.matrix[0] == pytest.approx(expected, abs=1e-6)
    assert found.matrix[1] == pytest.approx(mean_of(grid, range(2), range(2)), abs=1e-6)
    assert [round(float(v), 3) for v in found.extra["covered"]] == [0.889, 0.444]


def test_polygons_take_the_pixels_whose_centre_is_inside(grid, tmp_path, sample):
    table = tmp_path / "fields.csv"
    table.write_text(f'id,wkt\nfield,"{rectangle(grid, 30, 20, 34, 27)}"\n')
    found = sample("aef", grid.path.parents[1], table)
    assert found.extra["pixels"][0] == 28
    assert found.matrix[0] == pytest.approx(mean_of(grid, range(30, 34), range(20, 27)), abs=1e-6)
    inset = sample("aef", grid.path.parents[1], table, "--inset", 10, name="i.parquet")
    assert inset.extra["pixels"][0] == 10
    assert inset.matrix[0] == pytest.approx(mean_of(grid, range(31, 33), range(21, 26)), abs=1e-6)
    assert inset.metadata["inset_m"] == 10


def test_every_pixel_is_a_row_of_its_polygons_group(grid, tmp_path, sample):
    features = [
        {"type": "Feature", "id": name, "properties": {},
         "geometry": json.loads(__import__("shapely").to_geojson(
             __import__("shapely").from_wkt(rectangle(grid, *box))))}
        for name, box in (("A", (0, 0, 3, 3)), ("B", (9, 9, 12, 12)))
    ]  # fmt: skip
    path = tmp_path / "fields.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    found = sample("aef", grid.path.parents[1], path, "--pixels")
    assert len(found.ids) == 9 + 8  # one pixel holds no data
    assert list(found.extra["group"]) == ["A"] * 9 + ["B"] * 8
    assert found.metadata["rows_of_one"] == "polygon"
    row = found.ids.index("A#1-2")
    assert found.matrix[row] == pytest.approx(grid.values(1, 2), abs=1e-6)
    lon, lat = grid.lonlat([1.5], [2.5])
    assert found.extra["lon"][row] == pytest.approx(lon[0], abs=1e-6)
    assert found.extra["lat"][row] == pytest.approx(lat[0], abs=1e-6)


def test_polygons_that_contain_no_pixel_are_named(grid, tmp_path, sample, capsys):
    tiny = rectangle(grid, 5.6, 5.6, 5.9, 5.9)  # beside the centre of the pixel
    table = tmp_path / "fields.csv"
    table.write_text(f'id,wkt\ntiny,"{tiny}"\nbig,"{rectangle(grid, 1, 1, 4, 4)}"\n')
    found = sample("aef", grid.path.parents[1], table)
    assert found.ids == ("big",)
    assert "polygons without the centre of any pixel: tiny (1 left out)" in " ".join(
        capsys.readouterr().err.split()
    )
    table.write_text(f'id,wkt\ntiny,"{tiny}"\n')
    with pytest.raises(NeucoError, match="holds data"):
        sample("aef", grid.path.parents[1], table, name="n.parquet")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--window", 2), "odd number"),
        (("--pixels",), "single points"),
        (("--inset", 5), "points only"),
        (("--window", 3, "--pixels", "--renormalise"), "for means"),
        (("--layer", "d4"), "Zarr store"),
        (("--quantisation", "aef"), "of a GeoTIFF"),
    ],
)
def test_options_that_contradict(grid, write_points, sample, options, message):
    points = write_points(["a"], *grid.lonlat([20.5], [30.5]))
    with pytest.raises(NeucoError, match=message):
        sample("aef", grid.path.parents[1], points, *options)


def test_a_polygon_of_bad_text(grid, tmp_path, sample):
    table = tmp_path / "fields.csv"
    table.write_text('id,wkt\na,"POLYGON((1 2"\nb,"LINESTRING(0 0, 1 1)"\n')
    with pytest.raises(NeucoError) as caught:
        sample("aef", grid.path.parents[1], table)
    text = " ".join(caught.value.problems)
    assert "neither WKT nor GeoJSON" in text
    assert "LineString" in text
