"""A small challenge with every kind of task, its bundles, and the platforms' workers."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

N = 240
PINS = (
    "numpy==1.26.4", "scikit-learn==1.4.2", "pandas==2.2.3", "scipy==1.11.4", "PyYAML==5.4.1",
)  # fmt: skip
"""What EvalAI's hosted workers have installed."""
TASKS = {
    "nested-cv": ("biomass", "forest", "crops", "traits", "labels"),
    "neucobench-2026": ("biomass", "forest"),
}
WORKER = """
import importlib, json, sys
sys.path.insert(0, sys.argv[1])
module = importlib.import_module("evaluation_script")
annotation, submission, phase, order = sys.argv[2:6]
if order == "hosted":
    found = module.evaluate(annotation, submission, phase, submission_metadata={})
elif order == "remote":
    found = module.evaluate(submission, phase, test_annotation_file=annotation)
else:
    found = module.evaluate(
        user_submission_file=submission, phase_codename=phase, test_annotation_file=annotation
    )
json.dumps(found, allow_nan=False)
for part in found["result"]:
    for values in part.values():
        assert all(type(value) is float for value in values.values()), values
print("RESULT" + json.dumps(found))
"""


def challenge(protocol, **changes):
    """Return the settings of a challenge with two phases, in the form of `settings.Challenge`."""
    phases = tuple(
        SimpleNamespace(
            codename=name,
            title=f"{name} phase",
            start=datetime(2025, month, 1, tzinfo=UTC),
            end=datetime(2025, month, 20, tzinfo=UTC),
            tasks=TASKS[protocol],
            columns=name,
            holdout=None,
            hidden=name == "test",
            per_day=5,
            in_all=50 if name == "dev" else 3,
        )
        for name, month in (("dev", 3), ("test", 4))
    )
    settings = {
        "title": "Small embeddings",
        "description": "Embeddings of <cubes> & hidden tasks",
        "dataset": None,
        "protocol": protocol,
        "phases": phases,
        "limits": SimpleNamespace(dimensions=64, dtype="float32", bytes=256),
        "counts": "last",
        "allowed_failures": 3,
        "ranking": "weighted-rank",
        "ties": "group",
        "rounded": ("dev",),
    }
    return SimpleNamespace(**settings | changes)


@pytest.fixture(scope="session")
def causes():
    """Return ids in the order of the label files and what the labels depend on."""
    rng = np.random.default_rng(5)
    return [f"cube-{row:04d}" for row in rng.permutation(N)], rng.normal(size=(N, 6))


@pytest.fixture(scope="session")
def labels(causes, tmp_path_factory):
    """Return a folder with a label file of every kind, some outputs missing."""
    ids, z = causes
    rng = np.random.default_rng(6)
    folder = tmp_path_factory.mktemp("labels")
    phase = [(int(row % 2), int(row % 2 == 0)) for row in range(N)]

    def write(name, columns, cells):
        with (folder / name).open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", *columns, "dev", "test"])
            writer.writerows([i, *c, *p] for i, c, p in zip(ids, cells, phase, strict=True))

    y = 40 + 10 * z[:, 0] + 5 * rng.normal(size=N)
    write("biomass__regr.csv", ["label"], [[f"{value:.5f}"] for value in y])
    forest = z[:, 1] + rng.normal(size=N) > 0.6
    write("forest__classification.csv", ["label"], [[int(value)] for value in forest])
    crops = np.digitize(z[:, 2] + 0.5 * rng.normal(size=N), [-0.5, 0.5])
    write("crops__classification.csv", ["label"], [["abc"[value]] for value in crops])
    traits = z[:, :2] @ rng.normal(size=(2, 2)) + rng.normal(size=(N, 2))
    cells = [[f"{a:.5f}", "" if row % 7 == 0 else f"{b:.5f}"] for row, (a, b) in enumerate(traits)]
    write("traits__regr.csv", ["label:height", "label:width"], cells)
    several = z[:, 3:6] + rng.normal(size=(N, 3)) > 0.3
    write(
        "labels__classification.csv",
        ["label:a", "label:b", "label:c"],
        several.astype(int).tolist(),
    )
    return folder


@pytest.fixture(scope="session")
def embeddings(causes):
    """Return the matrix (n, 32) float32 of a submission, rows in the order of the label files."""
    rng = np.random.default_rng(7)
    _, z = causes
    return (np.tanh(z @ rng.normal(size=(6, 32))) + 0.3 * rng.normal(size=(N, 32))).astype("f4")


