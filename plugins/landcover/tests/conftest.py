from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine


@pytest.fixture
def corine(tmp_path: Path):
    """Return a function that writes codes as a CORINE raster: EPSG:3035, 100 m."""

    def write(codes, name="U2018_CLC2018_V2020_20u1.tif", dtype=np.uint8):
        values = np.array(codes, dtype)
        path = tmp_path / name
        height, width = values.shape
        with rasterio.open(
            path,
            "w",
            driver="GTiff",
            height=height,
            width=width,
            count=1,
            dtype=values.dtype,
            crs="EPSG:3035",
            transform=Affine(100, 0, 4_000_000, 0, -100, 3_000_000),
        ) as file:
            file.write(values, 1)
        return path

    return write


@pytest.fixture
def cubes(tmp_path: Path):
    """Return a function that writes grids of 20 x 20 pixels of 10 m at (row, col) of CORINE."""

    def write(**places):
        lines = ["id,crs,height,width,west,south,east,north"]
        for cube, (row, col) in places.items():
            west, north = 4_000_000 + 100 * col, 3_000_000 - 100 * row
            lines.append(f"{cube},EPSG:3035,20,20,{west},{north - 200},{west + 200},{north}")
        table = tmp_path / "cubes.csv"
        table.write_text("\n".join(lines) + "\n")
        return str(table)

    return write
