"""A valid plugin and many broken ones, installed in a folder that Python runs with."""

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
# Distributions that are not named after their file: file, distribution, entry point.
OTHER_NAMES = (
    ("clashing", "neuco-plugin-clash-one", "clash-one"),
    ("clashing", "neuco-plugin-clash-two", "clash-two"),
    ("valid", "neuco-plugin-twin-one", "twin"),
    ("valid", "neuco-plugin-twin-two", "twin"),
    ("valid", "neuco-plugin-misnamed", "Bad_Name"),
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
    """Return a folder for ``PYTHONPATH`` in which all plugins are installed."""
    folder = tmp_path_factory.mktemp("wheels")
    stems = sorted({file.stem for file in BROKEN.glob("*.py")} - {"clashing"})
    names = [stem.replace("_", "-") for stem in stems]
    plain = [(stem, f"neuco-plugin-{name}", name) for stem, name in zip(stems, names, strict=True)]
    wheels = [
        build_module((BROKEN / f"{stem}.py").read_text("utf-8"), distribution, entry, folder)
        for stem, distribution, entry in (*plain, *OTHER_NAMES)
    ]
    target = install_wheels(wheels, tmp_path_factory.mktemp("site"))
    (target / "torch.py").touch()  # imported by the plugin heavy
    return target


@pytest.fixture
def unreadable_metadata(tmp_path: Path) -> Path:
    """Return a folder with a distribution, not of neuco, whose entry points cannot be read."""
    metadata = tmp_path / "unreadable-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: unreadable\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[neuco.plugins]\nno equals sign here\n")
    return tmp_path


@pytest.fixture(scope="session")
def run_python(
    broken_plugins: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs Python with the broken plugins installed."""
    byte_code = {"PYTHONPYCACHEPREFIX": str(tmp_path_factory.mktemp("byte-code"))}

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("NEUCO_", "PYTHON"))}
        return subprocess.run(
            [sys.executable, *arguments],
            env={**clean, **byte_code, "PYTHONPATH": str(broken_plugins), **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def records(run_python: Callable[..., Any]) -> Callable[..., dict[str, dict[str, Any]]]:
    """Return a function that returns the record of each plugin, by distribution."""

    def load(**variables: str) -> dict[str, dict[str, Any]]:
        result = run_python("-c", RECORDS, **variables)
        assert result.returncode == 0, result.stderr
        return {row["distribution"] or row["name"]: row for row in json.loads(result.stdout)}

    return load


@pytest.fixture(scope="session")
def all_records(records: Callable[..., Any]) -> dict[str, dict[str, Any]]:
    """Return the record of each plugin with no variable set."""
    return dict(records())
