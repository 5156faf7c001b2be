"""A Python environment of its own, in which plugins are installed and tried."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from neucocore.errors import ConfigError, RunError

SECONDS = 600


class Environment:
    """A virtual environment made with uv.

    Parameters
    ----------
    folder
        Where it is made; must not exist yet.
    python
        The interpreter it is made from.

    Raises
    ------
    ConfigError
        uv is not installed.
    RunError
        It cannot be made.
    """

    def __init__(self, folder: Path, python: str = sys.executable) -> None:
        self.folder = folder
        self._uv("venv", "--quiet", "--python", python, str(folder))

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.folder / "bin" / "python"

    def install(self, requirements: Sequence[str], *options: str) -> None:
        """Install distributions or wheels; `RunError` says what uv said."""
        self._uv(
            *("pip", "install", "--quiet", "--python", str(self.python), *options, *requirements)
        )

    def neuco(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``neuco`` in the environment, whatever it ends with."""
        return _run(str(self.python), "-m", "neucocore", *arguments)

    def _uv(self, *arguments: str) -> None:
        done = _run(sys.executable, "-m", "uv", *arguments)
        if done.returncode == 0:
            return
        if "No module named uv" in done.stderr:
            raise ConfigError(
                "uv is not installed, and isolated checks need it", hint="pip install uv"
            )
        raise RunError(f"uv {' '.join(arguments[:2])} failed", problems=done.stderr.splitlines())


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("NEUCO_")}
    return subprocess.run(  # noqa: S603  our own interpreter
        command, capture_output=True, text=True, timeout=SECONDS, check=False, env=clean
    )
