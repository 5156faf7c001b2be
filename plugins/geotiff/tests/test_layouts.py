import numpy as np
import pytest
import rasterio
from affine import Affine

from neuco_plugin_geotiff.dataset import GeoTiffFolder
from neuco_plugin_geotiff.names import split_band, split_date
from neucocore.plugin import ConfigError, CorruptCubeError, DataError, MissingFileError


def fill(root, paths, count=1, dtype="uint16"):
    """Write files whose values are their number, counted from 1."""
    for number, name in enumerate(paths, 1):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        form = {"count": count, "height": 3, "width": 4, "dtype": dtype}
        place = {"crs": "EPSG:4326", "transform": Affine(0.1, 0, 10, 0, -0.1, 50)}
        with rasterio.open(path, "w", driver="GTiff", **form, **place) as file:
            file.write(np.full((count, 3, 4), number, dtype) + np.arange(4, dtype=dtype))


def values(root, **params):
    """Return the number of the file of each date and band of each id."""
    data = GeoTiffFolder(root, **params)
    return {cube.id: cube.arrays["image"][:, :, 0, 0].tolist() for cube in data.read(data.ids())}


LAYOUTS = {
    "file per id": ("a b", {"a": [[1]], "b": [[2]]}),
    "file per id, by class": ("forest/a forest/b water/c", {"a": [[1]], "b": [[2]], "c": [[3]]}),
    "folder per id, file per date": (
        "a/2021-09-05 a/2021-06-01 b/20210601 b/20210905",
        {"a": [[2], [1]], "b": [[3], [4]]},
    ),
    "folder per id, products": (
        "a/LC08_20210905 a/LC08_20210601 b/LC08_20210601 b/LC08_20210905",
        {"a": [[2], [1]], "b": [[3], [4]]},
    ),
    "folder per id, months": ("a/2021-06 a/2021-07", {"a": [[1], [2]]}),
    "ID_DATE": ("a_2021-09-05 a_2021-06-01 b_2021-06-01", {"a": [[2], [1]], "b": [[3]]}),
    "DATE_ID": ("20210601_a 20210905_a 20210601_b", {"a": [[1], [2]], "b": [[3]]}),
    "folder per date": ("2021-06-01/a 2021-09-05/a 2021-06-01/b", {"a": [[1], [2]], "b": [[3]]}),
    "file per band": ("a/B10 a/B2 b/B2 b/B10", {"a": [[2, 1]], "b": [[3, 4]]}),
    "ID_BAND": ("a_red a_nir b_nir b_red", {"a": [[2, 1]], "b": [[3, 4]]}),
    "ID_DATE_BAND": (
        "a_20210601_B02 a_20210601_B03 a_20210905_B03 a_20210905_B02",
        {"a": [[1, 2], [4, 3]]},
    ),
    "id, date, band": (
        "a/2021-06-01/B02 a/2021-06-01/B03 a/2021-09-05/B02 a/2021-09-05/B03",
        {"a": [[1, 2], [3, 4]]},
    ),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_is_detected(tmp_path, name):
    paths, expected = LAYOUTS[name]
    fill(tmp_path, [f"{path}.tif" for path in paths.split()])
    assert values(tmp_path) == expected


@pytest.mark.parametrize(
    ("paths", "pattern", "expected"),
    [
        ("a/1 a/2 b/1 b/2", "{id}/*.tif", {"a": [[1], [2]], "b": [[3], [4]]}),
        ("x/a/1 x/b/1", "*/{id}/*.tif", {"a": [[1]], "b": [[2]]}),
        ("x/a x/b y/b", "{id}/*.tif", {"x": [[1], [2]], "y": [[3]]}),
    ],
)
def test_equal_names_without_dates_may_be_ids_or_dates_and_must_be_stated(
    tmp_path, paths, pattern, expected
):
    fill(tmp_path, [f"{path}.tif" for path in paths.split()])
    with pytest.raises(ConfigError, match="have the same name and no date") as caught:
        GeoTiffFolder(tmp_path)
    assert f"'dataset.pattern={pattern}'" in str(caught.value.hint)
    assert values(tmp_path, pattern=pattern) == expected


def test_the_layout_is_described(tmp_path):
    fill(tmp_path, ["a/20210601_B02.tif", "a/20210601_B03.tif"])
    text = GeoTiffFolder(tmp_path).describe()["image"]["layout"]
    assert text == "a folder per id, a file per date, a file per band: {id}/{date}_{band}.tif"


def test_files_of_several_bands_are_not_one_per_band(tmp_path):
    fill(tmp_path, ["plot_b1.tif", "plot_b2.tif"], 2)
    assert values(tmp_path) == {"plot_b1": [[1, 1]], "plot_b2": [[2, 2]]}


def test_suffixes_may_be_upper_case(tmp_path):
    fill(tmp_path, ["a.TIF", "b.TIFF"])
    assert values(tmp_path) == {"a": [[1]], "b": [[2]]}


def test_labels_hidden_files_and_other_files_are_left_out(tmp_path):
    fill(tmp_path, ["a.tif", ".hidden.tif", "._a.tif", "labels/truth.tif", ".cache/b.tif"])
    (tmp_path / "a.tif.aux.xml").write_text("<x/>")
    assert values(tmp_path) == {"a": [[1]]}


def test_a_single_file_is_a_data_set(tmp_path):
    fill(tmp_path, ["a.tif", "b.tif"])
    assert values(tmp_path / "b.tif") == {"b": [[2]]}


def test_a_pattern_overrides_what_is_detected(tmp_path):
    fill(tmp_path, ["s2_2021-06-01_a.tif", "s2_2021-09-05_a.tif"])
    assert values(tmp_path, pattern="s2_{date}_{id}.tif") == {"a": [[1], [2]]}
    assert list(values(tmp_path, pattern="{id}.tif")) == ["s2_2021-06-01_a", "s2_2021-09-05_a"]
    with pytest.raises(CorruptCubeError, match="is not a date"):
        values(tmp_path, pattern="{date}_2021*_{id}.tif")


@pytest.mark.parametrize(
    "pattern", ["{date}.tif", "{id}_{id}.tif", "{id}_{day}.tif", "x{id}.tif", "", "{id"]
)
def test_a_pattern_that_cannot_be_used_is_an_error(tmp_path, pattern):
    fill(tmp_path, ["a.tif"])
    with pytest.raises(ConfigError, match="pattern"):
        GeoTiffFolder(tmp_path, pattern=pattern)


def test_a_table_states_ids_dates_and_files(tmp_path):
    fill(tmp_path, ["x/1.tif", "x/2.tif", "y/3.tif"])
    rows = ["id,date,file", "a,2021-09-05,x/1.tif", "a,2021-06-01,x/2.tif", "b,2021-06-01,y/3.tif"]
    (tmp_path / "files.csv").write_text("\n".join(rows))
    assert values(tmp_path) == {"a": [[2], [1]], "b": [[3]]}


def test_a_file_of_a_table_that_does_not_exist_fails_alone(tmp_path):
    fill(tmp_path, ["x.tif"])
    (tmp_path / "files.csv").write_text("id,file\na,x.tif\nb,y.tif\n")
    data = GeoTiffFolder(tmp_path)
    assert [cube.id for cube in data.read(["a"])] == ["a"]
    with pytest.raises(CorruptCubeError, match="there is no file"):
        list(data.read(["b"]))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "id\na\n",
        "id,file\n",
        "id,file\n,x.tif\n",
        "id,file\na,../x.tif\n",
        "id,file\na,/x.tif\n",
        "id,file\na,x.tif,extra\n",
        'id,file\n"a,x.tif\n',
        "id;file\na;x.tif\n",
        "\x00\x01",
    ],
)
def test_a_broken_table_of_files_is_an_error_of_the_table(tmp_path, text):
    fill(tmp_path, ["x.tif"])
    (tmp_path / "files.csv").write_text(text)
    with pytest.raises(DataError, match=r"files\.csv"):
        GeoTiffFolder(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "name\nred\n",
        "band\nred\nred\n",
        "band,unit\n\n,\n",
    ],
)
def test_a_broken_table_of_bands_is_an_error_of_the_table(tmp_path, text):
    fill(tmp_path, ["x.tif"])
    (tmp_path / "bands.csv").write_text(text)
    with pytest.raises(DataError, match=r"bands\.csv"):
        GeoTiffFolder(tmp_path)


