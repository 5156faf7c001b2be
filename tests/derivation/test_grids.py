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


def test_bounds_give_a_transform_with_rows_from_north_to_south(tmp_path):
    grid = read_grids(write(tmp_path, BOUNDS + "a,EPSG:32633,2,4,500000,100,500040,120\n"))["a"]

    x, y = grid.centres()

    assert x[0].tolist() == [500005.0, 500015.0, 500025.0, 500035.0]
    assert y[:, 0].tolist() == [115.0, 105.0]


def test_pixels_is_the_inverse_of_centres_for_a_rotated_grid(tmp_path):
    text = "id,crs,height,width,transform\na,EPSG:32633,3,5,8 6 100 6 -8 900\n"
    grid = read_grids(write(tmp_path, text))["a"]

    rows, cols = grid.pixels(*grid.centres())

    np.testing.assert_allclose(rows[:, 0], [0.5, 1.5, 2.5])
    np.testing.assert_allclose(cols[0], [0.5, 1.5, 2.5, 3.5, 4.5])


def test_a_point_at_the_far_edge_is_not_on_the_grid(tmp_path):
    grid = read_grids(write(tmp_path, BOUNDS + "a,EPSG:32633,2,2,0,0,20,20\n"))["a"]

    inside = grid.contains(*grid.pixels(np.array([0.0, 20.0, 10.0]), np.array([10.0, 10.0, 0.0])))

    assert inside.tolist() == [True, False, False]


def test_times_are_utc_and_separated_by_semicolons(tmp_path):
    text = BOUNDS.strip() + ",time,heading\n"
    text += "a,EPSG:32633,2,2,0,0,20,20,2022-07-01T12:00:00+02:00;2022-08-01T10:00:00,349.5\n"
    grid = read_grids(write(tmp_path, text))["a"]

    assert grid.times == (
        datetime(2022, 7, 1, 10, tzinfo=UTC),
        datetime(2022, 8, 1, 10, tzinfo=UTC),
    )
    assert grid.heading == 349.5


def test_all_invalid_rows_are_reported_with_their_lines(tmp_path):
    text = BOUNDS + "a,EPSG:32633,2,2,0,0,20,20\na,EPSG:32633,2,2,0,0,20,20\n"
    text += "b,EPSG:32633,2,2,20,0,0,20\nc,EPSG:32633,2,2,0,0,inf,20\n"

    with pytest.raises(DataError) as caught:
        read_grids(write(tmp_path, text))

    lines = [problem.partition(":")[0] for problem in caught.value.problems]
    assert lines == ["line 3", "line 4", "line 5"]


def test_missing_columns_are_an_error_that_lists_them(tmp_path):
    with pytest.raises(DataError, match="crs, east, north, south, west"):
        read_grids(write(tmp_path, "id,height,width\na,1,1\n"))


def test_a_missing_table_is_an_error_with_a_hint():
    with pytest.raises(ConfigError, match="--set cubes="):
        grids_for(None, "a raster")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("0,2,0,0,20,20", "the size 0 x 2 is not positive"),
        ("2,2,20,0,20,20", "enclose no area: west 20, south 0, east 20, north 20"),
        ("2,2,0,20,20,20", "enclose no area: west 0, south 20, east 20, north 20"),
        ("2,2,0,0,nan,20", "'nan' is not a number"),
    ],
    ids=["no-rows", "no-width", "no-height", "no-number"],
)
def test_a_grid_without_area_is_an_error(tmp_path, row, said):
    with pytest.raises(DataError) as caught:
        read_grids(write(tmp_path, f"{BOUNDS}a,EPSG:32633,{row}\n"))
    assert said in "\n".join(map(str, (caught.value, *caught.value.problems)))


@pytest.mark.parametrize(
    ("transform", "said"),
    [
        ("10 0 0 0 -10", "the transform has 5 numbers, not six"),
        ("10 5 0 4 2 0", "maps all pixels to one line"),
        ("10 0 inf 0 -10 0", "'inf' is not a number: it is infinite"),
    ],
    ids=["five", "one-line", "no-number"],
)
def test_a_singular_transform_is_an_error(tmp_path, transform, said):
    table = write(tmp_path, f"id,crs,height,width,transform\na,EPSG:32633,2,2,{transform}\n")
    with pytest.raises(DataError) as caught:
        read_grids(table)
    assert said in "\n".join(map(str, (caught.value, *caught.value.problems)))
