"""Every known embedding product, in a file of its shape, goes from file to score by commands."""

from __future__ import annotations

import json

import pytest

from tests.trials import product_files as files
from tests.trials import product_rasters as rasters


@pytest.fixture
def score(neuco, tmp_path):
    """Return R2 and messages of an embeddings file."""

    def run(path, labels, *options) -> tuple[float, str]:
        command = ("evaluate", path, "--labels", labels, "-o", tmp_path / "results", "--json")
        ended = neuco(*command, *options)
        assert ended.code == 0, ended.err
        (row,) = json.loads(ended.out)
        assert row["n"] == files.N
        return row["score"], ended.err

    return run


@pytest.mark.parametrize(
    ("write", "read_as"),
    [
        (files.earth_index, "read as Earth Index: id from 'id', 384 dimensions"),
        (files.major_tom, "read as Major TOM: id from 'unique_id', 1024 dimensions"),
        (files.clay, "read as Clay v1.5: id from 'source_url', 1024 dimensions"),
        (files.mindset, "read as MINDSET: id from 'cell_id', 64 dimensions"),
        (files.lightly, "read as LightlyOne: id from 'filenames', 128 dimensions"),
        (files.terratorch, "read as TerraTorch: id from 'file_id', 768 dimensions"),
    ],
)
def test_tables(write, read_as, score, tmp_path):
    world = files.world()
    labels = files.write_labels(tmp_path / "survey.csv", world)
    r2, messages = score(write(tmp_path, world), labels)
    assert r2 > 0.8
    assert read_as in messages.replace("\n", " ")


def test_clay_v0_in_a_gpq_file(score, tmp_path):
    world = files.world()
    labels = files.write_labels(tmp_path / "survey.csv", world)
    r2, messages = score(files.clay(tmp_path, world, version="v0"), labels)
    assert r2 > 0.8
    assert "read as Clay v0" in messages


def test_earth_engine_export_with_the_ids_of_the_points(score, tmp_path):
    world = files.world()
    labels = files.write_labels(tmp_path / "survey.csv", world)
    r2, _ = score(files.earth_engine(tmp_path, world), labels, "--id", "plot")
    assert r2 > 0.8


@pytest.mark.parametrize("product", ["aef", "tessera"])
def test_patches_of_raw_bytes(product, score, tmp_path):
    world = files.world()
    labels = files.write_labels(tmp_path / "survey.csv", world)
    r2, _ = score(files.patches(tmp_path, world, product), labels)
    assert r2 > 0.9  # the mean over pixels has less noise than one pixel


def sample(neuco, tmp_path, product, path, world, *options):
    points = files.write_points(tmp_path / "points.csv", world)
    output = tmp_path / "sampled.parquet"
    ended = neuco("sample", product, path, "--points", points, "-o", output, *options)
    assert ended.code == 0, ended.err
    return output, files.write_labels(tmp_path / "survey.csv", world)


@pytest.mark.parametrize(
    ("product", "write", "options"),
    [
        ("aef", rasters.aef, ()),
        ("tessera", rasters.tessera, ()),
        ("tessera", rasters.tessera_zarr, ("--year", 2024)),
        ("zarr", rasters.tessera_zarr, ("--year", 2024)),
        ("geotiff", rasters.presto, ()),
        ("geotiff", rasters.earth_engine_uint16, ("--quantisation", "earth-engine-uint16")),
    ],
)
def test_rasters(product, write, options, neuco, score, tmp_path):
    world, hidden = rasters.scene()
    path = write(tmp_path / "product", hidden, world.rng)
    r2, _ = score(*sample(neuco, tmp_path, product, path, world, *options))
    assert r2 > 0.8


@pytest.mark.parametrize("layer", ["d4", "d16", "full"])
def test_depths_of_tessera_v2(layer, neuco, score, tmp_path):
    world, hidden = rasters.scene()
    path = rasters.tessera_zarr(tmp_path / "product", hidden, world.rng, depths=True)
    options = ("--layer", layer, "--year", 2024)
    output, labels = sample(neuco, tmp_path, "tessera", path, world, *options)
    r2, _ = score(output, labels)
    assert r2 > (0.5 if layer == "d4" else 0.8)


def test_copernicus_embed(neuco, score, tmp_path):
    path, world = rasters.copernicus_embed(tmp_path / "product", files.world().rng)
    r2, _ = score(*sample(neuco, tmp_path, "copernicus-embed", path, world))
    assert r2 > 0.8
