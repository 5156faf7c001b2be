import numpy as np
import pytest
import rasterio
from affine import Affine

from neuco_plugin_clouds.derivation import cover
from neucocore.plugin import ConfigError, DataError

# Ten pixels: 5 clear, 2 thick, 1 thin, 2 shadow; 30 % cloud.
CLOUDY = [[0, 0, 0, 0, 0], [1, 1, 2, 3, 3]]
CLEAR = [[0] * 5] * 2
OVERCAST = [[1] * 5] * 2


@pytest.fixture
def table(tmp_path):
    """Return a function that writes label rasters and the table that lists them."""

    def write(**cubes):
        lines = ["id,season,file"]
        for cube, seasons in cubes.items():
            for season, codes in enumerate(seasons):
                name = f"{cube}_{season}.tif"
                values = np.array(codes, np.uint8)
                with rasterio.open(
                    tmp_path / name,
                    "w",
                    driver="GTiff",
                    height=values.shape[0],
                    width=values.shape[1],
                    count=1,
                    dtype="uint8",
                    crs="EPSG:32633",
                    transform=Affine(10, 0, 500_000, 0, -10, 5_000_000),
                ) as file:
                    file.write(values, 1)
                lines.append(f"{cube},{season},{name}")
        path = tmp_path / "labels.csv"
        path.write_text("\n".join(lines) + "\n")
        return [path]

    return write


def test_cover_is_thick_and_thin_cloud_in_percent_over_the_seasons(table):
    labels = cover(["a"], table(a=[CLOUDY, CLEAR, OVERCAST, CLEAR]))

    assert labels.y.tolist() == pytest.approx([(30 + 0 + 100 + 0) / 4])


def test_a_cube_without_all_seasons_gets_no_label(table):
    labels = cover(["a", "b", "c"], table(a=[CLOUDY] * 4, b=[CLOUDY] * 3))

    assert labels.ids == ("a",)
    assert labels.findings[0].examples == ("b", "c")


def test_scribble_codes_are_an_error_unless_declared(table):
    scribble = [[99, 99, 0, 0, 0], [1, 2, 3, 5, 6]]
    with pytest.raises(DataError, match="not CloudSEN12 classes") as caught:
        cover(["a"], table(a=[scribble]), seasons=1)
    assert "labels=scribble" in str(caught.value.hint)

    declared = cover(["a"], table(a=[scribble]), seasons=1, labels="scribble")

    # Three of eight labelled pixels are cloud: thick centre, thick edge, thin centre.
    assert declared.y.tolist() == pytest.approx([100 * 3 / 8])


def test_padding_must_be_declared(table):
    padded = np.zeros((512, 512), np.uint8)
    padded[1:510, 1:510] = 1
    with pytest.raises(DataError, match="512 x 512 pixels but CloudSEN12 patches have 509 x 509"):
        cover(["a"], table(a=[padded]), seasons=1)

    labels = cover(["a"], table(a=[padded]), seasons=1, padding=("1", "2", "1", "2"))

    assert labels.y.tolist() == [100.0]


def test_padding_that_is_not_four_integers_is_an_error(table):
    with pytest.raises(ConfigError, match="padding=1,2 is not four integers"):
        cover(["a"], table(a=[CLEAR]), seasons=1, padding=("1", "2"))


def test_rasters_are_sampled_on_the_grid_of_the_cube(table, tmp_path):
    grids = tmp_path / "cubes.csv"
    grids.write_text(
        "id,crs,height,width,west,south,east,north\n"
        "a,EPSG:32633,1,4,500000,4999980,500040,4999990\n"
    )
    labels = cover(["a"], table(a=[CLOUDY]), seasons=1, cubes=str(grids))

    # The first four pixels of the lower row: thick, thick, thin, shadow.
    assert labels.y.tolist() == [75.0]


def test_a_repeated_season_and_a_missing_column_are_errors(tmp_path):
    twice = tmp_path / "twice.csv"
    twice.write_text("id,season,file\na,0,x.tif\na,0,y.tif\n")
    with pytest.raises(DataError, match="line 3: season '0' of a occurs twice"):
        cover(["a"], [twice])
    bare = tmp_path / "bare.csv"
    bare.write_text("id,season\na,0\n")
    with pytest.raises(DataError, match="has no column file"):
        cover(["a"], [bare])


def test_truth_files_are_labelled_by_the_same_code(tmp_path):
    (tmp_path / "truth").mkdir()
    seasons = np.array([CLOUDY, CLEAR, OVERCAST, CLEAR], np.uint8)
    np.savez(tmp_path / "truth/a.npz", clouds=seasons)

    assert cover(["a"], [tmp_path]).y.tolist() == pytest.approx([32.5])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"id,season,file\na,spring\n", "line 2: id, season or file is empty"),
        ("id,season,file\né,1,a.tif\n".encode("latin-1"), "not encoded as UTF-8 \\(byte 15\\)"),
    ],
    ids=["ragged", "latin-1"],
)
def test_a_table_that_cannot_be_read_is_an_error(tmp_path, content, message):
    (tmp_path / "labels.csv").write_bytes(content)
    with pytest.raises(DataError, match=message):
        cover(["a"], [tmp_path / "labels.csv"])


def test_a_cube_mostly_outside_its_rasters_gets_no_label(table, tmp_path):
    grids = tmp_path / "cubes.csv"
    grids.write_text(
        "id,crs,height,width,west,south,east,north\n"
        "a,EPSG:32633,2,5,500000,4999980,500050,5000000\n"
        "b,EPSG:32633,2,5,500040,4999980,500090,5000000\n"
    )
    labels = cover(["a", "b"], table(a=[CLOUDY] * 4, b=[CLOUDY] * 4), cubes=str(grids))
    assert labels.ids == ("a",)
    assert "covers less than 50% of the cube" in labels.findings[0].message


@pytest.mark.parametrize(
    "params",
    [{"seasons": 0}, {"padding": ("-1", "0", "0", "0")}],
    ids=["no season", "negative padding"],
)
def test_impossible_seasons_and_padding_are_errors(table, params):
    with pytest.raises(ConfigError):
        cover(["a"], table(a=[CLOUDY] * 4), **params)


@pytest.mark.parametrize(("clear_is_no_data", "expected"), [(False, 30), (True, 60)])
def test_pixels_declared_as_no_data_are_not_clear_sky(table, clear_is_no_data, expected):
    source = table(a=[CLOUDY])
    if clear_is_no_data:
        with rasterio.open(source[0].with_name("a_0.tif"), "r+") as file:
            file.nodata = 0

    assert cover(["a"], source, seasons=1).y.tolist() == pytest.approx([expected])


def test_a_raster_with_little_data_gives_no_label(table):
    source = table(a=[CLEAR, CLOUDY], b=[CLOUDY, CLOUDY])
    with rasterio.open(source[0].with_name("a_0.tif"), "r+") as file:
        file.nodata = 0

    assert cover(["a", "b"], source, seasons=2).ids == ("b",)
