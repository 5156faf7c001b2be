"""Small examples of the data sets, with made-up cubes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from neuco_plugin_ssl4eo_s12.pretraining import FOLDERS, OFFSET
from neucocore.plugin import BANDS, make_cubes, write_cube_folder, write_modality

COUNT = 4


def downstream(folder: Path) -> None:
    """Write cubes in the layout of SSL4EO-S12-downstream, with a label file."""
    cubes = make_cubes(COUNT, bands=BANDS)
    labels = {"infrared__regr": [(c.id, c.arrays["s2l2a"][0, 7].mean()) for c in cubes]}
    write_cube_folder(folder, cubes, labels)


def pretraining(folder: Path) -> None:
    """Write one file in the layout of SSL4EO-S12 v1.1 for each modality, with `COUNT` samples."""
    cubes = make_cubes(COUNT, bands=BANDS)
    degrees = np.linspace(-60, 60, COUNT)
    for modality, bands in BANDS.items():
        values = np.stack([cube.arrays[modality] for cube in cubes])
        values = values.astype(np.float16) if modality == "s1" else values + np.int16(OFFSET)
        name = "ssl4eos12_train_seasonal_data_000001.zarr.zip"
        coordinates = dict.fromkeys(("center_lat", "center_lon"), (("sample",), degrees))
        file = Path(folder) / "train" / FOLDERS[modality] / name
        write_modality(file, values, bands, coordinates=coordinates)
