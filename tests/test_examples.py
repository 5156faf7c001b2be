"""The examples run: the notebook from top to bottom, the scripts on files that they are for."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.trials import product_files, product_rasters

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"


def run(folder: Path, *command: object) -> str:
    """Run a program in a folder; return what it printed."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.filterwarnings("ignore")  # of the kernel's own modules
def test_the_notebook_runs_from_top_to_bottom(tmp_path):
    notebook = nbformat.read(EXAMPLES / "hands_on.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "clear the outputs"
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources=resources).execute()
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    last = {cell.source.splitlines()[-1]: cell.outputs[-1] for cell in code}
    for name in ("reports[3]", "table", "pair", "curve"):
        assert "<table>" in last[name]["data"]["text/html"], name
    assert "band-covariance" in last["table"]["data"]["text/html"]


def test_the_encoder_of_the_guide_is_the_example():
    code = (EXAMPLES / "my_encoder.py").read_text("utf-8").partition('"""\n\n')[2]
    assert code in (ROOT / "docs/guides/score-an-encoder.md").read_text("utf-8")


def test_embeddings_of_terratorch_are_scored(tmp_path):
    world = product_files.world()
    folder = product_files.terratorch(tmp_path, world)
    labels = product_files.write_labels(tmp_path / "survey.csv", world)
    printed = run(tmp_path, sys.executable, EXAMPLES / "terratorch_to_score.py", folder, labels)
    first, *rows = printed.splitlines()
    assert first == f"{product_files.N} embeddings with 768 dimensions"
    assert float(rows[0].split()[2]) > 0.8


def test_a_product_is_sampled_at_points_and_scored(tmp_path):
    world, hidden = product_rasters.scene()
    tile = product_rasters.aef(tmp_path / "aef", hidden, world.rng)
    points = product_files.write_points(tmp_path / "points.csv", world)
    labels = product_files.write_labels(tmp_path / "labels.csv", world)
    with points.open() as first, labels.open() as second:
        joined = [a + b[1:] for a, b in zip(csv.reader(first), csv.reader(second), strict=True)]
    with (tmp_path / "survey.csv").open("w", newline="") as file:
        csv.writer(file).writerows(joined)
    run(tmp_path, "bash", EXAMPLES / "product_at_points.sh", tile, "survey.csv")
    assert len(list((tmp_path / "results").glob("*/aef_*/scores.jsonl"))) == 1


@pytest.mark.slow
def test_encoders_are_combined_and_their_sizes_compared(tmp_path):
    run(
        tmp_path, "neuco", "data", "generate", "synthetic-earth", "-o", "earth",
        "--set", "cubes=80", "--set", "size=32",
    )  # fmt: skip
    table = run(tmp_path, "bash", EXAMPLES / "fusion.sh", "earth")
    assert "fused" in table.split("rank", 1)[1]
    labels = "earth/labels/clouds_reg__regr.csv"
    with (tmp_path / labels).open() as file:
        rows = [row[:2] for row in csv.reader(file)]
    with (tmp_path / "survey.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["id", "clouds"], *rows[1:]])
    printed = run(tmp_path, sys.executable, EXAMPLES / "sizes.py", "fused.parquet", "survey.csv")
    assert "256 bytes: " in printed
    assert "pca, 8 bits" in printed