@pytest.fixture(scope="session", params=tuple(TASKS))
def hosted(request, labels, tmp_path_factory):
    """Return a challenge, its phases and its bundles as platforms unpack them, per protocol."""
    from neuco_plugin_challenge.bundles import bundle_files, scored_phases

    folder = tmp_path_factory.mktemp("hosted")
    settings = challenge(request.param)
    (folder / "challenge.yaml").write_text("title: Small embeddings\n")
    phases = scored_phases(settings, folder / "challenge.yaml", labels)
    bundles = {name: bundle_files(name, settings, phases) for name in ("evalai", "codabench")}
    for platform, files in bundles.items():
        for name, content in files.items():
            path = folder / platform / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    _extract(folder / "evalai/evaluation_script.zip", folder / "worker/evaluation_script")
    _extract(folder / "codabench/scoring_program.zip", folder / "app/program")
    for phase in ("dev", "test"):
        _extract(folder / f"codabench/reference_{phase}.zip", folder / f"app/ref-{phase}")
    return SimpleNamespace(folder=folder, challenge=settings, phases=phases, bundles=bundles)


def _extract(archive, folder):
    with zipfile.ZipFile(archive) as file:
        file.extractall(folder)


@pytest.fixture(scope="session")
def python39(tmp_path_factory):
    """Return a Python 3.9 with the packages of EvalAI's workers."""
    found = [path for path in (shutil.which("python3.9"),) if path]
    found += map(str, sorted((Path.home() / ".pyenv/versions").glob("3.9*/bin/python")))
    base = next((path for path in found if _runs(path)), None)
    if base is None:
        pytest.skip("no python3.9 that runs, on PATH or in ~/.pyenv/versions")
    folder = tmp_path_factory.mktemp("python39")
    subprocess.run([base, "-m", "venv", str(folder)], check=True, capture_output=True)
    python = folder / "bin/python"
    # Built for 3.9 with numpy 1.26; nothing is compiled from source but PyYAML's plain Python.
    done = subprocess.run(
        [str(python), "-m", "pip", "install", "-q", "--only-binary", "numpy,scipy,pandas", *PINS],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        done = subprocess.run(
            [str(python), "-m", "pip", "install", "-q", PINS[0]],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            pytest.skip(f"the pinned packages cannot be installed: {done.stderr[-200:]}")
    return python


def _runs(python):
    done = subprocess.run(
        [python, "-c", "import sys; print(sys.version_info[:2])"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout.strip() == "(3, 9)"


@pytest.fixture
def evalai(hosted, tmp_path):
    """Return a function that scores a file as EvalAI's worker does."""

    def score(python, submission, phase="dev", order="hosted"):
        done = subprocess.run(
            [
                str(python), "-W", "error", "-c", WORKER, str(hosted.folder / "worker"),
                str(hosted.folder / f"evalai/annotations/{phase}.zip"), str(submission), phase,
                order,
            ],
            capture_output=True, text=True, check=False, cwd=tmp_path,
        )  # fmt: skip
        result = None
        if done.returncode == 0:
            result = json.loads(done.stdout.partition("RESULT")[2])
        return result, done.stdout + done.stderr

    return score


@pytest.fixture
def codabench(hosted, tmp_path):
    """Return a function that scores a file in a tree like Codabench's ``/app``."""

    def score(python, submission, phase="dev"):
        app = tmp_path / "app"
        shutil.rmtree(app, ignore_errors=True)
        shutil.copytree(hosted.folder / "app/program", app / "program")
        shutil.copytree(hosted.folder / f"app/ref-{phase}", app / "input/ref")
        (app / "input/res").mkdir()
        if zipfile.is_zipfile(submission) and Path(submission).suffix == ".zip":
            _extract(submission, app / "input/res")
        else:
            shutil.copy(submission, app / "input/res")
        stated = (app / "program/metadata.yaml").read_text().partition("command:")[2].split()
        command = [str(python), *(part.replace("/app/", f"{app}/") for part in stated[1:])]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONWARNINGS": "error"},
        )  # fmt: skip
        scores = None
        if done.returncode == 0:
            scores = json.loads((app / "output/scores.json").read_text())
        return scores, done.stdout + done.stderr

    return score


@pytest.fixture(scope="session")
def rows_of(causes, embeddings):
    """Return a function: ids and embeddings of a phase, shuffled."""

    def rows(phase):
        ids, _ = causes
        kept = [row for row in range(N) if row % 2 == (1 if phase == "dev" else 0)]
        kept = np.random.default_rng(8).permutation(kept)
        return np.array([ids[row] for row in kept]), embeddings[kept]

    return rows
