"""Real distributions for tests: wheels of small plugins, and folders they are installed into."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{distribution}"
version = "1.0"
dependencies = ["neucocore>=0.1,<0.2"]

[project.entry-points."neuco.plugins"]
{entry} = "{package}.plugin"

[tool.hatch.build.targets.wheel]
packages = ["{package}"]
"""


# A shell without job control starts background commands with SIGINT ignored, and processes that
# the tests start would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def no_plugin_file_is_left() -> Iterator[None]:
    """Forget plugin files that a test has loaded, which would be loaded in the next tests too."""
    before = os.environ.get("NEUCO_PLUGIN_PATH")
    yield
    if os.environ.get("NEUCO_PLUGIN_PATH") != before:
        from neucocore.components.discovery import forget

        os.environ.pop("NEUCO_PLUGIN_PATH", None)
        if before is not None:
            os.environ["NEUCO_PLUGIN_PATH"] = before
        forget()


def build_wheel(source: Path, folder: Path) -> Path:
    """Build the wheel of a source tree in this process, which is quicker than a build front end."""
    return Path(next(iter(WheelBuilder(str(source)).build(directory=str(folder)))))


def build_module(code: str, distribution: str, entry: str, folder: Path) -> Path:
    """Build the wheel of a plugin that is one module."""
    package = distribution.replace("-", "_")
    source = folder / distribution
    (source / package).mkdir(parents=True)
    (source / package / "__init__.py").touch()
    (source / package / "plugin.py").write_text(code, encoding="utf-8")
    text = PYPROJECT.format(distribution=distribution, entry=entry, package=package)
    (source / "pyproject.toml").write_text(text, encoding="utf-8")
    return build_wheel(source, folder)


def install_wheels(wheels: Iterable[Path], target: Path) -> Path:
    """Install wheels without their dependencies into a folder for ``PYTHONPATH``."""
    options = ("--quiet", "--offline", "--no-deps", "--target", str(target))
    command = (sys.executable, "-m", "uv", "pip", "install", *options, *map(str, wheels))
    subprocess.run(command, check=True)
    return target


@pytest.fixture(scope="session", name="build_wheel")
def _build_wheel() -> Callable[[Path, Path], Path]:
    return build_wheel


@pytest.fixture(scope="session", name="build_module")
def _build_module() -> Callable[[str, str, str, Path], Path]:
    return build_module


@pytest.fixture(scope="session", name="install_wheels")
def _install_wheels() -> Callable[[Iterable[Path], Path], Path]:
    return install_wheels