def test_bands_csv_names_the_bands_and_must_fit(tmp_path):
    fill(tmp_path, ["a.tif"], 2)
    (tmp_path / "bands.csv").write_text("\ufeffband\nred\nnir\n", encoding="utf-8")
    (cube,) = GeoTiffFolder(tmp_path).read(["a"])
    assert cube.bands["image"] == ("red", "nir")
    (tmp_path / "bands.csv").write_text("band\nred\n")
    with pytest.raises(ConfigError, match="1 bands are named"):
        GeoTiffFolder(tmp_path)


def test_several_modalities_lie_in_data(tmp_path):
    fill(tmp_path, ["data/s1/a.tif", "data/s2/a.tif", "data/s2/b.tif"])
    with pytest.raises(MissingFileError) as caught:
        GeoTiffFolder(tmp_path).ids()
    assert "s1: 1 ids missing: b" in str(caught.value.problems)
    data = GeoTiffFolder(tmp_path, incomplete="drop")
    (cube,) = data.read(data.ids())
    assert cube.modalities == ("s1", "s2")
    assert GeoTiffFolder(tmp_path, modalities=["s2"]).ids() == ["a", "b"]
    with pytest.raises(ConfigError, match="no modality s3"):
        GeoTiffFolder(tmp_path, modalities=["s3"])


def test_all_files_of_a_cube_are_named_for_its_digest(tmp_path):
    fill(tmp_path, ["a/2021-06-01.tif", "a/2021-09-05.tif"])
    (tmp_path / "bands.csv").write_text("band\nred\n")
    names = {path.name for path in GeoTiffFolder(tmp_path).files("a").values()}
    assert names == {"2021-06-01.tif", "2021-09-05.tif", "bands.csv"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a_2021-06-01", ("a", "2021-06-01")),
        ("S2A_MSIL2A_20210601T101031_N0300", ("S2A_MSIL2A_N0300", "2021-06-01")),
        ("LC08_193026_20210601_20210608_T1", ("LC08_193026_20210608_T1", "2021-06-01")),
        ("2021", ("", "2021")),
        ("a_2021", ("a_2021", "")),
        ("20211301", ("20211301", "")),
        ("20210231", ("20210231", "")),
        ("3f20210601ab", ("3f20210601ab", "")),
        ("120210601", ("120210601", "")),
    ],
)
def test_dates_in_names(text, expected):
    assert split_date(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a_B02", ("a", "B02")),
        ("B8A", ("", "B8A")),
        ("T33_B02_10m", ("T33", "B02")),
        ("LC08_SR_B4", ("LC08", "SR_B4")),
        ("a_VV", ("a", "VV")),
        ("scared", ("scared", "")),
        ("a_custom", ("a", "custom")),
    ],
)
def test_bands_in_names(text, expected):
    assert split_band(text, ["custom"]) == expected
