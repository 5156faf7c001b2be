from __future__ import annotations

import numpy as np
import pytest

from neuco_plugin_ssl4eo_s12.folders import downstream, own
from neuco_plugin_ssl4eo_s12.plugin import neuco_datasets
from neuco_plugin_ssl4eo_s12.pretraining import Pretraining
from neucocore.components.lookup import find_collection
from neucocore.plugin import (
    BANDS,
    ConfigError,
    CorruptCubeError,
    Dataset,
    IdError,
    MissingFileError,
    write_modality,
)

FOLDERS = {"s1": "S1GRD", "s2l1c": "S2L1C", "s2l2a": "S2L2A"}


def realistic_values(modality, shape, seed=0, offset=0):
    rng = np.random.default_rng(seed)
    if modality == "s1":
        return rng.normal(-15, 3, shape).astype(np.float16)
    values = rng.normal(1500, 200, shape)
    if modality == "s2l1c":
        values[..., 10, :, :] = rng.normal(20, 3, values[..., 10, :, :].shape)
    return (values.round() + offset).astype(np.int16)


def write_downstream(root, *names, size=12, seasons=4, folder="data/{}/part-000000"):
    for seed, name in enumerate(names):
        for modality, bands in BANDS.items():
            array = realistic_values(modality, (seasons, len(bands), size, size), seed)
            path = root / folder.format(modality) / f"{name}.zarr.zip"
            write_modality(path, array, bands)


def write_pretraining(root, number, samples, split="train", **changed):
    name = f"ssl4eos12_{split}_seasonal_data_{number:06d}"
    for modality, folder in FOLDERS.items():
        bands = BANDS[modality]
        shape = (samples, 4, len(bands), 6, 6)
        coordinates = {
            "sample": (("sample",), np.arange(samples) + 100 * number),
            "center_lat": (("sample",), np.linspace(40, 50, samples)),
            "center_lon": (("sample",), np.linspace(0, 10, samples)),
        } | changed.get(modality, {})
        array = realistic_values(modality, shape, number, 0 if modality == "s1" else 1000)
        path = root / split / folder / f"{name}.zarr.zip"
        write_modality(path, array, bands, coordinates=coordinates)
    return name


def test_the_embeddings_of_the_winners_are_a_collection():
    winners = find_collection("winners")
    assert winners.url.endswith("/NeuCo-Bench/main/data/")
    assert len(winners.files) == 5
    (kth,) = (file for file in winners.files if file.path.startswith("KTH"))
    assert kth.path == "KTH_and_Friends_eval_final_submission.csv"
    assert kth.size == 61426375
    assert kth.sha256.startswith("3e800b9e5ca3755a")
    assert all(len(file.sha256) == 64 for file in winners.files)


def test_the_specs_declare_bands_and_hub():
    specs = {spec.name: spec for spec in neuco_datasets()}
    assert set(specs) == {"ssl4eo-s12-downstream", "ssl4eo-s12-pretraining", "folder"}
    spec = specs["ssl4eo-s12-downstream"]
    assert {m: len(bands) for m, bands in spec.bands.items()} == {"s1": 2, "s2l1c": 13, "s2l2a": 12}
    assert spec.bands["s2l1c"][9:11] == ("B09", "B10")
    assert "B10" not in spec.bands["s2l2a"]
    assert (spec.seasons, spec.size, spec.count) == (4, 264, 13260)
    assert spec.hub.repo == "embed2scale/SSL4EO-S12-downstream"


@pytest.mark.parametrize(
    "folder", ["data/{}/part-000000", "data_dev/{}", "data_eval/{}", "data_example/{}"]
)
def test_downstream_reads_all_folders(tmp_path, folder):
    write_downstream(tmp_path, "a", "b", folder=folder)
    data = downstream(tmp_path)
    assert isinstance(data, Dataset)
    assert data.ids() == ["a", "b"]
    (cube,) = data.read(["b"])
    assert cube.bands == BANDS
    assert cube.offset == {"s2l1c": 0, "s2l2a": 0}
    assert cube.nodata["s2l2a"] == 0
    expected = realistic_values("s2l2a", (4, 12, 12, 12), seed=1)
    np.testing.assert_array_equal(cube.arrays["s2l2a"], expected)


def test_downstream_reads_dev_and_eval_together_or_separately(tmp_path):
    write_downstream(tmp_path, "a", folder="data_dev/{}")
    write_downstream(tmp_path, "b", folder="data_eval/{}")
    assert downstream(tmp_path).ids() == ["a", "b"]
    assert downstream(tmp_path, subfolder="data_eval").ids() == ["b"]


def test_downstream_warns_of_another_size_and_rejects_other_bands(tmp_path):
    write_downstream(tmp_path, "a")
    (cube,) = downstream(tmp_path).read(["a"])
    assert {finding.code for finding in cube.findings} == {"size"}
    bands = list(BANDS["s2l2a"])
    bands[1], bands[3] = bands[3], bands[1]
    array = realistic_values("s2l2a", (4, 12, 12, 12))
    write_modality(tmp_path / "data/s2l2a/part-000000/a.zarr.zip", array, bands)
    with pytest.raises(CorruptCubeError, match="its 12 bands are B01 B04 B03 B02"):
        next(downstream(tmp_path).read(["a"]))


