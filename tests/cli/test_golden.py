"""What people see, kept as files: tables of 4, 12 and 60 methods at three widths, piped and logged.

``make golden`` writes the files in ``golden/`` again. Look at every one that changes.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import neucocore

GOLDEN = Path(__file__).parent / "golden"
RENEW = bool(os.environ.get("NEUCO_RENEW_GOLDEN"))
NEUCO = [sys.executable, "-m", "neucocore"]
SEED, ROWS = 3, 60
TIME = re.compile(r"_\d{8}_\d{6}")

FOUR = ("mean", "random", "pca-of-all-cubes", "clay")
TWELVE = (
    *(f"clay-v1.5-large-patch8-sentinel2-l2a-{bits}" for bits in ("float32", "int8", "int4")),
    "terramind", "temporal-mosaiks_features=4096", "森林-特徴量-埋め込み-多時期", "🌍🛰️-embeddings",
    "&lt;b&gt;bold", "a", "mean", "random", "alphaearth-2024",
)  # fmt: skip
SIXTY = tuple(f"random-convolutional-features-seed-{seed:02d}-pca" for seed in range(60))
TASKS = {
    4: ("biomass-mean", "biomass-std", "clouds", "crops", "heatisland-max", "heatisland-mean",
        "landcover-agriculture", "landcover-forest", "nodata", "ships"),
    12: ("biomass_of_the_forest", "height", "species"),
    60: ("biomass_of_the_forest", "height", "species"),
}  # fmt: skip
CLASSES = {"species", "clouds", "ships"}
METHODS = {4: FOUR, 12: TWELVE, 60: SIXTY}
OPTIONS = {4: {}, 12: {"folds": 5}, 60: {"folds": 3}}


def write_labels(file: Path, tasks: tuple[str, ...], X: np.ndarray) -> None:
    columns = []
    for number, task in enumerate(tasks):
        value = X[:, number % X.shape[1]] + 0.3 * number * X[:, 0]
        if task in CLASSES:
            columns.append(["oak" if v > 0 else "beech" for v in value])
        else:
            columns.append([f"{v:.4f}" for v in value])
    lines = [",".join(["id", *tasks])]
    lines += [",".join([f"s{i}", *row]) for i, row in enumerate(zip(*columns, strict=True))]
    file.write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results with 4, 12 and 60 methods in three folders."""
    folder = tmp_path_factory.mktemp("golden")
    rng = np.random.default_rng(SEED)
    X = rng.normal(size=(ROWS, 4))
    for count, methods in METHODS.items():
        labels = folder / f"labels{count}.csv"
        write_labels(labels, TASKS[count], X)
        for number, method in enumerate(methods):
            noise = 3.0 * (number + 1) / count * rng.normal(size=(ROWS, 4 * (1 + number % 3)))
            matrix = np.tile(X, 1 + number % 3) + noise
            metadata = {"fit": "none", "training_data": "SSL4EO-S12 v1.1"}
            if method in ("mean", "random"):
                metadata = {"model": {"id": f"core/{method}"}, "fit": "none"}
            if method == "random":
                matrix = rng.normal(size=(ROWS, 16))
            if "pca" in method and count == 4:
                metadata = {"fit": "transductive"}
            ids = tuple(f"s{row}" for row in range(ROWS))
            file = folder / "embeddings.npz"
            neucocore.save_embeddings(
                neucocore.Embeddings(ids, matrix.astype(np.float32), metadata), file
            )
            neucocore.evaluate(
                file, labels=labels, output=folder / f"methods-{count}", method=method,
                **OPTIONS[count],
            )  # fmt: skip
    return folder


def check(name: str, text: str) -> None:
    """Compare a text with its file, or write the file."""
    text = TIME.sub("_20260101_000000", text)
    file = GOLDEN / f"{name}.txt"
    if RENEW:
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8"), f"{file.name}: make golden, and look at it"


def piped(folder: Path, *words: str) -> str:
    done = subprocess.run([*NEUCO, *words], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def logged(folder: Path, *words: str) -> str:
    """Return what is in a file to which both stdout and stderr are directed."""
    with (folder / "log.txt").open("w+") as log:
        subprocess.run([*NEUCO, *words], cwd=folder, stdout=log, stderr=log, check=True)
        log.seek(0)
        return log.read()


@pytest.mark.parametrize("count", METHODS)
@pytest.mark.parametrize("columns", [40, 80, 200])
def test_leaderboard_on_a_terminal(folder, on_terminal, count, columns):
    lines = on_terminal(columns, "leaderboard", f"methods-{count}", cwd=folder)
    check(f"leaderboard-{count}-methods-{columns}-columns", "\n".join(lines) + "\n")


@pytest.mark.parametrize("count", METHODS)
def test_leaderboard_in_a_pipe(folder, count):
    check(f"leaderboard-{count}-methods-pipe", piped(folder, "leaderboard", f"methods-{count}"))


@pytest.mark.parametrize("count", METHODS)
def test_leaderboard_in_a_log_file(folder, count):
    check(f"leaderboard-{count}-methods-log", logged(folder, "leaderboard", f"methods-{count}"))


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_one_run(folder, on_terminal, columns):
    (run,) = (folder / "methods-4/results").glob("clay_*")
    target = folder / "clay"
    shutil.copytree(run, target, dirs_exist_ok=True)
    lines = on_terminal(columns, "inspect", "clay", cwd=folder)
    check(f"inspect-run-{columns}-columns", "\n".join(lines) + "\n")


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_scoring(folder, on_terminal, columns):
    words = ("evaluate", "embeddings.npz", "--labels", "labels4.csv", "-o", f"out-{columns}")
    lines = on_terminal(columns, *words, cwd=folder)
    check(f"evaluate-{columns}-columns", "\n".join(lines) + "\n")


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_no_golden_line_is_wider_than_its_terminal(columns):
    from rich.cells import cell_len

    files = sorted(GOLDEN.glob(f"*-{columns}-columns.txt"))
    assert len(files) == len(METHODS) + 2
    for file in files:
        assert max(map(cell_len, file.read_text("utf-8").splitlines())) <= columns, file.name
