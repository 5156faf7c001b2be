"""Reading YAML strictly: every value knows its line, nothing is accepted twice or by accident."""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from neucocore.errors import ConfigError, MissingFileError
from neucocore.messages import did_you_mean

KeyPath = tuple[Hashable, ...]

# Nested anchors can make a small file describe billions of values.
MOST_VALUES = 100_000
PLAIN_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("map", "seq", "str", "int", "float", "bool", "null")
)


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file as plain values, with the line of every value.

    Attributes
    ----------
    file
        Where it was read from.
    value
        dicts, lists, texts, numbers, booleans and None.
    lines
        Line (from 1) of the value at each path of keys and indices.
    problems
        What reading it found wrong (keys given twice, tags). Whoever reads the document reports
        them together with its own, so that a person mends a file once.
    """

    file: Path
    value: Any
    lines: dict[KeyPath, int] = field(repr=False)
    problems: tuple[str, ...] = ()

    def place(self, *path: Hashable) -> str:
        """Return ``file:line`` of the value at a path, or of its nearest parent."""
        keys = tuple(path)
        while keys not in self.lines and keys:
            keys = keys[:-1]
        return f"{self.file}:{self.lines.get(keys, 1)}"

    def unknown_keys(
        self, mapping: Iterable[Hashable], allowed: Collection[str], *path: Hashable
    ) -> list[str]:
        """Return one problem for each key that is not allowed, with the nearest that is."""
        problems = []
        for key in mapping:
            if key not in allowed:
                hint = did_you_mean(str(key), allowed)
                hint = hint or f"the keys here are {', '.join(sorted(allowed))}"
                problems.append(f"{self.place(*path, key)}: unknown key {key!r}; {hint}")
        return problems

    def raise_for_problems(self, problems: Iterable[str], hint: str | None = None) -> None:
        """Raise one `ConfigError` with these problems and those of reading, if there are any."""
        found = [*self.problems, *problems]
        if len(found) == 1:
            raise ConfigError(found[0], hint=hint)
        if found:
            raise ConfigError(f"{self.file} has {len(found)} problems", problems=found, hint=hint)


class _Loader(yaml.SafeLoader):
    """The safe loader, but with numbers as people write them (PyYAML keeps ``1e-3`` a text)."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:\d+(?:\.\d*)?|\.\d+)[eE][-+]?\d+$"),
    list("-+.0123456789"),
)


def load_yaml(path: Path) -> Document:
    """Read a YAML file; keys given twice and tags are among the document's problems.

    Raises
    ------
    MissingFileError
        There is no such file.
    ConfigError
        It is not UTF-8 or not YAML, holds an alias cycle or more than one document.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise MissingFileError(
            f"there is no file {path}", hint=f"ls {path.parent}  # what is there"
        ) from None
    except IsADirectoryError:
        raise ConfigError(f"{path} is a folder, not a YAML file") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"not UTF-8 at byte {error.start}", file=path) from None
    loader = _Loader(text)
    builder = _Builder(loader, path)
    try:
        node = loader.get_single_node()
        value = None if node is None else builder.build(node, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        said = ", ".join(part for part in (error.context, error.problem) if part)
        raise ConfigError(said, file=path, line=line) from None
    except yaml.YAMLError as error:
        raise ConfigError(" ".join(str(error).split()), file=path) from None
    finally:
        loader.dispose()
    return Document(path, value, builder.lines or {(): 1}, tuple(builder.problems))


class _Builder:
    """Turns the nodes of one file into plain values, noting lines and what is wrong."""

    def __init__(self, loader: yaml.SafeLoader, file: Path) -> None:
        self.loader = loader
        self.file = file
        self.lines: dict[KeyPath, int] = {}
        self.problems: list[str] = []
        self.open: set[int] = set()
        self.count = 0

    def build(self, node: yaml.Node, at: KeyPath) -> Any:
        self.lines.setdefault(at, node.start_mark.line + 1)
        self.count += 1
        if self.count > MOST_VALUES:
            raise ConfigError(f"more than {MOST_VALUES} values", file=self.file)
        if id(node) in self.open:
            raise ConfigError("an anchor refers to itself", file=self.file, line=self.lines[at])
        if node.tag not in PLAIN_TAGS:
            line = node.start_mark.line + 1
            self.problems.append(f"{self.file}:{line}: the tag {node.tag} is not allowed")
            return None
        self.open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, at)
            if isinstance(node, yaml.SequenceNode):
                return [self.build(item, (*at, index)) for index, item in enumerate(node.value)]
            return self.loader.construct_object(node)
        finally:
            self.open.discard(id(node))

    def _mapping(self, node: yaml.MappingNode, at: KeyPath) -> dict[Hashable, Any]:
        mapping: dict[Hashable, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(f"{self.file}:{line}: a list or mapping cannot be a key")
                continue
            key: Hashable = self.loader.construct_object(key_node)
            if key in mapping:
                first = self.lines[(*at, key)]
                self.problems.append(
                    f"{self.file}:{line}: the key {key!r} was already given in line {first}"
                )
                continue
            self.lines[(*at, key)] = line
            mapping[key] = self.build(value_node, (*at, key))
        return mapping
