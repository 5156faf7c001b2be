"""Generate the default synthetic Earth, time it, and compare its bands with the challenge data.

    python benchmarks/synthetic_earth.py [--cubes 500] [--size 64] [--seed 0] [--jobs 2]

Prints the tables of docs/synthetic-earth.md as Markdown. Means and standard deviations are over all
pixels, seasons and cubes, including no data (zeros).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from neuco_plugin_ssl4eo_s12.statistics import DOWNSTREAM_STATISTICS
from neuco_plugin_synthetic_earth.dataset import synthetic_earth
from neuco_plugin_synthetic_earth.generate import generate
from neucocore.plugin import read_label_file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name, default in (("cubes", 500), ("size", 64), ("seed", 0), ("jobs", 2)):
        parser.add_argument(f"--{name}", type=int, default=default)
    arguments = vars(parser.parse_args())
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        earth = generate(Path(folder) / "earth", **arguments)
        seconds = time.perf_counter() - start
        size = sum(path.stat().st_size for path in earth.rglob("*") if path.is_file())
        print(f"{arguments}: {seconds:.1f} s, {size / 1e6:.0f} MB\n")
        print_bands(earth)
        print_labels(earth)


def print_bands(earth: Path) -> None:
    dataset = synthetic_earth(earth)
    moments = {name: [0.0, 0.0, 0] for name in dataset.modalities}
    for cube in dataset.read(dataset.ids()):
        for name, array in cube.arrays.items():
            values = array.astype(np.float64)
            moments[name][0] += values.sum((0, 2, 3))
            moments[name][1] += (values**2).sum((0, 2, 3))
            moments[name][2] += values[:, 0].size
    print("| band | mean | challenge | ratio | std | challenge | ratio |")
    print("|---|---|---|---|---|---|---|")
    worst = 0.0
    for name, (total, squares, count) in moments.items():
        mean = total / count
        std = np.sqrt(squares / count - mean**2)
        for number, band in enumerate(dataset.schemas[name].bands):
            cells = []
            for ours, theirs in (
                (mean, DOWNSTREAM_STATISTICS.mean),
                (std, DOWNSTREAM_STATISTICS.std),
            ):
                ratio = ours[number] / theirs[name][number]
                worst = max(worst, abs(ratio - 1))
                cells.append(f"{ours[number]:.1f} | {theirs[name][number]:.1f} | {ratio:.2f}")
            print(f"| {name} {band} | {cells[0]} | {cells[1]} |")
    print(f"\nLargest difference of a ratio from 1: {worst:.2f}\n")


def print_labels(earth: Path) -> None:
    print("| label file | cubes | mean | std | 5 % | 95 % |\n|---|---|---|---|---|---|")
    for path in sorted((earth / "labels").glob("*.csv")):
        labels = read_label_file(path)
        y = np.asarray(labels.y, np.float64).reshape(len(labels.ids), -1)[:, 0]
        numbers = [y.mean(), y.std(), *np.quantile(y, [0.05, 0.95])]
        print(f"| `{path.stem}` | {len(y)} | {' | '.join(f'{x:.3g}' for x in numbers)} |")


if __name__ == "__main__":
    main()
