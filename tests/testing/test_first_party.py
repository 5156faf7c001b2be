"""The plugins of this repository keep the same promises as those of other authors."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from neucocore.testing import check_plugin
from neucocore.testing.imports import PUBLIC, core_imports

PLUGINS = sorted(Path(__file__).parent.parent.parent.glob("plugins/*/pyproject.toml"))
FOLDERS = [file.parent for file in PLUGINS]


@pytest.mark.parametrize("name", ["core", *(folder.name for folder in FOLDERS)])
def test_a_plugin_passes_the_conformance_kit(name: str) -> None:
    if name != "core" and not importlib.util.find_spec(f"neuco_plugin_{name.replace('-', '_')}"):
        pytest.skip(f"{name} is not installed here")
    broken = [(r.id, r.component, r.reason) for r in check_plugin(name) if r.broken]
    assert broken == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_plugin_imports_only_what_is_public(folder: Path) -> None:
    # In the source files, so that a plugin that is not installed here is checked as well.
    private = {
        (file.name, module)
        for file in folder.glob("src/**/*.py")
        for _, module in core_imports(file)
        if module not in PUBLIC
    }
    assert private == set()


def test_a_private_import_is_found(tmp_path: Path) -> None:
    file = tmp_path / "encoder.py"
    file.write_text(
        "import neucocore\n"
        "from neucocore.plugin import Cube\n"
        "from neucocore import load_embeddings, components\n"
        "import neucocore.data.cubes.cube\n"
        "def late():\n"
        "    from neucocore.evaluation.nested_cv import score\n"
    )
    assert [(line, name) for line, name in core_imports(file) if name not in PUBLIC] == [
        (3, "neucocore.components"),
        (4, "neucocore.data.cubes.cube"),
        (6, "neucocore.evaluation.nested_cv"),
    ]
