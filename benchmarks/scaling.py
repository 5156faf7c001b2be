"""How the time of scoring depends on rows, folds and dimensions, compared with operation counts.

    python benchmarks/scaling.py [-o docs/images/scoring-cost.png] [--repeats 3]

One regression task is scored in this process with one job and one BLAS thread, after one run that
compiles. One quantity varies; the others are 4,000 rows, 20 folds and 256 dimensions. Prints a
Markdown table with the slope of log time over log size, and plots it (needs matplotlib).

Operation counts: ``neucobench-2026`` needs k splits x 10 epochs x 0.9 n rows x (forward pass,
gradient, and one AdamW step per batch of 64), each linear in d: proportional to k n d.
``nested-cv`` needs one Gram matrix, n d^2, then per fold and scaling (two) one eigendecomposition,
d^3, and the leave-one-out errors of all penalties, n d. For n much larger than d the Gram matrix
dominates, for large d the decomposition.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from neucocore.evaluation.inputs import ScoringInput, ScoringTask
from neucocore.evaluation.nested_cv import NestedCVProtocol
from neucocore.evaluation.neucobench.protocol import NeuCoBenchProtocol
from neucocore.evaluation.protocols import protocol

ROWS, FOLDS, DIMENSIONS = 4000, 20, 256
SERIES = {
    "rows": (500, 1000, 2000, 4000, 8000, 16000),
    "folds": (5, 10, 20, 40),
    "dimensions": (16, 64, 256, 512, 1024),
}
SCORERS = {
    "neucobench-2026": (NeuCoBenchProtocol().score, "k_folds"),
    "nested-cv": (NestedCVProtocol().score, "folds"),
}
# Slopes expected from the operation counts, at the sizes above.
EXPECTED = {
    ("neucobench-2026", "rows"): "1",
    ("neucobench-2026", "folds"): "1",
    ("neucobench-2026", "dimensions"): "1",
    ("nested-cv", "rows"): "0 to 1",
    ("nested-cv", "folds"): "1",
    ("nested-cv", "dimensions"): "1 to 3",
}


def scoring_input(rows: int, dimensions: int) -> ScoringInput:
    rng = np.random.default_rng(0)
    matrix = rng.standard_normal((rows, dimensions)).astype(np.float32)
    y = matrix[:, : min(8, dimensions)].sum(axis=1) + rng.standard_normal(rows)
    ids = tuple(f"c{row:06d}" for row in range(rows))
    task = ScoringTask("t", "t", "regression", ids, y.astype(np.float64), "r2", "")
    return ScoringInput(ids, matrix, (task,), frozenset(ids))


def seconds(name: str, rows: int, folds: int, dimensions: int, repeats: int) -> float:
    score, option = SCORERS[name]
    options = {**protocol(name).values(), option: folds}
    inputs = scoring_input(rows, dimensions)
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        with threadpool_limits(1):
            score(inputs, options, jobs=1)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def measured(name: str, axis: str, repeats: int) -> list[tuple[int, float]]:
    fixed = {"rows": ROWS, "folds": FOLDS, "dimensions": DIMENSIONS}
    return [
        (size, seconds(name, *({**fixed, axis: size}.values()), repeats)) for size in SERIES[axis]
    ]


def slope(points: list[tuple[int, float]]) -> float:
    sizes, times = np.log(np.array(points)).T
    return float(np.polyfit(sizes[-3:], times[-3:], 1)[0])


def draw(results: dict[tuple[str, str], list[tuple[int, float]]], out: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 3.2), layout="constrained")
    for axis, plot in zip(SERIES, figure.subplots(1, 3), strict=True):
        for name in SCORERS:
            sizes, times = zip(*results[name, axis], strict=True)
            plot.loglog(sizes, times, "o-", label=name, markersize=4)
        plot.set_xlabel(axis)
        plot.set_xticks(SERIES[axis], [f"{size:,}" for size in SERIES[axis]], fontsize=7)
        plot.minorticks_off()
        plot.grid(alpha=0.3)
    figure.axes[0].set_ylabel("seconds, one job")
    figure.axes[0].legend(fontsize=8)
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, help="plot to write")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    results = {}
    for name in SCORERS:
        seconds(name, 500, 5, 16, 1)  # compiles
        for axis in SERIES:
            results[name, axis] = measured(name, axis, arguments.repeats)
    print("| protocol | varied | seconds | slope of the last three points (log-log) | expected |")
    print("|---|---|---|---|---|")
    for (name, axis), points in results.items():
        shown = ", ".join(f"{size:,}: {time:.3f}" for size, time in points)
        print(f"| {name} | {axis} | {shown} | {slope(points):.2f} | {EXPECTED[name, axis]} |")
    if arguments.output:
        draw(results, arguments.output)


if __name__ == "__main__":
    main()
