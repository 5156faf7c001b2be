"""One folder with a fine plugin and every broken one, and programs that run beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hatchling.builders.wheel import WheelBuilder

BROKEN = Path(__file__).with_name("broken")
# Distributions whose metadata differ from what the file's name says: file, distribution, entry.
ODD = (
    ("clashing", "neuco-plugin-clash-one", "clash-one"),
    ("clashing", "neuco-plugin-clash-two", "clash-two"),
    ("fine", "neuco-plugin-twin-one", "twin"),
    ("fine", "neuco-plugin-twin-two", "twin"),
    ("fine", "neuco-plugin-misnamed", "Bad_Name"),
)
PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{distribution}"
version = "1.0"

[project.entry-points."neuco.plugins"]
{entry} = "{package}.plugin"

[tool.hatch.build.targets.wheel]
packages = ["{package}"]
"""
RECORDS = """
import json
from neucocore.discovery import installation
rows = [
    {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "status": plugin.status,
        "reason": plugin.reason,
        "registered": plugin.registered,
        "components": [component.full_name for component in plugin.components],
    }
    for plugin in installation().plugins
]
print(json.dumps(rows))
"""


def build_plugin(code: str, distribution: str, entry: str, folder: Path) -> Path:
    """Build the wheel of a plugin that is one module."""
    package = distribution.replace("-", "_")
    source = folder / distribution
    (source / package).mkdir(parents=True)
    (source / package / "__init__.py").touch()
    (source / package / "plugin.py").write_text(code, encoding="utf-8")
    text = PYPROJECT.format(distribution=distribution, entry=entry, package=package)
    (source / "pyproject.toml").write_text(text, encoding="utf-8")
    return Path(next(iter(WheelBuilder(str(source)).build(directory=str(folder)))))


@pytest.fixture(scope="session")
def broken_plugins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for ``PYTHONPATH`` in which all of them are installed."""
    folder = tmp_path_factory.mktemp("wheels")
    wheels = []
    alone = {file.stem for file in BROKEN.glob("*.py")} - {"clashing"}
    named = [
        (stem, f"neuco-plugin-{stem.replace('_', '-')}", stem.replace("_", "-"))
        for stem in sorted(alone)
    ]
    for stem, distribution, entry in (*named, *ODD):
        code = (BROKEN / f"{stem}.py").read_text("utf-8")
        wheels.append(build_plugin(code, distribution, entry, folder))
    target = tmp_path_factory.mktemp("site")
    install = ("uv", "pip", "install", "--quiet", "--offline", "--no-deps", "--target")
    subprocess.run([sys.executable, "-m", *install, str(target), *map(str, wheels)], check=True)
    spoil_metadata(target)
    return target


def spoil_metadata(target: Path) -> None:
    """Add a distribution, of whomever, whose entry points cannot be read."""
    folder = target / "rotten-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: rotten\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text("[neuco.plugins]\nno equals sign here\n")


@pytest.fixture(scope="session")
def beside(broken_plugins: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs Python where the broken plugins are installed."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith("NEUCO_")}
        return subprocess.run(
            [sys.executable, *arguments],
            env={**clean, "PYTHONPATH": str(broken_plugins), **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def records(beside: Callable[..., Any]) -> Callable[..., dict[str, dict[str, Any]]]:
    """Return a function that gives what became of each plugin, by distribution."""

    def look(**variables: str) -> dict[str, dict[str, Any]]:
        done = beside("-c", RECORDS, **variables)
        assert done.returncode == 0, done.stderr
        return {row["distribution"] or row["name"]: row for row in json.loads(done.stdout)}

    return look


@pytest.fixture(scope="session")
def all_records(records: Callable[..., Any]) -> dict[str, dict[str, Any]]:
    """Return what became of each plugin when nothing is allowed or blocked."""
    return dict(records())
