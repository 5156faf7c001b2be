"""The guides of the documentation: their commands work, one after the other."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
NETWORK = "neuco data download"
CUBES = {"cubes=200": "cubes=80", "cubes=400": "cubes=80"}
"""Smaller numbers of cubes, so that a guide takes seconds; scores are not looked at."""


def blocks(page: str, language: str) -> list[str]:
    """Return the code blocks of a page in one language."""
    text = (ROOT / page).read_text("utf-8")
    return [code for name, code in BLOCK.findall(text) if name == language]


def commands(page: str) -> list[str]:
    """Return the commands of a page in their order, without those that need a network."""
    lines = "".join(blocks(page, "bash")).replace("\\\n", " ").splitlines()
    found = [line.partition(" # ")[0].strip() for line in lines if line.strip()]
    return [command for command in found if not command.startswith(NETWORK)]


def run(command: str, folder: Path) -> None:
    """Run a command in a folder and fail with its output if it fails."""
    for large, small in CUBES.items():
        command = command.replace(large, small)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        shlex.split(command),
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, f"$ {command}\n{done.stdout}{done.stderr}"


def test_the_guide_for_encoders_works(tmp_path: Path) -> None:
    page = "docs/guides/score-an-encoder.md"
    (encoder,) = blocks(page, "python")
    (tmp_path / "my_encoder.py").write_text(encoder)
    found = commands(page)
    assert len(found) == 11, found
    for command in found:
        run(command, tmp_path)
    for name in ("percentiles.parquet", "report.html", "sizes/sweep.json"):
        assert (tmp_path / name).is_file(), name


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an embedding and a table, as somebody has them who reads a guide."""
    folder = tmp_path_factory.mktemp("survey")
    lines = ["id,burned area [share],fuel type"]
    numbers = ["id,0,1"]
    for i in range(120):
        lines.append(f"a{i:03},{i / 120:.3f},{'grass' if i % 3 else 'forest'}")
        numbers.append(f"a{i:03},{i / 60:.3f},{(i * 37 % 101) / 50:.3f}")
    (folder / "burned.csv").write_text("\n".join(lines) + "\n")
    (folder / "mine.csv").write_text("\n".join(numbers) + "\n")
    run("neuco convert mine.csv mine.parquet", folder)
    return folder


def test_the_guide_for_tasks_works_until_the_plugin_is_installed(survey: Path) -> None:
    found = commands("docs/guides/contribute-a-task.md")
    assert found[2].startswith("neuco plugins new"), found
    for command in found[:3]:
        run(command, survey)
    # tests/ecosystem installs and tests the plugins that are created like this
    assert (survey / "neuco-plugin-burned-area" / "pyproject.toml").is_file()
