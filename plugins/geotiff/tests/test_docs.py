"""The commands of the page about GeoTIFFs run, from a folder and a table to a leaderboard."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine

PAGE = Path(__file__).parents[3] / "docs" / "geotiff.md"
BANDS = ("blue", "green", "red", "nir", "swir1", "swir2")
REFLECTANCE = {
    "forest": (300, 500, 300, 3500, 1500, 700),
    "water": (400, 350, 250, 150, 80, 50),
    "field": (700, 1000, 1200, 2800, 2600, 1800),
}


def make(folder: Path) -> None:
    """Write sites with six bands and two dates each, and a table of their classes."""
    (folder / "images").mkdir()
    rng = np.random.default_rng(0)
    lines = ["id,class"]
    for number in range(45):
        name = list(REFLECTANCE)[number % 3]
        for date in ("2021-06-01", "2021-09-05"):
            means = np.array(REFLECTANCE[name])[:, None, None]
            noise = 1 + 0.4 * rng.normal() + 0.3 * rng.normal(size=(6, 16, 16))
            values = np.clip(means * noise, 1, 20_000).astype("uint16")
            path = folder / "images" / f"site{number:03}_{date}.tif"
            form = {"count": 6, "height": 16, "width": 16, "dtype": "uint16", "nodata": 0}
            place = {"crs": "EPSG:32633", "transform": Affine(30, 0, 4e5, 0, -30, 53e5)}
            with rasterio.open(path, "w", driver="GTiff", **form, **place) as file:
                file.write(values)
                file.descriptions = BANDS
        lines.append(f"site{number:03},{name}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")


def test_the_commands_of_the_page_run(tmp_path):
    make(tmp_path)
    text = PAGE.read_text("utf-8").split("<!-- commands -->")[1].split("\n##")[0]
    commands = re.findall(r"^    (neuco .*)$", text, re.MULTILINE)
    assert len(commands) == 6
    environment = os.environ | {"COLUMNS": "80", "NO_COLOR": "1"}
    neuco = str(Path(sys.executable).parent / "neuco")
    for command in commands:
        words = [neuco, *shlex.split(command)[1:]]
        run = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert run.returncode == 0, (command, run.stderr)
        if "validate" in command:
            assert "{id}_{date}.tif" in run.stdout
            assert "45 cubes: 0 with errors, 0 with warnings only" in run.stdout
            assert all(len(line) <= 80 for line in run.stdout.splitlines()), run.stdout
    assert "band-statistics" in run.stdout
