"""Points: every value is computed from the arrays that were written, without the plugin."""

from __future__ import annotations

import json

import numpy as np
import pytest

from neucocore import NeucoError, load_embeddings

SIDE = 48


def test_four_tiles_in_three_zones_and_both_hemispheres(world, write_points, sample, rng, capsys):
    ids, lon, lat, expected = [], [], [], []
    for name, grid in world.items():
        for number in range(20):
            row, column = rng.integers(0, SIDE, 2)
            # Anywhere inside the pixel, not only in its middle.
            (x,), (y,) = grid.lonlat(
                [row + rng.uniform(0.05, 0.95)], [column + rng.uniform(0.05, 0.95)]
            )
            ids.append(f"{name}-{number}")
            lon.append(x)
            lat.append(y)
            expected.append(grid.values(row, column))
    found = sample("aef", world["a"].path.parents[2], write_points(ids, lon, lat))
    assert found.ids == tuple(ids)
    assert found.matrix == pytest.approx(np.array(expected), abs=1e-6)
    assert np.linalg.norm(found.matrix, axis=1) == pytest.approx(np.ones(80), abs=0.01)
    assert list(found.extra["year"]) == [2021] * 80
    assert [name.partition("/")[2] for name in found.extra["tile"]][:1] == ["a/a.tiff"]
    assert list(found.extra["pixels"]) == [1] * 80
    product = found.metadata["product"]
    assert product["license"] == "CC-BY-4.0"
    assert "Google DeepMind" in product["attribution"]
    assert product["year"] == 2021
    assert "/" not in product["source"]  # no local folders
    assert found.metadata["coded_bytes"] == {"mean": 64}
    assert "attribution: The AlphaEarth" in capsys.readouterr().err


def test_a_point_on_an_edge_is_in_exactly_one_pixel_of_one_tile(world, write_points, sample):
    """In projected coordinates that are exact: the edge belongs to the tile in the east."""
    from neuco_plugin_products.catalogue import AEF
    from neuco_plugin_products.raster import raster_tiles

    tiles = {t.name: t for t in raster_tiles(str(world["a"].path.parents[2]), AEF, None, [])}
    a, b = (next(t for name, t in tiles.items() if name.endswith(f"{n}.tiff")) for n in ("a", "b"))
    edge, y = 600_000.0 + 10 * SIDE, 5_400_000.0 - 105
    assert a.pixel(edge, y) is None
    assert b.pixel(edge, y) == (10, 0)
    assert a.pixel(edge - 1e-6, y) == (10, SIDE - 1)
    corner = a.pixel(600_000.0, 5_400_000.0)
    assert corner == (0, 0)
    assert a.pixel(600_000.0, 5_400_000.0 - 10 * SIDE) is None
    # A bottom-up tile counts its rows from the south.
    south = next(t for name, t in tiles.items() if name.endswith("south.tiff"))
    assert south.pixel(500_000.0, 7_000_000.0 - 10 * SIDE) == (0, 0)
    assert south.pixel(500_005.0, 7_000_000.0) is None


def test_points_outside_all_tiles_are_counted_with_their_distance(
    world, write_points, sample, capsys
):
    grid = world["a"]
    lon, lat = grid.lonlat([5.5, 5.5, 5.5], [5.5, 6.5, 7.5])
    points = write_points(["in1", "in2", "far", "nearby"], [lon[0], lon[1], -60.0, lon[2] + 1],
                          [lat[0], lat[1], 10.0, lat[2]])  # fmt: skip
    found = sample("aef", grid.path.parents[2], points)
    assert found.ids == ("in1", "in2")
    err = " ".join(capsys.readouterr().err.split())
    assert "2 of 4 places lie in no tile" in err
    assert "far (-60, 10)" in err
    assert "km from a tile" in err
    (km,) = [int(part.split(" km")[0]) for part in err.split("), ")[2:3]]
    assert 60 < km < 80  # one degree of longitude at 48.7 degrees north


def test_no_point_inside_any_tile_is_an_error(world, write_points, sample):
    points = write_points(["x", "y"], [-60.0, -61.0], [10.0, 10.0])
    with pytest.raises(NeucoError, match="none of 2 places lies in a tile") as caught:
        sample("aef", world["a"].path.parents[2], points)
    assert "swapped" in str(caught.value.hint)


