"""Read ``registry.yaml`` and report every error with file, line and correction."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_args

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from neucocore.components.catalogue import KnownPlugin, Maturity, known_plugins
from neucocore.components.discovery import CORE, installation
from neucocore.components.names import is_name
from neucocore.components.specs import KINDS
from neucocore.errors import ConfigError, RegistryError
from neucocore.files.yaml_document import Document, load_yaml
from neucocore.messages import DOCUMENTATION, did_you_mean, pluralize

DISTRIBUTION_PREFIX = "neuco-plugin-"
KEYS = tuple(field.name for field in fields(KnownPlugin))
STRINGS = ("name", "distribution", "summary", "repository", "license", "citation", "status")
OPTIONAL_STRINGS = ("data_license",)
LISTS = ("maintainers", "verified_by", "commands")
PROVIDED = tuple(f"{kind}s" for kind in KINDS)
MAX_SUMMARY_LENGTH = 100
_PLACEHOLDER = re.compile(r"\bTODO\b|\b[Ss]ay here\b|\bYour Name\b")


@dataclass(frozen=True)
class Registry:
    """A registry of plugins as it was read.

    Attributes
    ----------
    document
        The file, which knows the line of every value.
    plugins
        The entries without errors of form, in file order.
    problems
        The errors of the file by the position of their entry, each with file and line; those of
        the file itself are at -1.
    """

    document: Document
    plugins: tuple[KnownPlugin, ...]
    problems: Mapping[int, Sequence[str]]

    def only(self, names: Sequence[str]) -> Registry:
        """Return the registry with some of its entries.

        Raises
        ------
        RegistryError
            There is no entry of a name.
        """
        indices = {_name(row): i for i, row in enumerate(_rows(self.document))}
        if unknown := [name for name in names if name not in indices]:
            near = did_you_mean(unknown[0], indices)
            raise RegistryError(
                f"{self.document.file} has no plugin {unknown[0]!r}"
                + (f"; {near}" if near else ""),
                hint="--only takes the value of the key name",
            )
        kept = {-1, *(indices[name] for name in names)}
        return Registry(
            self.document,
            tuple(plugin for plugin in self.plugins if plugin.name in names),
            {index: problems for index, problems in self.problems.items() if index in kept},
        )

    def all_problems(self) -> list[str]:
        """Return the errors of the file in its order."""
        return [text for index in sorted(self.problems) for text in self.problems[index]]


def read_registry(path: Path) -> Registry:
    """Read and check the registry of known plugins; errors of entries are returned.

    Raises
    ------
    RegistryError
        The file cannot be read as a list of plugins.
    MissingFileError
        The file does not exist.
    """
    try:
        document = load_yaml(path)
    except ConfigError as error:
        raise RegistryError(error.message, problems=error.problems, hint=error.hint) from None
    problems: dict[int, list[str]] = {-1: list(document.problems)}
    for index, text in _problems(document):
        problems.setdefault(index, []).append(text)
    plugins = tuple(
        _known_plugin(row)
        for index, row in enumerate(_rows(document))
        if _is_formed(document, row, index)
    )
    return Registry(document, plugins, problems)


def load_registry(path: Path) -> tuple[Document, tuple[KnownPlugin, ...]]:
    """Read the registry of known plugins, without errors.

    Returns
    -------
    tuple
        The document, which knows the line of every value, and the plugins in file order.

    Raises
    ------
    RegistryError
        All errors of the file, each with file and line.
    MissingFileError
        The file does not exist.
    """
    registry = read_registry(path)
    raise_for_problems(path, registry.all_problems())
    return registry.document, registry.plugins


def raise_for_problems(path: Path, problems: Sequence[str]) -> None:
    """Raise `RegistryError` if a registry has problems, with all of them."""
    if problems:
        raise RegistryError(
            f"{path} has {pluralize(len(problems), 'error')}",
            problems=problems,
            hint=f"{DOCUMENTATION}/plugins/listing.md explains the keys and their values",
        )


def position(document: Document, plugin: KnownPlugin) -> int:
    """Return the position of a plugin's entry in its file."""
    return [_name(row) for row in _rows(document)].index(plugin.name)


def _rows(document: Document) -> list[Any]:
    top = document.value
    return top["plugins"] if isinstance(top, dict) and isinstance(top.get("plugins"), list) else []


