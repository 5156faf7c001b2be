from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from neucocore.errors import ConfigError, MissingFileError
from neucocore.registry.file import load_registry
from neucocore.registry.wheels import check_wheels, read_wheel

REGISTRY = """\
plugins:
  - name: mine
    distribution: neuco-plugin-mine
    summary: mine
    repository: https://example.org
    license: MIT
    citation: nobody
    maintainers: [a person]
    status: experimental
    provides:
      encoders: [mine]
"""
PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "neuco-plugin-mine"
version = "1.0"
license = "MIT"
dependencies = ["neucocore>=0.1,<0.2"]
[project.entry-points."neuco.plugins"]
mine = "neuco_plugin_mine.plugin"
[tool.hatch.build.targets.wheel]
packages = ["neuco_plugin_mine"]
"""
COMMAND = '[project.entry-points."neuco.commands"]\nmine = "neuco_plugin_mine.plugin:app"\n[tool'

# A change in the plugin, and the problem reported for a line of the registry; W is the wheel.
CHANGES = [
    (
        'license = "MIT"',
        'license = "ISC"',
        "6: the license is 'ISC' in W and 'MIT' in the registry",
    ),
    ("neucocore>=0.1,<0.2", "numpy", "3: W does not require neucocore; add it to dependencies"),
    (
        "neucocore>=0.1,<0.2",
        "neucocore-extras<1",
        "3: W does not require neucocore; add it to dependencies",
    ),
    ("mine = ", "other = ", "2: W declares other in the group neuco.plugins; expected mine"),
    ("mine.plugin", "mine.plug", "2: W does not contain the module neuco_plugin_mine.plug"),
    (
        '["neuco_plugin_mine"]',
        '["neuco_plugin_mine", "tests"]',
        "3: W also installs tests; exclude it",
    ),
    ("[tool", COMMAND, "2: the commands are mine in W and none in the registry"),
]


@pytest.fixture
def check(tmp_path: Path, build_wheel: Callable[[Path, Path], Path]) -> Callable[..., list[str]]:
    """Return a function that builds a changed plugin and returns the differences."""
    file = tmp_path / "registry.yaml"
    file.write_text(REGISTRY)

    def build(old: str = "", new: str = "") -> list[str]:
        assert old in PYPROJECT
        for package in ("neuco_plugin_mine", "tests"):
            (tmp_path / "mine" / package).mkdir(parents=True)
            (tmp_path / "mine" / package / "plugin.py").write_text("raise SystemExit\n")
        (tmp_path / "mine" / "pyproject.toml").write_text(PYPROJECT.replace(old, new))
        wheel = build_wheel(tmp_path / "mine", tmp_path)
        problems = check_wheels(*load_registry(file), tmp_path)
        return [p.replace(f"{file}:", "").replace(wheel.name, "W") for p in problems]

    return build


def test_a_wheel_that_agrees_with_the_registry_passes_without_being_imported(
    check: Callable[..., list[str]],
) -> None:
    assert check() == []  # importing its module would exit the program


@pytest.mark.parametrize(
    ("old", "new", "problem"), CHANGES, ids=[problem[3:40] for _, _, problem in CHANGES]
)
def test_a_difference_is_reported_with_the_line(
    check: Callable[..., list[str]], old: str, new: str, problem: str
) -> None:
    (reported,) = check(old, new)
    assert reported.startswith(problem)


def test_the_problem_of_a_missing_wheel_gives_the_command_that_builds_it(tmp_path: Path) -> None:
    file = tmp_path / "registry.yaml"
    file.write_text(REGISTRY)
    (problem,) = check_wheels(*load_registry(file), tmp_path)
    assert problem == (
        f"{file}:3: {tmp_path} contains no wheel of neuco-plugin-mine; "
        f"build it: uv build --wheel plugins/mine --out-dir {tmp_path}"
    )


def test_two_versions_of_a_wheel_are_reported(tmp_path: Path) -> None:
    file = tmp_path / "registry.yaml"
    file.write_text(REGISTRY)
    for version in ("1.0", "2.0"):
        (tmp_path / f"neuco_plugin_mine-{version}-py3-none-any.whl").touch()
    (problem,) = check_wheels(*load_registry(file), tmp_path)
    assert "contains several wheels: neuco_plugin_mine-1.0-py3-none-any.whl, neuco" in problem


def test_a_file_that_is_not_a_wheel_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "neuco_plugin_mine-1.0-py3-none-any.whl"
    file.write_text("<html>")
    with pytest.raises(ConfigError, match="is not a valid wheel"):
        read_wheel(file)


def test_unreadable_entry_points_of_one_wheel_do_not_affect_the_others(
    tmp_path: Path,
) -> None:
    second = REGISTRY.replace("plugins:\n", "").replace("mine", "yours")
    (tmp_path / "registry.yaml").write_text(REGISTRY + second)
    file = tmp_path / "neuco_plugin_mine-1.0-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("neuco_plugin_mine-1.0.dist-info/METADATA", "Name: neuco-plugin-mine\n")
        archive.writestr("neuco_plugin_mine-1.0.dist-info/entry_points.txt", "mine: a.b\n")
    first, other = check_wheels(*load_registry(tmp_path / "registry.yaml"), tmp_path)
    assert (
        f"registry.yaml:3: {file} is not a valid wheel: File contains no section headers" in first
    )
    assert "contains no wheel of neuco-plugin-yours" in other


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "registry.yaml").write_text(REGISTRY)
    with pytest.raises(MissingFileError, match="does not exist"):
        check_wheels(*load_registry(tmp_path / "registry.yaml"), tmp_path / "dist")
