"""Write a new plugin from templates: a complete distribution that passes its own tests."""

from __future__ import annotations

import keyword
import re
from pathlib import Path
from string import Template

from neucocore.components import catalogue
from neucocore.components.names import is_name
from neucocore.components.specs import KINDS, Kind
from neucocore.errors import ConfigError
from neucocore.version import __version__

TEMPLATES = Path(__file__).with_name("templates")
SUFFIX = ".in"
PREFIX = "neuco-plugin-"
PACKAGE = "package"
"""Folder of the templates that is renamed to the import package."""


def new_plugin(name: str, kind: Kind, out: Path, dataset: str = "") -> Path:
    """Write the source tree of a new plugin.

    Parameters
    ----------
    name
        The name of the plugin and of its first component.
    kind
        The kind of that component.
    out
        The folder in which ``neuco-plugin-<name>`` is created.
    dataset
        The data set that a task has labels for; required for tasks only.

    Returns
    -------
    Path
        The new folder.

    Raises
    ------
    ConfigError
        The name is invalid or already used, a task has no data set, or the folder exists.
    """
    _check_name(name, kind)
    if kind == "task" and not dataset:
        raise ConfigError(
            "a task has labels for one data set; name it with --dataset",
            hint="neuco list datasets",
        )
    folder = out / f"neuco-plugin-{name}"
    if folder.exists():
        raise ConfigError(
            f"the folder {folder} already exists",
            hint=f"neuco plugins new {name} --kind {kind} -o DIR, with another folder",
        )
    for path, text in sorted(render(name, kind, dataset).items()):
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder


def render(name: str, kind: Kind, dataset: str = "") -> dict[str, str]:
    """Return the files of a new plugin: maps paths relative to its folder to texts."""
    values = _values(name, kind) | {"dataset": dataset}
    files = {}
    for part in ("common", kind):
        root = TEMPLATES / part
        for source in sorted(root.rglob(f"*{SUFFIX}")):
            steps = source.relative_to(root).with_suffix("").parts
            path = "/".join(values["package"] if step == PACKAGE else step for step in steps)
            files[path] = Template(source.read_text(encoding="utf-8")).substitute(values)
    return files


def _values(name: str, kind: Kind) -> dict[str, str]:
    snake = name.replace("-", "_")
    major, minor = __version__.split(".")[:2]
    return {
        "name": name,
        "kind": "data set" if kind == "dataset" else kind,
        "article": "An" if kind == "encoder" else "A",
        "distribution": f"neuco-plugin-{name}",
        "package": f"neuco_plugin_{snake}",
        "class_name": _class_name(name, kind),
        "function_name": f"{snake}_" if keyword.iskeyword(snake) else snake,
        "stem": snake,
        "core": f"neucocore>={major}.{minor},<{major}.{int(minor) + 1}",
    }


def _class_name(name: str, kind: Kind) -> str:
    """Return ``MineEncoder`` for an encoder named mine or mine-encoder."""
    words = [*name.split("-"), kind] if not name.endswith(kind) else name.split("-")
    return "".join(word.capitalize() for word in words)


def _check_name(name: str, kind: Kind) -> None:
    if not is_name(name):
        better = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        better = better if is_name(better) else f"my-{better}".rstrip("-")
        raise ConfigError(
            f"the name {name!r} is not lower-case words joined by '-'",
            hint=f"neuco plugins new {better} --kind {kind}",
        )
    if name.startswith(PREFIX):
        raise ConfigError(
            f"the name {name!r} is that of a distribution; {PREFIX!r} is added to the name",
            hint=f"neuco plugins new {name.removeprefix(PREFIX) or 'mine'} --kind {kind}",
        )
    if name in ("core", *KINDS):
        raise ConfigError(f"the name {name!r} is reserved", hint="choose another name")
    for plugin in catalogue.known_plugins():
        if plugin.name == name:
            raise ConfigError(
                f"a plugin {name!r} already exists: {plugin.summary} ({plugin.repository})",
                hint="choose another name, or contribute to that plugin",
            )