def _name(row: Any) -> str:
    return str(row.get("name")) if isinstance(row, dict) else ""


def _known_plugin(row: dict[str, Any]) -> KnownPlugin:
    values: dict[str, Any] = {key: row[key] for key in (*STRINGS, *OPTIONAL_STRINGS) if key in row}
    values |= {key: tuple(row[key]) for key in LISTS if key in row}
    provides = {kind: tuple(row["provides"][kind]) for kind in PROVIDED if kind in row["provides"]}
    return KnownPlugin(**values, provides=provides)


def _problems(document: Document) -> Iterator[tuple[int, str]]:
    """Yield the errors with the positions of their entries."""
    top = document.value
    if not isinstance(top, dict) or not isinstance(top.get("plugins"), list):
        yield -1, f"{document.place()}: expected the key 'plugins' with a list of plugins"
        return
    for text in document.unknown_keys(top, ("plugins",)):
        yield -1, text
    well_formed = []
    for index, row in enumerate(top["plugins"]):
        problems = list(_form_problems(document, row, index))
        if not problems:
            well_formed.append(index)
        if isinstance(row, dict):  # what has the right type is checked in the same round
            problems += _value_problems(document, _well_typed(row), index)
        for text in problems:
            yield index, text
    yield from _duplicates(document, well_formed)


def _is_formed(document: Document, row: Any, index: int) -> bool:
    return next(_form_problems(document, row, index), None) is None


def _form_problems(document: Document, row: Any, index: int) -> Iterator[str]:
    if not isinstance(row, dict):
        yield f"{document.place('plugins', index)}: expected the keys of a plugin, got {row!r}"
        return
    yield from document.unknown_keys(row, KEYS, "plugins", index)
    yield from _type_problems(document, row, index)


def _type_problems(document: Document, row: dict[str, Any], index: int) -> Iterator[str]:
    at = ("plugins", index)
    for key in (*STRINGS, "provides", "maintainers"):
        if key not in row:
            yield f"{document.place(*at)}: the key {key!r} is missing"
    for key in (*STRINGS, *OPTIONAL_STRINGS):
        if key in row and (not isinstance(row[key], str) or not row[key].strip()):
            yield f"{document.place(*at, key)}: {key} must be a string, got {row[key]!r}"
    for key in LISTS:
        if key in row and not _is_list_of_strings(row[key]):
            yield f"{document.place(*at, key)}: {key} must be a list of strings, got {row[key]!r}"
    if "provides" not in row:
        return
    provides = row["provides"]
    if not isinstance(provides, dict):
        yield f"{document.place(*at, 'provides')}: provides must map kinds to lists of names"
        return
    yield from document.unknown_keys(provides, PROVIDED, *at, "provides")
    for kind, names in provides.items():
        if not _is_list_of_strings(names) or not names:
            place = document.place(*at, "provides", kind)
            yield f"{place}: {kind} must be a list of names, got {names!r}"


def _well_typed(row: dict[str, Any]) -> dict[str, Any]:
    """Return the values of an entry that are of the type that their key needs."""
    texts = {
        key: row[key]
        for key in (*STRINGS, *OPTIONAL_STRINGS)
        if isinstance(row.get(key), str) and row[key].strip()
    }
    lists = {key: row[key] for key in LISTS if _is_list_of_strings(row.get(key))}
    provides = row.get("provides")
    kinds = {
        kind: names
        for kind, names in (provides.items() if isinstance(provides, dict) else ())
        if kind in PROVIDED and _is_list_of_strings(names) and names
    }
    return {**texts, **lists, "provides": kinds}


def _value_problems(document: Document, row: dict[str, Any], index: int) -> Iterator[str]:
    def at(*path: str | int) -> str:
        return document.place("plugins", index, *path)

    if "name" in row:
        yield from _name_problems(row, at)
    yield from _placeholders(row, at)
    summary = row.get("summary", "")
    if len(summary) > MAX_SUMMARY_LENGTH:
        yield f"{at('summary')}: the summary is longer than {MAX_SUMMARY_LENGTH} characters"
    if "\n" in summary.strip():
        yield f"{at('summary')}: the summary must be a single line"
    if "repository" in row and not row["repository"].startswith("https://"):
        yield f"{at('repository')}: {row['repository']!r} does not start with https://"
    for key in [key for key in ("license", "data_license") if key in row]:
        if problem := license_problem(row[key]):
            yield f"{at(key)}: {problem}"
    allowed = get_args(Maturity)
    if "status" in row and row["status"] not in allowed:
        suggestion = did_you_mean(row["status"], allowed) or f"use one of {', '.join(allowed)}"
        yield f"{at('status')}: unknown status {row['status']!r}; {suggestion}"
    if row.get("maintainers") == []:
        yield f"{at('maintainers')}: name at least one maintainer"
    yield from _provides_problems(row, at)


