"""Stores that zarr 2.18 and xarray wrote (tests/fixtures/zarr-2.18/make.py)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neucocore.data.cubes.file import CubeFile
from neucocore.data.cubes.schema import CubeSchema

FOLDER = Path(__file__).parents[2] / "fixtures" / "zarr-2.18"
BANDS = ("B02", "B03", "B04", "B08")


def values():
    return (np.arange(2 * 4 * 16 * 16) * 7 % 4001).reshape(1, 2, 4, 16, 16).astype("int16")


@pytest.mark.parametrize(("name", "reader"), [("xarray.zarr", "zarr"), ("xarray.zarr.zip", "zip")])
def test_values_bands_and_coordinates(name, reader):
    with CubeFile(FOLDER / name) as cube:
        assert cube.reader.startswith(reader)
        assert cube.bands == BANDS
        assert cube.coordinate("x").tolist() == (np.arange(16) * 10.0).tolist()
        read, findings = cube.read()
        cube.check_all()
    assert (read == values()[0]).all()
    assert findings == []


def test_scale_offset_and_fill_value_of_xarray():
    with CubeFile(FOLDER / "scaled.zarr", CubeSchema(bands=BANDS, nodata=-1)) as cube:
        read, findings = cube.read()
    assert read == pytest.approx(values()[0] * 0.0001, abs=1e-4)
    assert "declared-scale" in [finding.code for finding in findings]
