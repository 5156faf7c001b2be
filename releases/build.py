"""Build the wheels and sdists of the core and of every plugin, once their versions fit together.

    python releases/build.py dist             # check the version rule, then build all
    python releases/build.py --check          # only check
    python releases/build.py dist --wheels    # no sdists

The version rule, docs/releasing.md: a plugin requires the core's minor series, ``>=0.1,<0.2`` for
any core 0.1.x, and the extra ``earth`` of the core names every plugin but those that need torch,
each by its minor series.
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
LEFT_OUT = "torch"


def series(version: str) -> str:
    """Return the requirement that means a version's minor series: ``>=0.1,<0.2``."""
    found = VERSION.fullmatch(version)
    if found is None:
        raise ValueError(f"{version!r} is not MAJOR.MINOR.PATCH, or that with a1, b1 or rc1")
    major, minor = found[1], int(found[2])
    return f">={major}.{minor},<{major}.{minor + 1}"


def core_version(root: Path) -> str:
    """Return the core's version, as its own source says it."""
    text = (root / "neucocore" / "version.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "(.+)"$', text, re.MULTILINE)
    if found is None:
        raise ValueError("neucocore/version.py has no __version__")
    return found[1]


def projects(root: Path) -> dict[str, dict[str, Any]]:
    """Return the ``project`` table of every plugin, by folder name."""
    files = sorted(root.glob("plugins/*/pyproject.toml"))
    return {f.parent.name: tomllib.loads(f.read_text(encoding="utf-8"))["project"] for f in files}


def version_problems(root: Path) -> list[str]:
    """Return what breaks the version rule; empty when core and plugins fit together."""
    core = core_version(root)
    plugins = projects(root)
    problems = []
    for name, project in plugins.items():
        problems += _plugin_problems(name, project, f"neucocore{series(core)}", plugins)
    extras = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    earth = sorted(extras["optional-dependencies"].get("earth", []))
    wanted = sorted(
        f"{project['name']}{series(project['version'])}"
        for project in plugins.values()
        if not any(need.startswith(LEFT_OUT) for need in project["dependencies"])
    )
    problems += [f"pyproject.toml: earth lacks {need}" for need in wanted if need not in earth]
    problems += [f"pyproject.toml: earth names {need}" for need in earth if need not in wanted]
    return problems


def _plugin_problems(
    name: str, project: dict[str, Any], core: str, plugins: dict[str, dict[str, Any]]
) -> Iterator[str]:
    place = f"plugins/{name}/pyproject.toml"
    if project["name"] != f"neuco-plugin-{name}":
        yield f"{place}: the distribution is {project['name']}, not neuco-plugin-{name}"
    if VERSION.fullmatch(project["version"]) is None:
        yield f"{place}: the version {project['version']!r} is not MAJOR.MINOR.PATCH"
    needs = project["dependencies"]
    if core not in needs:
        yield f"{place}: requires {[n for n in needs if 'neucocore' in n]}; expected {core}"
    for other in plugins.values():
        for need in needs:
            wanted = f"{other['name']}{series(other['version'])}"
            if re.split(r"[<>=!~ \[]", need)[0] == other["name"] and need != wanted:
                yield f"{place}: requires {need}; expected {wanted}"


def build(root: Path, out: Path, *, sdists: bool = True) -> list[Path]:
    """Build everything into a folder; return the files, core first."""
    built = []
    for source in (root, *(root / "plugins" / name for name in projects(root))):
        for builder in (WheelBuilder, SdistBuilder) if sdists else (WheelBuilder,):
            built += map(Path, builder(str(source)).build(directory=str(out)))
    return built


def main() -> None:
    """Check, and build what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", nargs="?", type=Path, help="folder for the files")
    parser.add_argument("--check", action="store_true", help="only check the version rule")
    parser.add_argument("--wheels", action="store_true", help="no sdists")
    options = parser.parse_args()
    problems = version_problems(ROOT)
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        sys.exit("the versions do not fit together; docs/releasing.md")
    if options.check:
        print(f"neucocore {core_version(ROOT)} and {len(projects(ROOT))} plugins fit together")
        return
    if options.out is None:
        parser.error("name the folder to build into, or --check")
    for file in build(ROOT, options.out, sdists=not options.wheels):
        print(file)


if __name__ == "__main__":
    main()