def _name_problems(row: dict[str, Any], at: Callable[..., str]) -> Iterator[str]:
    expected = DISTRIBUTION_PREFIX + row["name"]
    if not is_name(row["name"]):
        yield f"{at('name')}: the name {row['name']!r} is not lower-case words joined by '-'"
    elif row["name"].startswith(DISTRIBUTION_PREFIX):
        name = row["name"].removeprefix(DISTRIBUTION_PREFIX)
        yield f"{at('name')}: write {name!r}, without {DISTRIBUTION_PREFIX!r}"
    elif "distribution" in row and row["distribution"] != expected:
        yield f"{at('distribution')}: expected {expected!r}, got {row['distribution']!r}"


def _placeholders(row: dict[str, Any], at: Callable[..., str]) -> Iterator[str]:
    for key in (*STRINGS, *LISTS):
        values = row.get(key, ())
        for value in [values] if isinstance(values, str) else values:
            if placeholder := placeholder_in(value):
                yield f"{at(key)}: {value!r} still has the placeholder {placeholder!r}"


def placeholder_in(text: str) -> str:
    """Return the placeholder of a template in a text, or an empty string."""
    found = _PLACEHOLDER.search(text)
    return found[0] if found else ""


def license_problem(expression: str) -> str:
    """Return what is wrong with a licence expression, or an empty string.

    Parameters
    ----------
    expression
        An SPDX expression: identifiers joined by ``AND`` or ``OR``, or ``LicenseRef-NAME`` for
        terms that have no identifier.
    """
    try:
        canonical = canonicalize_license_expression(expression)
    except InvalidLicenseExpression as error:
        return f"{error}; use SPDX identifiers, or LicenseRef-NAME for other terms"
    return "" if canonical == expression else f"write {canonical!r} instead of {expression!r}"


def _provides_problems(row: dict[str, Any], at: Callable[..., str]) -> Iterator[str]:
    if not row["provides"] and not row.get("commands"):
        yield f"{at('provides')}: the plugin provides nothing; list its components or commands"
    for kind, names in row["provides"].items():
        for number, name in enumerate(names):
            if not is_name(name):
                place = at("provides", kind, number)
                yield f"{place}: the name {name!r} is not lower-case words joined by '-'"


def _duplicates(document: Document, well_formed: list[int]) -> Iterator[tuple[int, str]]:
    """Find names of plugins, components and commands that are listed twice or built in.

    In a file that lists none of the known plugins, they must differ from those of the known plugins
    too: it is to be added to their list.
    """
    users: dict[tuple[str, str], str] = {
        (component.kind, component.name): "built into neucocore; use another name"
        for component in installation().components()
        if component.plugin == CORE
    }
    listed = {_name(row) for row in _rows(document)}
    if not listed & {known.name for known in known_plugins()}:
        for known in known_plugins():
            text = f"listed for {known.distribution}; use another name"
            users |= {
                (kind.removesuffix("s"), name): text
                for kind, names in (*known.provides.items(), ("commands", known.commands))
                for name in names
            }
    for index in well_formed:
        row = document.value["plugins"][index]
        at = ("plugins", index)
        names = [("plugin", row["name"], document.place(*at, "name"))]
        for kind, components in row["provides"].items():
            names += [
                (kind.removesuffix("s"), name, document.place(*at, "provides", kind, number))
                for number, name in enumerate(components)
            ]
        names += [
            ("command", name, document.place(*at, "commands", number))
            for number, name in enumerate(row.get("commands", ()))
        ]
        for kind, name, place in names:
            if (kind, name) in users:
                yield index, f"{place}: the {kind} {name!r} is {users[kind, name]}"
            users.setdefault((kind, name), f"already listed at {place}")


def _is_list_of_strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(part, str) and part for part in value)
