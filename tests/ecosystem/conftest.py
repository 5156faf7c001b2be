"""A separate environment with the built core, shared by all tests of a session."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Fresh:
    """A virtual environment, and a folder to work in."""

    python: Path
    folder: Path

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("NEUCO_", "PYTHON"))}
        result = subprocess.run(
            [str(self.python.with_name(command[0])), *command[1:]],
            cwd=self.folder,
            env=clean,
            capture_output=True,
            text=True,
        )
        assert not check or result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
        return result

    def neuco(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run ``neuco``."""
        return self.run("neuco", *arguments, check=check)

    def install(self, *requirements: str) -> None:
        """Install without network access; the dependencies of the core are available."""
        options = ("--quiet", "--offline", "--no-deps", "--no-build-isolation")
        uv = (sys.executable, "-m", "uv", "pip", "install", "--python", str(self.python))
        result = subprocess.run([*uv, *options, *requirements], capture_output=True, text=True)
        assert result.returncode == 0, result.stderr


def lend_dependencies(python: Path, folder: Path) -> None:
    """Make the packages of this environment, except those of neuco, available in another one.

    Downloading them in each test run would take minutes.
    """
    folder.mkdir()
    for entry in Path(sysconfig.get_paths()["purelib"]).iterdir():
        ours = "neuco" in entry.name
        if not ours and entry.suffix != ".pth" and entry.name != "__pycache__":
            (folder / entry.name).symlink_to(entry)
    query = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    result = subprocess.run([str(python), "-c", query], capture_output=True, text=True, check=True)
    (Path(result.stdout.strip()) / "lent.pth").write_text(f"{folder}\n", encoding="utf-8")


@pytest.fixture(scope="session", name="lend_dependencies")
def _lend_dependencies() -> Callable[[Path, Path], None]:
    return lend_dependencies


@pytest.fixture(scope="session")
def core_wheel(tmp_path_factory: pytest.TempPathFactory, build_wheel: Callable[..., Path]) -> Path:
    """Return the built core."""
    return build_wheel(ROOT, tmp_path_factory.mktemp("core"))


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory, core_wheel: Path) -> Fresh:
    """Return an environment in which only the built core is installed."""
    folder = tmp_path_factory.mktemp("fresh")
    create = (sys.executable, "-m", "uv", "venv", "--quiet", "--python", sys.executable)
    subprocess.run([*create, str(folder / "venv")], check=True)
    python = folder / "venv" / "bin" / "python"
    lend_dependencies(python, folder / "lent")
    work = folder / "work"
    work.mkdir()
    environment = Fresh(python, work)
    environment.install(str(core_wheel))
    return environment
