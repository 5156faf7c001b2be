import numpy as np
import pytest

from neuco_plugin_nodata.derivation import share
from neucocore.plugin import ConfigError, MissingFileError, write_modality


@pytest.fixture
def cubes(tmp_path):
    """Return a function that writes cubes of Sentinel-2 L2A."""

    def write(**arrays):
        for cube, array in arrays.items():
            folder = tmp_path / "data" / "s2l2a"
            folder.mkdir(parents=True, exist_ok=True)
            write_modality(folder / f"{cube}.zarr.zip", array, ("B02", "B03"))
        return [tmp_path]

    return write


def array(gaps=0, half=0):
    """Return (2, 2, 2, 4) values with `gaps` pixels of zeros and `half` pixels with one zero."""
    values = np.full((2, 2, 2, 4), 500, np.int16)
    flat = values.reshape(2, 2, 8)
    flat[0, :, :gaps] = 0
    flat[1, 0, :half] = 0
    return values


def test_a_pixel_has_no_data_if_all_its_bands_are_zero(cubes):
    labels = share(["a", "b", "c"], cubes(a=array(), b=array(gaps=2), c=array(half=5)))

    # Two of eight pixels in one of two seasons. Pixels with one band of zero have data.
    assert labels.y.tolist() == [0.0, 0.125, 0.0]


def test_a_cube_without_the_modality_is_an_error(cubes):
    with pytest.raises(MissingFileError, match="s1"):
        share(["a"], cubes(a=array()), modality="s1")
    with pytest.raises(MissingFileError, match="lack"):
        share(["b"], cubes(a=array()))


def test_a_folder_of_cubes_is_the_only_valid_source():
    with pytest.raises(ConfigError, match="not 0 sources"):
        share(["a"], [])
