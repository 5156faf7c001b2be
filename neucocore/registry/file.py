"""``registry.yaml``, read strictly: all that is wrong, with file, line and how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

from neucocore.components.catalogue import Entry, Status
from neucocore.components.discovery import CORE, installation
from neucocore.components.names import is_name
from neucocore.components.specs import KINDS
from neucocore.errors import CatalogueError, ConfigError
from neucocore.files.yaml_document import Document, load_yaml
from neucocore.messages import did_you_mean
from neucocore.registry.licenses import license_problem

DISTRIBUTION_PREFIX = "neuco-plugin-"
KEYS = tuple(field.name for field in fields(Entry))
TEXTS = ("name", "distribution", "summary", "repository", "license", "citation", "status")
OPTIONAL_TEXTS = ("data_license",)
LISTS = ("maintainers", "verified_by", "commands")
PROVIDED = tuple(f"{kind}s" for kind in KINDS)
LONGEST_SUMMARY = 100


def load_registry(path: Path) -> tuple[Document, tuple[Entry, ...]]:
    """Read and check the list of known plugins.

    Returns
    -------
    tuple
        The document, which knows the lines, and the entries in file order.

    Raises
    ------
    CatalogueError
        All problems of the file, each with file and line.
    MissingFileError
        There is no such file.
    """
    try:
        document = load_yaml(path)
    except ConfigError as error:
        raise CatalogueError(error.message, problems=error.problems, hint=error.hint) from None
    problems = [*document.problems, *_problems(document)]
    if problems:
        raise CatalogueError(
            f"{path} breaks its rules", problems=problems, hint="docs/plugins/listing.md"
        )
    return document, tuple(_entry(row) for row in document.value["plugins"])


def _entry(row: dict[str, Any]) -> Entry:
    values: dict[str, Any] = {key: row[key] for key in (*TEXTS, *OPTIONAL_TEXTS) if key in row}
    values |= {key: tuple(row[key]) for key in LISTS if key in row}
    provides = {kind: tuple(row["provides"][kind]) for kind in PROVIDED if kind in row["provides"]}
    return Entry(**values, provides=provides)


def _problems(document: Document) -> Iterator[str]:
    top = document.value
    if not isinstance(top, dict) or not isinstance(top.get("plugins"), list):
        yield f"{document.place()}: expected the key 'plugins' with a list of plugins"
        return
    yield from document.unknown_keys(top, ("plugins",))
    sound = []
    for index, row in enumerate(top["plugins"]):
        if not isinstance(row, dict):
            yield f"{document.place('plugins', index)}: expected a plugin's keys, found {row!r}"
            continue
        found = [
            *document.unknown_keys(row, KEYS, "plugins", index),
            *_of_types(document, row, index),
        ]
        yield from found
        if not found:
            sound.append(index)
            yield from _of_values(document, row, index)
    yield from _clashes(document, sound)


def _of_types(document: Document, row: dict[str, Any], index: int) -> Iterator[str]:
    at = ("plugins", index)
    for key in (*TEXTS, "provides", "maintainers"):
        if key not in row:
            yield f"{document.place(*at)}: the key {key!r} is missing"
    for key in (*TEXTS, *OPTIONAL_TEXTS):
        if key in row and (not isinstance(row[key], str) or not row[key].strip()):
            yield f"{document.place(*at, key)}: {key} must be a text, found {row[key]!r}"
    for key in LISTS:
        if key in row and not _is_texts(row[key]):
            yield f"{document.place(*at, key)}: {key} must be a list of texts, found {row[key]!r}"
    if "provides" not in row:
        return
    provides = row["provides"]
    if not isinstance(provides, dict):
        yield f"{document.place(*at, 'provides')}: provides must map kinds to names"
        return
    yield from document.unknown_keys(provides, PROVIDED, *at, "provides")
    for kind, names in provides.items():
        if not _is_texts(names) or not names:
            place = document.place(*at, "provides", kind)
            yield f"{place}: {kind} must be a list of names, found {names!r}"


def _of_values(document: Document, row: dict[str, Any], index: int) -> Iterator[str]:
    def at(*path: str | int) -> str:
        return document.place("plugins", index, *path)

    expected = DISTRIBUTION_PREFIX + row["name"]
    if not is_name(row["name"]):
        yield f"{at('name')}: the name {row['name']!r} is not lower-case words joined by '-'"
    elif row["distribution"] != expected:
        yield f"{at('distribution')}: found {row['distribution']!r}, expected {expected!r}"
    if len(row["summary"]) > LONGEST_SUMMARY:
        yield f"{at('summary')}: longer than {LONGEST_SUMMARY} characters; shorten it"
    if "\n" in row["summary"].strip():
        yield f"{at('summary')}: it has several lines; one tells it"
    if not row["repository"].startswith("https://"):
        yield f"{at('repository')}: {row['repository']!r} does not begin with https://"
    for key in [key for key in ("license", "data_license") if key in row]:
        if problem := license_problem(row[key]):
            yield f"{at(key)}: {problem}"
    if row["status"] not in get_args(Status):
        hint = did_you_mean(row["status"], get_args(Status))
        hint = hint or f"one of {', '.join(get_args(Status))}"
        yield f"{at('status')}: unknown status {row['status']!r}; {hint}"
    if not row["maintainers"]:
        yield f"{at('maintainers')}: name at least one"
    yield from _of_provided(row, at)


def _of_provided(row: dict[str, Any], at: Callable[..., str]) -> Iterator[str]:
    if not row["provides"] and not row.get("commands"):
        yield f"{at('provides')}: it provides nothing; name its components or commands"
    for kind, names in row["provides"].items():
        for number, name in enumerate(names):
            if not is_name(name):
                place = at("provides", kind, number)
                yield f"{place}: the name {name!r} is not lower-case words joined by '-'"


def _clashes(document: Document, sound: list[int]) -> Iterator[str]:
    """Find what two plugins, or one and the core, claim: a name, a component, a command."""
    first: dict[tuple[str, str], str] = {
        (component.kind, component.name): "built into neucocore; choose another name"
        for component in installation().components()
        if component.plugin == CORE
    }
    for index in sound:
        row = document.value["plugins"][index]
        at = ("plugins", index)
        claims = [("plugin", row["name"], document.place(*at, "name"))]
        for kind, names in row["provides"].items():
            claims += [
                (kind.removesuffix("s"), name, document.place(*at, "provides", kind, number))
                for number, name in enumerate(names)
            ]
        claims += [
            ("command", name, document.place(*at, "commands", number))
            for number, name in enumerate(row.get("commands", ()))
        ]
        for kind, name, place in claims:
            if (kind, name) in first:
                yield f"{place}: the {kind} {name!r} is {first[kind, name]}"
            first.setdefault((kind, name), f"already listed at {place}")


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(part, str) and part for part in value)
