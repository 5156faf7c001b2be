"""Runs the exported scorer as a platform does and compares its scores with neucocore's."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from neuco_plugin_challenge.reference_data import ReferenceData
from neucocore import NeucoError

TOLERANCE = {"r2": 1e-9, "mse": 1e-9, "rmse": 1e-9, "mae": 1e-9}
"""Largest difference under ``nested-cv`` by metric; solvers of classes stop at a tolerance."""
TOLERANCE_OF_CLASSES = 1e-3
TOLERANCE_OF_Q = 1e-4
SCORING = """import os
import sys

# Before numpy is imported: more threads would change the order of sums, and the last digits.
for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[name] = "1"

from scorer.codabench import main

sys.exit(main(sys.argv[1:]))
"""
"""``scoring.py`` of a Codabench bundle."""


def program_files(files: Mapping[str, str]) -> dict[str, str]:
    """Return the scorer as a program: ``scoring.py`` and the package ``scorer`` next to it."""
    return {"scoring.py": SCORING, **{f"scorer/{name}": text for name, text in files.items()}}


def check_scorer(files: Mapping[str, str], reference: ReferenceData) -> None:
    """Score the random embedding with the scorer in a process of its own.

    Raises
    ------
    NeucoError
        The scorer fails, or a score differs from that of neucocore by more than the tolerance.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, text in program_files(files).items():
            _write(root / "program" / name, text.encode())
        for name, content in reference.files().items():
            _write(root / "input" / "ref" / name, content)
        submission = io.BytesIO()
        np.savez(submission, ids=np.array(reference.ids), matrix=reference.matrix)
        _write(root / "input" / "res" / "submission.npz", submission.getvalue())
        program = [sys.executable, "-I", "-c", "import sys, runpy; sys.path.insert(0, sys.argv[1]);"
                   "sys.argv[:] = sys.argv[2:]; runpy.run_path(sys.argv[0], run_name='__main__')",
                   str(root / "program"), str(root / "program" / "scoring.py")]  # fmt: skip
        done = subprocess.run(  # noqa: S603
            [*program, str(root / "input"), str(root / "output")],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise NeucoError(
                "the exported scorer fails on a random embedding",
                problems=done.stderr.strip().splitlines()[-3:],
                hint="report this with the protocol and the kinds of tasks",
            )
        scores = json.loads((root / "output" / "scores.json").read_text(encoding="utf-8"))
    problems = []
    for number, task in enumerate(reference.described["tasks"]):
        name, expected = task["name"], reference.scores[task["name"]]
        tolerance = TOLERANCE_OF_Q
        if reference.described["protocol"] == "nested-cv":
            tolerance = TOLERANCE.get(task["metric"], TOLERANCE_OF_CLASSES)
        if expected is None or abs(scores[name] - expected) > tolerance:
            problems.append(f"task {number + 1}: {scores[name]!r} instead of {expected!r}")
    if problems:
        raise NeucoError(
            "the exported scorer does not give the scores of neucocore",
            problems=problems,
            hint="score these tasks locally; report the kinds of tasks and the protocol",
        )


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
