"""Every plugin of this repository keeps the promises it asks of strangers' plugins."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from neucocore.testing import check_plugin
from neucocore.testing.imports import PUBLIC, core_imports

PLUGINS = sorted(Path(__file__).parent.parent.parent.glob("plugins/*/pyproject.toml"))
FOLDERS = [file.parent for file in PLUGINS]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_plugin_passes_the_conformance_kit(folder: Path) -> None:
    if not importlib.util.find_spec(f"neuco_plugin_{folder.name.replace('-', '_')}"):
        pytest.skip(f"{folder.name} is not installed here")
    broken = [(r.id, r.component, r.reason) for r in check_plugin(folder.name) if r.broken]
    assert broken == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_plugin_uses_the_doors_that_strangers_have(folder: Path) -> None:
    # Seen in the sources, so that a plugin which is not installed here is looked at too.
    inside = {
        (file.name, module)
        for file in folder.glob("src/**/*.py")
        for _, module in core_imports(file)
        if module not in PUBLIC
    }
    assert inside == set()


def test_a_private_door_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "encoder.py"
    file.write_text(
        "import neucocore\n"
        "from neucocore.plugin import Cube\n"
        "from neucocore import load_embeddings, discovery\n"
        "import neucocore.data.cubes.cube\n"
        "def late():\n"
        "    from neucocore.evaluation.robust import score\n"
    )
    assert [(line, name) for line, name in core_imports(file) if name not in PUBLIC] == [
        (3, "neucocore.components.discovery"),
        (4, "neucocore.data.cubes.cube"),
        (6, "neucocore.evaluation.robust"),
    ]
