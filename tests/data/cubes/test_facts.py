"""Dates, place and pixel size of a cube."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neucocore.data.cubes.facts import CubeFacts
from neucocore.data.cubes.siblings import facts_of_file
from neucocore.data.cubes.writing import write_modality

SEASONS = 4


def write(folder: Path, modality: str = "s2l2a", **coordinates: object) -> Path:
    file = folder / "data" / modality / "part-000000" / "c1.zarr.zip"
    array = np.zeros((SEASONS, 1, 5, 6), dtype=np.int16)
    write_modality(file, array, ("B02",), coordinates=coordinates)  # type: ignore[arg-type]
    return file


def test_everything_that_the_file_records(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        time=(("sample", "time"), np.array([["2020-04-03T10:30", "2020-07-01", "2020-10-09",
                                             "2021-01-02"]], dtype="M8[ns]")),
        center_lon=(("sample",), np.array([-70.5])),
        center_lat=(("sample",), np.array([-33.25])),
        x=(("sample", "x"), 500_000 + 20.0 * np.arange(6)[None]),
    )  # fmt: skip
    dates = ("2020-04-03", "2020-07-01", "2020-10-09", "2021-01-02")
    assert facts_of_file(file) == CubeFacts(dates, (-70.5, -33.25), 20.0)


@pytest.mark.parametrize("step", [1.0, 0.0001])
def test_degrees_and_numbers_of_columns_are_no_pixel_size(tmp_path: Path, step: float) -> None:
    file = write(tmp_path, modality="dem", x=(("x",), step * np.arange(6)))
    assert facts_of_file(file).pixel is None


def test_sentinel_cubes_without_coordinates_are_on_the_grid_of_10_m(tmp_path: Path) -> None:
    assert facts_of_file(write(tmp_path)) == CubeFacts(pixel=10.0)
    assert facts_of_file(write(tmp_path / "other", modality="dem")).pixel is None


def test_the_place_is_taken_from_the_table_of_the_data_set(tmp_path: Path) -> None:
    file = write(tmp_path)
    (tmp_path / "locations.csv").write_text("id,lon,lat\nc0,1,2\nc1,3.5,-4\n")
    assert facts_of_file(file).place == (3.5, -4.0)
    (tmp_path / "locations.csv").write_text("id,row,col\nc1,3,4\n")
    assert facts_of_file(file).place is None


@pytest.mark.parametrize("times", [np.zeros(3), np.array(["a", "b", "c", "d"]), np.arange(4.0)])
def test_times_that_cannot_be_dates_are_left_out(tmp_path: Path, times: object) -> None:
    assert facts_of_file(write(tmp_path, time=(("t",), times))).dates == ()