def test_no_data_is_named_and_dropped(
    tmp_path, rng, write_points, sample, capsys, write_tile, unit_codes
):
    codes = unit_codes(SIDE, rng)
    codes[4, 4] = -128
    grid = write_tile(tmp_path / "aef" / "2021" / "t.tiff", codes)
    lon, lat = grid.lonlat([4.5, 9.5], [4.5, 9.5])
    found = sample("aef", grid.path.parent.parent, write_points(["gap", "ok"], lon, lat))
    assert found.ids == ("ok",)
    err = " ".join(capsys.readouterr().err.split())
    assert "places without data left out: 1" in err
    assert "-128 in all bands: 1" in err
    assert "gap" in err


def test_years(tmp_path, rng, write_points, sample, write_tile, unit_codes):
    grids = {
        year: write_tile(tmp_path / "aef" / str(year) / "t.tiff", unit_codes(SIDE, rng))
        for year in (2019, 2021)
    }
    (x,), (y,) = grids[2019].lonlat([7.5], [8.5])
    points = write_points(["p", "q"], [x, x], [y, y], year=[2019, 2021])
    found = sample("aef", tmp_path / "aef", points)
    assert found.matrix[0] == pytest.approx(grids[2019].values(7, 8), abs=1e-6)
    assert found.matrix[1] == pytest.approx(grids[2021].values(7, 8), abs=1e-6)
    plain = write_points(["p", "q"], [x, x], [y, y], name="plain.csv")
    with pytest.raises(NeucoError, match="tiles of several years: 2019, 2021") as caught:
        sample("aef", tmp_path / "aef", plain, name="e.parquet")
    assert "--year 2021" in str(caught.value.hint)
    assert sample("aef", tmp_path / "aef", plain, "--year", 2019, name="b.parquet").matrix[1] == (
        pytest.approx(grids[2019].values(7, 8), abs=1e-6)
    )
    late = write_points(["p"], [x], [y], name="late.csv", year=[2022])
    with pytest.raises(NeucoError, match="no tile of 2022; its years: 2019, 2021") as caught:
        sample("aef", tmp_path / "aef", late, name="c.parquet")
    assert "--year-tolerance 1 takes 2021" in str(caught.value.hint)
    near = sample("aef", tmp_path / "aef", late, "--year-tolerance", 1, name="d.parquet")
    assert list(near.extra["year"]) == [2021]


def test_one_site_in_several_years(tmp_path, rng, write_points, sample, write_tile, unit_codes):
    grids = {
        year: write_tile(tmp_path / "aef" / str(year) / "t.tiff", unit_codes(SIDE, rng))
        for year in (2020, 2021)
    }
    (x,), (y,) = grids[2020].lonlat([7.5], [8.5])
    points = write_points(["site"] * 2, [x, x], [y, y], year=[2020, 2021])
    found = sample("aef", tmp_path / "aef", points)
    assert found.ids == ("site@2020", "site@2021")
    assert found.year_column == "year"
    assert found.matrix[1] == pytest.approx(grids[2021].values(7, 8), abs=1e-6)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([["a", "", 1]], "lon or lat is empty"),
        ([["a", 7, 48], ["a", 8, 48]], "occurs more than once"),
        ([["a", 48, 170]], "seem to be swapped"),
        ([["", 7, 48]], "the id is empty"),
        ([], "no row"),
    ],
)
def test_tables_that_cannot_be_used(world, write_points, sample, rows, message):
    columns = list(zip(*rows, strict=True)) or [[], [], []]
    with pytest.raises(NeucoError) as caught:
        sample("aef", world["a"].path.parents[2], write_points(*columns))
    text = str(caught.value) + " ".join(getattr(caught.value, "problems", ()))
    assert message in text


def test_missing_columns_and_files(world, tmp_path, write_points, sample):
    path = tmp_path / "odd.csv"
    path.write_text("plot,x,y\na,1,2\n")
    with pytest.raises(NeucoError, match=r"no column for the ids \(id\) and for lon and lat"):
        sample("aef", world["a"].path, path)
    points = write_points(["a"], [7.0], [48.0])
    with pytest.raises(NeucoError, match="no file or folder"):
        sample("aef", tmp_path / "nothing", points)
    with pytest.raises(NeucoError, match="unknown product 'aeff'"):
        sample("aeff", world["a"].path, points)


