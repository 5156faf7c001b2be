"""Speed of scoring embeddings: complete processes of neuco and of NeuCo-Bench.

    python benchmarks/evaluation.py --reference NEUCO_BENCH_CHECKOUT --reference-python PYTHON
    python benchmarks/evaluation.py                     only neuco

The input has full size: 13,260 x 1024 numbers as CSV and eleven label files with 1,140 to 13,260
rows. Both programs read the same files and the same configuration (40 splits, 10 epochs), take
turns on the same cores, and are measured from start to exit: wall-clock time, processor time and
peak memory. All fold scores are compared. The first run of neuco compiles; it is shown separately
and is not part of the ratio. PYTHON is an interpreter with NeuCo-Bench's requirements. Results are
printed as Markdown.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neucocore import Embeddings, save_embeddings

# Number of cubes, and the tasks that are labelled on the same cubes.
GROUPS: Mapping[int, tuple[str, ...]] = {
    4691: ("landcover_agriculture__regr", "landcover_forest__regr"),
    2415: ("biomass_mean__regr", "biomass_std__regr"),
    3355: ("crops__regr",),
    1659: ("heatisland_mean__regr", "heatisland_std__regr"),
    1140: ("clouds_reg__regr", "random_reg__regr", "random_cls__cls"),
}
ALL_CUBES = "nodata__regr"
DIMENSION = 1024
CONFIG = """\
k_folds: 40
probe_type: linear
probe_params: {batch_size: 64, epochs: 10, learning_rate: 0.001, device: cpu}
embedding_dim: null
standardize_embeddings: true
normalize_labels: true
enable_plots: false
update_leaderboard: false
store_probes: false
output_fold_results: true
task_filter: null
"""
MIB = 1 << 20


@dataclass(frozen=True)
class Input:
    embeddings: Path
    labels: Path
    config: Path


@dataclass(frozen=True)
class Timing:
    """Wall-clock and processor time in seconds and peak memory in bytes of one process."""

    wall: float
    cpu: float
    peak: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--reference", type=Path, help="a checkout of NeuCo-Bench")
    parser.add_argument(
        "--reference-python", default=sys.executable, help="an interpreter that can run it"
    )
    parser.add_argument("--repeats", type=int, default=3, help="runs of each program")
    parser.add_argument("--cores", type=int, default=2, help="cores that both may use")
    parser.add_argument("--scale", type=float, default=1.0, help="fraction of the rows")
    parser.add_argument("--folder", type=Path, help="folder to keep input and results in")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        compare(arguments, (arguments.folder or Path(scratch)).resolve())


def compare(arguments: argparse.Namespace, folder: Path) -> None:
    cores = sorted(os.sched_getaffinity(0))[: arguments.cores]
    files = make_input(folder / "input", arguments.scale)
    # A separate cache, so that the first run compiles.
    cache = {"NUMBA_CACHE_DIR": str(folder / f"numba-{os.getpid()}")}
    timings: dict[str, list[Timing]] = {}

    def turn(name: str, command: Sequence[str], **settings: Any) -> None:
        timings.setdefault(name, []).append(measured(command, cores, **settings))
        print(f"{name}: {timings[name][-1].wall:.2f} s", file=sys.stderr, flush=True)

    turn("neuco, first run", our_command(files, folder, len(cores)), environment=cache)
    for _ in range(arguments.repeats):
        turn("neuco", our_command(files, folder, len(cores)), environment=cache)
        turn("neuco, nested-cv", nested_cv_command(files, folder, len(cores)), environment=cache)
        if arguments.reference:
            program = arguments.reference / "benchmark"
            command = reference_command(arguments.reference_python, files, folder)
            turn("NeuCo-Bench", command, folder=program)
    print(report(timings))
    if arguments.reference:
        print(differences(scores(folder / "ours"), scores(folder / "reference")))


def make_input(folder: Path, scale: float) -> Input:
    """Write embeddings that predict each label in part, as CSV, and the label files."""
    rng = np.random.default_rng(0)
    sizes = {max(40, round(size * scale)): names for size, names in GROUPS.items()}
    total = sum(sizes)
    ids = tuple(rng.bytes(32).hex() for _ in range(total))
    matrix = rng.standard_normal((total, DIMENSION), dtype=np.float32)
    labels = folder / "labels"
    labels.mkdir(parents=True, exist_ok=True)
    start = 0
    for size, names in sizes.items():
        for name in names:
            write_labels(labels / f"{name}.csv", ids, matrix, range(start, start + size), rng)
        start += size
    write_labels(labels / f"{ALL_CUBES}.csv", ids, matrix, range(total), rng)
    made = Input(folder / "embeddings.csv", labels, folder / "config.yaml")
    save_embeddings(Embeddings(ids, np.round(matrix, 5)), made.embeddings)
    made.config.write_text(CONFIG)
    return made


def write_labels(
    path: Path, ids: Sequence[str], matrix: Any, rows: range, rng: np.random.Generator
) -> None:
    order = rng.permutation(np.array(rows))
    values = matrix[order] @ rng.standard_normal(DIMENSION) / np.sqrt(DIMENSION)
    values += 0.5 * rng.standard_normal(len(order))
    if path.stem.endswith("cls"):
        values = (values > 0).astype(int)
    lines = [f"{ids[row]},{value}" for row, value in zip(order, values, strict=True)]
    path.write_text("\n".join(["id,label", *lines, ""]))


def our_command(files: Input, folder: Path, jobs: int) -> list[str]:
    return [*_ours(files, folder / "ours", jobs), "--config", str(files.config)]


def nested_cv_command(files: Input, folder: Path, jobs: int) -> list[str]:
    return [*_ours(files, folder / "nested-cv", jobs), "--protocol", "nested-cv"]


def _ours(files: Input, output: Path, jobs: int) -> list[str]:
    words = [
        sys.executable, "-m", "neucocore", "-q", "evaluate", files.embeddings,
        "--labels", files.labels, "--output", output, "--jobs", jobs, "--force",
    ]  # fmt: skip
    return [str(word) for word in words]


def reference_command(python: str, files: Input, folder: Path) -> list[str]:
    words = [
        python, "main.py", "--submission_file", files.embeddings, "--annotation_path", files.labels,
        "--config", files.config, "--method_name", "embeddings",
        "--output_dir", folder / "reference",
    ]  # fmt: skip
    return [str(word) for word in words]


def measured(
    command: Sequence[str],
    cores: Sequence[int],
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Timing:
    """Run a program on these cores and measure it from start to exit."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, "MPLBACKEND": "Agg", **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    )
    errors = process.stderr.read() if process.stderr else b""
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if status:
        sys.exit(f"{' '.join(command)} failed:\n{errors.decode(errors='replace')[-3000:]}")
    return Timing(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def report(timings: Mapping[str, Sequence[Timing]]) -> str:
    rows = [
        "| program | runs | wall s: median | min | max | CPU s | peak MiB |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name, runs in timings.items():
        wall = [run.wall for run in runs]
        cpu = statistics.median(run.cpu for run in runs)
        peak = max(run.peak for run in runs) / MIB
        rows.append(
            f"| {name} | {len(runs)} | {statistics.median(wall):.2f} | {min(wall):.2f} "
            f"| {max(wall):.2f} | {cpu:.2f} | {peak:.0f} |"
        )
    return "\n".join([*rows, "", *_ratios(timings)])


def _ratios(timings: Mapping[str, Sequence[Timing]]) -> Iterator[str]:
    reference = timings.get("NeuCo-Bench", ())
    for name in ("neuco", "neuco, nested-cv"):
        if reference:
            ratios = [r.wall / o.wall for r, o in zip(reference, timings[name], strict=True)]
            memory = max(o.peak for o in timings[name]) / max(r.peak for r in reference)
            yield (
                f"NeuCo-Bench takes {statistics.median(ratios):.1f} times as long as {name} "
                f"(single turns: {min(ratios):.1f} to {max(ratios):.1f}); "
                f"the peak memory of {name} is {memory:.2f} of that of NeuCo-Bench."
            )


def scores(folder: Path) -> dict[str, list[float]]:
    """Return the fold scores of the newest run under a folder, by task."""
    summary = max(folder.glob("*/*/results_summary.json"), key=lambda path: path.stat().st_mtime)
    files = summary.parent.glob("*/*_result.json")
    return {file.parent.name: json.loads(file.read_text())["q_t"] for file in files}


def differences(ours: Mapping[str, list[float]], theirs: Mapping[str, list[float]]) -> str:
    if set(ours) != set(theirs):
        sys.exit(f"the tasks differ: {sorted(ours)} and {sorted(theirs)}")
    largest = {
        task: float(np.abs(np.subtract(ours[task], theirs[task])).max()) for task in sorted(ours)
    }
    folds = sum(map(len, ours.values()))
    rows = [f"| {task} | {value:.1e} |" for task, value in largest.items()]
    return "\n".join([
        "", "| task | largest difference of a fold score |", "|---|---:|", *rows, "",
        f"{folds} folds compared; the largest difference is {max(largest.values()):.1e}.",
    ])  # fmt: skip


if __name__ == "__main__":
    main()
