"""The plugins of this repository use the public interface only, and the core knows none of them."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
FOLDERS = [file.parent for file in sorted(ROOT.glob("plugins/*/pyproject.toml"))]
CORE = sorted((ROOT / "neucocore").rglob("*.py"))


def imported_modules(file: Path) -> Iterator[str]:
    """Yield every module that a file imports, also inside functions."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"), str(file))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def project(folder: Path) -> dict[str, object]:
    metadata: dict[str, object] = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    return metadata


def sources(folder: Path) -> list[Path]:
    return sorted((folder / "src").rglob("*.py"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_plugin_imports_the_core_only_through_its_public_modules(folder: Path) -> None:
    has_command = "neuco.commands" in str(project(folder).get("entry-points"))
    public = {"neucocore.plugin", "neucocore"} if has_command else {"neucocore.plugin"}
    modules = {
        module
        for file in sources(folder)
        for module in imported_modules(file)
        if module.split(".")[0] == "neucocore"
    }
    assert modules
    assert modules <= public


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_plugin_declares_the_other_plugins_that_it_imports(folder: Path) -> None:
    packages = {
        module.split(".")[0]
        for file in sources(folder)
        for module in imported_modules(file)
        if module.startswith("neuco_plugin_")
    }
    own = f"neuco_plugin_{folder.name.replace('-', '_')}"
    declared = str(project(folder)["dependencies"])
    undeclared = {p for p in packages - {own} if p.replace("_", "-") + ">=" not in declared}
    assert undeclared == set()


def first_party_names() -> set[str]:
    """Names of first-party plugins and components that are not ordinary words."""
    plugins = yaml.safe_load((ROOT / "registry.yaml").read_text("utf-8"))["plugins"]
    names = {
        name
        for plugin in plugins
        for provided in plugin["provides"].values()
        for name in (*provided, plugin["name"], plugin["distribution"])
    }
    return {name for name in names if "-" in name} | {"winners", "demo"}


def test_nothing_in_the_core_depends_on_the_name_of_a_first_party_component() -> None:
    # Texts that merely mention one as an example are fine.
    names = first_party_names()
    found = [
        f"{file.relative_to(ROOT)}:{node.lineno}: {node.value}"
        for file in CORE
        for node in ast.walk(ast.parse(file.read_text("utf-8"), str(file)))
        if isinstance(node, ast.Constant) and node.value in names
    ]
    assert len(names) > 30
    assert found == []