def test_cubes_can_be_read_with_another_offset(tmp_path):
    write_downstream(tmp_path, "a")
    (plain,) = downstream(tmp_path).read(["a"])
    (lifted,) = downstream(tmp_path, offset=1000).read(["a"])
    assert lifted.offset == {"s2l1c": 1000, "s2l2a": 1000}
    np.testing.assert_array_equal(lifted.arrays["s2l1c"], plain.arrays["s2l1c"] + 1000)
    np.testing.assert_array_equal(lifted.shifted("s2l1c", 1000), lifted.arrays["s2l1c"])


def test_folder_reads_cubes_of_any_size_seasons_and_bands(tmp_path):
    array = np.arange(2 * 3 * 5 * 7, dtype=np.uint16).reshape(2, 3, 5, 7) + 1
    write_modality(tmp_path / "data/planet/x.zarr.zip", array, ["red", "green", "nir"])
    data = own(tmp_path)
    (cube,) = data.read(data.ids())
    assert cube.bands == {"planet": ("red", "green", "nir")}
    assert cube.findings == ()
    assert cube.season_names == ()
    np.testing.assert_array_equal(cube.arrays["planet"], array)


def test_folder_uses_the_declared_offset(tmp_path):
    array = realistic_values("s2l1c", (4, 13, 12, 12), offset=1000)
    write_modality(tmp_path / "data/s2l1c/x.zarr.zip", array, BANDS["s2l1c"])
    (cube,) = own(tmp_path, stored_offset=1000, offset=0).read(["x"])
    assert cube.findings == ()
    np.testing.assert_array_equal(cube.arrays["s2l1c"], array - 1000)
    (cube,) = own(tmp_path, stored_offset=0).read(["x"])
    assert [finding.code for finding in cube.findings] == ["offset"]


def test_pretraining_reads_every_sample_of_its_files(tmp_path):
    first = write_pretraining(tmp_path, 1, 3)
    second = write_pretraining(tmp_path, 2, 2)
    data = Pretraining(tmp_path)
    assert isinstance(data, Dataset)
    ids = data.ids()
    assert ids == [f"{first}/00", f"{first}/01", f"{first}/02", f"{second}/00", f"{second}/01"]
    cubes = list(data.read([ids[4], ids[0], ids[2]]))
    assert [cube.id for cube in cubes] == [ids[4], ids[0], ids[2]]
    expected = realistic_values("s2l1c", (3, 4, 13, 6, 6), 1, 1000)
    np.testing.assert_array_equal(cubes[1].arrays["s2l1c"], expected[0])
    np.testing.assert_array_equal(cubes[2].arrays["s2l1c"], expected[2])
    assert cubes[2].metadata == {"lon": 10.0, "lat": 50.0}
    assert cubes[0].offset == {"s2l1c": 1000, "s2l2a": 1000}
    assert "offset" not in {finding.code for finding in cubes[0].findings}
    assert set(data.files(ids[0])) == {"s1", "s2l1c", "s2l2a"}
    assert data.label_files() == []


def test_pretraining_has_splits_and_the_common_parameters(tmp_path):
    name = write_pretraining(tmp_path, 1, 2, split="val")
    data = Pretraining(
        tmp_path, split="val", modalities=["s2l2a"], bands=["B04"], seasons=["summer"], offset=0
    )
    (cube,) = data.read([f"{name}/01"])
    assert cube.arrays["s2l2a"].shape == (1, 1, 6, 6)
    assert cube.season_names == ("summer",)
    assert cube.offset == {"s2l2a": 0}
    with pytest.raises(MissingFileError, match=r"no cubes of any modality in .*train"):
        Pretraining(tmp_path)
    with pytest.raises(MissingFileError, match="no cubes of s3"):
        Pretraining(tmp_path, split="val", modalities=["s3"])


def test_pretraining_rejects_files_with_different_samples(tmp_path):
    other = {"sample": (("sample",), np.array([7, 8]))}
    name = write_pretraining(tmp_path, 1, 2, s2l1c=other)
    with pytest.raises(CorruptCubeError, match="have different samples"):
        next(Pretraining(tmp_path).read([f"{name}/00"]))


def test_each_folder_is_validated_with_the_schema_of_its_modality(tmp_path):
    write_pretraining(tmp_path, 1, 1)
    data = Pretraining(tmp_path)
    schema = data.folder_schemas["S2L1C"]
    assert (schema.bands, schema.offset) == (BANDS["s2l1c"], 1000)
    assert set(data.folder_schemas) == {"S1GRD", "S2L1C", "S2L2A"}


def test_fault_42_pretraining_names_files_that_are_missing_in_a_modality(tmp_path):
    name = write_pretraining(tmp_path, 1, 1)
    complete = write_pretraining(tmp_path, 2, 1)
    (tmp_path / "train" / "S1GRD" / f"{name}.zarr.zip").unlink()
    with pytest.raises(
        MissingFileError, match=f"1 files of .* are missing in one of the modalities: {name}"
    ):
        Pretraining(tmp_path).ids()
    assert Pretraining(tmp_path, incomplete="drop").ids() == [f"{complete}/00"]
    assert len(Pretraining(tmp_path, modalities=["s2l2a"]).ids()) == 2


def test_pretraining_rejects_unknown_ids_and_subsets(tmp_path):
    name = write_pretraining(tmp_path, 1, 1)
    with pytest.raises(IdError, match="'x' is not an id of this data set"):
        next(Pretraining(tmp_path).read(["x"]))
    with pytest.raises(IdError, match=f"no cube {name}/09: its file has 1 samples"):
        next(Pretraining(tmp_path).read([f"{name}/09"]))
    with pytest.raises(ConfigError, match="no label files"):
        Pretraining(tmp_path, subset="dev")
