"""Measure `neuco choose` on three files of 2,000 x 1,024 and a table of three label columns.

    python benchmarks/choosing.py [--rows 2000] [--dimensions 1024] [--jobs 2]

Two label columns are numbers, one is text. Reported are wall time, processor time and the largest
resident memory of the process, for a first and a second run.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np


def write_files(folder: Path, rows: int, dimensions: int) -> list[Path]:
    rng = np.random.default_rng(1)
    causes = rng.standard_normal((rows, 16))
    ids = [f"site-{row:05d}" for row in range(rows)]
    columns = [causes @ rng.standard_normal(16) / 4 + 0.7 * rng.standard_normal(rows)
               for _ in range(3)]  # fmt: skip
    kinds = np.array(["crops", "forest", "urban"])[np.digitize(columns[2], [-0.5, 0.5])]
    with (folder / "labels.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "biomass", "height", "kind"])
        writer.writerows(zip(ids, columns[0], columns[1], kinds, strict=True))
    files = []
    for name, used in (("one", 16), ("two", 16), ("three", 8)):
        mixed = causes[:, :used] @ rng.standard_normal((used, dimensions)) / 4
        matrix = mixed + 0.5 * rng.standard_normal((rows, dimensions))
        files.append(folder / f"{name}.npz")
        np.savez(files[-1], ids=np.array(ids), matrix=matrix.astype(np.float32))
    return files


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--dimensions", type=int, default=1024)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = write_files(folder, options.rows, options.dimensions)
        command = [
            *(sys.executable, "-m", "neucocore", "-q", "choose", *map(str, files)),
            *("--labels", str(folder / "labels.csv"), "-o", str(folder / "out")),
            *("--jobs", str(options.jobs)),
        ]
        for title in ("first run", "second run"):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            start = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            seconds = time.perf_counter() - start
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print(
                f"{title:12s} {seconds:7.1f} s, {cpu:7.1f} s of processors, at most "
                f"{after.ru_maxrss / 1024:.0f} MiB"
            )
        decision = json.loads((folder / "out" / "decision.json").read_text())
        print(decision["sentences"][0]["text"])


if __name__ == "__main__":
    main()
