from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

from neucocore.components.specs import KINDS, Kind
from neucocore.errors import ConfigError
from neucocore.scaffold.new_plugin import new_plugin, rendered


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
def test_any_name_gives_sound_python(name: str, kind: Kind) -> None:
    files = rendered(name, kind)
    for path, text in files.items():
        assert "$" not in text or path.endswith(".yml")
        if path.endswith(".py"):
            tree = ast.parse(text, path)
            imported = {
                a.name for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for a in n.names
            }
            made = {n.name for n in tree.body if isinstance(n, ast.ClassDef | ast.FunctionDef)}
            assert not imported & made


def test_the_workflow_keeps_its_own_placeholders() -> None:
    assert "${{ matrix.python }}" in rendered("x", "encoder")[".github/workflows/test.yml"]


def test_a_task_is_for_the_data_set_it_is_given() -> None:
    files = rendered("x", "task", "my-data")
    assert 'dataset="my-data"' in files["src/neuco_plugin_x/plugin.py"]


def test_a_task_without_a_data_set_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--dataset") as caught:
        new_plugin("x", "task", tmp_path)
    assert caught.value.hint == "neuco list datasets"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "said", "hint"),
    [
        ("My Idea", "is not lower-case words joined by '-'", "neuco plugins new my-idea"),
        ("idea_2", "is not lower-case words joined by '-'", "neuco plugins new idea-2"),
        ("core", "is taken by neuco itself", "choose another"),
        ("encoder", "is taken by neuco itself", "choose another"),
        ("ships", "the plugin 'ships' exists: ", "choose another name, or join"),
    ],
)
def test_a_name_that_cannot_be_is_said_with_a_better_one(
    tmp_path: Path, name: str, said: str, hint: str
) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        new_plugin(name, "encoder", tmp_path)
    assert caught.value.hint is not None
    assert caught.value.hint.startswith(hint)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    mine = tmp_path / "neuco-plugin-x" / "precious.py"
    mine.parent.mkdir()
    mine.write_text("years of work")
    with pytest.raises(ConfigError, match="is there already"):
        new_plugin("x", "encoder", tmp_path)
    assert [path.name for path in mine.parent.iterdir()] == ["precious.py"]
