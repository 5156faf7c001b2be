"""A small example of the data set: four scenes with and without a ship."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from neucocore.plugin import write_modality, write_text

SEA = (-18.0, -26.0)
"""Backscatter of calm sea in vv and vh, dB."""
SHIP = (8.0, -2.0)
SIZE = 264
SHIPS = {"scene0": None, "scene1": (40, 70), "scene2": (150, 90), "scene3": None}
"""Row and column of the ship in each scene, None without a ship."""


def write(folder: Path) -> None:
    """Write four scenes of 264 x 264 pixels and their two label files into a folder."""
    rng = np.random.default_rng(0)
    positions, detections = ["id,label:row,label:col"], ["id,label"]
    for scene, position in SHIPS.items():
        values = rng.normal(0.0, 1.5, (1, 2, SIZE, SIZE)) + np.array(SEA)[:, None, None]
        if position is not None:
            row, col = position
            values[0, :, row - 1 : row + 2, col - 4 : col + 5] = np.array(SHIP)[:, None, None]
            positions.append(f"{scene},{row},{col}")
        detections.append(f"{scene},{int(position is not None)}")
        file = Path(folder) / "data" / "s1" / "part-000000" / f"{scene}.zarr.zip"
        write_modality(file, np.round(values, 2).astype(np.float32), ("vv", "vh"))
    labels = Path(folder) / "labels"
    write_text(labels / "ships_position__regr.csv", "\n".join(positions) + "\n")
    write_text(labels / "ships_detection__cls.csv", "\n".join(detections) + "\n")
