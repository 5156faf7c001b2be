import numpy as np
import pytest
import rasterio
from affine import Affine

from neuco_plugin_crops.derivation import corn_and_soybean
from neucocore.plugin import DataError

# Row 1: corn, soybean, winter wheat and soybean, corn and soybean (double crops).
# Row 2: sweet corn, pop corn, winter wheat, clouds (no data).
CODES = [
    [1, 5, 26, 241],
    [12, 13, 24, 81],
]


@pytest.fixture
def layer(tmp_path):
    """The Cropland Data Layer: EPSG:5070, 30 m."""
    path = tmp_path / "2022_30m_cdls.tif"
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=2,
        width=4,
        count=1,
        dtype="uint8",
        crs="EPSG:5070",
        transform=Affine(30, 0, 300_000, 0, -30, 2_000_000),
    ) as file:
        file.write(np.array(CODES, np.uint8), 1)
    return [path]


@pytest.fixture
def cubes(tmp_path):
    """Three cubes of 10 m pixels: on the entire layer, on its first column, and outside it."""
    table = tmp_path / "cubes.csv"
    table.write_text(
        "id,crs,height,width,west,south,east,north\n"
        "all,EPSG:5070,6,12,300000,1999940,300120,2000000\n"
        "first,EPSG:5070,6,3,300000,1999940,300030,2000000\n"
        "outside,EPSG:5070,6,3,400000,1999940,400030,2000000\n"
    )
    return str(table)


@pytest.mark.parametrize(
    ("params", "share"),
    [
        pytest.param({}, 4 / 7, id="double crops count"),
        pytest.param({"double_crops": False}, 2 / 7, id="single crops only"),
        pytest.param({"specialty": True}, 6 / 7, id="sweet and pop corn too"),
    ],
)
def test_the_share_refers_to_all_pixels_with_a_class(layer, cubes, params, share):
    labels = corn_and_soybean(["all"], layer, cubes=cubes, **params)

    assert labels.y.tolist() == pytest.approx([share])


def test_cubes_outside_the_layer_are_reported(layer, cubes):
    labels = corn_and_soybean(["first", "outside"], layer, cubes=cubes)

    assert (labels.ids, labels.y.tolist()) == (("first",), [0.5])
    assert "outside 2022_30m_cdls.tif" in labels.findings[0].message


def test_a_layer_without_corn_and_soybean_is_an_error(tmp_path):
    (tmp_path / "truth").mkdir()
    np.savez(tmp_path / "truth/a.npz", cdl=np.full((4, 4), 24, np.uint8))
    with pytest.raises(DataError, match="none of 1 cubes holds one of the counted classes"):
        corn_and_soybean(["a"], [tmp_path])


def test_truth_files_are_labelled_by_the_same_code(tmp_path):
    (tmp_path / "truth").mkdir()
    np.savez(tmp_path / "truth/a.npz", cdl=np.array([[1, 5, 24, 0]], np.uint8))

    assert corn_and_soybean(["a"], [tmp_path]).y.tolist() == pytest.approx([2 / 3])
