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

BROKEN = Path(__file__).with_name("broken")
# Distributions whose metadata differ from what the file's name says: file, distribution, entry.
ODD = (
    ("clashing", "neuco-plugin-clash-one", "clash-one"),
    ("clashing", "neuco-plugin-clash-two", "clash-two"),
    ("fine", "neuco-plugin-twin-one", "twin"),
    ("fine", "neuco-plugin-twin-two", "twin"),
    ("fine", "neuco-plugin-misnamed", "Bad_Name"),
)
RECORDS = """
import json
from neucocore.components.discovery import installation
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


@pytest.fixture(scope="session")
def broken_plugins(
    tmp_path_factory: pytest.TempPathFactory,
    build_module: Callable[..., Path],
    install_wheels: Callable[..., Path],
) -> Path:
    """Return a folder for ``PYTHONPATH`` in which all of them are installed."""
    folder = tmp_path_factory.mktemp("wheels")
    stems = sorted({file.stem for file in BROKEN.glob("*.py")} - {"clashing"})
    names = [stem.replace("_", "-") for stem in stems]
    plain = [(stem, f"neuco-plugin-{name}", name) for stem, name in zip(stems, names, strict=True)]
    wheels = [
        build_module((BROKEN / f"{stem}.py").read_text("utf-8"), distribution, entry, folder)
        for stem, distribution, entry in (*plain, *ODD)
    ]
    target = install_wheels(wheels, tmp_path_factory.mktemp("site"))
    spoil_metadata(target)
    (target / "torch.py").touch()
    return target


def spoil_metadata(target: Path) -> None:
    """Add a distribution, of whomever, whose entry points cannot be read."""
    folder = target / "rotten-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: rotten\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text("[neuco.plugins]\nno equals sign here\n")


@pytest.fixture(scope="session")
def beside(
    broken_plugins: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs Python where the broken plugins are installed."""
    compiled = {"PYTHONPYCACHEPREFIX": str(tmp_path_factory.mktemp("byte-code"))}

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("NEUCO_", "PYTHON"))}
        return subprocess.run(
            [sys.executable, *arguments],
            env={**clean, **compiled, "PYTHONPATH": str(broken_plugins), **variables},
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
