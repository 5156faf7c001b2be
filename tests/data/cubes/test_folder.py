from __future__ import annotations

import re

import numpy as np
import pytest

from neucocore.data.cubes.folder import CubeFolder
from neucocore.data.cubes.schema import CubeSchema
from neucocore.data.cubes.writing import write_modality
from neucocore.errors import ConfigError, CorruptCubeError, DataError, IdError, MissingFileError
from neucocore.interfaces import Dataset


def test_cubes_are_read_in_the_order_of_the_ids_with_their_metadata(tmp_path, write_folder, bands):
    ids = write_folder(tmp_path)
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "b__regr.csv").write_text("id,label\n")
    (tmp_path / "labels" / "a__regr.csv").write_text("id,label\n")
    (tmp_path / "locations.csv").write_text(f"id,place,lon,lat\n{ids[1]},Ulm,10.0,48.4\n")
    data = CubeFolder(tmp_path, stored_offset=0)
    assert isinstance(data, Dataset)
    assert data.ids() == sorted(ids)
    assert [file.name for file in data.label_files()] == ["a__regr.csv", "b__regr.csv"]
    second, first = data.read([ids[1], ids[0]])
    assert (second.id, first.id) == (ids[1], ids[0])
    assert second.metadata == {"place": "Ulm", "lon": 10.0, "lat": 48.4}
    assert first.metadata == {}
    assert first.bands == bands
    assert first.arrays["s2l1c"].shape == (4, 13, 16, 16)
    assert first.offset == {"s2l1c": 0, "s2l2a": 0}
    assert first.nodata == {"s1": None, "s2l1c": 0, "s2l2a": 0}
    assert first.season_names == ("spring", "summer", "fall", "winter")
    assert set(data.files(ids[0])) == {"s1", "s2l1c", "s2l2a"}


@pytest.mark.parametrize(
    "layout",
    [
        ["data/s1/part-000000", "data/s1/part-000001"],
        ["data/s1", "data/s1"],
        ["data_dev/s1", "data_eval/s1"],
        ["data_example/s1", "data_example/s1/part-000000"],
        ["s1", "s1"],
    ],
    ids=lambda layout: layout[0],
)
def test_every_layout_is_read(tmp_path, layout, values, bands):
    for name, folder in zip("ab", layout, strict=True):
        write_modality(tmp_path / folder / f"{name}.zarr.zip", values("s1"), bands["s1"])
    assert CubeFolder(tmp_path).ids() == ["a", "b"]


def test_the_modalities_of_sentinel2_can_be_named(tmp_path, values):
    write_modality(tmp_path / "s2" / "a.zarr.zip", values("s2l2a")[:, :2], ("B2", "B3"))
    (cube,) = CubeFolder(tmp_path).read(["a"])
    assert (cube.offset, cube.nodata) == ({}, {"s2": None})
    (cube,) = CubeFolder(tmp_path, stored_offset=1000, sentinel2=["s2"]).read(["a"])
    assert (cube.offset, cube.nodata) == ({"s2": 1000}, {"s2": 0})
    with pytest.raises(ConfigError, match="sentinel2=s3: no such modality") as error:
        CubeFolder(tmp_path, sentinel2=["s3"])
    assert error.value.hint == "available modalities: s2"


def test_scales_can_be_declared_per_modality(tmp_path, values):
    for modality in ("landsat", "radar"):
        write_modality(tmp_path / modality / "a.zarr.zip", values("s2l2a")[:, :2], ("red", "nir"))
    (cube,) = CubeFolder(tmp_path, scale=["radar:100"]).read(["a"])
    assert cube.scale == {"landsat": 10_000, "radar": 100}
    np.testing.assert_allclose(cube.scaled("radar"), cube.arrays["radar"] / 100, rtol=1e-6)
    (cube,) = CubeFolder(tmp_path, scale=["radar:100", "7"]).read(["a"])
    assert cube.scale == {"landsat": 7, "radar": 100}
    with pytest.raises(ConfigError, match="scale=lidar: no such modality") as error:
        CubeFolder(tmp_path, scale=["lidar:2"])
    assert error.value.hint == "available modalities: landsat, radar"


def test_data_precedes_older_layouts_and_a_subfolder_can_be_selected(tmp_path, values, bands):
    for name, folder in zip("abc", ["data", "data_eval", "data_example"], strict=True):
        write_modality(tmp_path / folder / "s1" / f"{name}.zarr.zip", values("s1"), bands["s1"])
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "x__regr.csv").write_text("id,label\n")
    assert CubeFolder(tmp_path).ids() == ["a"]
    assert CubeFolder(tmp_path, subfolder="data_eval").ids() == ["b"]
    inside = CubeFolder(tmp_path / "data_example")
    assert inside.ids() == ["c"]
    assert len(inside.label_files()) == 1


