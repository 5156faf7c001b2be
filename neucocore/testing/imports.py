"""Checks of a plugin as a whole: what importing it does, what it is called, what it reaches for."""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from neucocore.components.discovery import CORE, PluginRecord
from neucocore.components.heavy_imports import HEAVY_MODULES
from neucocore.public_names import PUBLIC_NAMES
from neucocore.testing.records import Skip, check, require

SLOW_SECONDS = 0.2
LIMIT_SECONDS = 120
DISTRIBUTION_PREFIX = "neuco-plugin-"
PUBLIC = frozenset({"neucocore.plugin", *(f"neucocore.{name}" for name in PUBLIC_NAMES)})
SHOWN = 3
OF_CORE = re.compile(r"neucocore(?![\w.-])", re.IGNORECASE)
"""A requirement of the core, and not of another distribution whose name begins like its own."""

# Runs in a fresh interpreter: imports the plugin and calls its hooks under watch.
_PROGRAM = """
import json, os, sys, time
from neucocore.components.sources import PluginSource
from neucocore.components.loading import load_specs
from neucocore.testing.side_effects import watching
origin, registered, heavy, report = sys.argv[1:]
threads = lambda: __import__("threading").active_count()
before = threads()
with watching() as seen:
    start = time.perf_counter()
    load_specs(PluginSource("", "", "", origin, registered == "yes").module())
    seconds = time.perf_counter() - start
found = {
    "heavy": [name for name in heavy.split(",") if name in sys.modules],
    "effects": [[effect.family, effect.what] for effect in seen],
    "seconds": seconds,
    "threads": threads() - before,
}
with open(report, "w") as stream:
    json.dump(found, stream)
"""


class PluginContext:
    """A plugin on the context."""

    def __init__(self, plugin: PluginRecord) -> None:
        self.plugin = plugin
        self.package = plugin.origin.partition(".")[0] if plugin.registered else ""

    @cached_property
    def fresh(self) -> dict[str, Any]:
        """What importing it does in a fresh interpreter and an empty folder, and what it prints."""
        with tempfile.TemporaryDirectory(prefix="neuco-check-") as folder:
            report = Path(folder) / "report.json"
            here = Path(folder) / "empty"
            here.mkdir()
            registered = "yes" if self.plugin.registered else "no"
            done = subprocess.run(  # noqa: S603  our own interpreter with our own program
                [
                    *(sys.executable, "-B", "-c", _PROGRAM, self.plugin.origin, registered),
                    *(",".join(HEAVY_MODULES), str(report)),
                ],
                capture_output=True,
                text=True,
                timeout=LIMIT_SECONDS,
                check=False,
                cwd=here,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
            require(report.exists(), f"it cannot be imported alone: {_last_line(done.stderr)}")
            found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
        return found | {"output": (done.stdout + done.stderr).strip()}

    def effects(self, family: str) -> list[str]:
        """Return what importing it does of one family of side effects."""
        return [what for found, what in self.fresh["effects"] if found == family]

    @cached_property
    def sources(self) -> list[Path]:
        """Its Python files."""
        if not self.plugin.registered:
            return [Path(self.plugin.origin)]
        spec = importlib.util.find_spec(self.package)
        if spec is None or spec.origin is None:
            return []
        if spec.submodule_search_locations is None:
            return [Path(spec.origin)]
        return sorted(Path(spec.origin).parent.rglob("*.py"))


@check("plugin-loads")
def plugin_loads(context: PluginContext) -> None:
    """The core can load it and call its hooks."""
    require(context.plugin.status == "loaded", context.plugin.reason)


@check("plugin-names")
def plugin_names(context: PluginContext) -> None:
    """Distribution, package and module are named after the plugin."""
    plugin = context.plugin
    if not plugin.registered or plugin.name == CORE:
        raise Skip("not a distribution of its own")
    package = f"neuco_plugin_{plugin.name.replace('-', '_')}"
    wanted = (DISTRIBUTION_PREFIX + plugin.name, f"{package}.plugin")
    found = (plugin.distribution.lower().replace("_", "-"), plugin.origin)
    require(
        found == wanted,
        f"distribution and module are {' and '.join(found)}; expected {' and '.join(wanted)}",
    )


@check("plugin-requires-core")
def plugin_requires_core(context: PluginContext) -> None:
    """The distribution requires neucocore, so that pip can tell what fits together."""
    plugin = context.plugin
    if not plugin.registered or plugin.name == CORE:
        raise Skip("not a distribution of its own")
    problem = requirement_problem(importlib.metadata.requires(plugin.distribution) or [])
    require(not problem, problem)


def requirement_problem(requires: Sequence[str]) -> str:
    """Return what is wrong with how a distribution's requirements name the core, or nothing."""
    found = [text for text in requires if OF_CORE.match(text)]
    if not found:
        return "dependencies do not name neucocore; add 'neucocore>=0.1,<0.2'"
    if not re.search(r"<|~=|==", found[0].partition(";")[0]):
        return f"{found[0]!r} has no upper bound; add one, such as '<0.2'"
    return ""


@check("import-light")
def import_light(context: PluginContext) -> None:
    """Importing it imports nothing heavy: listing what is installed must stay quick."""
    heavy = context.fresh["heavy"]
    require(not heavy, f"importing it imports {', '.join(heavy)}; move that behind a factory")


@check("import-quick", level="should")
def import_quick(context: PluginContext) -> None:
    """Importing it takes no time to speak of."""
    seconds = context.fresh["seconds"]
    require(seconds < SLOW_SECONDS, f"importing it takes {seconds:.2f} s")


@check("import-silent")
def import_silent(context: PluginContext) -> None:
    """Importing it prints nothing."""
    output = context.fresh["output"]
    require(not output, f"importing it prints {_last_line(output)!r}")


@check("import-files")
def import_files(context: PluginContext) -> None:
    """Importing it writes no files."""
    _expect_none(context.effects("files"))


@check("import-network")
def import_network(context: PluginContext) -> None:
    """Importing it opens no connection."""
    _expect_none(context.effects("network"))


@check("import-processes")
def import_processes(context: PluginContext) -> None:
    """Importing it starts no program and leaves no thread behind."""
    _expect_none(context.effects("processes"))
    require(not context.fresh["threads"], f"importing it leaves {context.fresh['threads']} threads")


@check("public-imports")
def public_imports(context: PluginContext) -> None:
    """Its code uses the public doors: ``neucocore.plugin`` and the names of ``neucocore``."""
    if context.plugin.name == CORE:
        raise Skip("the core is at home")
    found = [
        f"{path.name}:{line} imports {module}"
        for path in context.sources
        for line, module in core_imports(path)
        if module not in PUBLIC
    ]
    shown = "; ".join(found[:SHOWN])
    require(not found, f"{len(found)} imports of what may change any day: {shown}")


def core_imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and name of what a source file imports of the core."""
    # Bytes, so that a file may declare its own encoding.
    for node in ast.walk(ast.parse(path.read_bytes(), filename=path.name)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for name in _imported(node):
                if name.partition(".")[0] == "neucocore" and name != "neucocore":
                    yield node.lineno, name


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if node.module == "neucocore":
        return [f"neucocore.{alias.name}" for alias in node.names]
    return [node.module] if node.module and not node.level else []


def _expect_none(effects: list[str]) -> None:
    shown = "; ".join(effects[:SHOWN])
    require(not effects, f"importing it does what it must not, {len(effects)} times: {shown}")


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1]
