from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from neucocore.derivation.grids import grids_for, read_grids
from neucocore.errors import ConfigError, DataError

BOUNDS = "id,crs,height,width,west,south,east,north\n"


def write(folder: Path, text: str) -> Path:
    table = folder / "cubes.csv"
    table.write_text(text)
    return table


def test_bounds_become_a_transform_with_rows_going_south(tmp_path):
    grid = read_grids(write(tmp_path, BOUNDS + "a,EPSG:32633,2,4,500000,100,500040,120\n"))["a"]

    x, y = grid.centres()

    assert x[0].tolist() == [500005.0, 500015.0, 500025.0, 500035.0]
    assert y[:, 0].tolist() == [115.0, 105.0]


def test_pixels_undo_centres_for_a_turned_grid(tmp_path):
    text = "id,crs,height,width,transform\na,EPSG:32633,3,5,8 6 100 6 -8 900\n"
    grid = read_grids(write(tmp_path, text))["a"]

    rows, cols = grid.pixels(*grid.centres())

    np.testing.assert_allclose(rows[:, 0], [0.5, 1.5, 2.5])
    np.testing.assert_allclose(cols[0], [0.5, 1.5, 2.5, 3.5, 4.5])


def test_a_point_at_the_far_edge_is_not_on_the_grid(tmp_path):
    grid = read_grids(write(tmp_path, BOUNDS + "a,EPSG:32633,2,2,0,0,20,20\n"))["a"]

    inside = grid.contains(*grid.pixels(np.array([0.0, 20.0, 10.0]), np.array([10.0, 10.0, 0.0])))

    assert inside.tolist() == [True, False, False]


def test_times_are_utc_and_several_are_told_apart_by_semicolons(tmp_path):
    text = BOUNDS.strip() + ",time,heading\n"
    text += "a,EPSG:32633,2,2,0,0,20,20,2022-07-01T12:00:00+02:00;2022-08-01T10:00:00,349.5\n"
    grid = read_grids(write(tmp_path, text))["a"]

    assert grid.times == (
        datetime(2022, 7, 1, 10, tzinfo=UTC),
        datetime(2022, 8, 1, 10, tzinfo=UTC),
    )
    assert grid.heading == 349.5


def test_every_bad_row_is_named_with_its_line(tmp_path):
    text = BOUNDS + "a,EPSG:32633,2,2,0,0,20,20\na,EPSG:32633,2,2,0,0,20,20\n"
    text += "b,EPSG:32633,2,2,20,0,0,20\nc,EPSG:32633,2,2,0,0,inf,20\n"

    with pytest.raises(DataError) as caught:
        read_grids(write(tmp_path, text))

    lines = [problem.partition(":")[0] for problem in caught.value.problems]
    assert lines == ["line 3", "line 4", "line 5"]


def test_missing_columns_are_named(tmp_path):
    with pytest.raises(DataError, match="crs, east, north, south, west"):
        read_grids(write(tmp_path, "id,height,width\na,1,1\n"))


def test_without_a_table_the_message_says_how_to_give_one():
    with pytest.raises(ConfigError, match="--set cubes="):
        grids_for(None, "a raster")
