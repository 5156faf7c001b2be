"""TESSERA's arrays and stores, and other stores: formulas written out, states of scales."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import zarr

from neucocore import NeucoError

SIDE = 40
LEFT, TOP = 600_000.0, 5_400_000.0


@pytest.fixture
def cell(tmp_path, rng, write_tile):
    """One cell of arrays: codes, a scale per pixel with its states, and the land mask."""
    codes = rng.integers(-127, 128, (SIDE, SIDE, 128)).astype("i1")
    scales = rng.uniform(0.005, 0.05, (SIDE, SIDE)).astype("f4")
    scales[0, 0], scales[0, 1], scales[0, 2] = np.nan, np.inf, 1.5
    folder = tmp_path / "tessera" / "2024" / "grid_10.35_48.75"
    folder.mkdir(parents=True)
    np.save(folder / "grid_10.35_48.75.npy", codes)
    np.save(folder / "grid_10.35_48.75_scales.npy", scales)
    mask = write_tile(
        tmp_path / "tessera" / "masks" / "grid_10.35_48.75.tiff",
        np.ones((SIDE, SIDE, 1), "u1"),
        nodata=None,
    )
    return mask, codes, scales, folder


def test_arrays(cell, tmp_path, write_points, sample, capsys):
    grid, codes, scales, _ = cell
    lon, lat = grid.lonlat([5.5, 30.5, 0.5, 0.5, 0.5], [7.5, 2.5, 0.5, 1.5, 2.5])
    points = write_points(["a", "b", "sea", "gap", "odd"], lon, lat)
    found = sample("tessera", tmp_path / "tessera", points)
    assert found.ids == ("a", "b")
    expected = [codes[5, 7] * scales[5, 7], codes[30, 2] * scales[30, 2]]
    assert found.matrix == pytest.approx(np.array(expected, "f4"), rel=1e-6)
    assert list(found.extra["year"]) == [2024, 2024]
    err = " ".join(capsys.readouterr().err.split())
    assert "invalid (scale above 1): 1" in err
    assert "land that was not filled (scale +inf): 1" in err
    assert "water (scale NaN): 1" in err
    assert found.metadata["product"]["license"] == "CC0-1.0"


def test_a_scale_per_value(cell, tmp_path, write_points, sample, rng):
    grid, codes, _, folder = cell
    scales = rng.uniform(0.005, 0.05, codes.shape).astype("f4")
    np.save(folder / "grid_10.35_48.75_scales.npy", scales)
    points = write_points(["a"], *grid.lonlat([5.5], [7.5]))
    found = sample("tessera", tmp_path / "tessera", points)
    assert found.matrix[0] == pytest.approx(codes[5, 7] * scales[5, 7], rel=1e-6)


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda f: (f / "grid_10.35_48.75_scales.npy").unlink(), "its scales are missing"),
        (lambda f: np.save(f / "grid_10.35_48.75_scales.npy", np.ones((3, 3), "f4")), "(3, 3)"),
        (lambda f: np.save(f / "grid_10.35_48.75.npy", np.ones((40, 40, 128), "u1")), "viewer"),
        (lambda f: np.save(f / "grid_10.35_48.75.npy", np.ones((40, 40, 128), "f4")), "float32"),
        (lambda f: (f / "grid_10.35_48.75.npy").write_bytes(b"not an array"), "not an array"),
        (
            lambda f: np.save(f / "grid_10.35_48.75.npy", np.array([{}]), allow_pickle=True),
            "not an array",
        ),
    ],
)
def test_cells_that_are_not_complete(cell, tmp_path, write_points, sample, break_it, message):
    grid, _, _, folder = cell
    break_it(folder)
    points = write_points(["a"], *grid.lonlat([5.5], [7.5]))
    with pytest.raises(NeucoError) as caught:
        sample("tessera", tmp_path / "tessera", points)
    assert message in " ".join(caught.value.problems)


def test_without_a_land_mask(cell, tmp_path, write_points, sample):
    grid = cell[0]
    points = write_points(["a"], *grid.lonlat([5.5], [7.5]))
    grid.path.unlink()
    with pytest.raises(NeucoError) as caught:
        sample("tessera", tmp_path / "tessera", points)
    assert "land mask with the position is missing" in " ".join(caught.value.problems)


# Stores


def write_store(
    path: Path,
    codes: np.ndarray,
    scales: np.ndarray | None,
    *,
    name: str = "embeddings",
    group: str = "utm32",
    attributes: dict | None = None,
    north_up: bool = True,
    years: tuple[int, ...] = (2023, 2024),
) -> Path:
    """Write codes (years, rows, columns, d) and scales (years, rows, columns), sharded."""
    root = zarr.open_group(str(path), mode="a", zarr_format=3)
    members = root.require_group(group)
    t, height, width, d = codes.shape
    flip = np.s_[:] if north_up else np.s_[:, ::-1]
    array = members.create_array(
        name, shape=(t, d, height, width), dtype=codes.dtype, chunks=(1, d, 8, 8),
        shards=(1, d, height, width), dimension_names=["time", "band", "y", "x"],
    )  # fmt: skip
    array[:] = np.moveaxis(codes[flip], -1, 1)
    if scales is not None and "scales" not in members:
        array = members.create_array("scales", shape=scales.shape, dtype="f4", chunks=(1, 8, 8),
                                     dimension_names=["time", "y", "x"])  # fmt: skip
        array[:] = scales[flip]
    if "x" not in members:
        y = TOP - 5 - 10 * np.arange(height)
        values = {"x": LEFT + 5 + 10 * np.arange(width), "y": y if north_up else y[::-1],
                  "time": np.array(years)}  # fmt: skip
        for axis, numbers in values.items():
            members.create_array(axis, data=numbers, dimension_names=[axis])
    members.attrs.update(attributes or {})
    return path


def quantization(**changes) -> dict:
    record = {"method": "linear", "original_dtype": "float32", "quantized_dtype": "int8",
              "scale": {"type": "array", "array_name": "scales"}}  # fmt: skip
    return {"geoemb:type": "pixel", "geoemb:quantization": record | changes}


@pytest.fixture
def numbers(rng):
    codes = rng.integers(-127, 128, (2, SIDE, SIDE, 128)).astype("i1")
    return codes, rng.uniform(0.005, 0.05, (2, SIDE, SIDE)).astype("f4")


@pytest.fixture
def points(write_points, write_tile, tmp_path):
    grid = write_tile(tmp_path / "grid.tif", np.zeros((SIDE, SIDE, 1), "u1"), nodata=None)
    lon, lat = grid.lonlat([5.5, 30.5], [7.5, 2.5])
    return write_points(["a", "b"], lon, lat)


@pytest.mark.parametrize("north_up", [True, False])
def test_tesseras_store_by_year(tmp_path, numbers, points, sample, north_up):
    codes, scales = numbers
    store = write_store(tmp_path / "t.zarr", codes, scales, north_up=north_up)
    for number, year in enumerate((2023, 2024)):
        found = sample("tessera", store, points, "--year", year, name=f"{year}.parquet")
        expected = [codes[number, r, c] * scales[number, r, c] for r, c in ((5, 7), (30, 2))]
        assert found.matrix == pytest.approx(np.array(expected), rel=1e-6)
        assert list(found.extra["year"]) == [year, year]
    with pytest.raises(NeucoError, match="several years: 2023, 2024"):
        sample("tessera", store, points, name="x.parquet")


def test_depths_exist_only_where_the_store_declares_them(tmp_path, numbers, points, sample):
    codes, scales = numbers
    store = write_store(tmp_path / "t.zarr", codes, scales)
    with pytest.raises(NeucoError) as caught:
        sample("tessera", store, points, "--year", 2023, "--layer", "d4")
    assert "declares no depths" in " ".join(caught.value.problems)
    write_store(store, codes[..., :4], None, name="embeddings_d4",
                attributes={"geoemb:depths": [4, 128]})  # fmt: skip
    found = sample("tessera", store, points, "--year", 2023, "--layer", "d4", name="d4.parquet")
    assert found.dimension == 4
    assert found.matrix[0] == pytest.approx(codes[0, 5, 7, :4] * scales[0, 5, 7], rel=1e-6)
    assert found.metadata["product"]["version"] == "d4"
    full = sample("tessera", store, points, "--year", 2023, name="full.parquet")
    assert full.dimension == 128


def test_the_geoemb_convention(tmp_path, numbers, points, sample):
    codes, scales = numbers
    scales[0, 5, 7], scales[0, 30, 2] = 2.5, 0.01  # a scale above 1 is invalid only in TESSERA
    attributes = quantization() | {"proj:code": "EPSG:32632"}
    store = write_store(tmp_path / "g.zarr", codes, scales, group="pixels", attributes=attributes)
    found = sample("zarr", store, points, "--year", 2023)
    expected = [codes[0, r, c] * scales[0, r, c] for r, c in ((5, 7), (30, 2))]
    assert found.matrix == pytest.approx(np.array(expected), rel=1e-6)
    scalar = quantization(scale={"type": "scalar", "scale": 0.5, "offset": -1.0})
    store = write_store(tmp_path / "s.zarr", codes, None, attributes=scalar)
    found = sample("zarr", store, points, "--year", 2023, name="s.parquet")
    assert found.matrix[0] == pytest.approx(codes[0, 5, 7] * 0.5 - 1)


@pytest.mark.parametrize(
    ("attributes", "with_scales", "message"),
    [
        (quantization(method="power"), True, "unknown quantization: the method 'power'"),
        (quantization(exponent=2), True, "the key 'exponent'"),
        (quantization(), False, "no array 'scales'"),
        ({}, False, "does not say how they are scaled"),
        (quantization(scale={"type": "lookup"}), True, "unknown type of scale 'lookup'"),
        (quantization(scale=None), True, "has no scale"),
        ({"geoemb:type": "scene"}, True, "unknown geoemb type 'scene'"),
    ],
)
def test_stores_whose_codes_cannot_be_read(
    tmp_path, numbers, points, sample, attributes, with_scales, message
):
    codes, scales = numbers
    store = write_store(tmp_path / "g.zarr", codes, scales if with_scales else None,
                        attributes=attributes)  # fmt: skip
    with pytest.raises(NeucoError) as caught:
        sample("zarr", store, points, "--year", 2023)
    assert message in " ".join(caught.value.problems)


def test_stores_without_position(tmp_path, numbers, points, sample):
    codes, scales = numbers
    store = write_store(tmp_path / "g.zarr", codes, scales, group="somewhere")
    with pytest.raises(NeucoError) as caught:
        sample("tessera", store, points, "--year", 2023)
    assert "no coordinate reference system" in " ".join(caught.value.problems)
    root = zarr.open_group(str(store))
    root["somewhere"].attrs["proj:code"] = "EPSG:32632"
    x = root["somewhere"]["x"]
    x[3] = 0.0
    with pytest.raises(NeucoError) as caught:
        sample("tessera", store, points, "--year", 2023)
    assert "not evenly spaced" in " ".join(caught.value.problems)
    zarr.open_group(str(tmp_path / "empty.zarr"), mode="w")
    with pytest.raises(NeucoError, match="no array with the dimensions"):
        sample("zarr", tmp_path / "empty.zarr", points)