def test_the_layout_of_another_product_is_named(tmp_path, rng, write_points, sample, write_tile):
    codes = rng.integers(-100, 100, (SIDE, SIDE, 128)).astype("i1")
    grid = write_tile(tmp_path / "other" / "t.tiff", codes)
    lon, lat = grid.lonlat([4.5], [4.5])
    points = write_points(["a"], lon, lat)
    with pytest.raises(NeucoError) as caught:
        sample("aef", grid.path.parent, points)
    assert "128 bands of int8, but aef has 64" in " ".join(caught.value.problems)
    with pytest.raises(NeucoError) as caught:
        sample("geotiff", grid.path, points)
    assert "does not declare how they are scaled" in " ".join(caught.value.problems)
    assert "--quantisation" in str(caught.value.hint)
    with pytest.raises(NeucoError) as caught:
        sample("copernicus-embed", grid.path, points)
    assert "0.25 degrees" in " ".join(caught.value.problems)


def test_any_geotiff_with_declared_scales_and_floats(
    tmp_path, rng, write_points, sample, write_tile
):
    import rasterio

    codes = rng.integers(0, 60000, (SIDE, SIDE, 5)).astype("u2")
    grid = write_tile(tmp_path / "presto.tif", codes, nodata=0)
    with rasterio.open(grid.path, "r+") as file:
        file.scales, file.offsets = (0.5, 1.0, 2.0, 0.1, 0.01), (0.0, -1.0, 0.0, 0.0, 5.0)
    lon, lat = grid.lonlat([4.5, 40.5], [4.5, 3.5])
    found = sample("geotiff", grid.path, write_points(["a", "b"], lon, lat))
    scale, offset = np.array([0.5, 1, 2, 0.1, 0.01]), np.array([0, -1, 0, 0, 5])
    assert found.matrix == pytest.approx(codes[[4, 40], [4, 3]] * scale + offset, rel=1e-6)
    values = rng.normal(size=(SIDE, SIDE, 7)).astype("f4")
    values[4, 4] = np.nan
    grid = write_tile(tmp_path / "float.tif", values, nodata=None)
    found = sample("geotiff", grid.path, write_points(["a", "b"], lon, lat), name="f.parquet")
    assert found.ids == ("b",)
    assert found.matrix[0] == pytest.approx(values[40, 3])


def test_a_table_as_parquet_and_geojson(world, tmp_path, sample):
    import pyarrow as pa
    import pyarrow.parquet as pq

    grid = world["zone33"]
    (x,), (y,) = grid.lonlat([3.5], [9.5])
    pq.write_table(
        pa.table({"plot": [17], "longitude": [x], "latitude": [y]}), tmp_path / "p.parquet"
    )
    found = sample("aef", grid.path.parents[2], tmp_path / "p.parquet", "--id", "plot")
    assert found.ids == ("17",)
    assert found.matrix[0] == pytest.approx(grid.values(3, 9), abs=1e-6)
    feature = {"type": "Feature", "properties": {"id": "g"},
               "geometry": {"type": "Point", "coordinates": [x, y]}}  # fmt: skip
    path = tmp_path / "p.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    found = sample("aef", grid.path.parents[2], path, name="g.parquet")
    assert found.matrix[0] == pytest.approx(grid.values(3, 9), abs=1e-6)


def test_an_existing_file_of_somebody_else_is_kept(world, tmp_path, write_points, sample):
    grid = world["a"]
    points = write_points(["a"], *grid.lonlat([4.5], [4.5]))
    (tmp_path / "mine.csv").write_text("id,0\nx,1\n")
    with pytest.raises(NeucoError):
        sample("aef", grid.path.parents[2], points, name="mine.csv")
    assert (tmp_path / "mine.csv").read_text() == "id,0\nx,1\n"
    sample("aef", grid.path.parents[2], points, "--force", name="mine.csv")
    assert load_embeddings(tmp_path / "mine.csv").dimension == 64
