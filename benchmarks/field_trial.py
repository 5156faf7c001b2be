"""Try neuco on real data: download some of each source, sample, score, and pack what came out.

    make field-trial                                     everything, into the folder field-trial
    python benchmarks/field_trial.py -o DIR --steps aef,tessera

Needs a network connection and about 2 GB of disk; nothing of the test suite needs it. Every step
runs on its own, so that one source that cannot be reached stops no other. The results are
``DIR/field-trial.zip``: ``field-trial.json`` with versions, dates, digests and how each step ended,
the output of all commands, and the run folders. ``docs/reliability.md`` has the table of what has
been tried; to add a row, send the bundle, or the line that this program prints at the end.

The labels of the AEF and TESSERA steps are the northings of the points: they show that a file goes
from product to score, and the score itself means nothing.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import shutil
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

POINTS = 300
TILE_SIDE = 1024  # points lie in one corner of the tile, so that few blocks are read
AEF = (
    "https://data.source.coop/tge-labs/aef/v1/annual/2021/36S/"
    "xekh5rjs4wg6wb9b4-0000000000-0000000000.tiff"
)
TESSERA = "https://s3.us-west-2.amazonaws.com/tessera-embeddings/v1"
TESSERA_CELL, TESSERA_YEAR = "grid_-0.05_10.05", 2024
DATASET, WINNERS = "ssl4eo-s12-downstream", "winners"
IN_BUNDLE = {".json", ".jsonl", ".log", ".csv", ".npz"}
LARGEST_IN_BUNDLE = 2_000_000  # bytes


@dataclass
class Step:
    """One source: how it was tried and what came out.

    Attributes
    ----------
    name, what
        Short name, and the source in words.
    folder
        Its files.
    digests
        sha256 of every downloaded or written embeddings file, ``ETag`` of files read in parts.
    reason
        Why it failed; empty if it did not.
    """

    name: str
    what: str
    folder: Path
    when: str = ""
    seconds: float = 0.0
    digests: dict[str, str] = field(default_factory=dict)
    reason: str = ""

    def neuco(self, *words: object) -> None:
        """Run a command of neuco; its output is appended to ``commands.log``."""
        command = [sys.executable, "-m", "neucocore", *map(str, words)]
        with (self.folder / "commands.log").open("a") as log:
            log.write(f"$ neuco {' '.join(map(str, words))}\n")
            log.flush()
            ended = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, check=False)
            log.write(f"exit code {ended.returncode}\n\n")
        if ended.returncode:
            raise RuntimeError(f"neuco {words[0]} ended with exit code {ended.returncode}")

    def download(self, url: str, path: Path) -> Path:
        """Download a file, unless an earlier trial did."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(path.name + ".part")
            with urllib.request.urlopen(url, timeout=60) as answer, part.open("wb") as file:
                shutil.copyfileobj(answer, file)
            part.rename(path)
        self.record(path)
        return path

    def record(self, path: Path) -> None:
        """Keep the digest of a file."""
        with path.open("rb") as file:
            self.digests[path.name] = hashlib.file_digest(file, "sha256").hexdigest()


def try_aef(step: Step, aef: str) -> None:
    """Sample one tile of AlphaEarth Foundations at points, over HTTP ranges."""
    request = urllib.request.Request(aef, method="HEAD")
    with urllib.request.urlopen(request, timeout=60) as answer:
        step.digests[aef.rpartition("/")[2]] = f"ETag {answer.headers.get('ETag')}"
    points = _points(f"/vsicurl/{aef}", step.folder / "points.csv")
    _sample_and_score(step, "aef", aef, points)


def try_tessera(step: Step, tessera: str) -> None:
    """Download the arrays of one TESSERA cell and sample them at points."""
    arrays = f"global_0.1_degree_representation/{TESSERA_YEAR}/{TESSERA_CELL}/{TESSERA_CELL}"
    mask = f"global_0.1_degree_tiff_all/{TESSERA_CELL}.tiff"
    product = step.folder / "product"
    for name in (f"{arrays}.npy", f"{arrays}_scales.npy", mask):
        step.download(f"{tessera}/{name}", product / name)
    points = _points(str(product / mask), step.folder / "points.csv")
    _sample_and_score(step, "tessera", product, points)


def try_winners(step: Step) -> None:
    """Score the five published embeddings of the 2025 challenge on the published labels."""
    data, embeddings = step.folder / "data", step.folder / "embeddings"
    step.neuco("data", "download", DATASET, "--labels", "-o", data)
    step.neuco("data", "download", WINNERS, "-o", embeddings)
    for path in sorted(embeddings.glob("*.csv")):
        step.record(path)
        step.neuco("evaluate", path, "--labels", data / "labels", "--dataset", DATASET,
                   "--subset", "cvpr_earthvision_phase_eval", "-o", step.folder / "results",
                   "--protocol", "nested-cv", "--protocol", "neucobench-2026")  # fmt: skip
    step.neuco("leaderboard", step.folder / "results", "--format", "csv")


