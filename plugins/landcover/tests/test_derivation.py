import numpy as np
import pytest

from neuco_plugin_landcover.derivation import CLC, agriculture, forest
from neucocore.plugin import ConfigError, DataError

# Arable, pasture, mixed forest; transitional woodland-shrub; sea; no data.
GRID = [
    [12, 25, 29, 44],
    [18, 44, 29, 48],
]


def test_shares_refer_to_land_without_sea_and_no_data(corine, cubes):
    source, table = [corine(GRID)], cubes(left=(0, 0), right=(0, 2))

    farmed = agriculture(["left", "right"], source, cubes=table)
    wooded = forest(["left", "right"], source, cubes=table)

    # Left: two of three land cells are agriculture, one is forest. Right: two cells of shrub (324).
    assert farmed.y.tolist() == pytest.approx([2 / 3, 0.0])
    assert wooded.y.tolist() == pytest.approx([1 / 3, 0.0])


def test_every_pixel_of_a_cube_across_cell_borders_counts(corine, cubes):
    table = cubes(half=(0, 0.5))
    labels = agriculture(["half"], [corine(GRID)], cubes=table)

    # Columns 0.5 to 2.5: 100 land pixels are agriculture (50 + 50), 100 forest, 100 shrub.
    assert labels.y.tolist() == pytest.approx([1 / 3])


def test_declared_three_digit_codes_are_read(corine, cubes):
    source = [corine([[211, 313], [244, 324]], dtype=np.int16)]
    table = cubes(a=(0, 0))

    assert agriculture(["a"], source, cubes=table, codes="clc").y.tolist() == [0.5]
    assert forest(["a"], source, cubes=table, codes="clc").y.tolist() == [0.25]


def test_undeclared_three_digit_codes_are_an_error(corine, cubes):
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


def test_no_forest_in_any_cube_is_an_error(corine, cubes):
    with pytest.raises(DataError, match="CORINE grid codes 23, 24, 25"):
        forest(["a"], [corine([[12, 12], [12, 12]])], cubes=cubes(a=(0, 0)))


def test_no_overlap_is_an_error_that_states_the_extent_of_the_raster(corine, cubes):
    with pytest.raises(DataError, match="none of 1 cubes") as caught:
        forest(["a"], [corine([[23]])], cubes=cubes(a=(500, 500)))
    assert "EPSG:3035: x 4e+06 to 4.0001e+06" in caught.value.problems[0]


def test_a_raster_requires_the_grids_of_the_cubes(corine):
    with pytest.raises(ConfigError, match="--set cubes="):
        forest(["a"], [corine([[23]])])


def test_truth_files_are_labelled_by_the_same_code(tmp_path):
    (tmp_path / "truth").mkdir()
    np.savez(tmp_path / "truth/a.npz", corine=np.array([[12, 25], [18, 44]], np.uint8))

    assert agriculture(["a"], [tmp_path]).y.tolist() == pytest.approx([2 / 3])
