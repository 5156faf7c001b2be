from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("release_build", ROOT / "releases" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


release = load()
CORE = '[project]\nname = "neucocore"\n[project.optional-dependencies]\nearth = [{earth}]\n'
PLUGIN = '[project]\nname = "{name}"\nversion = "{version}"\ndependencies = [{needs}]\n'
GOOD = '"neuco-plugin-mine>=2.1,<2.2"'
NEEDS = '"neucocore>=0.3,<0.4"'


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Write a core 0.3.1 with two compatible plugins, one of which needs torch."""
    (tmp_path / "neucocore").mkdir()
    (tmp_path / "neucocore" / "version.py").write_text('__version__ = "0.3.1"\n')
    (tmp_path / "pyproject.toml").write_text(CORE.format(earth=GOOD))
    write_plugin(tmp_path, "mine", "2.1.0", NEEDS)
    write_plugin(tmp_path, "deep", "1.0.0", f'{NEEDS}, "torch>=2", {GOOD}')
    return tmp_path


def write_plugin(root: Path, name: str, version: str, needs: str) -> None:
    folder = root / "plugins" / name
    folder.mkdir(parents=True, exist_ok=True)
    text = PLUGIN.format(name=f"neuco-plugin-{name}", version=version, needs=needs)
    (folder / "pyproject.toml").write_text(text)


def test_compatible_versions_pass(tree: Path) -> None:
    assert release.version_problems(tree) == []


def test_a_requirement_of_another_minor_series_of_the_core_is_reported(tree: Path) -> None:
    write_plugin(tree, "deep", "1.0.0", '"neucocore>=0.2,<0.3", "torch>=2"')
    (problem,) = release.version_problems(tree)
    assert problem == (
        "plugins/deep/pyproject.toml: requires ['neucocore>=0.2,<0.3']; "
        "expected neucocore>=0.3,<0.4"
    )


def test_a_new_minor_version_of_a_plugin_is_reported_where_it_is_required(tree: Path) -> None:
    write_plugin(tree, "mine", "2.2.0", NEEDS)
    assert release.version_problems(tree) == [
        "plugins/deep/pyproject.toml: requires neuco-plugin-mine>=2.1,<2.2; "
        "expected neuco-plugin-mine>=2.2,<2.3",
        "pyproject.toml: extra earth does not list neuco-plugin-mine>=2.2,<2.3",
        "pyproject.toml: extra earth lists neuco-plugin-mine>=2.1,<2.2",
    ]


def test_an_invalid_version_is_reported(tree: Path) -> None:
    folder = tree / "plugins" / "deep" / "pyproject.toml"
    folder.write_text(PLUGIN.format(name="deep", version="1.0", needs=f'{NEEDS}, "torch"'))
    with pytest.raises(ValueError, match=r"'1.0' is not MAJOR.MINOR.PATCH"):
        release.version_problems(tree)


def test_the_versions_of_this_repository_are_compatible() -> None:
    assert release.version_problems(ROOT) == []


def test_a_wheel_and_an_sdist_of_every_package_are_built(tree: Path, tmp_path: Path) -> None:
    for file in (tree / "pyproject.toml", *tree.glob("plugins/*/pyproject.toml")):
        file.write_text(file.read_text().replace('"neucocore"\n', '"neucocore"\nversion = "1"\n'))
        with file.open("a") as stream:
            stream.write("[tool.hatch.build.targets.wheel]\nbypass-selection = true\n")
    built = release.build(tree, tmp_path / "dist")
    assert all(file.is_file() for file in built)
    assert [file.suffix for file in built] == [".whl", ".gz"] * 3
    assert built[0].name.startswith("neucocore-1-")
