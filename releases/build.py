"""Build the wheels and sdists of the core and of every plugin, if their versions are compatible.

    python releases/build.py dist             # check the version rules, then build everything
    python releases/build.py --check          # only check
    python releases/build.py dist --wheels    # no sdists

The version rules (docs/releasing.md): a plugin requires the minor series of the core, such as
``>=0.1,<0.2`` for every core 0.1.x, and the extra ``earth`` of the core lists every plugin except
those that need torch, each with its minor series.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parent.parent
VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)((a|b|rc)\d+)?")
EXCLUDED_DEPENDENCY = "torch"


def series(version: str) -> str:
    """Return the requirement for the minor series of a version: ``>=0.1,<0.2``."""
    match = VERSION.fullmatch(version)
    if match is None:
        raise ValueError(
            f"the version {version!r} is not MAJOR.MINOR.PATCH, optionally with a1, b1 or rc1"
        )
    major, minor = match[1], int(match[2])
    return f">={major}.{minor},<{major}.{minor + 1}"


def core_version(root: Path) -> str:
    """Return the version of the core from its source."""
    text = (root / "neucocore" / "version.py").read_text(encoding="utf-8")
    match = re.search(r'^__version__ = "(.+)"$', text, re.MULTILINE)
    if match is None:
        raise ValueError("neucocore/version.py does not define __version__")
    return match[1]


def projects(root: Path) -> dict[str, dict[str, Any]]:
    """Return the ``project`` table of every plugin, by folder name."""
    files = sorted(root.glob("plugins/*/pyproject.toml"))
    return {f.parent.name: tomllib.loads(f.read_text(encoding="utf-8"))["project"] for f in files}


def version_problems(root: Path) -> list[str]:
    """Return one message per violation of the version rules; empty if there is none."""
    core = core_version(root)
    plugins = projects(root)
    problems = []
    for name, project in plugins.items():
        problems += _plugin_problems(name, project, f"neucocore{series(core)}", plugins)
    extras = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    earth = sorted(extras["optional-dependencies"].get("earth", []))
    expected = sorted(
        f"{project['name']}{series(project['version'])}"
        for project in plugins.values()
        if not any(need.startswith(EXCLUDED_DEPENDENCY) for need in project["dependencies"])
    )
    problems += [
        f"pyproject.toml: extra earth does not list {need}"
        for need in expected
        if need not in earth
    ]
    problems += [
        f"pyproject.toml: extra earth lists {need}" for need in earth if need not in expected
    ]
    return problems


def _plugin_problems(
    name: str, project: dict[str, Any], core: str, plugins: dict[str, dict[str, Any]]
) -> Iterator[str]:
    place = f"plugins/{name}/pyproject.toml"
    if project["name"] != f"neuco-plugin-{name}":
        yield f"{place}: the package is called {project['name']}; expected neuco-plugin-{name}"
    if VERSION.fullmatch(project["version"]) is None:
        yield f"{place}: the version {project['version']!r} is not MAJOR.MINOR.PATCH"
    needs = project["dependencies"]
    if core not in needs:
        yield f"{place}: requires {[n for n in needs if 'neucocore' in n]}; expected {core}"
    for other in plugins.values():
        for need in needs:
            expected = f"{other['name']}{series(other['version'])}"
            if re.split(r"[<>=!~ \[]", need)[0] == other["name"] and need != expected:
                yield f"{place}: requires {need}; expected {expected}"


def build(root: Path, out: Path, *, sdists: bool = True) -> list[Path]:
    """Build everything into a folder and return the files, those of the core first."""
    built = []
    for source in (root, *(root / "plugins" / name for name in projects(root))):
        for builder in (WheelBuilder, SdistBuilder) if sdists else (WheelBuilder,):
            built += map(Path, builder(str(source)).build(directory=str(out)))
    return built


def main() -> None:
    """Check the versions and build the requested files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", nargs="?", type=Path, help="folder to write to")
    parser.add_argument("--check", action="store_true", help="only check the version rules")
    parser.add_argument("--wheels", action="store_true", help="build no sdists")
    options = parser.parse_args()
    problems = version_problems(ROOT)
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        sys.exit("the versions are not compatible; see docs/releasing.md")
    if options.check:
        print(f"compatible: neucocore {core_version(ROOT)} and {len(projects(ROOT))} plugins")
        return
    if options.out is None:
        parser.error("give the folder to write to, or --check")
    for file in build(ROOT, options.out, sdists=not options.wheels):
        print(file)


if __name__ == "__main__":
    main()
