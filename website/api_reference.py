"""Write the pages of the Python API: public names by subject, described by mkdocstrings."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

from mkdocs.structure.files import File, Files

SUBJECTS = {
    "neucocore.api": "Encode, score, compare",
    "neucocore.choice": "Encode, score, compare",
    "neucocore.results": "Results",
    "neucocore.components.specs": "Specs and hooks",
    "neucocore.components.hookspecs": "Specs and hooks",
    "neucocore.components": "Components",
    "neucocore.interfaces": "Objects behind the specs",
    "neucocore.data.cubes": "Cubes",
    "neucocore.testing": "Cubes",
    "neucocore.data.embeddings": "Embeddings",
    "neucocore.data": "Labels and ids",
    "neucocore.derivation": "Deriving labels from rasters",
    "neucocore.evaluation": "Scoring protocols",
    "neucocore.statistics": "Scoring protocols",
    "neucocore.builtin": "Reducers",
    "neucocore.files": "Files and processes",
    "neucocore.runtime": "Files and processes",
    "neucocore.cli": "Terminal, for plugins that add commands",
    "neucocore.errors": "Errors",
}
"""Heading of the names that a module, or the modules below it, define; longest match."""
CONSTANTS = {
    "BANDS": "The bands of Sentinel-1 and Sentinel-2 by modality, in standard order.",
    "CUBE_PARAMS": "The `Param` objects that data sets of cubes share.",
    "FOLDER_PARAMS": "`CUBE_PARAMS` and the further parameters of `CubeFolder`.",
    "NEUCO_API": "The version of the plugin API; a plugin's module sets `NEUCO_API = 1`.",
    "hookimpl": "Decorator of the hooks in a plugin's module.",
    "__version__": "The version of the core.",
}
SUBJECT_OF_CONSTANT = {
    "BANDS": "Cubes",
    "CUBE_PARAMS": "Cubes",
    "FOLDER_PARAMS": "Cubes",
    "NEUCO_API": "Specs and hooks",
    "hookimpl": "Specs and hooks",
    "__version__": "Components",
}
INTRODUCTIONS = {
    "neucocore": "What notebooks, scripts and plugins that add commands import. How to use it: "
    "[Python](../python.md).",
    "neucocore.plugin": "What the module of a plugin and its components import. How to write one: "
    "[Write a plugin](../plugins/index.md).",
}
PAGES = {"neucocore": "api/neucocore.md", "neucocore.plugin": "api/plugin.md"}


def on_files(files: Files, config: Any, **_: Any) -> Files:
    """Add the pages to the site."""
    for name, path in PAGES.items():
        files.append(File.generated(config, path, content=page(name)))
    return files


def page(name: str) -> str:
    """Return the page of a module: headings, and a directive of mkdocstrings for every name."""
    module = importlib.import_module(name)
    groups: dict[str, list[str]] = {}
    for public in sorted(module.__all__, key=str.lower):
        groups.setdefault(subject(module, public), []).append(public)
    parts = [f"# {name}", INTRODUCTIONS[name]]
    for title in sorted(groups, key=list(dict.fromkeys(SUBJECTS.values())).index):
        parts.append(f"## {title}")
        for public in groups[title]:
            if public in CONSTANTS:
                parts.append(f"### `{public}`\n\n{CONSTANTS[public]}")
            else:
                parts.append(
                    f"::: {defined_in(module, public)}.{public}\n    options:\n"
                    f"      heading: {public}\n      toc_label: {public}"
                )
    return "\n\n".join(parts) + "\n"


def subject(module: ModuleType, name: str) -> str:
    """Return the heading of a public name."""
    if name in SUBJECT_OF_CONSTANT:
        return SUBJECT_OF_CONSTANT[name]
    defined = defined_in(module, name)
    matching = [prefix for prefix in SUBJECTS if f"{defined}.".startswith(f"{prefix}.")]
    if not matching:
        raise SystemExit(f"{name} is defined in {defined}, which has no heading in SUBJECTS")
    return SUBJECTS[max(matching, key=len)]


def defined_in(module: ModuleType, name: str) -> str:
    """Return the module that defines a name; functions of the public API are wrapped."""
    names = getattr(module, "PUBLIC_NAMES", {})
    return str(names.get(name) or getattr(module, name).__module__)
