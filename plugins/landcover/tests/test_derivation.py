import numpy as np
import pytest

from neuco_plugin_landcover.derivation import CLC, agriculture, forest
from neucocore.plugin import ConfigError, DataError

# Arable, pasture, mixed forest; transitional woodland-shrub; sea; no data.
GRID = [
    [12, 25, 29, 44],
    [18, 44, 29, 48],
]


def test_shares_are_shares_of_land_without_sea_and_no_data(corine, cubes):
    source, table = [corine(GRID)], cubes(left=(0, 0), right=(0, 2))

    farmed = agriculture(["left", "right"], source, cubes=table)
    wooded = forest(["left", "right"], source, cubes=table)

    # Left: two of three land cells are farmed, one is forest. Right: two cells of shrub (324).
    assert farmed.y.tolist() == pytest.approx([2 / 3, 0.0])
    assert wooded.y.tolist() == pytest.approx([1 / 3, 0.0])


def test_pixels_of_a_cube_that_lies_across_cells_count_each(corine, cubes):
    table = cubes(half=(0, 0.5))
    labels = agriculture(["half"], [corine(GRID)], cubes=table)

    # Columns 0.5 to 2.5: of land pixels 100 farmed (50 + 50), 100 forest, 100 shrub.
    assert labels.y.tolist() == pytest.approx([1 / 3])


def test_three_digit_codes_are_read_when_they_are_declared(corine, cubes):
    source = [corine([[211, 313], [244, 324]], dtype=np.int16)]
    table = cubes(a=(0, 0))

    assert agriculture(["a"], source, cubes=table, codes="clc").y.tolist() == [0.5]
    assert forest(["a"], source, cubes=table, codes="clc").y.tolist() == [0.25]


def test_three_digit_codes_are_never_guessed(corine, cubes):
    source = [corine([[211, 313], [244, 324]], dtype=np.int16)]
    with pytest.raises(DataError, match="4 codes that are not CORINE grid codes: 211, 244, 313"):
        agriculture(["a"], source, cubes=cubes(a=(0, 0)))


def test_grid_code_i_is_the_ith_class_of_the_nomenclature():
    assert len(CLC) == 44
    assert [CLC[code - 1] for code in (1, 12, 22, 23, 25, 29, 44)] == [
        111,
        211,
        244,
        311,
        313,
        324,
        523,
    ]


def test_a_cube_that_is_mostly_sea_gets_no_label(corine, cubes):
    labels = agriculture(
        ["a", "b"], [corine([[12, 44, 12, 12], [44, 44, 12, 12]])], cubes=cubes(a=(0, 0), b=(0, 2))
    )

    assert labels.ids == ("b",)
    assert labels.findings[0].examples == ("a",)


def test_no_forest_anywhere_is_an_error_not_a_label_of_zeros(corine, cubes):
    with pytest.raises(DataError, match="CORINE grid codes 23, 24, 25"):
        forest(["a"], [corine([[12, 12], [12, 12]])], cubes=cubes(a=(0, 0)))


def test_no_overlap_is_an_error_that_says_where_the_raster_lies(corine, cubes):
    with pytest.raises(DataError, match="none of 1 cubes") as caught:
        forest(["a"], [corine([[23]])], cubes=cubes(a=(500, 500)))
    assert "EPSG:3035: x 4e+06 to 4.0001e+06" in caught.value.problems[0]


def test_a_raster_without_the_cubes_grids_says_what_is_missing(corine):
    with pytest.raises(ConfigError, match="--set cubes="):
        forest(["a"], [corine([[23]])])


def test_the_synthetic_truth_goes_through_the_same_code(tmp_path):
    (tmp_path / "truth").mkdir()
    np.savez(tmp_path / "truth/a.npz", corine=np.array([[12, 25], [18, 44]], np.uint8))

    assert agriculture(["a"], [tmp_path]).y.tolist() == pytest.approx([2 / 3])
