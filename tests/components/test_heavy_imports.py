from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from neucocore.components.heavy_imports import heavy_imports, imported_by

PLUGIN_PACKAGES = sorted(
    package.name
    for package in Path(__file__).parent.parent.parent.glob("plugins/*/src/neuco_plugin_*")
)
LIGHT = (
    "neucocore",
    "neucocore.plugin",
    "neucocore.builtin.plugin",
    "neucocore.components.discovery",
)
PROGRAM = """
import sys
from neucocore.cli import main
try:
    main()
finally:
    from neucocore.components.heavy_imports import HEAVY_MODULES
    print(sorted(set(HEAVY_MODULES) & set(sys.modules)), file=sys.stderr)
"""


def test_a_heavy_import_is_attributed_to_its_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "light_one.py").write_text("import json\n")
    (tmp_path / "heavy_one.py").write_text("print('no newline', end='')\nimport numpy\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert heavy_imports(["light_one", "heavy_one"]) == {"heavy_one": ["numpy"]}
    assert heavy_imports(["light_one"]) == {}


def test_a_module_that_cannot_be_imported_has_no_heavy_imports() -> None:
    assert imported_by(["a_package_that_is_not_there"]) == []


def test_what_plugins_import_and_the_plugins_of_this_repository_import_nothing_heavy() -> None:
    installed = [name for name in PLUGIN_PACKAGES if importlib.util.find_spec(name)]
    assert heavy_imports([*LIGHT, *(f"{name}.plugin" for name in installed)]) == {}


@pytest.mark.parametrize("command", ["--help", "list", "plugins list", "info mean"])
def test_a_command_that_only_lists_imports_nothing_heavy(command: str) -> None:
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, *command.split()], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr.splitlines()[-1] == "[]"
