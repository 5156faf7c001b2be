"""``neuco demo``: the whole workflow on the synthetic Earth, offline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neucocore.cli.terminal import progress, put, say

DATASET = "synthetic-earth"
CUBES = 200
SIZE = 64
SEED = 0
RUN_FILE = """\
# The demo as a run file: change it and run it again with
#   neuco run {name}
name: demo
dataset: {{name: synthetic-earth, path: earth}}
encoders:
  - random
  - constant
  - mean
  - {{name: temporal-mosaiks, features: 512, as: temporal-mosaiks}}   # 4096 as published
dimension: 1024       # a limit; nothing is padded
protocol: [robust, neucobench-2026]
phase: demo
output: results
jobs: {jobs}
"""


def demo(
    output: Annotated[Path, typer.Option(help="Folder for everything the demo makes.")] = Path(
        "demo"
    ),
    cubes: Annotated[int, typer.Option(min=40, help="Cubes of the synthetic Earth.")] = CUBES,
    jobs: Annotated[int, typer.Option(min=1, help="Worker processes.")] = 2,
) -> None:
    """Make a small Earth, encode it four ways, score the embeddings and rank the methods."""
    from neucocore.cli.run import show
    from neucocore.components.lookup import find
    from neucocore.files.atomic import write_text
    from neucocore.workflow.run_file import read_run_file
    from neucocore.workflow.synthetic import generate_dataset

    dataset = find("dataset", DATASET)
    find("encoder", "temporal-mosaiks")
    earth = output / "earth"
    settings = f"--set cubes={cubes} --set size={SIZE} --set seed={SEED}"
    say(f"1. neuco data make {DATASET} --out {earth} {settings}")
    values = {"cubes": cubes, "size": SIZE, "seed": SEED, "jobs": jobs}
    with progress("make the Earth") as advance:
        generate_dataset(dataset, earth, values, advance)
    run_file = output / "demo.yaml"
    write_text(run_file, RUN_FILE.format(name=run_file, jobs=jobs))
    say(f"2. neuco run {run_file}")
    failures = show(read_run_file(run_file))
    if failures:
        say(f"error: failed: {', '.join(failures)}", always=True)
        raise typer.Exit(1)
    put("")
    put(
        "weighted_score is a mean rank: lower is better. robust is the score to trust: its\n"
        "controls random and constant lie near 0 where a score is an R2, and near the share of\n"
        "positives (about a half here) where it is an average precision. neucobench-2026 repeats\n"
        "the published probe, whose scores for so few cubes lie far below zero;\n"
        "docs/scores/evidence.md says why."
    )
    say(f"next: neuco leaderboard {output / 'results'} --format csv; neuco info robust")
