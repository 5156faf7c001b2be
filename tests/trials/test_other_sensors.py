"""Cubes of other sensors, encoded by every encoder that takes them, and scored."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine

import neucocore
from neucocore.errors import DataError
from neucocore.plugin import BANDS, make_cubes, write_cube_folder, write_modality, write_text

pytest.importorskip("neuco_plugin_classical")
pytest.importorskip("neuco_plugin_temporal_mosaiks")
pytest.importorskip("neuco_plugin_ships")
pytest.importorskip("neuco_plugin_geotiff")

COUNT = 24
LANDSAT = ("blue", "green", "red", "nir", "swir1", "swir2")
SETTINGS: dict[str, dict[str, int]] = {
    "band-means": {},
    "band-statistics": {},
    "band-covariance": {},
    "thumbnails": {},
    "thumbnails-pca": {"side": 4},
    "cosines": {},
    "wavelet-energies": {},
    "temporal-mosaiks": {"features": 64},
    "temporal-mosaiks-train": {"features": 64},
    "fusion": {},
}


def landsat(folder: Path) -> str:
    """GeoTIFFs of six bands on two dates, with text classes that the near infrared tells."""
    cubes = make_cubes(COUNT, modalities=("oli",), bands={"oli": LANDSAT}, seasons=2, size=20)
    lines = ["id,label"]
    for number, cube in enumerate(cubes):
        cover = ("forest", "water", "bare soil")[number % 3]
        values = cube.arrays["oli"].astype(np.uint16)
        values[:, 3] = values[:, 3] // 4 + 2000 * (number % 3)
        for date, image in zip(("2021-04-15", "2021-10-15"), values, strict=True):
            write_geotiff(folder / f"{cube.id}_{date}.tif", image)
        lines.append(f"{cube.id},{cover}")
    write_text(folder / "labels" / "cover__cls.csv", "\n".join(lines) + "\n")
    return "geotiff"


def write_geotiff(path: Path, values: np.ndarray) -> None:
    bands, height, width = values.shape
    where = Affine(30, 0, 500_000, 0, -30, 5_400_000)
    with rasterio.open(
        path, "w", driver="GTiff", count=bands, height=height, width=width, dtype=values.dtype,
        crs="EPSG:32632", transform=where, nodata=0,
    ) as file:  # fmt: skip
        file.write(values)
        file.descriptions = LANDSAT


def sentinel2(folder: Path) -> str:
    """Sentinel-2 L2A alone, with the mean of a band as label."""
    cubes = make_cubes(COUNT, modalities=("s2l2a",), seasons=4, size=16)
    labels = [(cube.id, float(cube.arrays["s2l2a"][:, 7].mean())) for cube in cubes]
    write_cube_folder(folder, cubes, {"infrared__regr": labels})
    return "ssl4eo-s12-downstream"


def ships(folder: Path) -> str:
    """One date of radar, 33 x 33 pixels, half of the scenes with a bright spot."""
    rng = np.random.default_rng(3)
    lines = ["id,label"]
    for number in range(COUNT):
        values = rng.normal(-20, 1.5, (1, 2, 33, 33)).astype(np.float32)
        if number % 2:
            values[..., 10:13, 5:14] = 5
        write_modality(folder / "data" / "s1" / f"scene{number}.zarr.zip", values, BANDS["s1"])
        lines.append(f"scene{number},{number % 2}")
    write_text(folder / "labels" / "ships_detection__cls.csv", "\n".join(lines) + "\n")
    return "ships"


@pytest.mark.parametrize("make", [landsat, sentinel2, ships])
def test_every_encoder_for_any_sensor_encodes_and_is_scored(
    make: Callable[[Path], str], tmp_path: Path
) -> None:
    dataset = make(tmp_path)
    ids = neucocore.create(neucocore.find("dataset", dataset), tmp_path).ids()
    scores = {}
    for encoder, params in SETTINGS.items():
        settings = {"encoders": ["band-means", "wavelet-energies"]} if encoder == "fusion" else {}
        report = neucocore.encode(
            encoder,
            dataset=dataset,
            data=tmp_path,
            output=tmp_path / f"{encoder}.npz",
            params={**params, **settings},
            fit_ids=ids[::2] if encoder.endswith("-train") else None,
        )
        assert report.rows == COUNT
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            [run] = neucocore.evaluate(
                report.path, labels=tmp_path / "labels", output=tmp_path / "results" / encoder
            )
        [row] = run.rows()
        assert row["status"] == "ok", (encoder, row["reason"])
        scores[encoder] = row["score"]
    assert scores["band-covariance"] > 0.8, scores
    assert np.isfinite(list(scores.values())).all()


@pytest.mark.parametrize("make", [landsat, sentinel2, ships])
def test_encoders_of_three_modalities_are_refused_with_what_there_is(
    make: Callable[[Path], str], tmp_path: Path
) -> None:
    dataset = make(tmp_path)
    with pytest.raises(DataError, match="encoder core/mean needs the modalities s1, s2l1c, s2l2a"):
        neucocore.encode("mean", dataset=dataset, data=tmp_path, output=tmp_path / "m.npz")


def test_the_vector_of_a_cube_does_not_depend_on_the_other_cubes_of_a_run(tmp_path: Path) -> None:
    """What ``fit: none`` promises, on the output of complete runs."""
    dataset = landsat(tmp_path)
    ids = neucocore.create(neucocore.find("dataset", dataset), tmp_path).ids()
    for encoder in SETTINGS:
        if neucocore.find("encoder", encoder).spec.fit != "none":
            continue
        rows = {}
        for name, some in (("all", ids), ("few", ids[5:9])):
            output = tmp_path / f"{encoder}-{name}.npz"
            neucocore.encode(encoder, dataset=dataset, data=tmp_path, output=output, ids=some)
            found = neucocore.load_embeddings(output)
            rows[name] = dict(zip(found.ids, found.matrix, strict=True))
        for cube in ids[5:9]:
            assert rows["few"][cube].tobytes() == rows["all"][cube].tobytes(), encoder
