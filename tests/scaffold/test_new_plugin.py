from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

from neucocore.components.specs import KINDS, Kind
from neucocore.errors import ConfigError
from neucocore.scaffold.new_plugin import new_plugin, render


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_plugin_is_a_complete_distribution(kind: Kind, tmp_path: Path) -> None:
    folder = new_plugin("my-idea", kind, tmp_path, "my-data")
    assert folder == tmp_path / "neuco-plugin-my-idea"
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    package = "src/neuco_plugin_my_idea"
    assert files == {
        ".github/workflows/test.yml",
        ".gitignore",
        "LICENSE",
        "README.md",
        "pyproject.toml",
        f"{package}/__init__.py",
        f"{package}/plugin.py",
        f"{package}/{kind}.py",
        "tests/test_conformance.py",
        f"tests/test_{kind}.py",
    }
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert project["name"] == "neuco-plugin-my-idea"
    assert project["entry-points"]["neuco.plugins"] == {"my-idea": "neuco_plugin_my_idea.plugin"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["x", "lambda", "cube", "labels", "a-b2-c"])
def test_any_valid_name_gives_valid_python(name: str, kind: Kind) -> None:
    files = render(name, kind)
    for path, text in files.items():
        assert "$" not in text or path.endswith(".yml")
        if path.endswith(".py"):
            tree = ast.parse(text, path)
            imported = {
                a.name for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for a in n.names
            }
            defined = {n.name for n in tree.body if isinstance(n, ast.ClassDef | ast.FunctionDef)}
            assert not imported & defined


def test_the_placeholders_of_the_workflow_are_kept() -> None:
    assert "${{ matrix.python }}" in render("x", "encoder")[".github/workflows/test.yml"]


def test_a_task_has_labels_for_the_given_data_set() -> None:
    files = render("x", "task", "my-data")
    assert 'dataset="my-data"' in files["src/neuco_plugin_x/plugin.py"]


def test_a_task_without_a_data_set_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--dataset") as caught:
        new_plugin("x", "task", tmp_path)
    assert caught.value.hint == "neuco list datasets"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("My Idea", "is not lower-case words joined by '-'", "neuco plugins new my-idea"),
        ("idea_2", "is not lower-case words joined by '-'", "neuco plugins new idea-2"),
        ("core", "is reserved", "choose another"),
        ("encoder", "is reserved", "choose another"),
        ("ships", "a plugin 'ships' already exists: ", "choose another name, or contribute"),
    ],
)
def test_the_error_for_an_invalid_name_suggests_another(
    tmp_path: Path, name: str, message: str, hint: str
) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        new_plugin(name, "encoder", tmp_path)
    assert caught.value.hint is not None
    assert caught.value.hint.startswith(hint)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_not_overwritten(tmp_path: Path) -> None:
    mine = tmp_path / "neuco-plugin-x" / "existing.py"
    mine.parent.mkdir()
    mine.write_text("text")
    with pytest.raises(ConfigError, match="already exists"):
        new_plugin("x", "encoder", tmp_path)
    assert [path.name for path in mine.parent.iterdir()] == ["existing.py"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("123", "neuco plugins new my-123 --kind encoder"),
        ("My Encoder", "neuco plugins new my-encoder --kind encoder"),
        ("neuco-plugin-x", "neuco plugins new x --kind encoder"),
        ("---", "neuco plugins new my --kind encoder"),
    ],
)
def test_a_name_that_cannot_be_used_is_answered_with_one_that_can(
    tmp_path: Path, name: str, hint: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        new_plugin(name, "encoder", tmp_path)
    assert caught.value.hint == hint
