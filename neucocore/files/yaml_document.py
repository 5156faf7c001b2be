"""YAML files read strictly: every value knows its line, and repeated keys are problems."""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from neucocore.errors import ConfigError, MissingFileError
from neucocore.messages import did_you_mean, missing_file_hint, quoted

KeyPath = tuple[Hashable, ...]

# Nested anchors can make a small file describe billions of values.
MAX_VALUES = 100_000
SYNTAX_HINT = "fix the YAML syntax near this line"
PLAIN_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("map", "seq", "str", "int", "float", "bool", "null")
)


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file as plain values, with the line of every value.

    Attributes
    ----------
    file
        Path of the file.
    value
        The content: dicts, lists, strings, numbers, booleans and None.
    lines
        Line (from 1) of the value at each path of keys and indices.
    problems
        Problems found while reading (repeated keys, tags). Whoever uses the document reports them
        together with its own problems, so that the user can fix all at once.
    """

    file: Path
    value: Any
    lines: dict[KeyPath, int] = field(repr=False)
    problems: tuple[str, ...] = ()

    def place(self, *path: Hashable) -> str:
        """Return ``file:line`` of the value at a path of keys, or of its nearest parent."""
        keys = tuple(path)
        while keys not in self.lines and keys:
            keys = keys[:-1]
        return f"{self.file}:{self.lines.get(keys, 1)}"

    def unknown_keys(
        self, mapping: Iterable[Hashable], allowed: Collection[str], *path: Hashable
    ) -> list[str]:
        """Return one problem per key that is not allowed, with the most similar allowed key."""
        problems = []
        for key in mapping:
            if key not in allowed:
                hint = did_you_mean(str(key), allowed)
                hint = hint or f"allowed keys: {', '.join(sorted(allowed))}"
                problems.append(f"{self.place(*path, key)}: unknown key {key!r}; {hint}")
        return problems

    def raise_for_problems(self, problems: Iterable[str], hint: str | None = None) -> None:
        """Raise one `ConfigError` with these problems and those found while reading, if any."""
        every = [*self.problems, *problems]
        if len(every) == 1:
            raise ConfigError(every[0], hint=hint)
        if every:
            raise ConfigError(f"{self.file} has {len(every)} problems", problems=every, hint=hint)


class _Loader(yaml.SafeLoader):
    """The safe loader, but ``1e-3`` is a number (for PyYAML a string) and dates are strings."""


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
    """Read a YAML file; repeated keys and tags are among the problems of the document.

    Raises
    ------
    MissingFileError
        The file does not exist.
    ConfigError
        It is not UTF-8 or not YAML, or holds an alias cycle or more than one document.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise MissingFileError(f"there is no file {path}", hint=missing_file_hint(path)) from None
    except IsADirectoryError:
        raise ConfigError(
            f"{path} is a folder, not a YAML file", hint=f"ls {quoted(path)}"
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"not UTF-8 at byte {error.start}", file=path, hint="save the file as UTF-8"
        ) from None
    loader = _Loader(text)
    builder = _Builder(loader, path)
    try:
        node = loader.get_single_node()
        value = None if node is None else builder.build(node, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        message = ", ".join(part for part in (error.context, error.problem) if part)
        raise ConfigError(message, file=path, line=line, hint=SYNTAX_HINT) from None
    except yaml.YAMLError as error:
        message = " ".join(str(error).split())
        raise ConfigError(message, file=path, hint=SYNTAX_HINT) from None
    finally:
        loader.dispose()
    return Document(path, value, builder.lines or {(): 1}, tuple(builder.problems))


class _Builder:
    """Turns the nodes of one file into plain values; notes their lines and problems."""

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
        if self.count > MAX_VALUES:
            raise ConfigError(
                f"more than {MAX_VALUES} values", file=self.file, hint="remove nested anchors"
            )
        if id(node) in self.open:
            raise ConfigError(
                "an anchor refers to itself",
                file=self.file,
                line=self.lines[at],
                hint="write the values out instead of using an alias",
            )
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
