from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from neucocore.errors import ConfigError, MissingFileError
from neucocore.registry.check import check_built, read_wheel
from neucocore.registry.file import load_registry

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

# What is changed in the plugin, and what must be said about the line of the registry.
BAD = [
    ('license = "MIT"', 'license = "ISC"', "6: W says 'ISC'; the registry 'MIT'"),
    ("neucocore>=0.1,<0.2", "numpy", "3: W does not require neucocore; add it"),
    ("neucocore>=0.1,<0.2", "neucocore-extras<1", "3: W does not require neucocore; add it"),
    ("mine = ", "other = ", "2: W declares other under neuco.plugins; expected mine"),
    ("mine.plugin", "mine.plug", "2: W has no module neuco_plugin_mine.plug; mend its packages"),
    ('["neuco_plugin_mine"]', '["neuco_plugin_mine", "tests"]', "3: W also installs tests"),
    ("[tool", COMMAND, "2: W adds mine; listed is none"),
]


@pytest.fixture
def check(tmp_path: Path, build_wheel: Callable[[Path, Path], Path]) -> Callable[..., list[str]]:
    """Return a function that builds a changed plugin and gives what differs."""
    file = tmp_path / "registry.yaml"
    file.write_text(REGISTRY)

    def build(old: str = "", new: str = "") -> list[str]:
        assert old in PYPROJECT
        for package in ("neuco_plugin_mine", "tests"):
            (tmp_path / "mine" / package).mkdir(parents=True)
            (tmp_path / "mine" / package / "plugin.py").write_text("raise SystemExit\n")
        (tmp_path / "mine" / "pyproject.toml").write_text(PYPROJECT.replace(old, new))
        wheel = build_wheel(tmp_path / "mine", tmp_path)
        problems = check_built(*load_registry(file), tmp_path)
        return [p.replace(f"{file}:", "").replace(wheel.name, "W") for p in problems]

    return build


def test_a_wheel_that_is_what_the_registry_says_passes_unimported(
    check: Callable[..., list[str]],
) -> None:
    assert check() == []  # its module would end the program


@pytest.mark.parametrize(("old", "new", "said"), BAD, ids=[said[3:40] for _, _, said in BAD])
def test_a_wheel_that_is_something_else_is_said_with_the_line(
    check: Callable[..., list[str]], old: str, new: str, said: str
) -> None:
    (problem,) = check(old, new)
    assert problem.startswith(said)


def test_a_missing_wheel_says_how_to_build_it(tmp_path: Path) -> None:
    file = tmp_path / "registry.yaml"
    file.write_text(REGISTRY)
    (problem,) = check_built(*load_registry(file), tmp_path)
    assert problem == (
        f"{file}:3: no wheel of neuco-plugin-mine in {tmp_path}; "
        f"uv build --wheel plugins/mine --out-dir {tmp_path}"
    )


def test_two_versions_of_a_wheel_are_said(tmp_path: Path) -> None:
    file = tmp_path / "registry.yaml"
    file.write_text(REGISTRY)
    for version in ("1.0", "2.0"):
        (tmp_path / f"neuco_plugin_mine-{version}-py3-none-any.whl").touch()
    (problem,) = check_built(*load_registry(file), tmp_path)
    assert "holds several wheels: neuco_plugin_mine-1.0-py3-none-any.whl, neuco" in problem


def test_a_file_that_is_no_wheel_is_said(tmp_path: Path) -> None:
    file = tmp_path / "neuco_plugin_mine-1.0-py3-none-any.whl"
    file.write_text("<html>")
    with pytest.raises(ConfigError, match="is not a wheel"):
        read_wheel(file)


def test_entry_points_that_cannot_be_read_are_said_with_the_line_and_cost_the_others_nothing(
    tmp_path: Path,
) -> None:
    second = REGISTRY.replace("plugins:\n", "").replace("mine", "yours")
    (tmp_path / "registry.yaml").write_text(REGISTRY + second)
    file = tmp_path / "neuco_plugin_mine-1.0-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("neuco_plugin_mine-1.0.dist-info/METADATA", "Name: neuco-plugin-mine\n")
        archive.writestr("neuco_plugin_mine-1.0.dist-info/entry_points.txt", "mine: a.b\n")
    first, other = check_built(*load_registry(tmp_path / "registry.yaml"), tmp_path)
    assert f"registry.yaml:3: {file} is not a wheel: File contains no section headers" in first
    assert "no wheel of neuco-plugin-yours" in other


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    (tmp_path / "registry.yaml").write_text(REGISTRY)
    with pytest.raises(MissingFileError, match="there is no folder"):
        check_built(*load_registry(tmp_path / "registry.yaml"), tmp_path / "dist")