def test_hidden_and_unfinished_files_are_ignored(tmp_path, write_folder):
    ids = write_folder(tmp_path)
    part = tmp_path / "data" / "s1" / "part-000000"
    (part / ".neuco-1-ab.tmp").write_bytes(b"half")
    (part / f".{ids[0]}.zarr.zip.part").write_bytes(b"half")
    (part / f"._{ids[0]}.zarr.zip").write_bytes(b"half")
    assert CubeFolder(tmp_path).ids() == sorted(ids)


def test_fault_48_paths_may_have_spaces_umlauts_and_links(tmp_path, write_folder):
    home = tmp_path / "größere Würfel"
    ids = write_folder(home)
    (tmp_path / "link").symlink_to(home, target_is_directory=True)
    data = CubeFolder(tmp_path / "link")
    assert [cube.id for cube in data.read(data.ids())] == sorted(ids)


def test_fault_42_ids_that_lack_a_modality_are_an_error(tmp_path, write_folder):
    ids = write_folder(tmp_path, count=4)
    for name in ids[:2]:
        (tmp_path / "data" / "s1" / "part-000000" / f"{name}.zarr.zip").unlink()
    data = CubeFolder(tmp_path)
    with pytest.raises(MissingFileError, match="lack a modality") as caught:
        data.ids()
    assert caught.value.problems == (f"s1: 2 cubes missing: {ids[0]}, {ids[1]}",)
    with pytest.raises(MissingFileError, match="lack a modality"):
        next(data.read([ids[0]]))
    assert CubeFolder(tmp_path, incomplete="drop").ids() == ids[2:]
    assert CubeFolder(tmp_path, modalities=["s2l1c", "s2l2a"]).ids() == ids


def test_a_requested_modality_without_cubes_is_an_error(tmp_path, write_folder):
    write_folder(tmp_path)
    with pytest.raises(MissingFileError, match="no cubes of modality s3") as caught:
        CubeFolder(tmp_path, modalities=["s1", "s3"])
    assert caught.value.hint == "available modalities: s1, s2l1c, s2l2a"


def test_a_missing_path_and_an_empty_folder_are_errors(tmp_path):
    with pytest.raises(MissingFileError, match="there is no folder"):
        CubeFolder(tmp_path / "nowhere")
    with pytest.raises(MissingFileError, match=r"no cubes \(\*\.zarr\.zip\) in .*; searched data"):
        CubeFolder(tmp_path)


def test_an_id_with_two_files_is_an_error(tmp_path, values, bands):
    for part in ("part-000000", "part-000001"):
        write_modality(tmp_path / "data" / "s1" / part / "a.zarr.zip", values("s1"), bands["s1"])
    with pytest.raises(IdError, match="1 ids have two s1 files: a"):
        CubeFolder(tmp_path)


def test_fault_41_a_cube_with_another_shape_than_the_first_is_an_error(
    tmp_path, write_folder, values, bands
):
    ids = write_folder(tmp_path)
    other = tmp_path / "data" / "s1" / "part-000000" / f"{ids[2]}.zarr.zip"
    write_modality(other, values("s1", size=8), bands["s1"])
    data = CubeFolder(tmp_path)
    assert len(list(data.read(ids[:2]))) == 2
    with pytest.raises(CorruptCubeError, match=r"is \(4, 2, 8, 8\), but .* has \(4, 2, 16, 16\)"):
        next(data.read([ids[2]]))


def test_a_broken_first_file_does_not_affect_the_others(tmp_path, write_folder):
    ids = write_folder(tmp_path)
    (tmp_path / "data" / "s1" / "part-000000" / f"{ids[0]}.zarr.zip").write_bytes(b"")
    data = CubeFolder(tmp_path)
    with pytest.raises(CorruptCubeError, match="the file is empty"):
        next(data.read([ids[0]]))
    assert [cube.id for cube in data.read(ids[1:])] == ids[1:]


