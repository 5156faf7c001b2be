import numpy as np
import pytest
import rasterio
from affine import Affine

from neuco_plugin_clouds.derivation import cover
from neucocore.plugin import ConfigError, DataError

# Of ten pixels: clear 5, thick 2, thin 1, shadow 2; so 30 % cloud.
CLOUDY = [[0, 0, 0, 0, 0], [1, 1, 2, 3, 3]]
CLEAR = [[0] * 5] * 2
OVERCAST = [[1] * 5] * 2


@pytest.fixture
def table(tmp_path):
    """Write label rasters by cube and season, and the table that names them."""

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


def test_scribbles_are_refused_unless_declared(table):
    scribble = [[99, 99, 0, 0, 0], [1, 2, 3, 5, 6]]
    with pytest.raises(DataError, match="no CloudSEN12 classes") as caught:
        cover(["a"], table(a=[scribble]), seasons=1)
    assert "labels=scribble" in str(caught.value.hint)

    declared = cover(["a"], table(a=[scribble]), seasons=1, labels="scribble")

    # Of eight labelled pixels three are cloud: thick centre and edge, thin centre.
    assert declared.y.tolist() == pytest.approx([100 * 3 / 8])


def test_padding_looks_like_clear_sky_so_it_must_be_declared(table):
    padded = np.zeros((512, 512), np.uint8)
    padded[1:510, 1:510] = 1
    with pytest.raises(DataError, match="512 x 512 pixels and CloudSEN12 patches 509 x 509"):
        cover(["a"], table(a=[padded]), seasons=1)

    labels = cover(["a"], table(a=[padded]), seasons=1, padding=("1", "2", "1", "2"))

    assert labels.y.tolist() == [100.0]


def test_padding_that_is_not_four_numbers_is_named(table):
    with pytest.raises(ConfigError, match="'1,2' is not four numbers"):
        cover(["a"], table(a=[CLEAR]), seasons=1, padding=("1", "2"))


def test_labels_are_sampled_on_the_cubes_grid_where_it_is_known(table, tmp_path):
    grids = tmp_path / "cubes.csv"
    grids.write_text(
        "id,crs,height,width,west,south,east,north\n"
        "a,EPSG:32633,1,4,500000,4999980,500040,4999990\n"
    )
    labels = cover(["a"], table(a=[CLOUDY]), seasons=1, cubes=str(grids))

    # The lower row's first four pixels: thick, thick, thin, shadow.
    assert labels.y.tolist() == [75.0]


def test_a_season_named_twice_and_a_table_without_columns_are_refused(tmp_path):
    twice = tmp_path / "twice.csv"
    twice.write_text("id,season,file\na,0,x.tif\na,0,y.tif\n")
    with pytest.raises(DataError, match="line 3: a has season '0' twice"):
        cover(["a"], [twice])
    bare = tmp_path / "bare.csv"
    bare.write_text("id,season\na,0\n")
    with pytest.raises(DataError, match="lacks the columns file"):
        cover(["a"], [bare])


def test_the_synthetic_truth_goes_through_the_same_code(tmp_path):
    (tmp_path / "truth").mkdir()
    seasons = np.array([CLOUDY, CLEAR, OVERCAST, CLEAR], np.uint8)
    np.savez(tmp_path / "truth/a.npz", clouds=seasons)

    assert cover(["a"], [tmp_path]).y.tolist() == pytest.approx([32.5])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"id,season,file\na,spring\n", "line 2 lacks an id, a season or a file"),
        ("id,season,file\né,1,a.tif\n".encode("latin-1"), "not UTF-8 at byte 15"),
    ],
    ids=["ragged", "latin-1"],
)
def test_a_table_that_cannot_be_read_is_named(tmp_path, content, said):
    (tmp_path / "labels.csv").write_bytes(content)
    with pytest.raises(DataError, match=said):
        cover(["a"], [tmp_path / "labels.csv"])


def test_a_cube_that_is_hardly_on_its_rasters_gets_no_label(table, tmp_path):
    grids = tmp_path / "cubes.csv"
    grids.write_text(
        "id,crs,height,width,west,south,east,north\n"
        "a,EPSG:32633,2,5,500000,4999980,500050,5000000\n"
        "b,EPSG:32633,2,5,500040,4999980,500090,5000000\n"
    )
    labels = cover(["a", "b"], table(a=[CLOUDY] * 4, b=[CLOUDY] * 4), cubes=str(grids))
    assert labels.ids == ("a",)
    assert "covers less than 50% of its pixels" in labels.findings[0].message


@pytest.mark.parametrize(
    "params", [{"seasons": 0}, {"padding": ("-1", "0", "0", "0")}], ids=["no season", "outwards"]
)
def test_seasons_and_padding_that_cannot_be_are_refused(table, params):
    with pytest.raises(ConfigError):
        cover(["a"], table(a=[CLOUDY] * 4), **params)
