"""Checks of a plugin itself: its names, what importing it does, and what it imports."""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from neucocore.components.discovery import CORE, PluginRecord
from neucocore.components.heavy_imports import HEAVY_MODULES
from neucocore.messages import pluralize
from neucocore.public_names import PUBLIC_NAMES
from neucocore.testing.records import Skip, check, require
from neucocore.testing.side_effects import SideEffect, require_no_side_effects

SLOW_SECONDS = 0.2
LIMIT_SECONDS = 120
DISTRIBUTION_PREFIX = "neuco-plugin-"
PUBLIC = frozenset({"neucocore.plugin", *(f"neucocore.{name}" for name in PUBLIC_NAMES)})
UPPER_BOUNDS = frozenset({"<", "<=", "==", "~="})
MAX_EXAMPLES = 3

# Runs in a fresh interpreter: imports the plugin, calls its hooks and records side effects.
_PROGRAM = """
import json, os, sys, time
from neucocore.components.sources import PluginSource
from neucocore.components.loading import load_specs, plugin_manager
from neucocore.testing.side_effects import watching
origin, registered, hooks, heavy, report = sys.argv[1:]
threads = lambda: __import__("threading").active_count()
before = threads()
with watching() as seen:
    start = time.perf_counter()
    module = PluginSource("", "", "", origin, registered == "yes").module()
    if hooks == "yes":
        load_specs(module, "plugin", plugin_manager())
    seconds = time.perf_counter() - start
result = {
    "heavy": [name for name in heavy.split(",") if name in sys.modules],
    "effects": [[effect.family, effect.what] for effect in seen],
    "seconds": seconds,
    "threads": threads() - before,
}
with open(report, "w") as stream:
    json.dump(result, stream)
"""


class PluginContext:
    """A plugin, and what importing it does.

    Parameters
    ----------
    commands_only
        Whether it adds commands and no components: its module has no hooks.
    """

    def __init__(self, plugin: PluginRecord, *, commands_only: bool = False) -> None:
        self.plugin = plugin
        self.commands_only = commands_only
        self.package = plugin.origin.partition(".")[0] if plugin.registered else ""

    @cached_property
    def fresh(self) -> dict[str, Any]:
        """The result of importing it in a fresh interpreter, in an empty folder, and its output."""
        with tempfile.TemporaryDirectory(prefix="neuco-check-") as folder:
            report = Path(folder) / "report.json"
            here = Path(folder) / "empty"
            here.mkdir()
            registered = "yes" if self.plugin.registered else "no"
            hooks = "no" if self.commands_only else "yes"
            process = subprocess.run(  # noqa: S603  runs our own interpreter
                [
                    *(sys.executable, "-B", "-c", _PROGRAM, self.plugin.origin, registered),
                    *(hooks, ",".join(HEAVY_MODULES), str(report)),
                ],
                capture_output=True,
                text=True,
                timeout=LIMIT_SECONDS,
                check=False,
                cwd=here,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
            require(
                report.exists(),
                f"it cannot be imported in a fresh interpreter: {_last_line(process.stderr)}",
            )
            result: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
        return result | {"output": (process.stdout + process.stderr).strip()}

    def effects(self, family: str) -> list[SideEffect]:
        """Return the side effects of one family."""
        effects = [SideEffect(*effect) for effect in self.fresh["effects"]]
        return [effect for effect in effects if effect.family == family]

    @cached_property
    def sources(self) -> list[Path]:
        """The Python files of the plugin."""
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
    """The plugin loads: its module can be imported and its hooks return valid specs."""
    require(context.plugin.status == "loaded", context.plugin.reason)


@check("plugin-names")
def plugin_names(context: PluginContext) -> None:
    """The distribution, package and module are named after the plugin."""
    plugin = context.plugin
    if not plugin.registered or plugin.name == CORE:
        raise Skip("the plugin is not a distribution of its own")
    require(
        not plugin.name.startswith(DISTRIBUTION_PREFIX),
        f"the entry point is named {plugin.name}; name it without {DISTRIBUTION_PREFIX!r}",
    )
    package = f"neuco_plugin_{plugin.name.replace('-', '_')}"
    module = context.package if context.commands_only else plugin.origin
    expected = (
        DISTRIBUTION_PREFIX + plugin.name,
        package if context.commands_only else f"{package}.plugin",
    )
    names = (plugin.distribution.lower().replace("_", "-"), module)
    require(
        names == expected,
        f"distribution and module are {' and '.join(names)}; expected {' and '.join(expected)}",
    )


@check("plugin-requires-core")
def plugin_requires_core(context: PluginContext) -> None:
    """The distribution requires neucocore, with an upper bound of the version."""
    plugin = context.plugin
    if not plugin.registered or plugin.name == CORE:
        raise Skip("the plugin is not a distribution of its own")
    problem = requirement_problem(importlib.metadata.requires(plugin.distribution) or [])
    require(not problem, problem)


def requirement_problem(requires: Sequence[str]) -> str:
    """Return what is wrong with the requirement of neucocore, or an empty string."""
    for requirement in map(Requirement, requires):
        if canonicalize_name(requirement.name) == "neucocore":
            if any(part.operator in UPPER_BOUNDS for part in requirement.specifier):
                return ""
            return f"'{requirement}' has no upper bound; add one, such as '<0.2'"
    return "the dependencies do not contain neucocore; add 'neucocore>=0.1,<0.2'"


@check("import-light")
def import_light(context: PluginContext) -> None:
    """Importing it imports no heavy package, so that listing the installed plugins stays fast."""
    heavy = context.fresh["heavy"]
    require(
        not heavy,
        f"importing it imports {', '.join(heavy)}; import that in the module that a factory names",
    )


@check("import-fast", level="should")
def import_fast(context: PluginContext) -> None:
    """Importing it takes less than 0.2 s."""
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
    require_no_side_effects(context.effects("files"), "importing it")


@check("import-network")
def import_network(context: PluginContext) -> None:
    """Importing it opens no network connection."""
    require_no_side_effects(context.effects("network"), "importing it")


@check("import-processes")
def import_processes(context: PluginContext) -> None:
    """Importing it starts no program and no thread."""
    require_no_side_effects(context.effects("processes"), "importing it")
    require(not context.fresh["threads"], f"importing it starts {context.fresh['threads']} threads")


@check("public-imports")
def public_imports(context: PluginContext) -> None:
    """Its code imports only what is public: ``neucocore.plugin`` and the names of ``neucocore``."""
    if context.plugin.name == CORE:
        raise Skip("the core uses its own modules")
    private = [
        f"{path.name}:{line} imports {module}"
        for path in context.sources
        for line, module in core_imports(path)
        if module not in PUBLIC
    ]
    examples = "; ".join(private[:MAX_EXAMPLES])
    require(not private, f"{pluralize(len(private), 'import')} of private modules: {examples}")


def core_imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the name of each import of neucocore in a source file."""
    # Parsed from bytes, because a file can declare its own encoding.
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


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1]
