"""``neuco demo``: the complete workflow on the synthetic Earth, offline."""

from __future__ import annotations

import importlib.util
import shlex
from pathlib import Path
from typing import Annotated

import typer

from neucocore import OutputFile, find, log, print_data, run_command

SIZE, SEED = 64, 0
RUN_FILE = """\
# The demo as a run file. Change it and run it again with
#   neuco run {name}
name: demo
dataset: {{name: synthetic-earth/synthetic-earth, path: earth}}   # plugin/name
encoders:
  - core/random
  - core/constant
  - core/mean
  - name: temporal-mosaiks/temporal-mosaiks
    features: 512     # 4096 as published
    as: temporal-mosaiks
dimension: 1024       # maximum number of dimensions; shorter embeddings are not padded
protocol: [core/nested-cv, core/neucobench-2026]
phase: demo
output: results
jobs: {jobs}
"""
EXPLANATION = """
The table ranks by mean skill: 0 is chance, 1 a perfect score. The controls random and constant,
which contain no information, are shown below. The same embeddings were scored under
neucobench-2026, which repeats the published probe; on so few cubes its scores are far below zero,
as explained in https://github.com/neuco-bench/neuco/blob/main/docs/scores/index.md"""

app = typer.Typer(add_completion=False)


@app.command()
def demo(
    output: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="DIR", help="Folder for all files of the demo."),
    ] = Path("demo"),
    cubes: Annotated[int, typer.Option(min=40, help="Number of cubes to generate.")] = 280,
    jobs: Annotated[int, typer.Option(min=1, help="Number of worker processes.")] = 2,
    force: Annotated[
        bool, typer.Option("--force", help="Replace files that were changed.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the rows of all tables as neuco run does.")
    ] = False,
) -> None:
    """Generate a small Earth, encode it in four ways, score the embeddings and rank the methods."""
    find(
        "encoder", "temporal-mosaiks/temporal-mosaiks"
    )  # it is a plugin too: fail before the work starts
    options = ["--force"] if force else []
    settings = {"cubes": cubes, "size": SIZE, "seed": SEED, "jobs": jobs}
    generate = ["data", "generate", "synthetic-earth/synthetic-earth", "-o", str(output / "earth")]
    for name, value in settings.items():
        generate += ["--set", f"{name}={value}"]
    run_file = output / "demo.yaml"
    text = RUN_FILE.format(name=run_file, jobs=jobs)
    target = OutputFile(run_file, command="demo", key={"text": text}, force=force)
    _run(1, [*generate, *options])
    with target.writing():
        run_file.write_text(text, encoding="utf-8")
    _run(2, ["run", str(run_file), *options, *(["--json"] if as_json else [])])
    if not as_json:
        print_data(EXPLANATION)
    if importlib.util.find_spec("neuco_plugin_report"):
        page, earth = output / "report.html", output / "earth"
        shown = ["--data", str(earth), "--places", str(earth / "locations.csv")]
        _run(3, ["report", str(output / "results"), "-o", str(page), *shown, *options])
        log(f"open {page} in a browser")
    log(f"next: neuco leaderboard {output / 'results'} --pairs; neuco info nested-cv")


def _run(number: int, command: list[str]) -> None:
    """Print and run one command of neuco; exit if it fails."""
    log(f"{number}. neuco {shlex.join(command)}")
    if exit_code := run_command(*command):
        raise typer.Exit(exit_code)
