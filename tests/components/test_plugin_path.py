"""A single file as a plugin, given with ``--plugin-path``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from neucocore.data.embeddings.formats import load_embeddings
from neucocore.testing import make_cubes, write_cube_folder

IDEA = '''
from neucocore.plugin import EncoderSpec, hookimpl
NEUCO_API = 1

class Idea:
    """The mean of radar."""
    def encode(self, cubes):
        import numpy as np
        rows = [cube.arrays["s1"].mean(axis=(2, 3)).ravel() for cube in cubes]
        return np.stack(rows).astype(np.float32)

@hookimpl
def neuco_encoders():
    return [EncoderSpec(name="idea", summary="the mean of radar", factory=Idea)]
'''


def neuco(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "neucocore", "--plugin-path", "my_idea.py", *words]
    clean = {key: value for key, value in os.environ.items() if not key.startswith("NEUCO_")}
    return subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "my_idea.py").write_text(IDEA)
    cubes = make_cubes(40, modalities=("s1",), seasons=1, size=4)
    labels = [(cube.id, float(cube.arrays["s1"][0, 0].mean())) for cube in cubes]
    write_cube_folder(tmp_path / "data", cubes, {"radar__regr": labels})
    return tmp_path


def test_workers_load_the_file_and_runs_are_marked_unregistered(folder: Path) -> None:
    dataset = ("--dataset", "folder", "--data", "data", "--jobs", "2")
    result = neuco(folder, "encode", "idea", *dataset, "--output", "idea.npz")
    assert result.returncode == 0, result.stderr
    cubes = {cube.id: cube for cube in make_cubes(40, modalities=("s1",), seasons=1, size=4)}
    embeddings = load_embeddings(folder / "idea.npz")
    expected = [cubes[sample].arrays["s1"].mean(axis=(2, 3)).ravel() for sample in embeddings.ids]
    np.testing.assert_allclose(embeddings.matrix, expected, rtol=1e-6)
    result = neuco(folder, "evaluate", "idea.npz", "--labels", "data/labels", "--output", "out")
    assert result.returncode == 0, result.stderr
    (run,) = folder.glob("out/*/*/run.json")
    assert json.loads(run.read_text())["unregistered"] is True


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    result = neuco(tmp_path, "list")
    assert result.returncode == 2
    assert "error: --plugin-path: no such file: my_idea.py" in result.stderr


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        ("factory=Idea", 'factory="my_idea:Idea"', "name the class or function itself"),
        (
            "factory=Idea",
            "factory=Idea, params=(Param('std', 'float', 1.0, 'x'),)",
            "the spec declares the parameter std: take it in the factory, or remove it",
        ),
    ],
)
def test_mistakes_in_the_factory_of_a_file_have_their_hint(
    folder: Path, old: str, new: str, hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONSAFEPATH", "1")  # as the program neuco, without the current folder
    text = IDEA.replace("EncoderSpec, hookimpl", "EncoderSpec, Param, hookimpl")
    (folder / "my_idea.py").write_text(text.replace(old, new))
    words = ("--dataset", "folder", "--data", "data", "-o", "idea.npz")
    result = neuco(folder, "encode", "my-idea/idea", *words)
    assert result.returncode == 3
    assert hint in " ".join(result.stderr.split())
