"""A small example of the data set, with made-up scenes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import Affine

from neucocore.plugin import make_cubes, write_text

BANDS = ("blue", "green", "red", "nir")
DATES = ("2021-06-01", "2021-09-05")
COUNT, SIZE = 4, 32


def write(folder: Path) -> None:
    """Write four ids with two dates each as ``ID_DATE.tif``, and a label file."""
    cubes = make_cubes(
        COUNT, modalities=("image",), bands={"image": BANDS}, seasons=len(DATES), size=SIZE
    )
    lines = ["id,label"]
    for number, cube in enumerate(cubes):
        values = np.clip(cube.arrays["image"], 1, None).astype(np.uint16)
        for date, image in zip(DATES, values, strict=True):
            _write(Path(folder) / f"site{number}_{date}.tif", image, number)
        lines.append(f"site{number},{values[0, 3].mean():.6f}")
    write_text(Path(folder) / "labels" / "infrared__regr.csv", "\n".join(lines) + "\n")


def _write(
    path: Path, image: np.ndarray[tuple[int, ...], np.dtype[np.uint16]], number: int
) -> None:
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=SIZE,
        width=SIZE,
        count=len(BANDS),
        dtype="uint16",
        nodata=0,
        crs="EPSG:32633",
        transform=Affine(30, 0, 400_000 + 5000 * number, 0, -30, 5_300_000),
        compress="deflate",
    ) as file:
        file.write(image)
        file.descriptions = BANDS
