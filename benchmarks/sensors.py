"""Encode and score cubes of other sensors with every encoder that takes them.

    python benchmarks/sensors.py [--earth DIR] [--write]

Three data sets are made: Landsat-like GeoTIFFs (six bands, two dates, 128 x 128 pixels, classes)
and cubes of Sentinel-2 L2A alone, both from a synthetic Earth (``--earth``: one made before with
``neuco data generate synthetic-earth -o DIR --set cubes=150 --set size=128 --set seed=7``), and
radar scenes of the data set ``ships``. Prints the table of docs/sensors.md, or writes it there.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine

import neucocore
from neuco_plugin_ships.example import SEA, SHIP
from neucocore.plugin import BANDS, read_label_file, read_modality, write_modality, write_text

PAGE = Path(__file__).parent.parent / "docs" / "sensors.md"
EARTH = {"cubes": 150, "size": 128, "seed": 7}
SCENES = 120
SCENE_SIZE = 264
LANDSAT = {
    "blue": "B02",
    "green": "B03",
    "red": "B04",
    "nir": "B8A",
    "swir1": "B11",
    "swir2": "B12",
}
"""Bands of Landsat, and the bands of Sentinel-2 that resemble them."""
DATES = {"2021-04-15": 0, "2021-10-15": 2}
"""Dates of the files, and the seasons of the synthetic Earth that they show."""
ENCODERS = (
    "band-means",
    "band-statistics",
    "band-covariance",
    "thumbnails",
    "thumbnails-pca",
    "cosines",
    "wavelet-energies",
    "temporal-mosaiks",
    "temporal-mosaiks-train",
    "random",
    "constant",
)
FITTED = "temporal-mosaiks-train"


@dataclass(frozen=True)
class Case:
    """A data set on disk, and the tasks to score.

    Attributes
    ----------
    tasks
        Task to the name of its column in the table.
    """

    dataset: str
    data: Path
    tasks: Mapping[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--earth", type=Path, help="a synthetic Earth to use")
    parser.add_argument("--write", action="store_true", help="write the table into the page")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        earth = arguments.earth or folder / "earth"
        if arguments.earth is None:
            neucocore.generate("synthetic-earth", output=earth, params=EARTH)
        cases = [
            landsat(earth, folder / "landsat"),
            sentinel2(earth, folder / "s2l2a"),
            ships(folder / "ships"),
        ]
        columns = [title for case in cases for title in ("d", *case.tasks.values())]
        lines = [line("encoder", "fit", *columns), "|---|---|" + "---:|" * len(columns)]
        for encoder in ENCODERS:
            fit = neucocore.find("encoder", encoder).spec.fit
            cells = [cell for case in cases for cell in cells_of(encoder, case, folder)]
            lines.append(line(f"`{encoder}`", fit, *cells))
    table = "\n".join(lines) + "\n"
    if not arguments.write:
        print(table)
        return
    before, _, after = PAGE.read_text("utf-8").partition("<!-- scores -->\n")
    _, end, after = after.partition("<!-- end of scores -->")
    write_text(PAGE, f"{before}<!-- scores -->\n{table}{end}{after}")


def line(*cells: str) -> str:
    """Return a row of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def landsat(earth: Path, folder: Path) -> Case:
    """Write the Landsat-like GeoTIFFs, one per date, and the land cover of each site as a text."""
    positions = [BANDS["s2l2a"].index(band) for band in LANDSAT.values()]
    for file in sorted((earth / "data" / "s2l2a").rglob("*.zarr.zip")):
        values = read_modality(file)[0][:, positions]
        site = file.name.removesuffix(".zarr.zip")
        for date, season in DATES.items():
            write_geotiff(folder / f"{site}_{date}.tif", values[season])
    forest, fields = (
        dict(zip(table.ids, map(float, table.y.ravel()), strict=True))
        for table in (
            read_label_file(earth / "labels" / f"landcover_{name}__regr.csv")
            for name in ("forest", "agriculture")
        )
    )
    middle = float(np.median(list(forest.values())))
    lines = ["id,label"]
    for cube, share in forest.items():
        cover = "forest" if share > middle else "fields" if fields[cube] > 0.1 else "open"
        lines.append(f"{cube},{cover}")
    write_text(folder / "labels" / "cover__cls.csv", "\n".join(lines) + "\n")
    return Case("geotiff", folder, {"cover": "land cover"})


def write_geotiff(path: Path, values: np.ndarray) -> None:
    """Write the bands of one date with their names, at some place in UTM zone 32."""
    path.parent.mkdir(parents=True, exist_ok=True)
    bands, height, width = values.shape
    where = Affine(30, 0, 500_000, 0, -30, 5_400_000)
    with rasterio.open(
        path, "w", driver="GTiff", count=bands, height=height, width=width, dtype=values.dtype,
        crs="EPSG:32632", transform=where, nodata=0, compress="deflate",
    ) as file:  # fmt: skip
        file.write(values)
        file.descriptions = tuple(LANDSAT)


def sentinel2(earth: Path, folder: Path) -> Case:
    """Make a data set of Sentinel-2 L2A alone."""
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "s2l2a").symlink_to(earth.absolute() / "data" / "s2l2a")
    (folder / "labels").symlink_to(earth.absolute() / "labels")
    tasks = {"landcover-forest": "forest", "biomass-mean": "biomass"}
    return Case("synthetic-earth", folder, tasks)


def ships(folder: Path) -> Case:
    """Write radar scenes as in the example of the data set ``ships``, half of them with a ship."""
    rng = np.random.default_rng(7)
    positions, detections = ["id,label:row,label:col"], ["id,label"]
    for number in range(SCENES):
        values = rng.normal(0.0, 1.5, (1, 2, SCENE_SIZE, SCENE_SIZE)) + np.array(SEA)[:, None, None]
        values += rng.normal(0.0, 1.0)  # the wind
        if number % 2:
            row, column = rng.integers(8, SCENE_SIZE - 8, 2)
            values[0, :, row - 1 : row + 2, column - 4 : column + 5] = np.array(SHIP)[:, None, None]
            positions.append(f"scene{number},{row},{column}")
        detections.append(f"scene{number},{number % 2}")
        file = folder / "data" / "s1" / f"scene{number}.zarr.zip"
        write_modality(file, np.round(values, 2).astype(np.float32), ("vv", "vh"))
    write_text(folder / "labels" / "ships_position__regr.csv", "\n".join(positions) + "\n")
    write_text(folder / "labels" / "ships_detection__cls.csv", "\n".join(detections) + "\n")
    return Case("ships", folder, {"ships-detection": "ship", "ships-position": "position"})


def cells_of(encoder: str, case: Case, folder: Path) -> list[str]:
    """Return the dimension and the score of each task."""
    embeddings = folder / f"{case.data.name}-{encoder}.npz"
    ids = neucocore.create(neucocore.find("dataset", case.dataset), case.data).ids()
    report = neucocore.encode(
        encoder,
        dataset=case.dataset,
        data=case.data,
        output=embeddings,
        fit_ids=ids[::2] if encoder == FITTED else None,
    )
    [run] = neucocore.evaluate(
        embeddings,
        labels=case.data / "labels",
        output=folder / "results" / embeddings.stem,
        tasks=tuple(case.tasks),
    )
    scores = {row["task"].partition("@")[0]: row["score"] for row in run.rows()}
    return [
        str(report.columns),
        *(f"{round(scores[task], 3) + 0.0:.3f}" for task in case.tasks),
    ]  # no -0.000


if __name__ == "__main__":
    main()