def test_a_subset_keeps_the_ids_that_a_label_column_marks(tmp_path, write_folder):
    ids = write_folder(tmp_path, count=4)
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a__regr.csv").write_text(
        f"id,label,dev\n{ids[0]},1,True\n{ids[1]},2,False\n{ids[2]}.zarr.zip,3,1\n"
    )
    assert CubeFolder(tmp_path, subset="dev").ids() == [ids[0], ids[2]]
    with pytest.raises(ConfigError, match="have no column 'eval'") as caught:
        CubeFolder(tmp_path, subset="eval").ids()
    assert "label files: dev" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("id,label,dev\nx,1,perhaps\n", "other than true and false: 'perhaps'"),
        ("name,label,dev\nx,1,True\n", "no column 'id', only 'name', 'label', 'dev'"),
        ("id,label,dev\nx,1\n", "line 2 has 2 cells"),
        ("id,label,dev\nx,1,True,ä\n".encode("latin-1"), "not UTF-8"),
    ],
    ids=["flag", "id", "ragged", "encoding"],
)
def test_a_label_file_that_cannot_be_read_is_an_error_when_a_subset_is_asked_for(
    tmp_path, write_folder, text, what
):
    write_folder(tmp_path, count=1)
    (tmp_path / "labels").mkdir()
    content = text if isinstance(text, bytes) else text.encode()
    (tmp_path / "labels" / "a__regr.csv").write_bytes(content)
    with pytest.raises(DataError, match=what):
        CubeFolder(tmp_path, subset="dev").ids()


@pytest.mark.parametrize("folder", ["the data set", "its cubes", "the working folder"])
def test_labels_and_locations_are_found_next_to_the_cubes_whatever_the_folder(
    tmp_path, write_folder, monkeypatch, folder
):
    home = tmp_path / "data"
    ids = write_folder(home, count=1)
    (home / "labels").mkdir()
    (home / "labels" / "a__regr.csv").write_text(f"id,label\n{ids[0]},1\n")
    (home / "locations.csv").write_text(f"id,place\n{ids[0]}.zarr.zip,Ulm\n")
    monkeypatch.chdir(home / "data")
    paths = {"the data set": home, "its cubes": home / "data", "the working folder": "."}
    data = CubeFolder(paths[folder])
    assert [file.name for file in data.label_files()] == ["a__regr.csv"]
    assert next(data.read(ids)).metadata == {"place": "Ulm"}


def test_a_table_of_locations_that_is_not_utf8_is_an_error(tmp_path, write_folder):
    ids = write_folder(tmp_path, count=1)
    (tmp_path / "locations.csv").write_bytes(f"id,place\n{ids[0]},Köln\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"locations\.csv is not UTF-8"):
        next(CubeFolder(tmp_path).read(ids))


def test_a_cube_has_the_findings_of_its_files(tmp_path, values, bands):
    array = values("s2l1c") + np.int16(1000)
    array[3] = 0
    write_modality(tmp_path / "data" / "s2l1c" / "a.zarr.zip", array, bands["s2l1c"])
    schema = CubeSchema(bands=bands["s2l1c"], kind="integer", seasons=4, size=264, offset=0)
    (cube,) = CubeFolder(tmp_path, {"s2l1c": schema}).read(["a"])
    assert [str(finding) for finding in cube.findings] == [
        "s2l1c: 16 x 16 pixels; the data set has 264 x 264",
        "s2l1c: season is zero everywhere: season 3",
        "s2l1c: the offset of a season seems to be 1000, not 0 (3 times): "
        "season 0, season 1, season 2",
    ]


def test_an_unknown_band_is_an_error_before_any_cube_is_read(tmp_path, write_folder):
    write_folder(tmp_path)
    with pytest.raises(ConfigError, match="no modality has a band 'B42'"):
        CubeFolder(tmp_path, bands=["B42"])


@pytest.mark.parametrize(
    ("files", "ways"),
    [
        (("a/x", "a/y", "b/x"), ("dataset.modalities=a", "dataset.incomplete=drop")),
        (("a/x", "b/y"), ()),
        (("a/x", "a/y", "b/x", "c/z"), ()),
        (("a/x", "a/y", "b/x", "b/z"), ("dataset.incomplete=drop",)),
    ],
    ids=str,
)
def test_the_hint_for_a_missing_modality_names_the_ways_that_lead_on(tmp_path, files, ways):
    for name in files:
        write_modality(
            tmp_path / "data" / f"{name}.zarr.zip", np.ones((1, 1, 2, 2), np.int16), ["B"]
        )
    with pytest.raises(MissingFileError, match="lack a modality") as caught:
        CubeFolder(tmp_path).ids()
    assert tuple(re.findall(r"--set ([\w.=,]+)", caught.value.hint)) == ways
    for way in ways:
        name, _, value = way.removeprefix("dataset.").partition("=")
        values = {name: value.split(",") if name == "modalities" else value}
        assert CubeFolder(tmp_path, **values).ids()
