from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine

WriteRaster = Callable[..., Path]


@pytest.fixture
def write_raster(tmp_path: Path) -> WriteRaster:
    """Write a raster with a top left corner and a pixel size."""

    def write(
        name,
        values,
        *,
        crs="EPSG:3035",
        west=0.0,
        north=0.0,
        size=100.0,
        nodata=None,
        tags=None,
        scale=None,
        mask=None,
    ):
        values = np.asarray(values)
        path = tmp_path / name
        with rasterio.open(
            path,
            "w",
            driver="GTiff",
            height=values.shape[0],
            width=values.shape[1],
            count=1,
            dtype=values.dtype,
            crs=crs,
            transform=Affine(size, 0, west, 0, -size, north),
            nodata=nodata,
        ) as file:
            file.write(values, 1)
            file.update_tags(1, **(tags or {}))
            if scale is not None:
                file.scales, file.offsets = (scale[0],), (scale[1],)
            if mask is not None:
                file.write_mask(np.asarray(mask))
        return path

    return write
