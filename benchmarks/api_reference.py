"""Write the API reference, docs/api/*.md, from the docstrings of the public names.

    python benchmarks/api_reference.py [--check]

A test compares the pages with what this script would write.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "api"
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
LISTS = ("Parameters", "Attributes", "Raises", "Returns", "Yields", "Other Parameters")
INTRODUCTIONS = {
    "neucocore": "What notebooks, scripts and plugins that add commands import. How to use it: "
    "[python.md](../python.md).",
    "neucocore.plugin": "What the module of a plugin and its components import. How to write one: "
    "[plugins/](../plugins/index.md).",
}
PAGES = {"neucocore": "neucocore.md", "neucocore.plugin": "plugin.md"}


def page(name: str) -> str:
    """Return the reference of a module as Markdown."""
    module = importlib.import_module(name)
    groups: dict[str, list[str]] = {}
    for public in sorted(module.__all__, key=str.lower):
        groups.setdefault(subject(module, public), []).append(public)
    order = list(dict.fromkeys(SUBJECTS.values()))
    parts = [
        f"# {name}",
        "Generated from the docstrings by `python benchmarks/api_reference.py`.",
        INTRODUCTIONS[name],
    ]
    for title in sorted(groups, key=order.index):
        parts.append(f"## {title}")
        for public in groups[title]:
            parts += entry(public, getattr(module, public))
    return "\n\n".join(parts) + "\n"


def subject(module: ModuleType, name: str) -> str:
    """Return the heading of a public name."""
    if name == "__version__":
        return "Components"
    if name in CONSTANTS:
        return "Cubes" if name in ("BANDS", "CUBE_PARAMS", "FOLDER_PARAMS") else "Specs and hooks"
    defined = _defined_in(module, name)
    matching = [prefix for prefix in SUBJECTS if f"{defined}.".startswith(f"{prefix}.")]
    if not matching:
        raise SystemExit(f"{name} is defined in {defined}, which has no heading in SUBJECTS")
    return SUBJECTS[max(matching, key=len)]


def _defined_in(module: ModuleType, name: str) -> str:
    """Return the module that defines a name; functions of the public API are wrapped."""
    names = getattr(module, "PUBLIC_NAMES", {})
    return str(names.get(name) or getattr(module, name).__module__)


def entry(name: str, value: Any) -> Iterator[str]:
    """Yield the paragraphs about a name: heading, signature, docstring, methods."""
    yield f"### {name}"
    if name in CONSTANTS:
        yield CONSTANTS[name]
        return
    if inspect.isclass(value) and issubclass(value, Exception):
        bases = ", ".join(base.__name__ for base in value.__bases__)
        yield f"```python\nclass {name}({bases})\n```"
    else:
        keyword = "class " if inspect.isclass(value) else ""
        yield f"```python\n{keyword}{signature(name, value)}\n```"
    text = inspect.getdoc(value)
    if not text:
        raise SystemExit(f"{name} has no docstring")
    yield from markdown(text)
    if inspect.isclass(value) and not issubclass(value, Exception):
        yield from methods(name, value)


def methods(owner: str, value: type[Any]) -> Iterator[str]:
    """Yield the public methods and properties that a class itself defines."""
    for name, member in vars(value).items():
        if name.startswith("_"):
            continue
        function = getattr(member, "__func__", member)
        if inspect.isfunction(function):
            yield f"```python\n{owner}.{signature(name, function)}\n```"
            yield from markdown(inspect.getdoc(function) or "")
        elif isinstance(member, property):
            yield f"```python\n{owner}.{name}\n```"
            yield from markdown(inspect.getdoc(member) or "")


def signature(name: str, value: Any) -> str:
    """Return a call as code, one argument per line where a line would be long."""
    try:
        found = inspect.signature(value)
    except (TypeError, ValueError):
        return f"{name}(...)"
    plain = [
        p.replace(annotation=inspect.Parameter.empty, default=_shown(p.default))
        for p in found.parameters.values()
        if p.name != "self"
    ]
    text = f"{name}{found.replace(parameters=plain, return_annotation=found.empty)}"
    if len(text) <= 90:
        return text
    arguments = text[len(name) + 1 : -1].split(", ")
    return f"{name}(\n    " + ",\n    ".join(arguments) + ",\n)"


class _Text:
    """A default that is shown as a text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def _shown(default: Any) -> Any:
    if default is inspect.Parameter.empty:
        return default
    text = repr(default)
    return _Text(text if not text.startswith("<") and ", " not in text else "...")


def markdown(docstring: str) -> Iterator[str]:
    """Yield the paragraphs of a docstring in NumPy style as Markdown."""
    sections = re.split(r"^(\w[\w ]*)\n-{3,}\n", docstring, flags=re.MULTILINE)
    yield from paragraphs(sections[0])
    for title, body in zip(sections[1::2], sections[2::2], strict=True):
        yield f"**{title}**"
        if title == "Examples":
            code = re.sub(r"\s*# doctest: \+\w+", "", body.strip())
            yield f"```pycon\n{code}\n```"
        elif title in LISTS:
            yield "\n".join(items(body.rstrip()))
        else:
            yield from paragraphs(body)


def items(body: str) -> Iterator[str]:
    """Yield list items from the entries of a section."""
    for name, text in re.findall(r"^(\S.*)\n((?:(?: .*)?\n?)*)", body + "\n", flags=re.MULTILINE):
        description = " ".join(line.strip() for line in text.splitlines() if line.strip())
        yield f"* `{name}`" + (f": {inline(description)}" if description else "")


def paragraphs(text: str) -> Iterator[str]:
    """Yield paragraphs; indented blocks stay as they are."""
    for block in re.split(r"\n{2,}", text.strip("\n")):
        if block.strip():
            yield block if block.startswith("    ") else inline(block.strip()).replace("::", ":")


def inline(text: str) -> str:
    """Return text with code in single backticks and without the modules of cross-references."""
    text = re.sub(r"`neucocore\.(?:\w+\.)*(\w+)`", r"`\1`", text.replace("``", "`"))
    parts = text.split("`")
    parts[::2] = [re.sub(r"([<*]|__)", r"\\\1", part) for part in parts[::2]]
    return "`".join(parts)


def main() -> int:
    """Write the pages, or compare them with ``--check``."""
    outdated = []
    for name, file in PAGES.items():
        path, text = FOLDER / file, page(name)
        if "--check" not in sys.argv:
            FOLDER.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text("utf-8") != text:
            outdated.append(file)
    if outdated:
        sys.stdout.write(f"outdated: {', '.join(outdated)}\n")
    return 1 if outdated else 0


if __name__ == "__main__":
    sys.exit(main())