def try_example(step: Step) -> None:
    """Check and encode the published example cubes."""
    data = step.folder / "data"
    step.neuco("data", "download", DATASET, "--example", "-o", data)
    step.neuco("validate", data / "data_example")
    for encoder in ("mean", "band-statistics"):
        output = step.folder / f"{encoder}.parquet"
        step.neuco("encode", encoder, "--dataset", DATASET, "--data", data, "-o", output)
        step.record(output)


def _points(raster: str, path: Path) -> Path:
    """Write random points within the north-western corner of a raster."""
    import numpy as np
    import rasterio
    from rasterio.warp import transform

    rng = np.random.default_rng(0)
    with rasterio.open(raster) as file:
        side = min(TILE_SIDE, file.width, file.height)
        rows, columns = rng.integers(0, side, (2, POINTS))
        x, y = rasterio.transform.xy(file.transform, rows, columns)
        lon, lat = transform(file.crs, "EPSG:4326", x, y)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "lon", "lat", "northing"])
        writer.writerows(zip((f"point-{i:03d}" for i in range(POINTS)), lon, lat, y, strict=True))
    return path


def _sample_and_score(step: Step, product: str, source: object, points: Path) -> None:
    output = step.folder / f"{product}.parquet"
    step.neuco("sample", product, source, "--points", points, "-o", output, "--force")
    step.record(output)
    step.neuco("validate", output)
    step.neuco("evaluate", output, "--labels", f"{points}:northing", "--allow-missing",
               "-o", step.folder / "results", "--force")  # fmt: skip


def run_steps(folder: Path, steps: Mapping[str, tuple[str, Callable[[Step], None]]]) -> list[Step]:
    """Run every step, and record how it ended."""
    finished = []
    for name, (what, work) in steps.items():
        step = Step(name, what, folder / name, datetime.now(UTC).isoformat(timespec="seconds"))
        step.folder.mkdir(parents=True, exist_ok=True)
        start = time.perf_counter()
        try:
            work(step)
        except Exception as error:  # noqa: BLE001 - one source stops no other
            step.reason = f"{type(error).__name__}: {error}"
        step.seconds = round(time.perf_counter() - start, 1)
        print(f"{name}: {step.reason or 'ok'} ({step.seconds} s)", flush=True)
        finished.append(step)
    return finished


def pack(folder: Path, steps: Sequence[Step], versions: Mapping[str, Any]) -> Path:
    """Write the bundle: the record, the output of commands, and the run folders."""
    record = {
        "versions": versions,
        "steps": [
            {
                "name": step.name,
                "what": step.what,
                "when": step.when,
                "seconds": step.seconds,
                "ok": not step.reason,
                "reason": step.reason,
                "digests": step.digests,
            }
            for step in steps
        ],
    }
    (folder / "field-trial.json").write_text(json.dumps(record, indent=1) + "\n")
    bundle = folder / "field-trial.zip"
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(folder / "field-trial.json", "field-trial.json")
        for step in steps:
            for path in sorted(step.folder.rglob("*")):
                in_run = "results" in path.relative_to(step.folder).parts
                kept = path.name == "commands.log" or (in_run and path.suffix in IN_BUNDLE)
                if path.is_file() and kept and path.stat().st_size <= LARGEST_IN_BUNDLE:
                    archive.write(path, path.relative_to(folder))
    return bundle


def table_row(step: Step) -> str:
    """Return the row of a step for the table in ``docs/reliability.md``."""
    digests = "; ".join(f"{name} {digest[:16]}" for name, digest in step.digests.items())
    return f"| {step.what} | {step.when[:10]} | {step.reason or 'ok'} | {digests} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-o", "--output", type=Path, default=Path("field-trial"))
    parser.add_argument("--steps", default="aef,tessera,winners,example")
    parser.add_argument("--aef", default=AEF, help="address of one tile")
    parser.add_argument("--tessera", default=TESSERA, help="address above the folders of cells")
    options = parser.parse_args()
    known: dict[str, tuple[str, Callable[[Step], None]]] = {
        "aef": ("AlphaEarth Foundations, one tile", lambda step: try_aef(step, options.aef)),
        "tessera": ("TESSERA, one cell", lambda step: try_tessera(step, options.tessera)),
        "winners": ("embeddings of the 2025 challenge", try_winners),
        "example": ("SSL4EO-S12-downstream, data_example", try_example),
    }
    names = options.steps.split(",")
    if unknown := set(names) - known.keys():
        parser.error(f"unknown steps {', '.join(sorted(unknown))}; known: {', '.join(known)}")
    versions = json.loads(
        subprocess.check_output(  # the core and the plugins that made the results
            [sys.executable, "-m", "neucocore", "plugins", "list", "--json"], text=True
        )
    )
    steps = run_steps(options.output, {name: known[name] for name in names})
    bundle = pack(options.output, steps, versions)
    print(f"\n{bundle}, {bundle.stat().st_size / 1e6:.1f} MB\n")
    print("\n".join(table_row(step) for step in steps))
    sys.exit(any(step.reason for step in steps))


if __name__ == "__main__":
    main()
