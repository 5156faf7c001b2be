"""A separate Python environment in which a plugin is installed and tested."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from neucocore.errors import ConfigError, RunError

TIMEOUT_SECONDS = 600


class Environment:
    """A virtual environment, created with uv.

    Parameters
    ----------
    folder
        The folder to create it in; must not exist.
    python
        The interpreter to create it from.

    Raises
    ------
    ConfigError
        uv is not installed.
    RunError
        The environment cannot be created.
    """

    def __init__(self, folder: Path, python: str = sys.executable) -> None:
        self.folder = folder
        self._uv("venv", "--quiet", "--python", python, str(folder))

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.folder / "bin" / "python"

    def install(self, requirements: Sequence[str], *options: str) -> None:
        """Install distributions or wheels.

        Raises
        ------
        RunError
            uv failed; the error quotes its output.
        """
        self._uv(
            *("pip", "install", "--quiet", "--python", str(self.python), *options, *requirements)
        )

    def neuco(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``neuco`` in the environment, and return the result whatever its exit code is."""
        return _run(str(self.python), "-m", "neucocore", *arguments)

    def _uv(self, *arguments: str) -> None:
        result = _run(sys.executable, "-m", "uv", *arguments)
        if result.returncode == 0:
            return
        if "No module named uv" in result.stderr:
            raise ConfigError(
                "uv is not installed; it creates the environments for --live", hint="pip install uv"
            )
        raise RunError(
            f"uv {' '.join(arguments[:2])} failed",
            problems=result.stderr.splitlines(),
            hint="neuco registry check --live --find-links DIR installs from a folder of wheels",
        )


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("NEUCO_")}
    return subprocess.run(  # noqa: S603  runs our own interpreter
        command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False, env=clean
    )
