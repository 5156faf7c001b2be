"""Time and memory of a large leaderboard: intervals, all pairs, rank intervals and groups.

    python benchmarks/leaderboard.py [--methods 60] [--tasks 13] [--rows 13260]

Writes run folders with the product's own writer, of random influence values with the spread of an
R2 near 0.5, and measures reading and ranking them in a process of its own.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from neucocore.evaluation.inputs import ScoringTask
from neucocore.evaluation.outcome import MetricScore, SplitScore, TaskOutcome
from neucocore.evaluation.protocols import protocol
from neucocore.results.run_folder import Run, write_run
from neucocore.statistics.influence import Influence
from neucocore.statistics.intervals import interval

MEASURED = """
import resource, sys, time
from pathlib import Path
start = time.perf_counter()
from neucocore.results.leaderboard import leaderboards
from neucocore.results.reading import read_runs
(table,) = leaderboards(read_runs(Path(sys.argv[1])))
seconds = time.perf_counter() - start
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
pairs = len(table.pairs)
print(f"{len(table.rows)} methods, {pairs} pairs: {seconds:.1f} s, {memory:.2f} GiB")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--methods", type=int, default=60)
    parser.add_argument("--tasks", type=int, default=13)
    parser.add_argument("--rows", type=int, default=13_260)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write_runs(Path(folder), arguments.methods, arguments.tasks, arguments.rows)
        for _ in range(3):
            subprocess.run([sys.executable, "-c", MEASURED, folder], check=True)


def write_runs(output: Path, methods: int, tasks: int, rows: int) -> None:
    """Write one run per method; influence values of one task are correlated between methods."""
    rng = np.random.default_rng(0)
    ids = tuple(f"ssl4eos12_{row:06d}" for row in range(rows))
    shared = rng.standard_normal((tasks, rows))
    for method in range(methods):
        outcomes = []
        for number in range(tasks):
            values = 0.8 * shared[number] + 0.6 * rng.standard_normal(rows)
            score = 0.5 - 0.002 * method
            influence = Influence(
                values - values.mean(),
                score,
                bounds=(-np.inf, 1.0),
                training_noise=0.02,
                error_scale=1 - score,
            )
            metric = MetricScore("r2", score, interval(influence), influence, 0.0, 1.0)
            task = ScoringTask(
                f"task-{number}", f"task-{number}", "regression", ids, np.arange(rows), "r2", "x"
            )
            # The ids are read from the first run only.
            predictions = {} if method else {"ids": np.array(ids)}
            outcomes.append(
                TaskOutcome(
                    task,
                    rows,
                    1024,
                    "ok",
                    score,
                    score,
                    0.05,
                    splits=(SplitScore(0, "r2", score),),
                    predictions=predictions,
                    metrics=(metric,),
                )
            )
        run = Run(f"method-{method:02d}", "dev", protocol("nested-cv"), outcomes, key=str(method))
        write_run(output, run)


if __name__ == "__main__":
    main()
