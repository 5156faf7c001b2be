from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import zarr
from zarr.storage import ZipStore

from neuco_plugin_synthetic_earth import plugin
from neuco_plugin_synthetic_earth.dataset import synthetic_earth
from neuco_plugin_synthetic_earth.generate import generate
from neucocore.plugin import MissingFileError, read_label_file


def test_the_spec_declares_the_parameters_of_generate() -> None:
    (spec,) = plugin.neuco_datasets()
    assert spec.name == "synthetic-earth"
    assert [(p.name, p.default) for p in spec.generate_params] == [
        ("cubes", 500),
        ("size", 64),
        ("seed", 0),
        ("jobs", 1),
    ]


def test_cubes_have_bands_offset_nodata_and_place(earth: Path) -> None:
    dataset = synthetic_earth(earth)
    ids = dataset.ids()
    cube = next(dataset.read(ids[:1]))
    assert len(ids) == 10
    assert cube.bands["s2l1c"][10] == "B10"
    assert cube.offset == {"s2l1c": 0, "s2l2a": 0}
    assert cube.nodata == {"s1": None, "s2l1c": 0, "s2l2a": 0}
    assert cube.season_names == ("spring", "summer", "fall", "winter")
    assert str(cube.metadata["place"]).startswith("place-")


def test_the_label_files_are_of_the_cubes(earth: Path) -> None:
    dataset = synthetic_earth(earth)
    files = dataset.label_files()
    assert len(files) > 5
    for file in files:
        assert set(read_label_file(file).ids) <= set(dataset.ids())


def test_a_full_size_cube_is_read_equally_by_zarr(tmp_path: Path) -> None:
    folder = generate(tmp_path / "full", cubes=1, size=264)
    (cube,) = synthetic_earth(folder).read(synthetic_earth(folder).ids())
    for modality, array in cube.arrays.items():
        path = next((folder / "data" / modality).rglob("*.zarr.zip"))
        with ZipStore(path, mode="r") as store:
            group = zarr.open_group(store, mode="r", zarr_format=2)
            assert np.array_equal(group["bands"][0], array)
            assert array.shape[-2:] == (264, 264)


def test_a_file_has_the_layout_of_ssl4eo_s12_downstream(earth: Path) -> None:
    path = next((earth / "data/s2l2a").rglob("*.zarr.zip"))
    with zipfile.ZipFile(path) as archive:
        assert {name for name in archive.namelist() if name.startswith("bands/")} == {
            "bands/.zarray",
            "bands/.zattrs",
            *(f"bands/0.{season}.0.0.0" for season in range(4)),
        }
        zarray = json.loads(archive.read("bands/.zarray"))
        dimensions = json.loads(archive.read("bands/.zattrs"))["_ARRAY_DIMENSIONS"]
    assert zarray["dtype"] == "<i2"
    assert zarray["chunks"] == [1, 1, 12, 32, 32]
    assert zarray["zarr_format"] == 2
    assert dimensions == ["sample", "time", "band", "y", "x"]


def test_a_folder_without_cubes_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError):
        synthetic_earth(tmp_path)
